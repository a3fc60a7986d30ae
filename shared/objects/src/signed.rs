//! Requests that others make with our signature: a form that uploads one object, a link that downloads one.
//!
//! The SDK signs links. It knows no POST policies, which alone bound an upload's size; those are signed here, as the
//! S3 API reference says ("Browser-based uploads using POST", Signature Version 4).

use crate::{Bucket, Error};
use aws_config::SdkConfig;
use aws_sdk_s3::{
    Client,
    config::{Credentials, ProvideCredentials as _, SharedCredentialsProvider},
    presigning::PresigningConfig,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use sha2::Sha256;
use std::{collections::BTreeMap, ops::RangeInclusive, time::Duration};

/// What stays as it is in a metadata value and in a file's name: the unreserved characters of RFC 3986.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Signs in the name of this function's role.
#[derive(Debug, Clone)]
pub struct Signer {
    client: Client,
    bucket: String,
    region: String,
    credentials: Option<SharedCredentialsProvider>,
}

/// What an upload is to be.
#[derive(Debug)]
pub struct Upload<'a> {
    /// The object's key, exactly.
    pub key: &'a str,
    /// The object's type, exactly.
    pub content_type: &'a str,
    /// `x-amz-meta-*`, names without that prefix, values in plain.
    pub metadata: &'a BTreeMap<String, String>,
    /// Bytes of the file.
    pub size: RangeInclusive<u64>,
    /// For how long it may begin.
    pub good_for: Duration,
}

/// A form: `POST url` as `multipart/form-data` with these fields, and behind them the field `file`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// Where to.
    pub url: String,
    /// By name.
    pub fields: BTreeMap<String, String>,
    /// When it ceases to be good.
    pub expires_at: Timestamp,
}

/// A link: `GET url`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Where to.
    pub url: String,
    /// When it ceases to be good.
    pub expires_at: Timestamp,
}

impl Signer {
    /// Signs for one bucket.
    #[must_use]
    pub fn new(aws: &SdkConfig, bucket: &Bucket) -> Self {
        Self {
            client: bucket.client.clone(),
            bucket: bucket.name.clone(),
            region: aws.region().map(ToString::to_string).unwrap_or_default(),
            credentials: aws.credentials_provider(),
        }
    }

    /// A form that uploads one object and nothing else.
    ///
    /// # Errors
    /// [`Error::Unavailable`] without credentials.
    pub async fn upload(&self, upload: &Upload<'_>, now: Timestamp) -> Result<Form, Error> {
        let provider = self.credentials.as_ref();
        let provider = provider.ok_or_else(|| Error::Unavailable("there are no credentials".into()))?;
        let credentials = provider.provide_credentials().await;
        let credentials =
            credentials.map_err(|error| Error::Unavailable(format!("read credentials: {error}")))?;
        let expires_at = now + upload.good_for;
        let fields = self.fields(upload, &credentials, now);
        let mut conditions: Vec<Value> = fields.iter().map(|(name, value)| json!({ name: value })).collect();
        conditions.push(json!({ "bucket": self.bucket }));
        conditions.push(json!(["content-length-range", upload.size.start(), upload.size.end()]));
        let policy = json!({
            "expiration": expires_at.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string(),
            "conditions": conditions,
        });
        let policy = BASE64_STANDARD.encode(policy.to_string());
        let signature = sign(credentials.secret_access_key(), &day(now), &self.region, &policy);
        let signed = [("policy".to_owned(), policy), ("x-amz-signature".to_owned(), signature)];
        let fields = fields.into_iter().chain(signed).collect();
        Ok(Form { url: self.url().await?, fields, expires_at })
    }

