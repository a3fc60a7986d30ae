//! S3: objects as they are at this moment.

use aws_sdk_s3::{Client, error::SdkError, operation::head_object::HeadObjectError, primitives::ByteStream};
use std::collections::HashMap;

/// What S3 says of an object.
#[derive(Debug, Clone)]
pub struct ObjectState {
    /// Of these bytes; without quotes.
    pub etag: String,
    /// Bytes.
    pub size: u64,
    /// As its uploader said.
    pub content_type: String,
    /// `x-amz-meta-*`, names without that prefix, values decoded.
    pub metadata: HashMap<String, String>,
}

/// A failed look at an object.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such object, or no longer these bytes.
    #[error("the object is gone or has changed")]
    Gone,
    /// Anything else: S3 is tried again.
    #[error("object store: {0}")]
    Unavailable(String),
}

/// One bucket.
#[derive(Debug, Clone)]
pub struct Bucket {
    client: Client,
    name: String,
}

impl Bucket {
    /// A bucket by its name.
    #[must_use]
    pub fn new(aws: &aws_config::SdkConfig, name: impl Into<String>) -> Self {
        Self { client: Client::new(aws), name: name.into() }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The object's state, or `None` when there is none.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn head(&self, key: &str) -> Result<Option<ObjectState>, Error> {
        match self.client.head_object().bucket(&self.name).key(key).send().await {
            Ok(head) => Ok(Some(ObjectState {
                etag: head.e_tag().unwrap_or_default().trim_matches('"').to_owned(),
                size: head.content_length().and_then(|size| u64::try_from(size).ok()).unwrap_or_default(),
                content_type: head.content_type().unwrap_or("application/octet-stream").to_owned(),
                metadata: head
                    .metadata()
                    .into_iter()
                    .flatten()
                    .map(|(name, value)| (name.to_lowercase(), decode(value)))
                    .collect(),
            })),
            Err(SdkError::ServiceError(error))
                if matches!(error.err(), HeadObjectError::NotFound(_))
                    || error.raw().status().as_u16() == 404 =>
            {
                Ok(None)
            }
            Err(error) => Err(unavailable("look at object", &error)),
        }
    }

    /// The object's bytes, if they are still those of this ETag.
    ///
    /// # Errors
    /// [`Error::Gone`] when they are not.
    pub async fn get(&self, key: &str, etag: &str) -> Result<ByteStream, Error> {
        match self
            .client
            .get_object()
            .bucket(&self.name)
            .key(key)
            .if_match(format!("\"{etag}\""))
            .send()
            .await
        {
            Ok(object) => Ok(object.body),
            Err(SdkError::ServiceError(error)) if matches!(error.raw().status().as_u16(), 404 | 412) => {
                Err(Error::Gone)
            }
            Err(error) => Err(unavailable("get object", &error)),
        }
    }

    /// Writes an object that the product derived.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn put_derived(&self, path: &str, content_type: &str, bytes: Vec<u8>) -> Result<(), Error> {
        let key = format!("{}{path}", domain::document::DERIVED_PREFIX);
        let put = self.client.put_object().bucket(&self.name).key(key).content_type(content_type);
        put.body(ByteStream::from(bytes)).send().await.map_err(|error| unavailable("put object", &error))?;
        Ok(())
    }

    /// Deletes an object that the product derived; none there is no error.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn delete_derived(&self, path: &str) -> Result<(), Error> {
        let key = format!("{}{path}", domain::document::DERIVED_PREFIX);
        self.client
            .delete_object()
            .bucket(&self.name)
            .key(key)
            .send()
            .await
            .map_err(|error| unavailable("delete object", &error))?;
        Ok(())
    }
}

/// Metadata values are percent-encoded UTF-8, since S3 carries ASCII only.
fn decode(value: &str) -> String {
    let decoded = percent_encoding::percent_decode_str(value).decode_utf8();
    domain::document::clean(decoded.as_deref().unwrap_or(value))
}

fn unavailable<E>(what: &str, error: &SdkError<E, aws_sdk_s3::config::http::HttpResponse>) -> Error
where
    E: std::error::Error + aws_sdk_s3::error::ProvideErrorMetadata + 'static,
{
    use aws_sdk_s3::error::ProvideErrorMetadata as _;
    Error::Unavailable(format!("{what}: {}", error.code().unwrap_or("no answer")))
}
