//! A client of a running stack, as any other program would be: S3 for documents, HTTP for questions.

mod example;
mod keeping;
mod replaying;

use crate::{folder::Addresses, stack::BUCKET};
use anyhow::{Context as _, Result, bail};
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use bytes::Bytes;
use domain::{ChatbotId, OrganizationId};
pub use example::Invoked;
use futures_util::{Stream, StreamExt as _};
use http::{Method, Request, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{Client as HttpClient, connect::HttpConnector},
    rt::TokioExecutor,
};
pub use keeping::Dropped;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
pub use replaying::Comparison;
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};
use store::{
    Database, chatbots, collections,
    config_versions::{self, Settings},
    documents::{self, Status},
    organizations, spaces,
};

/// How often documents are looked at while they are awaited.
const LOOK_EVERY: Duration = Duration::from_millis(150);

/// Speaks to one stack with the demo organization's key.
#[derive(Clone)]
pub struct Client {
    addresses: Addresses,
    http: HttpClient<HttpConnector, Full<Bytes>>,
    database: Database,
    organization: OrganizationId,
}

/// An event of a streamed answer.
#[derive(Debug, Clone)]
pub struct ServerEvent {
    /// `token`, `citation`, `done` or `error`.
    pub name: String,
    /// Its JSON.
    pub data: Value,
}

impl Client {
    /// A client of the stack at these addresses.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn new(addresses: &Addresses) -> Result<Self> {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let database = Database::new(&addresses.database_url)?;
        let organization = organizations::of_slug(&database, &addresses.organization).await?;
        Ok(Self {
            addresses: addresses.clone(),
            http: HttpClient::builder(TokioExecutor::new()).build(connector),
            database,
            organization: organization.context(
                "the demo organization is gone from the database: clean the data folder, and start anew",
            )?,
        })
    }

    /// Waits until every document of these keys is completed or failed with the bytes of its ETag (any, where that
    /// is empty); `changed` hears of each new state.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn settle(
        &self,
        dropped: &BTreeMap<String, String>,
        mut changed: impl FnMut(&Status),
    ) -> Result<Vec<Status>> {
        let keys: Vec<String> = dropped.keys().cloned().collect();
        let mut last: BTreeMap<String, (String, Option<(i32, i32)>)> = BTreeMap::new();
        loop {
            let mut statuses = self.statuses(&keys).await?;
            // What is said of other bytes is about what was there before.
            statuses.retain(|status| {
                let etag = dropped.get(&status.key).map(String::as_str).unwrap_or_default();
                etag.is_empty() || status.etag.as_deref() == Some(etag)
            });
            for status in &statuses {
                let state = (status.status.clone(), status.progress);
                if last.get(&status.key) != Some(&state) {
                    last.insert(status.key.clone(), state);
                    changed(status);
                }
            }
            let settled =
                statuses.iter().filter(|s| matches!(s.status.as_str(), "completed" | "failed")).count();
            if settled == keys.len() {
                return Ok(statuses);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// The states of documents by key; of all with an empty list.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn statuses(&self, keys: &[String]) -> Result<Vec<Status>> {
        let tx = self.database.tenant(self.organization).await?;
        let statuses = documents::statuses(&tx, BUCKET, keys).await?;
        tx.finish().await?;
        Ok(statuses)
    }

    /// The chatbot that reads one collection alone, made at its first use like the demo's own.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn chatbot_of(&self, collection: &str, like: &Template<'_>) -> Result<ChatbotId> {
        self.chatbot_named(&format!("Assistant of {collection}"), collection, like).await
    }

    async fn chatbot_named(&self, name: &str, collection: &str, like: &Template<'_>) -> Result<ChatbotId> {
        let tx = self.database.tenant(self.organization).await?;
        if let Some(known) = chatbots::of_name(&tx, name).await? {
            tx.finish().await?;
            return Ok(known);
        }
        let space = spaces::of_model(&tx, like.embedding_model, like.embedding_dimension).await?;
        let collection = collections::ensure(&tx, collection, space.id).await?;
        let chatbot = chatbots::NewChatbot {
            name,
            llm_model: like.generation_model,
            space: space.id,
            system_prompt: domain::chatbot::DEFAULT_SYSTEM_PROMPT,
            fallback_message: domain::chatbot::DEFAULT_FALLBACK,
        };
        let id = chatbots::create(&tx, &chatbot).await?;
        chatbots::link_collection(&tx, id, collection.id).await?;
        tx.finish().await?;
        // Whoever names no chatbot does not mean this one.
        let path = format!("/api/v1/chatbots/{id}");
        self.json(Method::PATCH, &path, Some(&json!({ "status": "testing" }))).await?;
        Ok(id)
    }

    /// The same with another confidence threshold, as a chatbot of its own; `None`: [`Self::chatbot_of`].
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn chatbot_of_threshold(
        &self,
        collection: &str,
        like: &Template<'_>,
        threshold: Option<f32>,
    ) -> Result<ChatbotId> {
        let Some(threshold) = threshold else { return self.chatbot_of(collection, like).await };
        let name = format!("Assistant of {collection}, {threshold} sure");
        let id = self.chatbot_named(&name, collection, like).await?;
        let tx = self.database.tenant(self.organization).await?;
        let versions = config_versions::list(&tx, id, None, 1).await?;
        let newest = versions.into_iter().next().context("read the chatbot's settings")?;
        if newest.settings.confidence_threshold != threshold {
            let settings = Settings { confidence_threshold: threshold, ..newest.settings };
            let version = config_versions::create(&tx, id, &settings, Some("evaluation")).await?;
            config_versions::activate(&tx, id, version, "local eval").await?;
        }
        tx.finish().await?;
        Ok(id)
    }

    /// A document's key.
    #[must_use]
    pub fn key(&self, collection: &str, name: &str) -> String {
        format!("{}/{collection}/{name}", self.addresses.organization)
    }

    /// Opens a session with a chatbot; its id.
    ///
    /// # Errors
    /// With the problem's detail when the API refuses.
    pub async fn open_session(&self, chatbot: &str) -> Result<String> {
        let session = self
            .json(Method::POST, &format!("/api/v1/chatbots/{chatbot}/sessions"), Some(&json!({})))
            .await?;
        Ok(session["id"].as_str().context("read the session's id")?.to_owned())
    }

    /// Asks in a session; the answer as it is written.
    ///
    /// # Errors
    /// With the problem's detail when the API refuses.
    pub async fn ask(
        &self,
        session: &str,
        question: &str,
    ) -> Result<impl Stream<Item = Result<ServerEvent>> + use<>> {
        let path = format!("/api/v1/sessions/{session}/messages");
        let body = json!({ "message": question });
        let response = self.send(Method::POST, &path, Some(&body), "text/event-stream").await?;
        Ok(server_events(response.into_body()))
    }

    /// The search behind a message, as it was logged.
    ///
    /// # Errors
    /// With the problem's detail when the API refuses.
    pub async fn retrieval(&self, message: &str) -> Result<Value> {
        self.json(Method::GET, &format!("/api/v1/messages/{message}/retrieval"), None).await
    }

    /// Passages for a question, best first.
    ///
    /// # Errors
    /// With the problem's detail when the API refuses.
    pub async fn search(&self, question: &str, collection: Option<&str>, k: Option<u32>) -> Result<Value> {
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let mut path = format!("/api/v1/search?q={}", encode(question));
        if let Some(collection) = collection {
            path.push_str(&format!("&collection={}", encode(collection)));
        }
        if let Some(k) = k {
            path.push_str(&format!("&k={k}"));
        }
        self.json(Method::GET, &path, None).await
    }

    /// Invokes a function by Lambda's own API.
    ///
    /// # Errors
    /// When there is no such function, or it fails.
    pub async fn invoke(&self, function: &str, payload: String) -> Result<String> {
        let url = format!("{}/2015-03-31/functions/{function}/invocations", self.addresses.lambda_endpoint);
        let request = Request::post(url).body(Full::new(Bytes::from(payload)))?;
        let response = self.http.request(request).await.context("invoke the function")?;
        let failed =
            response.headers().contains_key("x-amz-function-error") || !response.status().is_success();
        let body = response.into_body().collect().await?.to_bytes();
        let text = String::from_utf8_lossy(&body).into_owned();
        if failed {
            let told: Value = serde_json::from_str(&text).unwrap_or_default();
            bail!("{}", told["errorMessage"].as_str().unwrap_or(&text));
        }
        Ok(text)
    }

    /// Functions' processes and queues' messages.
    ///
    /// # Errors
    /// When the stack does not answer.
    pub async fn status(&self) -> Result<Value> {
        let url = format!("{}/status", self.addresses.lambda_endpoint);
        let response =
            self.http.request(Request::get(url).body(Full::default())?).await.context("ask the stack")?;
        Ok(serde_json::from_slice(&response.into_body().collect().await?.to_bytes())?)
    }

    async fn json(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value> {
        let response = self.send(method, path, body, "application/json").await?;
        let bytes = response.into_body().collect().await.context("read the answer")?.to_bytes();
        serde_json::from_slice(&bytes).context("read the answer")
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        accept: &str,
    ) -> Result<http::Response<Incoming>> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.addresses.gateway))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.addresses.api_key))
            .header(header::ACCEPT, accept)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(body.map(|body| Bytes::from(body.to_string())).unwrap_or_default()))?;
        let response = self.http.request(request).await.context("reach the gateway")?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let bytes =
            response.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        let problem: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        bail!("{} ({status})", problem["detail"].as_str().unwrap_or("the API refuses"))
    }
}