    /// The form's fields that the policy fixes, one by one.
    fn fields(
        &self,
        upload: &Upload<'_>,
        credentials: &Credentials,
        now: Timestamp,
    ) -> BTreeMap<String, String> {
        let scope = format!("{}/{}/{}/s3/aws4_request", credentials.access_key_id(), day(now), self.region);
        let mut fields = BTreeMap::from(
            [
                ("key", upload.key),
                ("Content-Type", upload.content_type),
                // Answered with the object's ETag.
                ("success_action_status", "201"),
                ("x-amz-algorithm", ALGORITHM),
                ("x-amz-credential", &scope),
                ("x-amz-date", &now.strftime("%Y%m%dT%H%M%SZ").to_string()),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        if let Some(token) = credentials.session_token() {
            fields.insert("x-amz-security-token".into(), token.to_owned());
        }
        let said = upload.metadata.iter();
        fields.extend(said.map(|(name, value)| (format!("x-amz-meta-{name}"), encode(value))));
        fields
    }

    /// A link that downloads an object under a file's name.
    ///
    /// # Errors
    /// [`Error::Unavailable`] without credentials.
    pub async fn download(
        &self,
        key: &str,
        filename: &str,
        good_for: Duration,
        now: Timestamp,
    ) -> Result<Link, Error> {
        // RFC 6266: the encoded form is for everybody of this decade.
        let disposition = format!("attachment; filename*=UTF-8''{}", encode(filename));
        let get = self.client.get_object().bucket(&self.bucket).key(key);
        let get = get.response_content_disposition(disposition);
        let signed = get.presigned(presigning(good_for)?).await;
        let signed = signed.map_err(|error| Error::Unavailable(format!("sign a link: {error}")))?;
        Ok(Link { url: signed.uri().to_owned(), expires_at: now + good_for })
    }

    /// A link that opens an object in the reader, at a page where there are pages (RFC 8118); what a browser would run, or
    /// cannot show, is downloaded.
    ///
    /// # Errors
    /// [`Error::Unavailable`] without credentials.
    pub async fn open(
        &self,
        key: &str,
        page: Option<i32>,
        good_for: Duration,
        now: Timestamp,
    ) -> Result<Link, Error> {
        let filename = key.rsplit('/').next().unwrap_or(key);
        let Some(shown_as) = shown_as(filename) else {
            return self.download(key, filename, good_for, now).await;
        };
        let disposition = format!("inline; filename*=UTF-8''{}", encode(filename));
        let get = self.client.get_object().bucket(&self.bucket).key(key);
        let get = get.response_content_disposition(disposition).response_content_type(shown_as);
        let signed = get.presigned(presigning(good_for)?).await;
        let signed = signed.map_err(|error| Error::Unavailable(format!("sign a link: {error}")))?;
        let page = page.map(|page| format!("#page={page}")).unwrap_or_default();
        Ok(Link { url: format!("{}{page}", signed.uri()), expires_at: now + good_for })
    }

    /// The bucket's own address. Which form it has is the SDK's to know: a link to an object, without the object.
    async fn url(&self) -> Result<String, Error> {
        const OBJECT: &str = "o";
        let get = self.client.get_object().bucket(&self.bucket).key(OBJECT);
        let signed = get.presigned(presigning(Duration::from_secs(1))?).await;
        let signed = signed.map_err(|error| Error::Unavailable(format!("find the bucket: {error}")))?;
        let address = signed.uri().split('?').next().unwrap_or_default();
        Ok(address.strip_suffix(OBJECT).unwrap_or(address).to_owned())
    }
}

/// As what a browser shows a file; never as what it would run, whatever its uploader called it.
fn shown_as(filename: &str) -> Option<&'static str> {
    let (_, ending) = filename.rsplit_once('.')?;
    match ending.to_ascii_lowercase().as_str() {
        "pdf" => Some("application/pdf"),
        "png" => Some("image/png"),
        "jpg" | "jpeg" => Some("image/jpeg"),
        "txt" | "md" | "csv" | "tsv" | "eml" => Some("text/plain; charset=utf-8"),
        _ => None,
    }
}

fn presigning(good_for: Duration) -> Result<PresigningConfig, Error> {
    PresigningConfig::expires_in(good_for).map_err(|error| Error::Unavailable(error.to_string()))
}

/// As it travels in `x-amz-meta-*`: S3 carries ASCII only.
#[must_use]
pub fn encode(value: &str) -> String {
    utf8_percent_encode(value, ENCODED).to_string()
}

fn day(now: Timestamp) -> String {
    now.strftime("%Y%m%d").to_string()
}

/// Signature Version 4 of an encoded policy, in hex.
fn sign(secret: &str, day: &str, region: &str, policy: &str) -> String {
    let mut key = format!("AWS4{secret}").into_bytes();
    for part in [day, region, "s3", "aws4_request"] {
        key = hmac(&key, part);
    }
    hex::encode(hmac(&key, policy))
}

fn hmac(key: &[u8], message: &str) -> Vec<u8> {
    // A key of any length is taken.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_s3::config::Region;

    /// S3 API reference, "Example: Browser-based upload using HTTP POST (Using AWS Signature Version 4)".
    #[test]
    fn a_policy_is_signed_as_in_the_documented_example() {
        let lines = [
            "{ \"expiration\": \"2015-12-30T12:00:00.000Z\",",
            "  \"conditions\": [",
            "    {\"bucket\": \"sigv4examplebucket\"},",
            "    [\"starts-with\", \"$key\", \"user/user1/\"],",
            "    {\"acl\": \"public-read\"},",
            "    {\"success_action_redirect\": \"http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html\"},",
            "    [\"starts-with\", \"$Content-Type\", \"image/\"],",
            "    {\"x-amz-meta-uuid\": \"14365123651274\"},",
            "    {\"x-amz-server-side-encryption\": \"AES256\"},",
            "    [\"starts-with\", \"$x-amz-meta-tag\", \"\"],",
            "",
            "    {\"x-amz-credential\": \"AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request\"},",
            "    {\"x-amz-algorithm\": \"AWS4-HMAC-SHA256\"},",
            "    {\"x-amz-date\": \"20151229T000000Z\" }",
            "  ]",
            "}",
        ];
        let policy = BASE64_STANDARD.encode(lines.join("\r\n"));
        let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        assert_eq!(
            sign(secret, "20151229", "us-east-1", &policy),
            "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e"
        );
    }

    fn signer() -> Signer {
        let credentials = Credentials::new("AKIA", "secret", Some("token".into()), None, "test");
        let aws = SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .build();
        Signer::new(&aws, &Bucket::new(&aws, "docs"))
    }

    fn now() -> Timestamp {
        "2026-11-22T10:00:00Z".parse().expect("a time")
    }

    #[tokio::test]
    async fn a_form_fixes_every_field_and_the_size() {
        let metadata = BTreeMap::from([("title".to_owned(), "คู่มือ 1%".to_owned())]);
        let upload = Upload {
            key: "acme/handbook/a b.pdf",
            content_type: "application/pdf",
            metadata: &metadata,
            size: 1..=10,
            good_for: Duration::from_secs(900),
        };
        let form = signer().upload(&upload, now()).await.expect("a form");
        assert_eq!(form.url, "https://docs.s3.eu-west-1.amazonaws.com/");
        assert_eq!(form.expires_at, "2026-11-22T10:15:00Z".parse().expect("a time"));
        assert_eq!(form.fields["x-amz-meta-title"], encode("คู่มือ 1%"));
        assert!(form.fields["x-amz-meta-title"].is_ascii());
        let policy = BASE64_STANDARD.decode(&form.fields["policy"]).expect("base64");
        let policy: Value = serde_json::from_slice(&policy).expect("JSON");
        assert_eq!(policy["expiration"], "2026-11-22T10:15:00.000Z");
        let conditions = policy["conditions"].as_array().expect("conditions");
        for (name, value) in
            form.fields.iter().filter(|(name, _)| !["policy", "x-amz-signature"].contains(&name.as_str()))
        {
            assert!(conditions.contains(&json!({ name: value })), "{name} is not fixed");
        }
        assert!(conditions.contains(&json!({ "x-amz-security-token": "token" })));
        assert!(conditions.contains(&json!({ "bucket": "docs" })));
        assert!(conditions.contains(&json!(["content-length-range", 1, 10])));
        assert_eq!(conditions.len(), form.fields.len());
    }

    #[tokio::test]
    async fn a_link_opens_at_the_page_and_runs_nothing() {
        let open = async |key: &str, page| {
            let link = signer().open(key, page, Duration::from_secs(900), now()).await.expect("a link");
            assert!(link.url.contains("X-Amz-Expires=900"), "{}", link.url);
            link.url
        };
        let pdf = open("acme/a/manual.PDF", Some(6)).await;
        assert!(pdf.contains("response-content-disposition=inline") && pdf.ends_with("#page=6"), "{pdf}");
        assert!(pdf.contains("response-content-type=application%2Fpdf"), "{pdf}");
        assert!(open("acme/a/notes.md", None).await.contains("response-content-type=text%2Fplain"));
        for downloaded in ["acme/a/page.html", "acme/a/logo.svg", "acme/a/letter.docx", "acme/a/none"] {
            let url = open(downloaded, Some(1)).await;
            assert!(url.contains("response-content-disposition=attachment"), "{url}");
        }
    }

    #[tokio::test]
    async fn a_link_names_the_file_and_ends() {
        let link = signer().download("acme/a/ข.pdf", "ข \"1\".pdf", Duration::from_secs(300), now()).await;
        let link = link.expect("a link");
        assert!(
            link.url.starts_with("https://docs.s3.eu-west-1.amazonaws.com/acme/a/%E0%B8%82.pdf?"),
            "{}",
            link.url
        );
        assert!(link.url.contains("X-Amz-Expires=300"), "{}", link.url);
        assert!(link.url.contains("%2520%252522") || link.url.contains("%2520%25221"), "{}", link.url);
    }
}
