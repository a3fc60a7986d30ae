//! The bucket as S3 operations: keys and conditions are decided here, bytes and digests by `s3s-fs`.
//!
//! Every write stores its bytes under a fresh name first and then changes the catalogue in one step, under the lock that
//! readers share. So a reader sees one object, whole, with its own ETag, however often the key is written meanwhile.

use std::collections::HashMap;
use std::ops::Not;
use std::sync::{Arc, Mutex, PoisonError};

use s3s::dto::*;
use s3s::{S3, S3Error, S3Request, S3Response, S3Result, s3_error};
use tokio::sync::RwLock;

use super::blobs::Blobs;
use super::catalogue::{Catalogue, StoredObject};
use super::conditions::{ReadConditions, WriteConditions, timestamp};
use super::listing;
use super::notification::Notifier;

/// S3's own limit, in bytes of UTF-8.
const MAXIMUM_KEY_BYTES: usize = 1024;

/// One bucket, the only one.
pub(super) struct Bucket {
    name: String,
    blobs: Blobs,
    catalogue: Arc<RwLock<Catalogue>>,
    notifier: Notifier,
    /// Multipart uploads under way; they end with the process.
    uploads: Mutex<HashMap<String, Upload>>,
}

#[derive(Clone)]
struct Upload {
    key: String,
    blob: String,
}

impl Bucket {
    /// The catalogue is shared with whoever lists it from inside the process.
    pub(super) fn new(
        name: String,
        blobs: Blobs,
        catalogue: Arc<RwLock<Catalogue>>,
        notifier: Notifier,
    ) -> Bucket {
        Bucket { name, blobs, catalogue, notifier, uploads: Mutex::default() }
    }

    fn check(&self, bucket: &str) -> S3Result<()> {
        if bucket == self.name {
            Ok(())
        } else {
            Err(s3_error!(NoSuchBucket, "The specified bucket does not exist"))
        }
    }

    /// For a write: the bucket is ours and the key is one that S3 takes.
    fn check_write(&self, bucket: &str, key: &str) -> S3Result<()> {
        self.check(bucket)?;
        if key.len() > MAXIMUM_KEY_BYTES {
            return Err(s3_error!(KeyTooLongError, "Your key is too long"));
        }
        Ok(())
    }

    /// Puts stored bytes under their key, tells whom it concerns, and drops what stood there.
    async fn commit(
        &self,
        upload: Upload,
        etag: Option<&ETag>,
        conditions: &WriteConditions,
        event_name: &str,
    ) -> S3Result<()> {
        let size = std::fs::metadata(self.blobs.path(&upload.blob)).map_err(S3Error::internal_error)?.len();
        let mut catalogue = self.catalogue.write().await;
        if let Err(error) = conditions.check(catalogue.get(&upload.key)) {
            self.blobs.discard(&upload.blob);
            return Err(error);
        }
        let object = StoredObject {
            key: upload.key,
            size,
            etag: etag.map(|etag| etag.value().to_owned()).unwrap_or_default(),
            modified: jiff::Timestamp::now().as_millisecond(),
            blob: upload.blob,
        };
        let replaced = catalogue.put(object.clone()).map_err(S3Error::internal_error)?;
        if let Some(replaced) = replaced {
            self.blobs.discard(&replaced.blob);
        }
        // Still under the lock, so that events leave in the order of the changes.
        self.notifier.created(event_name, &object.key, object.size, &object.etag);
        Ok(())
    }

    /// Deleting what is not there succeeds and is told all the same, as S3 does.
    async fn remove(&self, key: &str) -> S3Result<()> {
        let mut catalogue = self.catalogue.write().await;
        if let Some(object) = catalogue.remove(key).map_err(S3Error::internal_error)? {
            self.blobs.discard(&object.blob);
        }
        self.notifier.removed(key);
        Ok(())
    }

    fn upload(&self, id: &str, key: &str) -> S3Result<Upload> {
        let uploads = self.uploads.lock().unwrap_or_else(PoisonError::into_inner);
        let upload = uploads.get(id).filter(|upload| upload.key == key).cloned();
        upload.ok_or_else(|| {
            s3_error!(
                NoSuchUpload,
                "The specified upload does not exist: it was completed, aborted, or the stack restarted"
            )
        })
    }

    fn forget_upload(&self, id: &str) {
        self.uploads.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }

    /// Points a copy at the bytes of its source. The caller holds the catalogue meanwhile.
    fn source(&self, catalogue: &Catalogue, source: &mut CopySource) -> S3Result<()> {
        let CopySource::Bucket { bucket, key, version_id } = source else {
            return Err(s3_error!(NotImplemented));
        };
        self.check(bucket)?;
        let object = catalogue.get(key).ok_or_else(no_such_key)?;
        let (bucket, key) = (bucket.clone(), object.blob.clone().into_boxed_str());
        *source = CopySource::Bucket { bucket, key, version_id: version_id.take() };
        Ok(())
    }
}

