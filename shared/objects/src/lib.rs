//! S3: objects as they are at this moment.

mod keeping;
mod metadata;
pub mod signed;

pub use signed::Signer;

use aws_sdk_s3::{
    Client,
    error::{ProvideErrorMetadata as _, SdkError},
    operation::head_object::HeadObjectError,
    primitives::ByteStream,
    types::EncodingType,
};
use domain::document::DERIVED_PREFIX;
use jiff::Timestamp;
use percent_encoding::AsciiSet;
use std::{collections::HashMap, path::Path};

/// What S3 says of an object.
#[derive(Debug, Clone)]
pub struct ObjectState {
    /// Of these bytes; without quotes.
    pub etag: String,
    /// Bytes.
    pub size: u64,
    /// As its uploader said.
    pub content_type: String,
    /// To the second.
    pub last_modified: Timestamp,
    /// `x-amz-meta-*`, names without that prefix, values decoded.
    pub metadata: HashMap<String, String>,
}

/// An object to be written.
#[derive(Debug)]
pub struct Upload<'a> {
    /// As S3 will say it.
    pub content_type: &'a str,
    /// Names without `x-amz-meta-`, values in plain.
    pub metadata: Vec<(String, String)>,
    /// All of it.
    pub bytes: Vec<u8>,
}

/// What is encoded in metadata's values: all but letters, digits and what URLs are made of.
const ENCODED: &AsciiSet = &percent_encoding::NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'/')
    .remove(b':')
    .remove(b'?')
    .remove(b'&')
    .remove(b'=');

/// What is said of an object that was moved to an archive.
const ARCHIVED: &str = "The file is archived in S3 (Glacier or an archive tier), which hands nothing out from there. Restore it, \
                        then reprocess the document; or upload the file again.";
/// What is said of one whose key at KMS is disabled or gone.
const WITHOUT_KEY: &str = "The file is encrypted with a KMS key that is disabled or deleted. Enable the key, then reprocess the \
                           document; or upload the file again.";

/// A failed look at an object.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such object, or no longer these bytes.
    #[error("the object is gone or has changed")]
    Gone,
    /// S3 has the object and does not hand it out, however often it is asked; why, and what its owner does about it.
    #[error("{0}")]
    Withheld(&'static str),
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
                last_modified: head
                    .last_modified()
                    .and_then(|at| Timestamp::from_second(at.secs()).ok())
                    .unwrap_or(Timestamp::UNIX_EPOCH),
                content_type: head.content_type().unwrap_or("application/octet-stream").to_owned(),
                metadata: head
                    .metadata()
                    .into_iter()
                    .flatten()
                    .map(|(name, value)| (name.to_lowercase(), metadata::decode(value)))
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
    /// [`Error::Gone`] when they are not, [`Error::Withheld`] when S3 will not hand them out.
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
            Err(error) => Err(withheld(error.code()).unwrap_or_else(|| unavailable("get object", &error))),
        }
    }

    /// Writes a document's object, as an uploader would.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn put(&self, key: &str, upload: Upload<'_>) -> Result<(), Error> {
        let mut put = self.client.put_object().bucket(&self.name).key(key).content_type(upload.content_type);
        for (name, value) in upload.metadata {
            put = put.metadata(name, percent_encoding::utf8_percent_encode(&value, ENCODED).to_string());
        }
        put.body(ByteStream::from(upload.bytes))
            .send()
            .await
            .map_err(|error| unavailable("put object", &error))?;
        Ok(())
    }

    /// Deletes a document's object; none there is no error.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn delete(&self, key: &str) -> Result<(), Error> {
        let delete = self.client.delete_object().bucket(&self.name).key(key);
        delete.send().await.map_err(|error| unavailable("delete object", &error))?;
        Ok(())
    }

    /// Writes an object that the product derived.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn put_derived(&self, path: &str, content_type: &str, bytes: Vec<u8>) -> Result<(), Error> {
        let key = format!("{DERIVED_PREFIX}{path}");
        let put = self.client.put_object().bucket(&self.name).key(key).content_type(content_type);
        put.body(ByteStream::from(bytes)).send().await.map_err(|error| unavailable("put object", &error))?;
        Ok(())
    }

    /// Writes an object that the product derived, from a file.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn put_derived_file(&self, path: &str, content_type: &str, file: &Path) -> Result<(), Error> {
        let bytes = ByteStream::from_path(file).await;
        let bytes = bytes.map_err(|error| Error::Unavailable(format!("read file: {error}")))?;
        let key = format!("{DERIVED_PREFIX}{path}");
        let put = self.client.put_object().bucket(&self.name).key(key).content_type(content_type);
        put.body(bytes).send().await.map_err(|error| unavailable("put object", &error))?;
        Ok(())
    }

    /// An object that the product derived, whole; `None` when there is none.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn get_derived(&self, path: &str) -> Result<Option<Vec<u8>>, Error> {
        let key = format!("{DERIVED_PREFIX}{path}");
        match self.client.get_object().bucket(&self.name).key(key).send().await {
            Ok(object) => {
                let bytes = object.body.collect().await;
                let bytes = bytes.map_err(|error| Error::Unavailable(format!("read object: {error}")))?;
                Ok(Some(bytes.to_vec()))
            }
            Err(SdkError::ServiceError(error)) if error.raw().status().as_u16() == 404 => Ok(None),
            Err(error) => Err(unavailable("get object", &error)),
        }
    }

    /// Deletes what the product derived below a path, but for one; none there is no error. How many.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn delete_derived(&self, below: &str, keep: Option<&str>) -> Result<usize, Error> {
        let keep = keep.map(|path| format!("{DERIVED_PREFIX}{path}"));
        self.delete_all(&format!("{DERIVED_PREFIX}{below}"), keep.as_deref()).await
    }

    /// Deletes every object whose key begins with a prefix; none there is no error. How many.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn delete_below(&self, prefix: &str) -> Result<usize, Error> {
        self.delete_all(prefix, None).await
    }

    async fn delete_all(&self, prefix: &str, keep: Option<&str>) -> Result<usize, Error> {
        let mut deleted = 0;
        loop {
            let page = self.list(prefix, None).await?;
            let keys: Vec<&str> =
                page.iter().map(|object| object.key.as_str()).filter(|key| Some(*key) != keep).collect();
            if keys.is_empty() {
                return Ok(deleted);
            }
            for key in &keys {
                let delete = self.client.delete_object().bucket(&self.name).key(*key);
                delete.send().await.map_err(|error| unavailable("delete object", &error))?;
            }
            deleted += keys.len();
        }
    }

    /// Objects whose key begins with a prefix, in the order of their keys' bytes, after one: a page of at most 1,000.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn list(&self, prefix: &str, after: Option<&str>) -> Result<Vec<Listed>, Error> {
        let list = self
            .client
            .list_objects_v2()
            .bucket(&self.name)
            .prefix(prefix)
            // XML cannot carry every character that a key may have: control characters break the whole page.
            .encoding_type(EncodingType::Url)
            .set_start_after(after.map(Into::into));
        let page = list.send().await.map_err(|error| unavailable("list objects", &error))?;
        Ok(page
            .contents()
            .iter()
            .filter_map(|object| {
                Some(Listed {
                    key: listed_key(object.key()?, page.encoding_type()),
                    etag: object.e_tag().unwrap_or_default().trim_matches('"').to_owned(),
                    written_at: object
                        .last_modified()
                        .and_then(|written| Timestamp::from_second(written.secs()).ok()),
                })
            })
            .collect())
    }
}

