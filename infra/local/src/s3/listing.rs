//! ListObjects and ListObjectsV2 over the catalogue.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::dto::{
    CommonPrefix, ETag, EncodingType, ListObjectsInput, ListObjectsOutput, ListObjectsV2Input,
    ListObjectsV2Output, Object, ObjectStorageClass,
};
use s3s::{S3Result, s3_error};

use super::catalogue::{Catalogue, Page, Query, StoredObject};
use super::conditions::timestamp;

/// S3's own limit of a page, and what it gives when nothing is asked.
const MAXIMUM_KEYS: i32 = 1000;

pub(super) fn second_version(
    catalogue: &Catalogue,
    input: ListObjectsV2Input,
) -> S3Result<ListObjectsV2Output> {
    let resumed = input.continuation_token.as_deref().map(read_token).transpose()?;
    let after = resumed.as_deref().or(input.start_after.as_deref());
    let most = limit(input.max_keys);
    let page = find(catalogue, input.prefix.as_deref(), input.delimiter.as_deref(), after, most);
    let encoding = Encoding::of(input.encoding_type.as_ref());
    Ok(ListObjectsV2Output {
        name: Some(input.bucket),
        key_count: i32::try_from(page.objects.len() + page.prefixes.len()).ok(),
        max_keys: Some(most),
        is_truncated: Some(page.resume_after.is_some()),
        next_continuation_token: page.resume_after.as_deref().map(|last| BASE64.encode(last)),
        continuation_token: input.continuation_token,
        contents: Some(page.objects.into_iter().map(|object| encoding.object(object)).collect()),
        common_prefixes: Some(page.prefixes.into_iter().map(|prefix| encoding.prefix(&prefix)).collect()),
        prefix: input.prefix.map(|text| encoding.text(&text)),
        delimiter: input.delimiter.map(|text| encoding.text(&text)),
        start_after: input.start_after.map(|text| encoding.text(&text)),
        encoding_type: input.encoding_type,
        ..ListObjectsV2Output::default()
    })
}

pub(super) fn first_version(catalogue: &Catalogue, input: ListObjectsInput) -> ListObjectsOutput {
    let most = limit(input.max_keys);
    let page =
        find(catalogue, input.prefix.as_deref(), input.delimiter.as_deref(), input.marker.as_deref(), most);
    let encoding = Encoding::of(input.encoding_type.as_ref());
    ListObjectsOutput {
        name: Some(input.bucket),
        max_keys: Some(most),
        is_truncated: Some(page.resume_after.is_some()),
        next_marker: page.resume_after.map(|text| encoding.text(&text)),
        contents: Some(page.objects.into_iter().map(|object| encoding.object(object)).collect()),
        common_prefixes: Some(page.prefixes.into_iter().map(|prefix| encoding.prefix(&prefix)).collect()),
        prefix: input.prefix.map(|text| encoding.text(&text)),
        delimiter: input.delimiter.map(|text| encoding.text(&text)),
        marker: input.marker.map(|text| encoding.text(&text)),
        encoding_type: input.encoding_type,
        ..ListObjectsOutput::default()
    }
}

fn find(
    catalogue: &Catalogue,
    prefix: Option<&str>,
    delimiter: Option<&str>,
    after: Option<&str>,
    most: i32,
) -> Page {
    if most == 0 {
        return Page::default();
    }
    catalogue.page(&Query {
        prefix: prefix.unwrap_or_default(),
        delimiter: delimiter.filter(|delimiter| !delimiter.is_empty()),
        after: after.filter(|after| !after.is_empty()),
        most: usize::try_from(most).unwrap_or_default(),
    })
}

fn limit(max_keys: Option<i32>) -> i32 {
    max_keys.unwrap_or(MAXIMUM_KEYS).clamp(0, MAXIMUM_KEYS)
}

fn read_token(token: &str) -> S3Result<String> {
    let last = BASE64.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    last.ok_or_else(|| s3_error!(InvalidArgument, "The continuation token provided is incorrect"))
}

/// What stays as it is in a listing with `encoding-type=url`.
const IN_LISTING: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'*').remove(b'/');

/// Whether keys are percent-encoded, because XML cannot carry every character.
enum Encoding {
    Plain,
    Url,
}

impl Encoding {
    fn of(asked: Option<&EncodingType>) -> Encoding {
        if asked.is_some_and(|asked| asked.as_str() == EncodingType::URL) {
            Encoding::Url
        } else {
            Encoding::Plain
        }
    }

    fn text(&self, text: &str) -> String {
        match self {
            Encoding::Plain => text.to_owned(),
            Encoding::Url => utf8_percent_encode(text, IN_LISTING).to_string(),
        }
    }

    fn object(&self, object: StoredObject) -> Object {
        Object {
            key: Some(self.text(&object.key)),
            size: i64::try_from(object.size).ok(),
            e_tag: Some(ETag::Strong(object.etag)),
            last_modified: Some(timestamp(object.modified)),
            storage_class: Some(ObjectStorageClass::from_static(ObjectStorageClass::STANDARD)),
            ..Object::default()
        }
    }

    fn prefix(&self, prefix: &str) -> CommonPrefix {
        CommonPrefix { prefix: Some(self.text(prefix)) }
    }
}
