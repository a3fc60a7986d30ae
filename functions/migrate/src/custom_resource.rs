//! CloudFormation's custom resource protocol: the outcome goes to a presigned URL, by PUT, whatever happens
//! (AWS CloudFormation user guide, "Custom resource request and response reference").

use anyhow::Context as _;
use bytes::Bytes;
use http::{Method, Request, header};
use http_body_util::Full;
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use serde_json::{Value, json};
use std::future::Future;

/// What identifies the resource: it never changes, so that an update replaces nothing.
const PHYSICAL_ID: &str = "docent-migrations";
/// Characters of a reason that CloudFormation shows.
const REASON_CHARACTERS: usize = 1_000;

/// Does the work and tells CloudFormation how it went.
///
/// # Errors
/// When CloudFormation cannot be told.
pub async fn answer(
    event: &Value,
    work: impl Future<Output = anyhow::Result<Value>>,
) -> anyhow::Result<Value> {
    let outcome = work.await;
    let field = |name: &str| event.get(name).cloned().unwrap_or(Value::Null);
    let (status, reason, data) = match outcome {
        Ok(data) => ("SUCCESS", String::from("migrated"), data),
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "migration failed");
            ("FAILED", format!("{error:#}").chars().take(REASON_CHARACTERS).collect(), json!({}))
        }
    };
    let answer = json!({
        "Status": status, "Reason": reason, "PhysicalResourceId": PHYSICAL_ID, "StackId": field("StackId"),
        "RequestId": field("RequestId"), "LogicalResourceId": field("LogicalResourceId"), "Data": data,
    });
    let url = event.get("ResponseURL").and_then(Value::as_str).context("read ResponseURL")?;
    put(url, answer.to_string()).await.context("tell CloudFormation")?;
    Ok(answer)
}

async fn put(url: &str, body: String) -> anyhow::Result<()> {
    let connector = HttpsConnectorBuilder::new().with_native_roots()?.https_or_http().enable_http1().build();
    let request = Request::builder()
        .method(Method::PUT)
        .uri(url)
        // The URL is signed without a content type: any other value breaks the signature.
        .header(header::CONTENT_TYPE, "")
        .body(Full::new(Bytes::from(body)))?;
    let response = Client::builder(TokioExecutor::new()).build(connector).request(request).await?;
    anyhow::ensure!(response.status().is_success(), "answered {}", response.status().as_u16());
    Ok(())
}
