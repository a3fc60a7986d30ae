//! The event of a REST API's proxy integration, payload version 1.0.

use std::collections::BTreeMap;

use axum::http::header::{self, HeaderMap, HeaderName};
use axum::http::request::Parts;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::{Caller, Gateway};
use crate::trace;

/// What concerns the connection only, and does not reach a function.
const HOP_BY_HOP: [HeaderName; 8] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::EXPECT,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// The event of a request; `path` is the path without the stage.
pub(super) fn proxy_event(
    gateway: &Gateway,
    caller: &Caller,
    parts: &Parts,
    path: &str,
    resource: &str,
    parameters: &BTreeMap<String, String>,
    body: &[u8],
) -> Value {
    let mut headers = Values::default();
    for (name, value) in forwarded(&parts.headers) {
        headers.add(name, value);
    }
    let host = headers.last("host").unwrap_or("localhost").to_owned();
    let port = host.rsplit_once(':').map_or("80", |(_, port)| port).to_owned();
    headers.set(trace::HEADER, caller.trace_id.clone());
    headers.add("x-forwarded-for", caller.source_ip.to_string());
    headers.set("x-forwarded-port", port);
    headers.set("x-forwarded-proto", "http".to_owned());

    let mut query = Values::default();
    for (name, value) in form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()) {
        query.add(&name, value.into_owned());
    }
    let now = Timestamp::now();
    let domain = host.split(':').next().unwrap_or_default();
    json!({
        "resource": resource,
        "path": path,
        "httpMethod": parts.method.as_str(),
        "headers": headers.single(),
        "multiValueHeaders": headers.multiple(),
        "queryStringParameters": query.single(),
        "multiValueQueryStringParameters": query.multiple(),
        "pathParameters": if parameters.is_empty() { Value::Null } else { json!(parameters) },
        "stageVariables": null,
        "requestContext": {
            "resourceId": resource_id(resource),
            "resourcePath": resource,
            "httpMethod": parts.method.as_str(),
            "extendedRequestId": caller.extended_request_id,
            "requestTime": now.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
            "path": format!("/{}{path}", gateway.stage),
            "accountId": gateway.account,
            "protocol": "HTTP/1.1",
            "stage": gateway.stage,
            "domainPrefix": domain.split('.').next().unwrap_or_default(),
            "requestTimeEpoch": now.as_millisecond(),
            "requestId": caller.request_id,
            "identity": {
                "cognitoIdentityPoolId": null,
                "accountId": null,
                "cognitoIdentityId": null,
                "caller": null,
                "sourceIp": caller.source_ip.to_string(),
                "principalOrgId": null,
                "accessKey": null,
                "cognitoAuthenticationType": null,
                "cognitoAuthenticationProvider": null,
                "userArn": null,
                "userAgent": headers.last("user-agent"),
                "user": null,
            },
            "domainName": domain,
            "apiId": "local",
        },
        // No binary media types are declared, so every body is text; bytes that are none are lost, as in the
        // cloud.
        "body": if body.is_empty() { Value::Null } else { json!(String::from_utf8_lossy(body)) },
        "isBase64Encoded": false,
    })
}

fn forwarded(headers: &HeaderMap) -> impl Iterator<Item = (&str, String)> {
    let kept = headers.iter().filter(|(name, _)| !HOP_BY_HOP.contains(name));
    kept.map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
}

/// Ten characters that stay the same for the same resource.
fn resource_id(resource: &str) -> String {
    let hash = resource.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")[..10].to_owned()
}

/// Names with one value or several, in the order of their coming.
#[derive(Default)]
struct Values(BTreeMap<String, Vec<String>>);

impl Values {
    fn add(&mut self, name: &str, value: String) {
        self.0.entry(name.to_owned()).or_default().push(value);
    }

    fn set(&mut self, name: &str, value: String) {
        self.0.insert(name.to_owned(), vec![value]);
    }

    fn last(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.last().map(String::as_str)
    }

    /// The last value of each name; null when there are no names.
    fn single(&self) -> Value {
        let last = |(name, values): (&String, &Vec<String>)| (name.clone(), json!(values.last()));
        object(self.0.iter().map(last).collect())
    }

    /// Every value of each name; null when there are no names.
    fn multiple(&self) -> Value {
        object(self.0.iter().map(|(name, values)| (name.clone(), json!(values))).collect())
    }
}

fn object(fields: Map<String, Value>) -> Value {
    if fields.is_empty() { Value::Null } else { Value::Object(fields) }
}
