//! A function's routes as a service: the OpenAPI document of what is declared, problem documents for the rest, a bound
//! on bodies, and one line of log a request.

use crate::{Problem, RequestId, problem};
use axum::{
    Extension, Router,
    extract::{DefaultBodyLimit, MatchedPath, Request, State},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
    routing::get,
};
use http::{Method, header};
use lambda_http::{RequestExt as _, request::RequestContext};
use std::{collections::HashMap, net::IpAddr, sync::Arc, time::Instant};
use utoipa::openapi::{
    Content, Object, OpenApi, Ref, RefOr, ResponseBuilder, Server, Type,
    path::{Operation, ParameterBuilder, ParameterIn},
    security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};
use utoipa_axum::router::OpenApiRouter;

/// The document that describes the service, as it is sent.
#[derive(Debug, Clone)]
struct Described(Arc<str>);

/// Where a request comes from and which operation it asks for, as an extension of the request.
#[derive(Debug, Clone, Default)]
pub struct Visitor {
    /// The operation's id in the OpenAPI document; empty for what is none.
    pub operation: String,
    /// As API Gateway saw it.
    pub address: Option<IpAddr>,
    /// What the calling program says of itself, cut at [`domain::limits::USER_AGENT_CHARACTERS`].
    pub user_agent: Option<String>,
}

/// Ids of operations by method and path.
type Operations = Arc<HashMap<(Method, String), String>>;

/// A service of these routes. It describes itself at the path `document`; links begin with `public_url`, if there is
/// one.
pub fn app<S: Clone + Send + Sync + 'static>(
    declared: OpenApiRouter<S>,
    document: &str,
    public_url: &str,
    state: S,
) -> Router {
    let (router, mut api) = declared.split_for_parts();
    api.servers = Some(vec![Server::new(if public_url.is_empty() { "/" } else { public_url })]);
    let scheme = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("dk_…, an access token (JWT), or docent_session_v1.…")
        .build();
    let schemes = &mut api.components.get_or_insert_default().security_schemes;
    schemes.insert("bearer".into(), SecurityScheme::Http(scheme).into());
    complete(&mut api);
    let operations = operations(&api);
    let described = Described(api.to_json().unwrap_or_default().into());
    router
        .route(document, get(describe))
        .fallback(async || Problem::not_found("resource"))
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(DefaultBodyLimit::max(domain::limits::BODY_BYTES))
        .layer(middleware::from_fn(problem::with_request_id))
        .layer(middleware::from_fn_with_state(operations, identify))
        .layer(Extension(described))
        .with_state(state)
}

/// Says of every changing operation that it heeds `Idempotency-Key` (POST) or `If-Match` (the others), but of these: method
/// in lower case, path.
#[must_use]
pub fn heeding<S: Clone + Send + Sync + 'static>(
    mut declared: OpenApiRouter<S>,
    unheeded: &[(&str, &str)],
) -> OpenApiRouter<S> {
    for (path, item) in &mut declared.get_openapi_mut().paths.paths {
        let methods = [
            ("post", &mut item.post),
            ("put", &mut item.put),
            ("patch", &mut item.patch),
            ("delete", &mut item.delete),
        ];
        for (method, operation) in methods {
            if let Some(operation) = operation
                && !unheeded.contains(&(method, path.as_str()))
            {
                heed(method, operation);
            }
        }
    }
    declared
}

fn heed(method: &str, operation: &mut Operation) {
    let (name, description) = match method {
        "post" => (
            "Idempotency-Key",
            "Of your own choice, 1 to 255 characters: sent again within 24 hours, the same answer comes and nothing is done",
        ),
        _ => (
            "If-Match",
            "The `ETag` that the thing was read with: done only while that is still so, else 412",
        ),
    };
    let parameter = ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .description(Some(description))
        .schema(Some(Object::with_type(Type::String)))
        .build();
    operation.parameters.get_or_insert_default().push(parameter.into());
    let statuses: &[(&str, &str)] = match method {
        "post" => &[("409", "Not possible as things stand"), ("422", "A field or the key is wrong")],
        _ => &[("412", "It was changed meanwhile")],
    };
    for (status, meaning) in statuses {
        let content = Content::new(Some(Ref::from_schema_name("Problem")));
        let response =
            ResponseBuilder::new().description(*meaning).content("application/json", content).build();
        operation.responses.responses.entry((*status).to_owned()).or_insert_with(|| response.into());
    }
}