fn no_such_key() -> S3Error {
    s3_error!(NoSuchKey, "The specified key does not exist.")
}

/// Clients that send the digest behind the body sometimes name its algorithm only in `x-amz-trailer`.
fn name_trailing_checksum(request: &mut S3Request<PutObjectInput>) {
    if request.input.checksum_algorithm.is_some() {
        return;
    }
    let trailer =
        request.headers.get("x-amz-trailer").and_then(|trailer| trailer.to_str().ok()).unwrap_or_default();
    if let Some(algorithm) = trailer.trim().strip_prefix("x-amz-checksum-") {
        request.input.checksum_algorithm = Some(ChecksumAlgorithm::from(algorithm.to_uppercase()));
    }
}

#[async_trait::async_trait]
impl S3 for Bucket {
    async fn put_object(
        &self,
        mut request: S3Request<PutObjectInput>,
    ) -> S3Result<S3Response<PutObjectOutput>> {
        self.check_write(&request.input.bucket, &request.input.key)?;
        let conditions =
            WriteConditions::new(request.input.if_match.take(), request.input.if_none_match.take());
        conditions.check(self.catalogue.read().await.get(&request.input.key))?;
        name_trailing_checksum(&mut request);
        // A form upload arrives here too, told apart by its method alone.
        let by_form = request.method == http::Method::POST;
        let event_name = if by_form { "ObjectCreated:Post" } else { "ObjectCreated:Put" };
        let blob = Blobs::fresh_name();
        let upload = Upload { key: std::mem::replace(&mut request.input.key, blob.clone()), blob };
        if request.input.body.is_none() {
            request.input.body = Some(StreamingBlob::from(s3s::Body::empty()));
        }
        match self.blobs.files.put_object(request).await {
            Ok(response) => {
                self.commit(upload, response.output.e_tag.as_ref(), &conditions, event_name).await?;
                Ok(response)
            }
            Err(error) => {
                self.blobs.discard(&upload.blob);
                Err(error)
            }
        }
    }

    async fn get_object(
        &self,
        mut request: S3Request<GetObjectInput>,
    ) -> S3Result<S3Response<GetObjectOutput>> {
        self.check(&request.input.bucket)?;
        let input = &mut request.input;
        let conditions = ReadConditions {
            if_match: input.if_match.take(),
            if_none_match: input.if_none_match.take(),
            if_modified_since: input.if_modified_since.take(),
            if_unmodified_since: input.if_unmodified_since.take(),
        };
        let catalogue = self.catalogue.read().await;
        let object = catalogue.get(&input.key).ok_or_else(no_such_key)?;
        conditions.check(object)?;
        input.key.clone_from(&object.blob);
        let mut response = self.blobs.files.get_object(request).await?;
        response.output.last_modified = Some(timestamp(object.modified));
        response.output.accept_ranges = Some("bytes".to_owned());
        response.output.content_type.get_or_insert_with(|| "binary/octet-stream".to_owned());
        Ok(response)
    }

    async fn head_object(
        &self,
        mut request: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        self.check(&request.input.bucket)?;
        let input = &mut request.input;
        let conditions = ReadConditions {
            if_match: input.if_match.take(),
            if_none_match: input.if_none_match.take(),
            if_modified_since: input.if_modified_since.take(),
            if_unmodified_since: input.if_unmodified_since.take(),
        };
        let catalogue = self.catalogue.read().await;
        let object = catalogue.get(&input.key).ok_or_else(no_such_key)?;
        conditions.check(object)?;
        input.key.clone_from(&object.blob);
        let mut response = self.blobs.files.head_object(request).await?;
        response.output.last_modified = Some(timestamp(object.modified));
        response.output.accept_ranges = Some("bytes".to_owned());
        response.output.content_type.get_or_insert_with(|| "binary/octet-stream".to_owned());
        Ok(response)
    }