/// What a new chatbot is made like.
pub struct Template<'a> {
    /// Space's model.
    pub embedding_model: &'a str,
    /// Space's dimension.
    pub embedding_dimension: usize,
    /// Model that generates.
    pub generation_model: &'a str,
}

/// An S3 client of a stack.
#[must_use]
pub fn s3(addresses: &Addresses) -> aws_sdk_s3::Client {
    let credentials =
        Credentials::new(&addresses.access_key_id, &addresses.secret_access_key, None, None, "stack.json");
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(addresses.region.clone()))
        .endpoint_url(&addresses.s3_endpoint)
        .credentials_provider(credentials)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    aws_sdk_s3::Client::from_conf(config)
}

/// Server-sent events (WHATWG HTML, section 9.2): `event:` and `data:` lines, a blank line between events, lines
/// that begin with a colon to keep the connection alive.
fn server_events(body: Incoming) -> impl Stream<Item = Result<ServerEvent>> {
    async_stream::try_stream! {
        let mut chunks = body.into_data_stream();
        let mut buffer = Vec::new();
        while let Some(chunk) = chunks.next().await {
            buffer.extend_from_slice(&chunk.context("read the stream")?);
            while let Some(end) = buffer.windows(2).position(|pair| pair == b"\n\n") {
                let block: Vec<u8> = buffer.drain(..end + 2).collect();
                let block = String::from_utf8_lossy(&block).into_owned();
                let field = |name: &str| block.lines().filter_map(|line| line.strip_prefix(name)).map(str::trim_start).collect::<Vec<_>>().join("\n");
                let (name, data) = (field("event:"), field("data:"));
                if !name.is_empty() {
                    yield ServerEvent { name, data: serde_json::from_str(&data).context("read an event")? };
                }
            }
        }
    }
}
