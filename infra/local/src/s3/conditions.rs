//! `If-Match` and its relatives: whether a request applies to the object there is.

use std::time::{Duration, UNIX_EPOCH};

use s3s::dto::{ETag, ETagCondition, Timestamp};
use s3s::{S3Result, s3_error};

use super::catalogue::StoredObject;

/// A moment as HTTP knows it, in whole seconds. `millis` since 1970.
pub(super) fn timestamp(millis: i64) -> Timestamp {
    let seconds = u64::try_from(millis / 1000).unwrap_or_default();
    Timestamp::from(UNIX_EPOCH + Duration::from_secs(seconds))
}

fn matches(condition: &ETagCondition, object: &StoredObject) -> bool {
    match condition {
        ETagCondition::Any => true,
        ETagCondition::ETag(etag) => etag.weak_cmp(&ETag::Strong(object.etag.clone())),
    }
}

/// What a GET or HEAD demands.
#[derive(Default)]
pub(super) struct ReadConditions {
    pub(super) if_match: Option<ETagCondition>,
    pub(super) if_none_match: Option<ETagCondition>,
    pub(super) if_modified_since: Option<Timestamp>,
    pub(super) if_unmodified_since: Option<Timestamp>,
}

impl ReadConditions {
    /// 412 or 304 when the object is not what was asked for; an ETag condition overrides the date beside it.
    pub(super) fn check(&self, object: &StoredObject) -> S3Result<()> {
        let modified = timestamp(object.modified);
        let fits = match (&self.if_match, &self.if_unmodified_since) {
            (Some(condition), _) => matches(condition, object),
            (None, Some(since)) => modified <= *since,
            (None, None) => true,
        };
        if !fits {
            return Err(s3_error!(
                PreconditionFailed,
                "At least one of the pre-conditions you specified did not hold"
            ));
        }
        let unchanged = match (&self.if_none_match, &self.if_modified_since) {
            (Some(condition), _) => matches(condition, object),
            (None, Some(since)) => modified <= *since,
            (None, None) => false,
        };
        if unchanged { Err(s3_error!(NotModified, "Not Modified")) } else { Ok(()) }
    }
}

/// What a PUT or the completion of a multipart upload demands of the object it replaces.
#[derive(Default)]
pub(super) struct WriteConditions {
    if_match: Option<ETagCondition>,
    if_none_match: Option<ETagCondition>,
}

impl WriteConditions {
    pub(super) fn new(
        if_match: Option<ETagCondition>,
        if_none_match: Option<ETagCondition>,
    ) -> WriteConditions {
        WriteConditions { if_match, if_none_match }
    }

    /// 412 when the object is not the expected one, 404 when one is expected and none is there.
    pub(super) fn check(&self, object: Option<&StoredObject>) -> S3Result<()> {
        let refused = match (&self.if_match, &self.if_none_match, object) {
            (Some(_), _, None) => return Err(s3_error!(NoSuchKey, "The specified key does not exist.")),
            (Some(condition), _, Some(object)) => !matches(condition, object),
            (None, Some(condition), Some(object)) => matches(condition, object),
            (None, _, _) => false,
        };
        if refused {
            return Err(s3_error!(
                PreconditionFailed,
                "At least one of the pre-conditions you specified did not hold"
            ));
        }
        Ok(())
    }
}
