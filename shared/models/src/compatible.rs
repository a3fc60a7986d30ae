//! Models behind an endpoint that speaks OpenAI's API: OpenAI itself, Gemini's compatible endpoint, Ollama, vLLM. Which calls
//! go there, the model's id says ([`PREFIX`]). What an endpoint says of an error is told by status and code alone: its
//! message may quote the prompt, which belongs to somebody.

mod embed;
mod generate;
mod refusal;
#[cfg(test)]
mod tests;

use crate::{Error, Result};
use bytes::Bytes;
pub use domain::embedding::COMPATIBLE_PREFIX as PREFIX;
use http::{HeaderValue, Request, Uri, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use refusal::Failure;
use rustls::{ClientConfig, RootCertStore};
use serde::{Serialize, de::DeserializeOwned};
use std::{sync::Arc, time::Duration};
use tokio::time::{sleep, timeout};

/// For a TCP connection.
const CONNECT: Duration = Duration::from_secs(5);
/// For the beginning of an answer: an Ollama that first has to load its model takes the better part of a minute.
const ANSWER: Duration = Duration::from_secs(60);
/// Between two pieces of an answer that has begun.
const IDLE: Duration = Duration::from_secs(60);
/// Between two tries of a call that found the endpoint busy or away.
const PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_millis(1_500)];
/// The longest pause that an endpoint may ask for; a call that shall wait longer fails, and its caller knows better.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// An unused connection is closed by then: on Lambda it would be found dead, a freeze later.
const UNUSED: Duration = Duration::from_secs(20);
/// Bytes of an answer that is read as a whole: 32 vectors of 4,000 numbers take three megabytes.
const ANSWER_BYTES: usize = 32 * 1024 * 1024;

/// Where an OpenAI-compatible API answers.
#[derive(Clone)]
pub struct Endpoint {
    base_url: String,
    authorization: Option<HeaderValue>,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    patience: Patience,
}

/// How long an endpoint is waited for.
#[derive(Debug, Clone, Copy)]
struct Patience {
    answer: Duration,
    idle: Duration,
    pauses: [Duration; PAUSES.len()],
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

impl Endpoint {
    /// One by its base, `https://api.openai.com/v1` or the like, with the key that it takes as a bearer token, if any.
    ///
    /// # Errors
    /// [`Error::Refused`] when the base is no HTTP URL that a path can be added to, or the key is no header's value.
    pub fn new(base_url: &str, api_key: Option<&str>) -> Result<Self> {
        let base_url = base_url.trim().trim_end_matches('/').to_owned();
        if !is_base(&base_url) {
            let text = "OPENAI_BASE_URL is no URL of http or https, or holds a user, a query or a fragment";
            return Err(Error::Refused(text.into()));
        }
        let bearer = |key: &str| {
            let value = HeaderValue::from_str(&format!("Bearer {}", key.trim()));
            value.map_err(|_| Error::Refused("OPENAI_API_KEY holds what a header cannot".into()))
        };
        let mut authorization = api_key.map(bearer).transpose()?;
        if let Some(value) = &mut authorization {
            value.set_sensitive(true);
        }
        let patience = Patience { answer: ANSWER, idle: IDLE, pauses: PAUSES };
        Ok(Self { base_url, authorization, client: client(), patience })
    }

    /// One by its settings; an empty base names none, an empty key is none.
    ///
    /// # Errors
    /// As [`Endpoint::new`].
    pub fn configured(base_url: &str, api_key: &str) -> Result<Option<Self>> {
        let key = Some(api_key).filter(|key| !key.trim().is_empty());
        (!base_url.trim().is_empty()).then(|| Self::new(base_url, key)).transpose()
    }

    /// Starts a call; its answer is a success, and its body comes when it is read.
    async fn post(&self, path: &str, body: &impl Serialize) -> std::result::Result<Incoming, Failure> {
        let body =
            serde_json::to_vec(body).map_err(|error| Failure::of(unreadable("the request", &error)))?;
        let body = Bytes::from(body);
        let mut pauses = self.patience.pauses.iter();
        loop {
            let failure = match self.try_post(path, body.clone()).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let Some(pause) = pauses.next().filter(|_| failure.is_brief()) else { return Err(failure) };
            match failure.retry_after {
                Some(asked) if asked > LONGEST_PAUSE => return Err(failure),
                asked => sleep(asked.unwrap_or_default().max(*pause)).await,
            }
        }
    }

