//! The Model Context Protocol on the wire; its official client is run by `.ci/end-to-end`.

use super::support::{Shared, file, stack};
use bytes::Bytes;
use http::{Method, Request, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use serde_json::{Value, json};

const NEWEST: &str = "2026-07-28";
const SEAL: &str = "How often must the shaft seal of the P-40 be replaced?";

/// What came back: status, headers, body (null where there is none).
struct Answer {
    status: u16,
    headers: http::HeaderMap,
    body: Value,
}

/// One request with these headers; a header given as "" is left out.
async fn send(shared: &Shared, method: Method, headers: &[(&str, &str)], body: &Value) -> Answer {
    let bearer = format!("Bearer {}", shared.addresses.api_key);
    let mut sent = vec![
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
        ("accept", "application/json, text/event-stream"),
    ];
    sent.retain(|(name, _)| headers.iter().all(|(other, _)| !other.eq_ignore_ascii_case(name)));
    sent.extend(headers.iter().filter(|(_, value)| !value.is_empty()));
    let mut request = Request::builder().method(method).uri(format!("{}/mcp", shared.addresses.gateway));
    for (name, value) in sent {
        request = request.header(name, value);
    }
    let body = if body.is_null() { Bytes::new() } else { body.to_string().into() };
    let http = Client::builder(TokioExecutor::new()).build_http();
    let response = http.request(request.body(Full::new(body)).expect("a request")).await.expect("an answer");
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.expect("readable").to_bytes();
    let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| json!(String::from_utf8_lossy(&bytes)));
    Answer { status: parts.status.as_u16(), headers: parts.headers, body }
}

/// A request of revision 2026-07-28: alone, with its headers equal to its body.
async fn call(shared: &Shared, method: &str, params: Value, headers: &[(&str, &str)]) -> Answer {
    let mut params = params;
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": NEWEST,
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
    });
    let name = params["name"].as_str().unwrap_or_default().to_owned();
    let mut sent =
        vec![("mcp-protocol-version", NEWEST), ("mcp-method", method), ("mcp-name", name.as_str())];
    sent.retain(|(name, _)| headers.iter().all(|(other, _)| !other.eq_ignore_ascii_case(name)));
    sent.extend(headers);
    let body = json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params });
    send(shared, Method::POST, &sent, &body).await
}

