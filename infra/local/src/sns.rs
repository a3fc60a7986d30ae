//! SNS on this machine, in the query protocol: `POST /` with a form whose `Action` is what is wanted. The topics that the stack may
//! publish to are there from the beginning, as if somebody had made them; they can be deleted and made again. Nobody subscribes:
//! what is published is kept in the stack's folder, one JSON a line, for people and tests to read.

use crate::{credentials::Credentials, folder::append_private};
use anyhow::{Context as _, Result};
use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};
use url::form_urlencoded;
use uuid::Uuid;

const NAMESPACE: &str = "http://sns.amazonaws.com/doc/2010-03-31/";
const VERSION: &str = "2010-03-31";
/// SNS's own limits: of a message with its attributes in bytes, of a subject and a topic's name in characters.
const MESSAGE_BYTES: usize = 256 << 10;
const SUBJECT_CHARACTERS: usize = 100;
const NAME_CHARACTERS: usize = 256;
const BODY_BYTES: usize = 1 << 20;
const FIFO: &str = ".fifo";

/// What was published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// When, in UTC.
    pub at: String,
    /// The topic's ARN.
    pub topic: String,
    /// What SNS calls it.
    pub message_id: String,
    /// For mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// What subscribers filter by.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    /// The message.
    pub message: String,
}

/// The topics of a stack, and who may publish.
#[derive(Clone)]
pub struct Sns {
    inner: Arc<Inner>,
}

struct Inner {
    /// `arn:aws:sns:{region}:{account}:`.
    prefix: String,
    file: PathBuf,
    credentials: Credentials,
    deleted: Mutex<BTreeSet<String>>,
}

/// Where a folder keeps what was published.
#[must_use]
pub fn file(folder: &Path) -> PathBuf {
    folder.join("notifications.jsonl")
}

/// What was published so far, oldest first.
///
/// # Errors
/// When the file is none of this version's.
pub fn published(folder: &Path) -> Result<Vec<Published>> {
    let Ok(text) = std::fs::read_to_string(file(folder)) else { return Ok(Vec::new()) };
    text.lines().map(|line| serde_json::from_str(line).context("read what was published")).collect()
}

impl Sns {
    /// Topics of this account, published into this folder.
    #[must_use]
    pub fn new(folder: &Path, region: &str, account: &str, credentials: Credentials) -> Self {
        let prefix = format!("arn:aws:sns:{region}:{account}:");
        let inner = Inner { prefix, file: file(folder), credentials, deleted: Mutex::default() };
        Self { inner: Arc::new(inner) }
    }

    /// What answers.
    pub fn router(&self) -> Router {
        Router::new().fallback(answer).layer(DefaultBodyLimit::max(BODY_BYTES)).with_state(self.clone())
    }

    /// A topic's ARN that is one, whether or not the topic is there.
    fn arn(&self, form: &Form) -> Result<String, Fault> {
        let arn = form.text("TopicArn");
        let name = arn.strip_prefix(&self.inner.prefix).unwrap_or_default();
        if !is_name(name) {
            return Err(Fault::new("InvalidParameter", "Invalid parameter: TopicArn"));
        }
        Ok(arn.to_owned())
    }

    fn deleted(&self) -> std::sync::MutexGuard<'_, BTreeSet<String>> {
        self.inner.deleted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_name(name: &str) -> bool {
    let plain = name.strip_suffix(FIFO).unwrap_or(name);
    let is_plain = plain.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    !plain.is_empty() && is_plain && name.len() <= NAME_CHARACTERS
}

/// What SNS refuses.
#[derive(Debug)]
struct Fault {
    status: StatusCode,
    code: &'static str,
    message: &'static str,
}

impl Fault {
    const fn new(code: &'static str, message: &'static str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code, message }
    }
}

/// A request's fields.
struct Form(BTreeMap<String, String>);

impl Form {
    fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// `MessageAttributes.entry.N.Name`, `….Value.DataType` and `….Value.StringValue`.
    fn attributes(&self) -> Result<BTreeMap<String, String>, Fault> {
        let mut attributes = BTreeMap::new();
        for number in 1.. {
            let field = |rest: &str| self.text(&format!("MessageAttributes.entry.{number}.{rest}"));
            let (name, kind, value) = (field("Name"), field("Value.DataType"), field("Value.StringValue"));
            if name.is_empty() {
                break;
            }
            if kind != "String" || value.is_empty() {
                return Err(Fault::new(
                    "ParameterValueInvalid",
                    "Only attributes of type String are known here.",
                ));
            }
            attributes.insert(name.to_owned(), value.to_owned());
        }
        Ok(attributes)
    }
}