    async fn try_post(&self, path: &str, body: Bytes) -> std::result::Result<Incoming, Failure> {
        let mut request = Request::post(format!("{}{path}", self.base_url))
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::USER_AGENT, concat!("docent/", env!("CARGO_PKG_VERSION")));
        if let Some(value) = &self.authorization {
            request = request.header(header::AUTHORIZATION, value);
        }
        let request = request
            .body(Full::new(body))
            .map_err(|_| Failure::of(Error::Refused("OPENAI_BASE_URL and a path make no URL".into())))?;
        match timeout(self.patience.answer, self.client.request(request)).await {
            Err(_) => Err(Failure::of(Error::Retryable("no answer in time".into()))),
            Ok(Err(error)) => Err(Failure::of_transport(&error)),
            Ok(Ok(answer)) if answer.status().is_success() => Ok(answer.into_body()),
            Ok(Ok(answer)) => Err(Failure::of_answer(answer, self.patience.idle).await),
        }
    }

    /// The whole of an answer, as JSON of a form.
    async fn read<T: DeserializeOwned>(&self, body: Incoming) -> Result<T> {
        let collected = timeout(self.patience.answer, Limited::new(body, ANSWER_BYTES).collect()).await;
        let bytes = match collected {
            Err(_) => return Err(Error::Retryable("the answer did not end in time".into())),
            Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
                return Err(Error::Unexpected("it is too long".into()));
            }
            Ok(Err(_)) => return Err(Error::Retryable("the answer broke off".into())),
            Ok(Ok(collected)) => collected.to_bytes(),
        };
        serde_json::from_slice(&bytes).map_err(|error| unreadable("the answer", &error))
    }

    /// The same with less patience.
    #[cfg(test)]
    fn patient_for(self, patience: Duration) -> Self {
        let patience = Patience { answer: patience, idle: patience, pauses: [Duration::from_millis(1); 2] };
        Self { patience, ..self }
    }
}

/// The endpoint, and how it knows a model: for ids that begin with [`PREFIX`].
///
/// # Errors
/// [`Error::Refused`] when there is no endpoint.
pub(crate) fn serving<'a>(endpoint: Option<&'a Endpoint>, model: &'a str) -> Result<(&'a Endpoint, &'a str)> {
    let known_as = model.strip_prefix(PREFIX).unwrap_or(model);
    let missing = || {
        Error::Refused(format!(
            "{model} is served by an OpenAI-compatible endpoint, and none is set: set OPENAI_BASE_URL, and OPENAI_API_KEY \
             where it takes a key (parameters OpenAiBaseUrl and OpenAiApiKeySecret)"
        ))
    };
    endpoint.map(|endpoint| (endpoint, known_as)).ok_or_else(missing)
}

fn is_base(url: &str) -> bool {
    // A fragment is dropped unseen by the parser.
    let Ok(uri) = url.parse::<Uri>() else { return false };
    let is_plain =
        !url.contains(['?', '#']) && uri.authority().is_some_and(|host| !host.as_str().contains('@'));
    matches!(uri.scheme_str(), Some("http" | "https")) && is_plain
}

/// What is wrong with JSON, without a word of it: the parser's own sentence quotes what it read.
fn unreadable(what: &str, error: &serde_json::Error) -> Error {
    let (kind, line, column) = (error.classify(), error.line(), error.column());
    Error::Unexpected(format!("{what} is not of its form ({kind:?} at {line}:{column})"))
}

/// The certificates are the machine's; without any, an endpoint by plain HTTP still answers.
fn client() -> Client<HttpsConnector<HttpConnector>, Full<Bytes>> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(rustls::DEFAULT_VERSIONS)
        .expect("ring speaks the default versions of TLS")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(CONNECT));
    let connector =
        HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(tcp);
    Client::builder(TokioExecutor::new()).pool_idle_timeout(UNUSED).build(connector)
}
