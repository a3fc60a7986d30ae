//! What those who keep documents do: upload by a signed form, have things processed again.

use super::Client;
use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use http::{Method, Request, header};
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};
use std::{path::Path, time::Duration};

/// Between a form's fields; random enough that no file holds it by chance.
const EDGE: &str = "----docent-8c5f1f0e6a0b4f6f9d3c7a1e2b4d6f80";
/// How often a job is looked at while it is awaited, and for how long.
const LOOK_EVERY: Duration = Duration::from_millis(300);
const JOB_WAIT: Duration = Duration::from_secs(600);

/// A file that S3 took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// The document's key.
    pub key: String,
    /// ETag of its bytes.
    pub etag: String,
}

impl Client {
    /// Uploads one file into a collection, by a form that the API signs.
    ///
    /// # Errors
    /// With the problem's detail when the API or S3 refuses.
    pub async fn upload(&self, collection: &str, name: &str, file: &Path) -> Result<Dropped> {
        let size = std::fs::metadata(file).with_context(|| format!("read {}", file.display()))?.len();
        let wish = json!({ "collection": collection, "path": name, "size": size });
        let form = self.json(Method::POST, "/api/v1/documents/uploads", Some(&wish)).await?;
        let bytes = tokio::fs::read(file).await.with_context(|| format!("read {}", file.display()))?;
        let request = Request::post(form["url"].as_str().context("read the form's address")?)
            .header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={EDGE}"))
            .body(Full::new(Bytes::from(multipart(&form, &bytes)?)))?;
        let response = self.http.request(request).await.context("reach S3")?;
        let status = response.status();
        let said = response.into_body().collect().await.context("read S3's answer")?.to_bytes();
        let said = String::from_utf8_lossy(&said);
        ensure!(
            status.is_success(),
            "S3 refuses the upload ({status}): {}",
            inner(&said, "Message").unwrap_or(&said).trim()
        );
        let etag = inner(&said, "ETag").unwrap_or_default().replace("&quot;", "\"");
        let etag = etag.trim_matches('"').to_owned();
        Ok(Dropped { key: form["key"].as_str().context("read the key")?.to_owned(), etag })
    }

    /// Has documents of a collection, or of all, processed again; how many.
    ///
    /// # Errors
    /// With the problem's detail when the API refuses.
    pub async fn reprocess(&self, collection: Option<&str>, failed_only: bool) -> Result<u64> {
        let slugs = match collection {
            Some(slug) => vec![slug.to_owned()],
            None => self.collections().await?,
        };
        let mut documents = 0;
        for slug in slugs {
            let path = format!("/api/v1/collections/{slug}/reprocess");
            let begun = self.json(Method::POST, &path, Some(&json!({ "failed_only": failed_only }))).await?;
            documents += begun["documents"].as_u64().unwrap_or_default();
        }
        Ok(documents)
    }

    /// The slugs of all collections, page by page.
    ///
    /// # Errors
    /// With the problem's detail when the API refuses.
    pub async fn collections(&self) -> Result<Vec<String>> {
        let mut slugs = Vec::new();
        let mut path = "/api/v1/collections?limit=100".to_owned();
        loop {
            let page = self.json(Method::GET, &path, None).await?;
            let items = page["items"].as_array().into_iter().flatten();
            slugs.extend(items.filter_map(|item| Some(item["slug"].as_str()?.to_owned())));
            let Some(cursor) = page["next_cursor"].as_str() else { return Ok(slugs) };
            path = format!("/api/v1/collections?limit=100&cursor={cursor}");
        }
    }

    /// Has the bucket compared with the documents; the job as it ended.
    ///
    /// # Errors
    /// With the problem's detail when the API refuses.
    pub async fn reconcile(&self) -> Result<Value> {
        let begun = self.json(Method::POST, "/api/v1/ingestion/reconcile", None).await?;
        self.ended_job(&begun, |_| {}).await
    }

    /// Has a collection embedded in one more space, which is made when there is none; tells how far it is.
    ///
    /// # Errors
    /// With the problem's detail when the API refuses.
    pub async fn reembed(
        &self,
        collection: &str,
        model: &str,
        dimension: u32,
        progress: impl FnMut(&Value),
    ) -> Result<Value> {
        let space = json!({ "action": "create_space", "model": model, "dimension": dimension });
        self.invoke("migrate", space.to_string()).await?;
        let wish = json!({ "embedding_model": model, "dimension": dimension });
        let path = format!("/api/v1/collections/{collection}/reembed");
        let begun = self.json(Method::POST, &path, Some(&wish)).await?;
        self.ended_job(&begun, progress).await
    }