async fn answer(State(sns): State<Sns>, headers: HeaderMap, body: Bytes) -> Response {
    let form = Form(form_urlencoded::parse(&body).into_owned().collect());
    let action = form.text("Action").to_owned();
    let request = Uuid::new_v4();
    let outcome = authorize(&sns, &headers).and_then(|()| dispatch(&sns, &action, &form));
    let (status, text) = match outcome {
        Ok(result) => (
            StatusCode::OK,
            format!(
                "<{action}Response xmlns=\"{NAMESPACE}\">{result}<ResponseMetadata><RequestId>{request}</RequestId>\
                 </ResponseMetadata></{action}Response>"
            ),
        ),
        Err(fault) => (
            fault.status,
            format!(
                "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>Sender</Type><Code>{}</Code><Message>{}</Message></Error>\
                 <RequestId>{request}</RequestId></ErrorResponse>",
                fault.code, fault.message
            ),
        ),
    };
    let mut response = (status, text).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    response
}

/// The key is looked for, the signature is not checked, as SQS's here.
fn authorize(sns: &Sns, headers: &HeaderMap) -> Result<(), Fault> {
    let header = headers.get(header::AUTHORIZATION).and_then(|header| header.to_str().ok());
    let ours = format!("Credential={}/", sns.inner.credentials.access_key_id);
    if header.is_some_and(|header| header.contains(&ours)) {
        return Ok(());
    }
    let message = "The security token included in the request is invalid.";
    Err(Fault { status: StatusCode::FORBIDDEN, code: "InvalidClientTokenId", message })
}

fn dispatch(sns: &Sns, action: &str, form: &Form) -> Result<String, Fault> {
    match action {
        _ if form.text("Version") != VERSION => {
            Err(Fault::new("InvalidAction", "Only the version 2010-03-31 is known."))
        }
        "Publish" => publish(sns, form),
        "CreateTopic" => {
            let name = form.text("Name");
            if !is_name(name) {
                return Err(Fault::new("InvalidParameter", "Invalid parameter: Topic Name"));
            }
            let arn = format!("{}{name}", sns.inner.prefix);
            sns.deleted().remove(&arn);
            Ok(format!("<CreateTopicResult><TopicArn>{arn}</TopicArn></CreateTopicResult>"))
        }
        "DeleteTopic" => {
            let arn = sns.arn(form)?;
            sns.deleted().insert(arn);
            Ok(String::new())
        }
        _ => Err(Fault::new("InvalidAction", "The operation is not known on this machine.")),
    }
}

fn publish(sns: &Sns, form: &Form) -> Result<String, Fault> {
    let topic = sns.arn(form)?;
    if sns.deleted().contains(&topic) {
        let message = "Topic does not exist";
        return Err(Fault { status: StatusCode::NOT_FOUND, code: "NotFound", message });
    }
    let (message, subject, attributes) = (form.text("Message"), form.text("Subject"), form.attributes()?);
    let bytes: usize = attributes.iter().map(|(name, value)| name.len() + value.len()).sum();
    if message.is_empty() || message.len() + bytes > MESSAGE_BYTES {
        return Err(Fault::new("InvalidParameter", "Invalid parameter: Message"));
    }
    let is_subject =
        subject.len() < SUBJECT_CHARACTERS && subject.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if !is_subject {
        return Err(Fault::new("InvalidParameter", "Invalid parameter: Subject"));
    }
    if topic.ends_with(FIFO)
        && (form.text("MessageGroupId").is_empty() || form.text("MessageDeduplicationId").is_empty())
    {
        return Err(Fault::new(
            "InvalidParameter",
            "Invalid parameter: MessageGroupId or MessageDeduplicationId",
        ));
    }
    let message_id = Uuid::new_v4().to_string();
    let published = Published {
        at: jiff::Timestamp::now().to_string(),
        topic,
        message_id: message_id.clone(),
        subject: (!subject.is_empty()).then(|| subject.to_owned()),
        attributes,
        message: message.to_owned(),
    };
    let line = serde_json::to_string(&published).map(|line| line + "\n");
    let kept =
        line.map_err(anyhow::Error::from).and_then(|line| append_private(&sns.inner.file, line.as_bytes()));
    if let Err(error) = kept {
        tracing::error!(error = format!("{error:#}"), "what was published is not kept");
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        return Err(Fault { status, code: "InternalError", message: "It could not be kept." });
    }
    Ok(format!("<PublishResult><MessageId>{message_id}</MessageId></PublishResult>"))
}

#[cfg(test)]
mod tests;
