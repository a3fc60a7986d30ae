//! Tickets in a system of others: what is sent there of a ticket, in that system's own words. An organization says them once, as
//! JSON with variables; nothing here knows any such system.

use crate::{
    chatbot::{Part, parts},
    escalation::Status,
    limits,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What a call may name of a ticket: in its body all of them, in its URL the ids.
pub const TICKET_VARIABLES: [&str; 14] = [
    "ticket_id",
    "external_id",
    "session_id",
    "chatbot_id",
    "reason",
    "summary",
    "details",
    "priority",
    "owner_team",
    "assigned_agent",
    "status",
    "opened_at",
    "question",
    "transcript",
];
/// What the body of a comment may name besides.
pub const COMMENT_VARIABLES: [&str; 3] = ["content", "author", "is_public"];
const EXTERNAL_ID: &str = "external_id";
const URL_VARIABLES: [&str; 2] = ["ticket_id", EXTERNAL_ID];

/// How a system is spoken to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adapter {
    /// When a ticket is opened.
    pub create: Call,
    /// When an agent notes or says something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<Call>,
    /// When a ticket is in another state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Call>,
}

/// One request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    #[serde(default)]
    pub method: Method,
    /// Where to; may name the ids.
    pub url: String,
    /// JSON with variables.
    pub body: Value,
    /// Of `create`: where its answer says what the ticket is called there, as a JSON pointer. `None`: it is called as here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Of `status`: what the states are called there; of those that are not named nothing is told. `None`: as here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statuses: Option<BTreeMap<String, String>>,
}

/// How it is sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    #[default]
    Post,
    Put,
    Patch,
}

impl Method {
    /// As HTTP spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
        }
    }
}

/// What is wrong with an adapter: where, and what.
pub type Wrong = (String, String);

impl Adapter {
    /// Its calls by their names.
    pub fn calls(&self) -> impl Iterator<Item = (&'static str, &Call)> {
        let others = [("comment", self.comment.as_ref()), ("status", self.status.as_ref())];
        let others = others.into_iter().filter_map(|(name, call)| call.map(|call| (name, call)));
        [("create", &self.create)].into_iter().chain(others)
    }

    /// One call.
    #[must_use]
    pub fn call(&self, name: &str) -> Option<&Call> {
        self.calls().find_map(|(known, call)| (known == name).then_some(call))
    }

    /// Refuses what could never be sent. Whether a URL is one of the web is for others to say.
    ///
    /// # Errors
    /// [`Wrong`].
    pub fn check(&self) -> Result<(), Wrong> {
        let bytes = serde_json::to_vec(self).map_or(usize::MAX, |text| text.len());
        if bytes > limits::TICKET_SETTINGS_BYTES {
            let detail = format!("It has at most {} bytes as JSON.", limits::TICKET_SETTINGS_BYTES);
            return Err((String::new(), detail));
        }
        self.calls().try_for_each(|(name, call)| {
            call.check(name).map_err(|(pointer, detail)| (format!("/{name}{pointer}"), detail))
        })
    }
}

