//! People and end users as callers, through the real stack: who is let in, as what, and where they stop.

mod end_users;
mod limits;
mod members;
mod roles;
mod sealed;

use crate::stack::support::Shared;
use http::{Method, StatusCode};
use serde_json::Value;

const ME: &str = "/api/v1/me";
const NOT_A_MEMBER: &str = "urn:docent:error:not-a-member";

impl Shared {
    /// A request with a bearer, and in the name of an organization of theirs.
    async fn in_name_of(&self, slug: &str, token: &str, path: &str) -> (StatusCode, Value) {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str()), ("docent-organization", slug)];
        self.call_with(&headers, Method::GET, path, "").await
    }

    /// A request from a page.
    async fn sent_from(
        &self,
        origin: Option<&str>,
        token: &str,
        method: Method,
        path: &str,
        body: &Value,
    ) -> (StatusCode, Value) {
        let bearer = format!("Bearer {token}");
        let mut headers = vec![("authorization", bearer.as_str())];
        headers.extend(origin.map(|origin| ("origin", origin)));
        let sent = if body.is_null() { String::new() } else { body.to_string() };
        self.call_with(&headers, method, path, sent).await
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} of {value}"))
}
