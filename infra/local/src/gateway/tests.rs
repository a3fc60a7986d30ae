//! A small API in front of functions that are tasks of the test.

use std::sync::Mutex;

use futures_util::StreamExt;
use http_body_util::Full;
use hyper::body::Frame;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::sync::Notify;
use tower::ServiceExt;

use super::*;
use crate::runtime_api::tests::{SyncStream, lambda};

const TEMPLATE: &str = "
Resources:
  Api: {Type: AWS::Serverless::Api, Properties: {StageName: live}}
  F:
    Type: AWS::Serverless::Function
    Metadata: {BuildProperties: {Binary: f}}
    Properties:
      Events:
        A: {Type: Api, Properties: {RestApiId: !Ref Api, Method: GET, Path: '/things/{id}', TimeoutInMillis: 2000}}
        B: {Type: Api, Properties: {RestApiId: !Ref Api, Method: POST, Path: /things/search, TimeoutInMillis: 2000}}
        C: {Type: Api, Properties: {RestApiId: !Ref Api, Method: ANY, Path: '/files/{path+}'}}
        D: {Type: Api, Properties: {RestApiId: !Ref Api, Method: POST, Path: /stream, ResponseTransferMode: RESPONSE_STREAM, TimeoutInMillis: 2000}}
";

async fn gateway<F, R>(process: F) -> Router
where
    F: Fn(crate::runtime_api::tests::Runtime) -> R + Send + Sync + 'static,
    R: Future<Output = String> + Send + 'static,
{
    let template = Template::parse(TEMPLATE, &Default::default()).unwrap();
    let lambda = lambda(Duration::from_secs(20), 2, process).await;
    Gateway::new(&template, "000000000000", lambda).unwrap().router()
}

/// A function that answers with the event that it got.
async fn echo() -> Router {
    gateway(|runtime| async move {
        loop {
            let event = runtime.next().await;
            let body = String::from_utf8(event.payload.to_vec()).unwrap();
            runtime.respond(&event, json!({ "statusCode": 200, "body": body }).to_string()).await;
        }
    })
    .await
}

fn request(method: &str, uri: &str, body: &str) -> Request {
    let request = axum::http::Request::builder().method(method).uri(uri).header("host", "127.0.0.1:8080");
    request.body(Body::from(body.to_owned())).unwrap()
}

async fn send(router: &Router, request: Request) -> (StatusCode, HeaderMap, Bytes) {
    let (parts, body) = router.clone().oneshot(request).await.unwrap().into_parts();
    (parts.status, parts.headers, body.collect().await.unwrap().to_bytes())
}

#[tokio::test]
async fn a_function_gets_the_event_of_a_rest_api() {
    let router = echo().await;
    let mut asked = request("GET", "/live/things/a%20b?q=x+y%26&q=z&k", "{\"n\":1}");
    asked.headers_mut().append("accept", HeaderValue::from_static("a"));
    asked.headers_mut().append("accept", HeaderValue::from_static("b"));
    asked.headers_mut().insert("user-agent", HeaderValue::from_static("test"));
    asked.headers_mut().insert("x-amzn-trace-id", HeaderValue::from_static("Root=1-2-3"));
    let (status, headers, body) = send(&router, asked).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers["content-type"], "application/json");
    assert_eq!(headers["x-amzn-trace-id"], "Root=1-2-3");
    let event: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(event["resource"], "/things/{id}");
    assert_eq!(event["path"], "/things/a%20b");
    assert_eq!(event["pathParameters"], json!({ "id": "a b" }));
    assert_eq!(event["queryStringParameters"], json!({ "q": "z", "k": "" }));
    assert_eq!(event["multiValueQueryStringParameters"], json!({ "q": ["x y&", "z"], "k": [""] }));
    assert_eq!(event["headers"]["accept"], "b");
    assert_eq!(event["multiValueHeaders"]["accept"], json!(["a", "b"]));
    assert_eq!(event["headers"]["x-forwarded-port"], "8080");
    assert_eq!(event["body"], "{\"n\":1}");
    assert_eq!(event["isBase64Encoded"], false);
    let context = &event["requestContext"];
    assert_eq!(context["path"], "/live/things/a%20b");
    assert_eq!(context["stage"], "live");
    assert_eq!(context["identity"]["sourceIp"], "127.0.0.1");
    assert_eq!(context["identity"]["userAgent"], "test");
    assert_eq!(context["requestId"], headers["x-amzn-requestid"].to_str().unwrap());
    let (_, _, body) = send(&router, request("GET", "/things/x", "")).await;
    let event: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((&event["body"], &event["queryStringParameters"]), (&Value::Null, &Value::Null));
    assert_eq!(event["requestContext"]["path"], "/live/things/x");
}