impl Call {
    fn check(&self, name: &str) -> Result<(), Wrong> {
        if let Some(unknown) = variables(&self.url).find(|variable| !URL_VARIABLES.contains(variable)) {
            return Err(unknown_in("/url", unknown, &URL_VARIABLES));
        }
        if !matches!(self.body, Value::Object(_) | Value::Array(_)) {
            return Err(("/body".into(), "It is an object or a list.".into()));
        }
        let mut known = TICKET_VARIABLES.to_vec();
        if name == "comment" {
            known.extend(COMMENT_VARIABLES);
        }
        let mut all = Vec::new();
        texts(&self.body, &mut all);
        if let Some(unknown) = all.iter().flat_map(|text| variables(text)).find(|one| !known.contains(one)) {
            return Err(unknown_in("/body", unknown, &known));
        }
        let names_it = |text: &str| variables(text).any(|variable| variable == EXTERNAL_ID);
        if name == "create" && (names_it(&self.url) || all.iter().any(|text| names_it(text))) {
            let detail = "Before the ticket is made there, nobody knows what it is called there.";
            return Err(("/body".into(), detail.into()));
        }
        if let Some(pointer) = &self.external_id {
            let is_one = pointer.starts_with('/') && pointer.len() <= limits::TICKET_POINTER_BYTES;
            if name != "create" || !is_one {
                let detail = format!(
                    "Of create alone: a JSON pointer into its answer, such as /ticket/id, of at most {} bytes.",
                    limits::TICKET_POINTER_BYTES
                );
                return Err(("/external_id".into(), detail));
            }
        }
        match &self.statuses {
            Some(_) if name != "status" => Err(("/statuses".into(), "Only status has it.".into())),
            Some(statuses) => statuses.keys().try_for_each(|status| match Status::parse(status) {
                Some(_) => Ok(()),
                None => {
                    let known = Status::ALL.map(Status::as_str).join(", ");
                    Err((
                        format!("/statuses/{status}"),
                        format!("There is no such state; there are {known}."),
                    ))
                }
            }),
            None => Ok(()),
        }
    }

    /// What the other system calls a state.
    #[must_use]
    pub fn status<'a>(&'a self, status: &'a str) -> &'a str {
        self.statuses.as_ref().and_then(|known| known.get(status)).map_or(status, String::as_str)
    }

    /// The body with values in its variables' places: a text that is one variable becomes its value, whatever that is; in a
    /// longer text its words stand. What a value holds is not read again.
    #[must_use]
    pub fn body(&self, values: &Map<String, Value>) -> Value {
        filled(&self.body, values)
    }

    /// The URL, with its ids as `encode` writes them.
    #[must_use]
    pub fn url(&self, values: &Map<String, Value>, encode: impl Fn(&str) -> String) -> String {
        let written = |name: &str| encode(&values.get(name).map(words).unwrap_or_default());
        joined(&self.url, written)
    }
}

fn unknown_in(pointer: &str, unknown: &str, known: &[&str]) -> Wrong {
    (pointer.to_owned(), format!("There is no {{{{{unknown}}}}} here; there are {}.", known.join(", ")))
}

fn variables(text: &str) -> impl Iterator<Item = &str> {
    parts(text).filter_map(|part| match part {
        Part::Variable(name) => Some(name),
        Part::Text(_) => None,
    })
}

fn texts<'a>(value: &'a Value, into: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => into.push(text),
        Value::Array(items) => items.iter().for_each(|item| texts(item, into)),
        Value::Object(fields) => fields.values().for_each(|field| texts(field, into)),
        _ => {}
    }
}

fn filled(template: &Value, values: &Map<String, Value>) -> Value {
    match template {
        Value::String(text) => {
            let mut all = parts(text);
            if let (Some(Part::Variable(name)), None) = (all.next(), all.next()) {
                return values.get(name).cloned().unwrap_or_default();
            }
            Value::String(joined(text, |name| values.get(name).map(words).unwrap_or_default()))
        }
        Value::Array(items) => items.iter().map(|item| filled(item, values)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, field)| (name.clone(), filled(field, values))).collect()
        }
        other => other.clone(),
    }
}

fn joined(text: &str, written: impl Fn(&str) -> String) -> String {
    let all = parts(text).map(|part| match part {
        Part::Text(text) => text.to_owned(),
        Part::Variable(name) => written(name),
    });
    all.collect()
}

fn words(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// What another system calls a ticket, as its answer says it: a text or a number that can stand in a URL; `None`: none of these.
#[must_use]
pub fn external_id(answer: &Value, pointer: &str) -> Option<String> {
    let id = match answer.pointer(pointer)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (stands_in_a_path(&id) && id.chars().count() <= limits::EXTERNAL_TICKET_CHARACTERS).then_some(id)
}

/// Whether an id can be a segment of a path: one of dots would be another path.
#[must_use]
pub fn stands_in_a_path(id: &str) -> bool {
    !id.is_empty() && id != "." && id != ".." && !id.contains(char::is_control)
}

#[cfg(test)]
mod tests;