async fn manual(collection: &str) -> String {
    let shared = stack().await;
    let key = format!("demo/{collection}/pump-manual.pdf");
    let status = shared.drop_bytes(&key, file("corpus", "pump-manual.pdf")).await;
    assert_eq!(status.status, "completed", "{:?}", status.failure);
    shared.chatbot_of(collection).await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_request_stands_alone() {
    let shared = stack().await;
    let chatbot = manual("mcp-alone").await;
    let discovered = call(shared, "server/discover", json!({}), &[]).await;
    assert_eq!(discovered.status, 200, "{}", discovered.body);
    let versions = discovered.body["result"]["supportedVersions"].as_array().expect("versions");
    assert!(versions.contains(&json!(NEWEST)), "{versions:?}");
    assert!(!discovered.headers.contains_key("mcp-session-id"), "there are no sessions");

    let listed = call(shared, "tools/list", json!({}), &[]).await;
    let tools = listed.body["result"]["tools"].as_array().expect("tools");
    assert_eq!(
        tools.iter().map(|tool| tool["name"].as_str().expect("a name")).collect::<Vec<_>>(),
        ["search", "ask"]
    );
    let only_reads = |tool: &Value| tool["annotations"]["readOnlyHint"].as_bool().expect("a hint");
    assert_eq!(tools.iter().map(only_reads).collect::<Vec<_>>(), [true, false], "a question is written down");
    for tool in tools {
        assert!(
            tool["inputSchema"]["properties"].is_object() && tool["outputSchema"]["required"].is_array(),
            "{tool}"
        );
    }

    let arguments = json!({ "query": "shaft seal", "collection": "mcp-alone", "k": 2 });
    let found = call(shared, "tools/call", json!({ "name": "search", "arguments": arguments }), &[]).await;
    let result = &found.body["result"];
    assert_eq!(found.headers[header::CONTENT_TYPE], "application/json");
    assert_eq!((&found.body["id"], &result["resultType"]), (&json!(7), &json!("complete")), "{result}");
    let items = result["structuredContent"]["items"].as_array().expect("items");
    assert!(
        (1..=2).contains(&items.len())
            && items[0]["content"].as_str().is_some_and(|text| text.contains("seal"))
    );
    assert!(result["content"][0]["text"].as_str().is_some_and(|text| text.contains("seal")), "{result}");

    let arguments = json!({ "question": SEAL, "chatbot": chatbot });
    let asked = call(shared, "tools/call", json!({ "name": "ask", "arguments": arguments }), &[]).await;
    let told = &asked.body["result"]["structuredContent"];
    assert!(
        told["answer"].as_str().is_some_and(|text| text.contains("8,000 operating hours")),
        "{}",
        asked.body
    );
    assert_eq!((&told["abstained"], &told["citations"][0]["page_number"]), (&json!(false), &json!(6)));
    let url = told["citations"][0]["url"].as_str().expect("a link");
    assert!(url.contains("#page=6"), "{url}");
    // The next question goes on with the session that the first one opened.
    let arguments = json!({ "question": SEAL, "session_id": told["session_id"] });
    let again = call(shared, "tools/call", json!({ "name": "ask", "arguments": arguments }), &[]).await;
    assert_eq!(again.body["result"]["structuredContent"]["session_id"], told["session_id"], "{}", again.body);
    // With the chatbot that it is with, and no other.
    let ask = async |chatbot: &Value| {
        let arguments = json!({ "question": SEAL, "session_id": told["session_id"], "chatbot": chatbot });
        call(shared, "tools/call", json!({ "name": "ask", "arguments": arguments }), &[]).await.body
    };
    let same = ask(&json!(chatbot)).await;
    assert_eq!(same["result"]["structuredContent"]["session_id"], told["session_id"], "{same}");
    let other = ask(&json!(shared.addresses.chatbot_id)).await;
    assert_eq!(other["result"]["isError"], json!(true), "{other}");
}

#[tokio::test(flavor = "multi_thread")]
async fn older_clients_shake_hands() {
    let shared = stack().await;
    for (offered, agreed) in
        [("2025-11-25", "2025-11-25"), ("2025-06-18", "2025-06-18"), ("2024-11-05", "2024-11-05")]
    {
        let params = json!({ "protocolVersion": offered, "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } });
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params });
        let begun = send(shared, Method::POST, &[], &body).await;
        assert_eq!(
            (begun.status, &begun.body["result"]["protocolVersion"]),
            (200, &json!(agreed)),
            "{}",
            begun.body
        );
        assert_eq!(begun.body["result"]["serverInfo"]["name"], json!("docent"));
        assert!(begun.body["result"]["capabilities"]["tools"].is_object());
        let version = [("mcp-protocol-version", agreed)];
        let notice = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        assert_eq!(send(shared, Method::POST, &version, &notice).await.status, 202);
        let list = json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list" });
        let listed = send(shared, Method::POST, &version, &list).await;
        assert_eq!(listed.body["result"]["tools"].as_array().map(Vec::len), Some(2), "{}", listed.body);
    }
    let params = json!({ "protocolVersion": "1999-01-01", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } });
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params });
    let begun = send(shared, Method::POST, &[], &body).await;
    let agreed = begun.body["result"]["protocolVersion"].as_str().expect("a version");
    assert!(agreed.starts_with("202"), "one that this server knows: {agreed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_that_differ_from_the_body_are_refused() {
    let shared = stack().await;
    let search = || json!({ "name": "search", "arguments": { "query": "a" } });
    for headers in [
        [("mcp-method", "tools/list")],
        [("mcp-method", "")],
        [("mcp-name", "ask")],
        [("mcp-name", "")],
        [("mcp-protocol-version", "2025-11-25")],
    ] {
        let refused = call(shared, "tools/call", search(), &headers).await;
        assert_eq!(refused.status, 400, "{headers:?}: {}", refused.body);
        assert!(refused.body["error"]["code"].is_i64(), "{headers:?}: {}", refused.body);
    }
    assert_eq!(call(shared, "tools/call", search(), &[]).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_and_foreign_pages_are_turned_away() {
    let shared = stack().await;
    let forged = domain::ApiKey::generate(domain::OrganizationId::generate()).reveal();
    let forged = format!("Bearer {forged}");
    let search = || json!({ "name": "search", "arguments": { "query": "a" } });
    for authorization in ["", "Bearer wrong", "Basic YTpi", &forged] {
        let headers = [("authorization", authorization)];
        for (method, params) in [
            ("tools/call", search()),
            ("tools/call", json!({ "name": "nothing" })),
            ("tools/call", json!({ "name": "search", "arguments": { "no": 1 } })),
            ("tools/call", json!({ "name": "search", "arguments": { "query": "" } })),
            ("tools/list", json!({})),
            ("server/discover", json!({})),
        ] {
            let refused = call(shared, method, params, &headers).await;
            assert_eq!(refused.status, 401, "{authorization} {method}: {}", refused.body);
            // API Gateway gives that header another name; as it does here.
            let names = ["www-authenticate", "x-amzn-remapped-www-authenticate"];
            assert!(names.iter().any(|name| refused.headers.contains_key(*name)), "{:?}", refused.headers);
            assert_eq!(refused.body["jsonrpc"], json!("2.0"), "{}", refused.body);
            assert!(refused.body["error"]["message"].is_string(), "{}", refused.body);
        }
    }
    let foreign = call(shared, "tools/list", json!({}), &[("origin", "https://evil.example")]).await;
    assert_eq!(foreign.status, 403, "{}", foreign.body);
    let own = call(shared, "tools/list", json!({}), &[("origin", &shared.addresses.gateway)]).await;
    assert_eq!(own.status, 200, "{}", own.body);
    for method in [Method::GET, Method::DELETE] {
        assert_eq!(send(shared, method.clone(), &[], &Value::Null).await.status, 405, "{method}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_may_use_the_tools_of_its_scopes() {
    let shared = stack().await;
    let wish = json!({ "name": "mcp search", "scopes": ["search"] }).to_string();
    let (_, made) = shared.call(&shared.addresses.api_key, Method::POST, "/api/v1/api-keys", wish).await;
    let bearer = format!("Bearer {}", made["api_key"].as_str().expect("a key"));
    let headers = [("authorization", bearer.as_str())];
    let search = json!({ "name": "search", "arguments": { "query": "a" } });
    assert_eq!(call(shared, "tools/call", search, &headers).await.status, 200);
    let ask =
        json!({ "name": "ask", "arguments": { "question": "a", "chatbot": shared.addresses.chatbot_id } });
    let refused = call(shared, "tools/call", ask, &headers).await;
    assert_eq!(refused.status, 403, "{}", refused.body);
    assert!(refused.body["error"]["message"].as_str().is_some_and(|message| message.contains("`chat`")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_tool_cannot_do_it_says_and_what_is_no_call_is_an_error() {
    let shared = stack().await;
    let other = shared.organization("mcp-foreign").await;
    for (tool, arguments) in [
        ("ask", json!({ "question": "a", "chatbot": "none-such" })),
        ("ask", json!({ "question": "a", "chatbot": other["chatbot_id"] })),
        ("ask", json!({ "question": " ", "chatbot": shared.addresses.chatbot_id })),
        ("search", json!({ "query": "a", "k": 51 })),
        ("search", json!({ "query": "a", "collection": "none-such" })),
    ] {
        let told = call(shared, "tools/call", json!({ "name": tool, "arguments": arguments }), &[]).await;
        assert_eq!(
            (told.status, &told.body["result"]["isError"]),
            (200, &json!(true)),
            "{arguments}: {}",
            told.body
        );
        assert!(told.body["result"]["content"][0]["text"].as_str().is_some_and(|text| text.len() > 10));
    }
    let unknown = call(shared, "tools/call", json!({ "name": "drop", "arguments": {} }), &[]).await;
    assert!(unknown.body["error"]["code"].is_i64(), "{}", unknown.body);
    let unknown = call(shared, "no/such", json!({}), &[]).await;
    assert_eq!((unknown.status, &unknown.body["error"]["code"]), (404, &json!(-32_601)), "{}", unknown.body);
    let broken = send(shared, Method::POST, &[], &json!("not a message")).await;
    assert!((400..500).contains(&broken.status), "{}", broken.body);
}
