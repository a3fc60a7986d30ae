//! News of a ticket, to the system of others where people work on it: created, commented, in another state. The same key
//! (`Idempotency-Key`, `webhook-id`) and the same body at every attempt, so that a system that heeds it does nothing twice.

use crate::{Attempted, Courier, signing};
use domain::{
    OrganizationId,
    sealed::Column,
    ticketing::{Adapter, Call, Method, external_id, stands_in_a_path},
};
use jiff::Timestamp;
use pages::{Fetcher, Outgoing};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};
use store::deliveries::{Due, TicketSystem};

/// What stands in a URL as it is (RFC 3986, unreserved).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl Courier {
    pub(crate) async fn tell(
        &self,
        organization: OrganizationId,
        fetcher: &Fetcher,
        due: &Due,
        system: &TicketSystem,
    ) -> Attempted {
        let name = due.event.strip_prefix("ticket.").unwrap_or_default();
        let is_new = name == "create";
        match &system.external_ticket {
            // Somebody else made it there, or told us of it.
            Some(_) if is_new => return Attempted::needless(),
            Some(id) if !stands_in_a_path(id) => {
                return Attempted::given_up("What the ticket is called there cannot stand in an address.");
            }
            None if !is_new => return Attempted::given_up("The ticket was never made there."),
            _ => {}
        }
        let adapter: Adapter = match serde_json::from_value(system.settings.clone()) {
            Ok(adapter) => adapter,
            Err(error) => {
                tracing::error!(integration.id = %system.id, %error, "settings cannot be read");
                return Attempted::given_up("The integration's settings cannot be read.");
            }
        };
        let Some(call) = adapter.call(name) else {
            return Attempted::given_up("The integration does not say any more how this is told.");
        };
        if name == "comment" && system.said.is_none() {
            return Attempted::given_up("What was said is not there any more.");
        }
        let values = values(due, system, call);
        let body = call.body(&values).to_string();
        let url = call.url(&values, |id| utf8_percent_encode(id, ENCODED).to_string());
        let headers = match self.headers(organization, due, system, &body).await {
            Ok(headers) => headers,
            Err(error) => return Attempted::sealed(&error),
        };
        let method = match call.method {
            Method::Post => http::Method::POST,
            Method::Put => http::Method::PUT,
            Method::Patch => http::Method::PATCH,
        };
        let sent = fetcher.send(&Outgoing { method, url: &url, headers: &headers, body }).await;
        let (mut attempted, answer) = Attempted::of(sent);
        if is_new && attempted.is_done() {
            match &call.external_id {
                None => attempted.external = Some(system.ticket.to_string()),
                Some(pointer) => match external_id(&answer, pointer) {
                    Some(id) => attempted.external = Some(id),
                    // It is made there. A system that does not heed the key would make it again and again.
                    None => {
                        attempted.give_up(format!(
                            "It was taken, and the answer names no ticket at {pointer}: correct external_id, and say \
                             the ticket's id by PATCH /api/v1/escalations/{}.",
                            system.ticket
                        ));
                    }
                },
            }
        }
        attempted
    }

    async fn headers(
        &self,
        organization: OrganizationId,
        due: &Due,
        system: &TicketSystem,
        body: &str,
    ) -> vault::Result<Vec<(&'static str, String)>> {
        let secret = self.signer.bytes(organization, Column::IntegrationSecret, &system.signing).await?;
        let mut headers = signing::headers(&secret, due.id, Timestamp::now().as_second(), body).to_vec();
        headers.push(("idempotency-key", due.id.to_string()));
        headers.push(("accept", "application/json".to_owned()));
        if let Some(sealed) = &system.authorization {
            let place = Column::IntegrationAuthorization.of(organization, system.id.0);
            headers.push(("authorization", self.signer.vault.open(place, sealed).await?));
        }
        Ok(headers)
    }
}

/// What the call's variables stand for.
fn values(due: &Due, system: &TicketSystem, call: &Call) -> Map<String, Value> {
    let mut values = due.payload.as_object().cloned().unwrap_or_default();
    if let Some(status) = values.get("status").and_then(Value::as_str) {
        let status = call.status(status).to_owned();
        values.insert("status".to_owned(), json!(status));
    }
    values.insert("external_id".to_owned(), json!(system.external_ticket));
    values.insert("question".to_owned(), json!(system.question));
    values.insert("transcript".to_owned(), json!(system.transcript));
    if let Some((content, author)) = &system.said {
        values.insert("content".to_owned(), json!(content));
        values.insert("author".to_owned(), json!(author));
        values.insert("is_public".to_owned(), json!(system.is_public));
    }
    values
}