#[tokio::test]
async fn what_is_not_there_is_refused_as_api_gateway_does() {
    let router = echo().await;
    let missing =
        ["GET /", "GET /other", "GET /things", "GET /things/", "GET /things/a/b", "GET /lives/things/a"];
    // A resource that is there has no other methods, and the better resource decides.
    let methods =
        ["HEAD /things/a", "OPTIONS /things/a", "DELETE /live/things/a", "GET /things/search", "GET /files/"];
    for line in missing.iter().chain(&methods) {
        let (method, path) = line.split_once(' ').unwrap();
        let (status, headers, body) = send(&router, request(method, path, "")).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{line}");
        assert_eq!(headers["x-amzn-errortype"], "MissingAuthenticationTokenException");
        let told = if method == "HEAD" { "" } else { r#"{"message":"Missing Authentication Token"}"# };
        assert_eq!(body, told, "{line}");
    }
    let (status, _, body) = send(&router, request("PATCH", "/live/files/a/b%2Fc", "")).await;
    let event: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((status, &event["pathParameters"]["path"]), (StatusCode::OK, &json!("a/b/c")));
    let (status, _, _) = send(&router, request("POST", "/things/search", "x")).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn bodies_have_a_limit() {
    let router = echo().await;
    for size in [MAXIMUM_BODY_BYTES + 1, MAXIMUM_REQUEST_BYTES] {
        let (status, _, body) = send(&router, request("POST", "/things/search", &"x".repeat(size))).await;
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(body, r#"{"message":"Request Too Long"}"#);
    }
}

#[tokio::test]
async fn buffered_answers_are_read_as_strictly_as_api_gateway_does() {
    let router = gateway(|runtime| async move {
        loop {
            let event = runtime.next().await;
            let asked: Value = serde_json::from_slice(&event.payload).unwrap();
            match asked["body"].as_str().unwrap() {
                "hang" => tokio::time::sleep(Duration::from_secs(20)).await,
                "crash" => return "exit status: 101".to_owned(),
                answer => drop(runtime.respond(&event, answer.to_owned()).await),
            }
        }
    })
    .await;
    let answer = r#"{"statusCode":201,"headers":{"a":"1","WWW-Authenticate":"Bearer","n":2},"multiValueHeaders":{"set-cookie":["x","y"]},"body":"hi","isBase64Encoded":false}"#;
    let (status, headers, body) = send(&router, request("POST", "/things/search", answer)).await;
    assert_eq!((status, &body[..]), (StatusCode::CREATED, &b"hi"[..]));
    assert_eq!(
        (&headers["a"], &headers["n"]),
        (&HeaderValue::from_static("1"), &HeaderValue::from_static("2"))
    );
    assert_eq!(headers["x-amzn-remapped-www-authenticate"], "Bearer");
    assert_eq!(headers.get_all("set-cookie").iter().count(), 2);
    let broken = [
        "crash",
        "hello",
        "[]",
        r#"{"body":"x"}"#,
        r#"{"statusCode":200,"body":{}}"#,
        r#"{"statusCode":200,"x":1}"#,
    ];
    for answer in broken {
        let (status, _, body) = send(&router, request("POST", "/things/search", answer)).await;
        assert_eq!(status, StatusCode::BAD_GATEWAY, "{answer}");
        assert_eq!(body, r#"{"message":"Internal server error"}"#);
    }
    let (status, _, body) = send(&router, request("POST", "/things/search", "hang")).await;
    assert_eq!(
        (status, &body[..]),
        (StatusCode::GATEWAY_TIMEOUT, &br#"{"message":"Endpoint request timed out"}"#[..])
    );
}

const PRELUDE: &str =
    r#"{"statusCode":200,"headers":{"content-type":"text/event-stream"},"cookies":["a=1"]}"#;

#[tokio::test]
async fn streams_flow_over_a_real_connection() {
    let step = Arc::new(Notify::new());
    let steps = step.clone();
    let router = gateway(move |runtime| {
        let steps = steps.clone();
        async move {
            loop {
                let event = runtime.next().await;
                let asked: Value = serde_json::from_slice(&event.payload).unwrap();
                let (kind, steps) = (asked["body"].as_str().unwrap().to_owned(), steps.clone());
                let frames = async_stream::stream! {
                    // The delimiter is cut in two, as a network may cut it.
                    yield Frame::data(Bytes::from(format!("{PRELUDE}\0\0\0")));
                    yield Frame::data(Bytes::from("\0\0\0\0\0data: 1\n\n"));
                    steps.notified().await;
                    if kind == "late" {
                        tokio::time::sleep(Duration::from_secs(20)).await;
                    }
                    yield Frame::data(Bytes::from("data: 2\n\n"));
                };
                runtime.stream(&event, SyncStream(Mutex::new(Box::pin(frames)))).await;
            }
        }
    })
    .await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    for (kind, whole) in [("whole", true), ("late", false)] {
        let request = axum::http::Request::post(format!("http://{address}/live/stream"));
        let response = client.request(request.body(Full::from(kind)).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["set-cookie"], "a=1");
        let mut body = response.into_body().into_data_stream();
        assert_eq!(body.next().await.unwrap().unwrap(), "data: 1\n\n");
        step.notify_one();
        assert_eq!(body.next().await.unwrap().is_ok(), whole, "{kind}");
        assert!(!whole || body.next().await.is_none());
    }
}

#[tokio::test]
async fn a_stream_without_a_prelude_is_a_failure() {
    let router = gateway(|runtime| async move {
        loop {
            let event = runtime.next().await;
            runtime.respond(&event, r#"{"statusCode":200,"body":"not streamed"}"#).await;
        }
    })
    .await;
    let (status, _, _) = send(&router, request("POST", "/stream", "x")).await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
}