    async fn delete_object(
        &self,
        request: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        self.check(&request.input.bucket)?;
        self.remove(&request.input.key).await?;
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    async fn delete_objects(
        &self,
        request: S3Request<DeleteObjectsInput>,
    ) -> S3Result<S3Response<DeleteObjectsOutput>> {
        self.check(&request.input.bucket)?;
        let mut deleted = Vec::new();
        for object in request.input.delete.objects {
            self.remove(&object.key).await?;
            deleted.push(DeletedObject { key: Some(object.key), ..DeletedObject::default() });
        }
        let loud = request.input.delete.quiet.unwrap_or_default().not();
        let output =
            DeleteObjectsOutput { deleted: loud.then_some(deleted), ..DeleteObjectsOutput::default() };
        Ok(S3Response::new(output))
    }

    async fn copy_object(
        &self,
        mut request: S3Request<CopyObjectInput>,
    ) -> S3Result<S3Response<CopyObjectOutput>> {
        self.check_write(&request.input.bucket, &request.input.key)?;
        let blob = Blobs::fresh_name();
        let upload = Upload { key: std::mem::replace(&mut request.input.key, blob.clone()), blob };
        let copied = {
            let catalogue = self.catalogue.read().await;
            self.source(&catalogue, &mut request.input.copy_source)?;
            self.blobs.files.copy_object(request).await
        };
        let response = copied.inspect_err(|_| self.blobs.discard(&upload.blob))?;
        let etag = response.output.copy_object_result.as_ref().and_then(|result| result.e_tag.as_ref());
        self.commit(upload, etag, &WriteConditions::default(), "ObjectCreated:Copy").await?;
        Ok(response)
    }

    async fn create_multipart_upload(
        &self,
        mut request: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        self.check_write(&request.input.bucket, &request.input.key)?;
        let blob = Blobs::fresh_name();
        let upload = Upload { key: std::mem::replace(&mut request.input.key, blob.clone()), blob };
        let mut response = self.blobs.files.create_multipart_upload(request).await?;
        response.output.key = Some(upload.key.clone());
        let id = response.output.upload_id.clone().unwrap_or_default();
        self.uploads.lock().unwrap_or_else(PoisonError::into_inner).insert(id, upload);
        Ok(response)
    }

    async fn upload_part(
        &self,
        mut request: S3Request<UploadPartInput>,
    ) -> S3Result<S3Response<UploadPartOutput>> {
        self.check(&request.input.bucket)?;
        request.input.key = self.upload(&request.input.upload_id, &request.input.key)?.blob;
        self.blobs.files.upload_part(request).await
    }

    async fn upload_part_copy(
        &self,
        mut request: S3Request<UploadPartCopyInput>,
    ) -> S3Result<S3Response<UploadPartCopyOutput>> {
        self.check(&request.input.bucket)?;
        request.input.key = self.upload(&request.input.upload_id, &request.input.key)?.blob;
        let catalogue = self.catalogue.read().await;
        self.source(&catalogue, &mut request.input.copy_source)?;
        self.blobs.files.upload_part_copy(request).await
    }

    async fn list_parts(
        &self,
        mut request: S3Request<ListPartsInput>,
    ) -> S3Result<S3Response<ListPartsOutput>> {
        self.check(&request.input.bucket)?;
        let upload = self.upload(&request.input.upload_id, &request.input.key)?;
        request.input.key = upload.blob;
        let mut response = self.blobs.files.list_parts(request).await?;
        response.output.key = Some(upload.key);
        if let Some(parts) = &mut response.output.parts {
            parts.sort_by_key(|part| part.part_number);
        }
        Ok(response)
    }

    async fn complete_multipart_upload(
        &self,
        mut request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        self.check(&request.input.bucket)?;
        let id = request.input.upload_id.clone();
        let upload = self.upload(&id, &request.input.key)?;
        let conditions =
            WriteConditions::new(request.input.if_match.take(), request.input.if_none_match.take());
        conditions.check(self.catalogue.read().await.get(&upload.key))?;
        request.input.key.clone_from(&upload.blob);
        let mut response = self.blobs.files.complete_multipart_upload(request).await?;
        self.forget_upload(&id);
        let mut output = match response.output.future.take() {
            Some(future) => future.await?,
            None => response.output,
        };
        self.commit(
            upload.clone(),
            output.e_tag.as_ref(),
            &conditions,
            "ObjectCreated:CompleteMultipartUpload",
        )
        .await?;
        output.key = Some(upload.key);
        Ok(S3Response::new(output))
    }

    async fn abort_multipart_upload(
        &self,
        mut request: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        self.check(&request.input.bucket)?;
        let id = request.input.upload_id.clone();
        request.input.key = self.upload(&id, &request.input.key)?.blob;
        let response = self.blobs.files.abort_multipart_upload(request).await?;
        self.forget_upload(&id);
        Ok(response)
    }

    async fn list_objects(
        &self,
        request: S3Request<ListObjectsInput>,
    ) -> S3Result<S3Response<ListObjectsOutput>> {
        self.check(&request.input.bucket)?;
        Ok(S3Response::new(listing::first_version(&*self.catalogue.read().await, request.input)))
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        self.check(&request.input.bucket)?;
        listing::second_version(&*self.catalogue.read().await, request.input).map(S3Response::new)
    }

    async fn list_buckets(
        &self,
        request: S3Request<ListBucketsInput>,
    ) -> S3Result<S3Response<ListBucketsOutput>> {
        self.blobs.files.list_buckets(request).await
    }

    async fn head_bucket(
        &self,
        request: S3Request<HeadBucketInput>,
    ) -> S3Result<S3Response<HeadBucketOutput>> {
        self.check(&request.input.bucket)?;
        self.blobs.files.head_bucket(request).await
    }

    async fn get_bucket_location(
        &self,
        request: S3Request<GetBucketLocationInput>,
    ) -> S3Result<S3Response<GetBucketLocationOutput>> {
        self.check(&request.input.bucket)?;
        self.blobs.files.get_bucket_location(request).await
    }
}