/// An object of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Decoded.
    pub key: String,
    /// Of its bytes; without quotes.
    pub etag: String,
    /// When it was written, to the second.
    pub written_at: Option<Timestamp>,
}

/// Bytes that metadata takes of the 2 KB that S3 keeps with an object, encoded.
pub fn metadata_bytes<'a>(metadata: impl IntoIterator<Item = (&'a String, &'a String)>) -> usize {
    metadata.into_iter().map(|(name, value)| name.len() + signed::encode(value).len()).sum()
}

/// A key of a list as it was written: encoded like a form's field, where the list says so (ListObjectsV2, EncodingType).
fn listed_key(key: &str, encoding: Option<&EncodingType>) -> String {
    match encoding {
        Some(EncodingType::Url) => {
            let key = key.replace('+', " ");
            percent_encoding::percent_decode_str(&key).decode_utf8_lossy().into_owned()
        }
        _ => key.to_owned(),
    }
}

/// Whether what S3 says is no passing trouble. A denied access is not among them: it may be our own role's.
fn withheld(code: Option<&str>) -> Option<Error> {
    match code? {
        "InvalidObjectState" => Some(Error::Withheld(ARCHIVED)),
        "KMS.DisabledException" | "KMS.NotFoundException" | "KMS.KMSInvalidStateException" => {
            Some(Error::Withheld(WITHOUT_KEY))
        }
        _ => None,
    }
}

fn unavailable<E>(what: &str, error: &SdkError<E, aws_sdk_s3::config::http::HttpResponse>) -> Error
where
    E: std::error::Error + aws_sdk_s3::error::ProvideErrorMetadata + 'static,
{
    Error::Unavailable(format!("{what}: {}", error.code().unwrap_or("no answer")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_s3_never_hands_out_is_told_from_passing_trouble() {
        let said = |code: &str| withheld(Some(code)).map(|error| error.to_string());
        assert!(said("InvalidObjectState").is_some_and(|said| said.contains("Restore it")));
        assert!(said("KMS.DisabledException").is_some_and(|said| said.contains("Enable the key")));
        for passing in ["KMS.ThrottlingException", "AccessDenied", "SlowDown", "InternalError"] {
            assert_eq!(said(passing), None, "{passing}");
        }
        assert!(withheld(None).is_none());
    }

    #[test]
    fn keys_of_a_list_come_back_as_they_were_written() {
        let url = Some(EncodingType::Url);
        for (listed, key) in
            [("a/b+c%2Bd.txt", "a/b c+d.txt"), ("a/%01%0A.txt", "a/\u{1}\n.txt"), ("%E0%B8%81%2525", "ก%25")]
        {
            assert_eq!(listed_key(listed, url.as_ref()), key);
        }
        assert_eq!(listed_key("a+b%20c", None), "a+b%20c");
    }
}