    /// The job that was begun, as it ended.
    async fn ended_job(&self, begun: &Value, mut progress: impl FnMut(&Value)) -> Result<Value> {
        let id = begun["job_id"].as_str().context("read the job's id")?;
        let path = format!("/api/v1/ingestion-jobs/{id}");
        let ended = async {
            loop {
                let job = self.json(Method::GET, &path, None).await?;
                progress(&job);
                if matches!(job["status"].as_str(), Some("completed" | "failed")) {
                    return anyhow::Ok(job);
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        tokio::time::timeout(JOB_WAIT, ended).await.context("wait for the job")?
    }

    /// Sends every dead letter back to the queue that gave it up; how many, by the dead letters' queue.
    ///
    /// # Errors
    /// When SQS refuses.
    pub async fn redrive(&self) -> Result<Vec<(String, u64)>> {
        let sqs = self.sqs();
        let urls = sqs.list_queues().send().await.context("list the queues")?;
        let mut moved = Vec::new();
        for url in urls.queue_urls() {
            let source = attributes(&sqs, url).await?;
            let Some(policy) = source.get("RedrivePolicy") else { continue };
            let policy: Value = serde_json::from_str(policy).context("read a queue's redrive policy")?;
            let arn = policy["deadLetterTargetArn"].as_str().context("read a queue's redrive policy")?;
            let name = arn.rsplit(':').next().unwrap_or_default();
            let dead = sqs.get_queue_url().queue_name(name).send().await;
            let dead = dead.with_context(|| format!("find the queue {name}"))?;
            let dead = attributes(&sqs, dead.queue_url().unwrap_or_default()).await?;
            let waiting = dead.get("ApproximateNumberOfMessages").and_then(|count| count.parse().ok());
            let task = sqs.start_message_move_task().source_arn(arn).send().await;
            task.with_context(|| format!("move the dead letters of {name}"))?;
            moved.push((name.to_owned(), waiting.unwrap_or_default()));
        }
        ensure!(!moved.is_empty(), "no queue of this stack has a queue for dead letters");
        Ok(moved)
    }

    fn sqs(&self) -> aws_sdk_sqs::Client {
        use aws_sdk_sqs::config::{BehaviorVersion, Config, Credentials, Region};
        let addresses = &self.addresses;
        let credentials = Credentials::new(
            &addresses.access_key_id,
            &addresses.secret_access_key,
            None,
            None,
            "stack.json",
        );
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(addresses.region.clone()))
            .endpoint_url(&addresses.sqs_endpoint)
            .credentials_provider(credentials)
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build();
        aws_sdk_sqs::Client::from_conf(config)
    }
}

/// A queue's attributes by name.
async fn attributes(
    sqs: &aws_sdk_sqs::Client,
    url: &str,
) -> Result<std::collections::BTreeMap<String, String>> {
    let all = aws_sdk_sqs::types::QueueAttributeName::All;
    let asked = sqs.get_queue_attributes().queue_url(url).attribute_names(all).send().await;
    let asked = asked.with_context(|| format!("read the queue {url}"))?;
    let named = asked.attributes.into_iter().flatten();
    Ok(named.map(|(name, value)| (name.as_str().to_owned(), value)).collect())
}

/// The fields of a form, and the file behind them (RFC 7578).
fn multipart(form: &Value, file: &[u8]) -> Result<Vec<u8>> {
    let mut body = Vec::with_capacity(file.len() + 8 * 1024);
    for (name, value) in form["fields"].as_object().context("read the form's fields")? {
        let value = value.as_str().context("read a field of the form")?;
        let field = format!("--{EDGE}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(field.as_bytes());
    }
    let head = format!(
        "--{EDGE}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"file\"\r\nContent-Type: application/octet-stream\r\n\r\n"
    );
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(file);
    body.extend_from_slice(format!("\r\n--{EDGE}--\r\n").as_bytes());
    Ok(body)
}

/// What stands in an element of S3's XML.
fn inner<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    Some(rest.split_once(&format!("</{name}>"))?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_ends_with_its_file() {
        let form = json!({ "fields": { "key": "a/b/ไทย.txt", "policy": "e30=" } });
        let body = String::from_utf8(multipart(&form, b"bytes").unwrap()).unwrap();
        assert!(body.starts_with(&format!(
            "--{EDGE}\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\na/b/ไทย.txt\r\n"
        )));
        assert!(body.ends_with(&format!("\r\n\r\nbytes\r\n--{EDGE}--\r\n")));
    }

    #[test]
    fn s3s_words_are_found_in_its_xml() {
        let xml = "<Error><Code>A</Code><Message>Too small</Message></Error>";
        assert_eq!((inner(xml, "Message"), inner(xml, "ETag")), (Some("Too small"), None));
    }
}
