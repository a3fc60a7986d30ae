//! The front door: a Regional REST API with proxy integrations, as API Gateway would be.
//!
//! It takes the template's routes, makes the event that a function would get in the cloud, and gives back
//! what the function answers, whole or as it is written. Where API Gateway is unkind (403 for what is not
//! there, headers that it renames) so is this, so that nothing works here alone.

mod answer;
mod event;
mod route;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use axum::serve::ListenerExt;
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use crate::runtime_api::{InvokeOptions, Lambda, MAXIMUM_REQUEST_BYTES, Outcome, Streamed};
use crate::template::{Template, Transfer};
use crate::trace;

use route::{Choice, Routes, Target};

/// The largest body that API Gateway takes, in bytes: 10 MiB.
pub const MAXIMUM_BODY_BYTES: usize = 10 * 1024 * 1024;

/// The API of a template in front of its functions.
pub struct Gateway {
    routes: Routes,
    stage: String,
    account: String,
    lambda: Lambda,
}

/// Where a request came from and how it is known.
struct Caller {
    source_ip: IpAddr,
    request_id: String,
    extended_request_id: String,
    trace_id: String,
}

impl Gateway {
    /// The API that a template describes.
    ///
    /// # Errors
    /// When the template has no API, or a path of it cannot be understood.
    pub fn new(template: &Template, account: &str, lambda: Lambda) -> Result<Gateway> {
        let stage = template.api().context("the template has no API")?.stage.clone();
        Ok(Gateway { routes: Routes::new(template)?, stage, account: account.to_owned(), lambda })
    }

    /// Everything under `/`, and the same under `/{stage}/`.
    pub fn router(self) -> Router {
        Router::new().fallback(handle).with_state(Arc::new(self))
    }

    /// Serves the API until the future is dropped.
    ///
    /// # Errors
    /// When the listener fails.
    pub async fn serve(self, listener: TcpListener) -> Result<()> {
        // Small events of a stream must leave at once.
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        let service = self.router().into_make_service_with_connect_info::<SocketAddr>();
        axum::serve(listener, service).await.context("serve the API")
    }

    /// The path within the API: without the stage, when it is there.
    fn within<'a>(&self, path: &'a str) -> &'a str {
        match path.strip_prefix('/').and_then(|path| path.strip_prefix(self.stage.as_str())) {
            Some("") => "/",
            Some(rest) if rest.starts_with('/') => rest,
            _ => path,
        }
    }
}

async fn handle(State(gateway): State<Arc<Gateway>>, request: Request) -> Response<Body> {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let trace_id = trace::of(request.headers());
    let caller = Caller {
        source_ip: peer.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        request_id: Uuid::new_v4().to_string(),
        extended_request_id: format!("{}=", &Uuid::new_v4().simple().to_string()[..15]),
        trace_id: trace_id.unwrap_or_else(trace::begin),
    };
    let mut response = answer_to(&gateway, &caller, request).await.unwrap_or_else(Refusal::into_response);
    let own = [
        ("x-amzn-requestid", &caller.request_id),
        ("x-amz-apigw-id", &caller.extended_request_id),
        (trace::HEADER, &caller.trace_id),
    ];
    for (name, value) in own {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

async fn answer_to(gateway: &Gateway, caller: &Caller, request: Request) -> Result<Response<Body>, Refusal> {
    let (parts, body) = request.into_parts();
    let path = gateway.within(parts.uri.path());
    let Some(Choice { target, resource, parameters }) = gateway.routes.choose(parts.method.as_str(), path)
    else {
        return Err(Refusal::NotThere);
    };
    let body = read(&parts.headers, body).await?;
    let event = event::proxy_event(gateway, caller, &parts, path, resource, &parameters, &body).to_string();
    if event.len() > MAXIMUM_REQUEST_BYTES {
        return Err(Refusal::TooLong);
    }
    let deadline = Instant::now() + target.timeout;
    let invoked = invoke(gateway, caller, target, Bytes::from(event), deadline);
    timeout_at(deadline, invoked).await.unwrap_or(Err(Refusal::TimedOut(target.timeout)))
}

async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, Refusal> {
    let announced =
        headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > MAXIMUM_BODY_BYTES) {
        return Err(Refusal::TooLong);
    }
    match Limited::new(body, MAXIMUM_BODY_BYTES).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Refusal::TooLong),
        Err(error) => Err(Refusal::Broken(error.to_string())),
    }
}

async fn invoke(
    gateway: &Gateway,
    caller: &Caller,
    target: &Target,
    event: Bytes,
    deadline: Instant,
) -> Result<Response<Body>, Refusal> {
    let function = target.function.as_str();
    let failed = |why: String| Refusal::Failed(format!("{function}: {why}"));
    let options = InvokeOptions { trace_id: Some(caller.trace_id.clone()) };
    match target.transfer {
        Transfer::Buffered => {
            let outcome = gateway.lambda.invoke(function, event, options).await;
            match outcome.map_err(|error| failed(format!("{error:#}")))? {
                Outcome::Success(answer) => {
                    answer::buffered(&answer).map_err(|error| failed(format!("{error:#}")))
                }
                Outcome::Error(error) => Err(failed(error.to_string())),
            }
        }
        Transfer::Streamed => {
            let streamed = gateway.lambda.invoke_streamed(function, event, options).await;
            match streamed.map_err(|error| failed(format!("{error:#}")))? {
                Streamed::Body(body) => {
                    answer::streamed(body, deadline).await.map_err(|error| failed(format!("{error:#}")))
                }
                Streamed::Error(error) => Err(failed(error.to_string())),
            }
        }
    }
}

/// What API Gateway itself answers.
enum Refusal {
    /// No such path, or no such method of it. API Gateway says 403 to both.
    NotThere,
    TooLong,
    Broken(String),
    Failed(String),
    TimedOut(Duration),
}

impl Refusal {
    fn into_response(self) -> Response<Body> {
        let (status, message, error_type) = match &self {
            Refusal::NotThere => {
                (StatusCode::FORBIDDEN, "Missing Authentication Token", "MissingAuthenticationTokenException")
            }
            Refusal::TooLong => {
                (StatusCode::PAYLOAD_TOO_LARGE, "Request Too Long", "RequestTooLargeException")
            }
            Refusal::Broken(why) => {
                tracing::debug!("a request broke off: {why}");
                (StatusCode::BAD_REQUEST, "Bad Request", "BadRequestException")
            }
            // The client hears no more than this; the reason is for whoever runs the stack.
            Refusal::Failed(why) => {
                tracing::error!("a function failed: {why}");
                (StatusCode::BAD_GATEWAY, "Internal server error", "InternalServerErrorException")
            }
            Refusal::TimedOut(limit) => {
                tracing::error!("a function did not answer within {} seconds", limit.as_secs_f64());
                (StatusCode::GATEWAY_TIMEOUT, "Endpoint request timed out", "InternalServerErrorException")
            }
        };
        let mut response = Response::new(Body::from(json!({ "message": message }).to_string()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert("x-amzn-errortype", HeaderValue::from_static(error_type));
        if matches!(self, Refusal::TooLong) {
            // The rest of the body is not read.
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

#[cfg(test)]
mod tests;