/// What any operation may answer besides what its handler says: statuses with what they mean.
const ALWAYS: [(&str, &str); 8] = [
    ("400", "The request cannot be read"),
    ("401", "No key, or one that is not valid"),
    ("403", "The key lacks the scope"),
    ("413", "The body is over 1 MB"),
    ("415", "The body is not of the type that is taken"),
    ("429", "Too many calls, or a budget is used up: again after `Retry-After` seconds"),
    ("500", "Our own fault"),
    ("503", "Something that we need does not answer: again in a moment"),
];
/// The media type of RFC 9457.
const PROBLEM_JSON: &str = "application/problem+json";

/// Says of every operation of our own protocol what all of them may answer, and as which type problems come. The protocols of
/// others (`/v1`, `/mcp`) have errors of their own.
fn complete(api: &mut OpenApi) {
    let paths = api.paths.paths.iter_mut().filter(|(path, _)| path.starts_with("/api/"));
    for (_, item) in paths {
        let methods = [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch];
        for operation in methods.into_iter().flatten() {
            let responses = &mut operation.responses.responses;
            for (status, meaning) in ALWAYS {
                responses.entry(status.to_owned()).or_insert_with(|| {
                    let content = Content::new(Some(Ref::from_schema_name("Problem")));
                    ResponseBuilder::new()
                        .description(meaning)
                        .content("application/json", content)
                        .build()
                        .into()
                });
            }
            for response in responses.values_mut() {
                if let RefOr::T(response) = response {
                    name_problems(response);
                }
            }
        }
    }
}

fn name_problems(response: &mut utoipa::openapi::Response) {
    let is_problem = |content: &RefOr<Content>| match content {
        RefOr::T(Content { schema: Some(RefOr::Ref(schema)), .. }) => {
            schema.ref_location.ends_with("/Problem")
        }
        _ => false,
    };
    if response.content.get("application/json").is_some_and(is_problem)
        && let Some(content) = response.content.shift_remove("application/json")
    {
        response.content.insert(PROBLEM_JSON.to_owned(), content);
    }
}

async fn describe(Extension(Described(api)): Extension<Described>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], api.to_string()).into_response()
}

fn operations(api: &OpenApi) -> Operations {
    let known = api.paths.paths.iter().flat_map(|(path, item)| {
        let methods = [
            (Method::GET, &item.get),
            (Method::PUT, &item.put),
            (Method::POST, &item.post),
            (Method::PATCH, &item.patch),
            (Method::DELETE, &item.delete),
        ];
        let named = move |(method, operation): (Method, &Option<Operation>)| {
            let id = operation.as_ref()?.operation_id.clone()?;
            Some(((method, path.clone()), id))
        };
        methods.into_iter().filter_map(named)
    });
    Arc::new(known.collect())
}

/// Who sent the request to API Gateway. Headers say what they like.
fn address(request: &Request) -> Option<IpAddr> {
    let RequestContext::ApiGatewayV1(context) = request.request_context_ref()? else { return None };
    context.identity.source_ip.as_deref()?.parse().ok()
}

fn program(request: &Request) -> Option<String> {
    let said = request.headers().get(header::USER_AGENT)?.to_str().ok()?;
    Some(said.chars().take(domain::limits::USER_AGENT_CHARACTERS).collect())
}

/// Gives the request Lambda's id, for logs and problem documents, and leaves one line of it in the log: the route
/// as declared, never the path or the query as sent.
async fn identify(State(operations): State<Operations>, mut request: Request, next: Next) -> Response {
    let id = request.extensions().get::<lambda_http::Context>().map(|context| context.request_id.clone());
    let id = id
        .or_else(|| request.lambda_context_ref().map(|context| context.request_id.clone()))
        .unwrap_or_default();
    let began = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    request.extensions_mut().insert(RequestId(id.clone()));
    let operation = route.clone().and_then(|route| operations.get(&(method.clone(), route)).cloned());
    let visitor = Visitor {
        operation: operation.unwrap_or_default(),
        address: address(&request),
        user_agent: program(&request),
    };
    request.extensions_mut().insert(visitor);
    let response = next.run(request).await;
    // A streamed answer goes on after this line; its own timings are kept with the message.
    tracing::info!(
        http.method = %method,
        http.route = route.unwrap_or_default(),
        http.status = response.status().as_u16(),
        duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        request_id = id,
        "request"
    );
    response
}
