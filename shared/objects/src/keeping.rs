//! Parts of what the product derived.

use crate::{Bucket, Error, unavailable};
use domain::document::DERIVED_PREFIX;
use std::ops::Range;

impl Bucket {
    /// Bytes of an object that the product derived, not empty; `None` when there is none, or it ends before them.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn get_derived_range(&self, path: &str, bytes: Range<i64>) -> Result<Option<Vec<u8>>, Error> {
        let key = format!("{DERIVED_PREFIX}{path}");
        // HTTP counts to the last byte, inclusive.
        let range = format!("bytes={}-{}", bytes.start, bytes.end - 1);
        match self.client.get_object().bucket(&self.name).key(key).range(range).send().await {
            Ok(object) => {
                let read = object.body.collect().await;
                let read =
                    read.map_err(|error| Error::Unavailable(format!("read object: {error}")))?.to_vec();
                Ok(i64::try_from(read.len())
                    .is_ok_and(|length| length == bytes.end - bytes.start)
                    .then_some(read))
            }
            Err(aws_sdk_s3::error::SdkError::ServiceError(error))
                if matches!(error.raw().status().as_u16(), 404 | 416) =>
            {
                Ok(None)
            }
            Err(error) => Err(unavailable("get object", &error)),
        }
    }
}
