//! API keys: shown once, no mightier than their maker, limited, revoked at once.

use crate::stack::support::stack;
use http::{Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_shown_once_works_and_is_revoked_at_once() {
    let shared = stack().await;
    let wish =
        json!({ "name": " website ", "scopes": ["search", "api-keys:write"], "rate_limit_per_minute": 600 });
    let made = shared.admin(Method::POST, "/api/v1/api-keys", &wish, StatusCode::CREATED).await;
    let key = made["api_key"].as_str().expect("the key");
    assert_eq!((&made["name"], &made["rate_limit_per_minute"]), (&json!("website"), &json!(600)), "{made}");
    let path = format!("/api/v1/api-keys/{}", made["id"].as_str().expect("an id"));
    let kept = shared.read(&path).await;
    assert!(kept.get("api_key").is_none() && !kept.to_string().contains(key), "{kept}");
    assert_eq!(kept["last_used_at"], Value::Null);
    let listed = shared.read("/api/v1/api-keys").await;
    let listed = listed["items"].as_array().expect("items");
    // Other tests make keys at the same time.
    assert!(listed.iter().any(|key| key["id"] == made["id"]), "{listed:?}");

    let search = "/api/v1/search?q=seal";
    let (status, answer) = shared.call(key, Method::GET, search, "").await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_ne!(shared.read(&path).await["last_used_at"], Value::Null);

    // It makes no key that may do more than itself.
    let more = json!({ "name": "more", "scopes": ["search", "chat"] }).to_string();
    let (status, problem) = shared.call(key, Method::POST, "/api/v1/api-keys", more).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{problem}");
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("`chat`")), "{problem}");

    for _ in 0..2 {
        shared.admin(Method::DELETE, &path, &Value::Null, StatusCode::NO_CONTENT).await;
    }
    let (status, problem) = shared.call(key, Method::GET, search, "").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED, "{problem}");
    assert_ne!(shared.read(&path).await["revoked_at"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_let_in_as_often_as_it_says_and_told_when_to_come_again() {
    const CALLS: usize = 4;
    let shared = stack().await;
    let wish = json!({ "name": "limited", "scopes": ["search"], "rate_limit_per_minute": CALLS });
    let made = shared.admin(Method::POST, "/api/v1/api-keys", &wish, StatusCode::CREATED).await;
    let key = made["api_key"].as_str().expect("the key");
    // All at once: the bucket is one row, however many processes look at it.
    let calls = (0..3 * CALLS).map(|_| shared.call(key, Method::GET, "/api/v1/search?q=seal", ""));
    let answers = futures_util::future::join_all(calls).await;
    let served = answers.iter().filter(|(status, _)| *status == StatusCode::OK).count();
    // A quarter of a minute refills one.
    assert!((CALLS..=CALLS + 1).contains(&served), "{answers:?}");
    let (status, problem) =
        answers.iter().find(|(status, _)| *status != StatusCode::OK).expect("one too many");
    assert_eq!(*status, StatusCode::TOO_MANY_REQUESTS, "{problem}");
    assert_eq!(problem["type"], "urn:docent:error:too-many-calls", "{problem}");
    let response = shared.raw(key, Method::GET, "/api/v1/search?q=seal", "".into(), "application/json").await;
    let header =
        |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let seconds: u32 = header("retry-after").parse().unwrap_or_else(|_| panic!("{:?}", response.headers()));
    assert!((1..=15).contains(&seconds), "{seconds}");
    assert_eq!(header("ratelimit-policy"), format!("\"calls\";q={CALLS};w=60"));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_keep_to_their_bounds() {
    let shared = stack().await;
    let path = "/api/v1/api-keys";
    let past = Timestamp::now() - SignedDuration::from_secs(1);
    for (change, pointer) in [
        (json!({ "name": "" }), "/name"),
        (json!({ "name": "a".repeat(256) }), "/name"),
        (json!({ "scopes": [] }), "/scopes"),
        (json!({ "scopes": ["everything"] }), "/scopes/0"),
        (json!({ "rate_limit_per_minute": 0 }), "/rate_limit_per_minute"),
        (json!({ "rate_limit_per_minute": 1_000_001 }), "/rate_limit_per_minute"),
        (json!({ "expires_at": past }), "/expires_at"),
    ] {
        let mut wish = json!({ "name": "a", "scopes": ["chat"] });
        wish.as_object_mut().expect("an object").extend(change.as_object().expect("an object").clone());
        let problem = shared.admin(Method::POST, path, &wish, StatusCode::UNPROCESSABLE_ENTITY).await;
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{wish}: {problem}");
    }
    let soon = Timestamp::now() + SignedDuration::from_secs(1);
    let wish = json!({ "name": "a".repeat(255), "scopes": ["search"], "rate_limit_per_minute": 1_000_000, "expires_at": soon });
    let made = shared.admin(Method::POST, path, &wish, StatusCode::CREATED).await;
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    let key = made["api_key"].as_str().expect("the key");
    let (status, problem) = shared.call(key, Method::GET, "/api/v1/search?q=seal", "").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED, "an expired key: {problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_organizations_key_does_not_exist() {
    let shared = stack().await;
    let other = shared.organization("keys-of-others").await;
    let theirs = other["api_key"].as_str().expect("a key");
    let id = domain::ApiKey::parse(theirs).expect("a key").id;
    let path = format!("/api/v1/api-keys/{id}");
    for method in [Method::GET, Method::DELETE] {
        shared.admin(method, &path, &Value::Null, StatusCode::NOT_FOUND).await;
    }
    let (status, _) = shared.call(theirs, Method::GET, "/api/v1/search?q=seal", "").await;
    assert_eq!(status, StatusCode::OK);
}
