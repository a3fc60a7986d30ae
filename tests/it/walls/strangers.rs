//! Whoever is nobody learns that, whatever they send, and nothing of what is wrong with it.

use super::{
    routes::{Route, routes},
    support::{Bench, Life, Tenant, filled},
};
use domain::{ApiKey, Scope};
use futures_util::{StreamExt as _, stream};

/// Routes that are tried at once.
const AT_ONCE: usize = 4;

/// What is said of a route that is not 401 for one of these.
async fn wrong(bench: &Bench, tenant: &Tenant, strangers: &[(&str, String)], route: &Route) -> Vec<String> {
    let mut wrong = Vec::new();
    let path = filled(&route.path, 0, |_, name| tenant.value(name));
    let no_id = filled(&route.path, 0, |_, _| "no-id".to_owned());
    let tried = [
        ("malformed", "application/json", path.as_str(), "{\"a\": "),
        ("of another shape", "application/json", &path, "[[1]]"),
        ("of no field that is known", "application/json", &path, "{\"zebedee\": 1}"),
        ("no JSON", "application/xml", &path, "<a/>"),
        ("nothing", "application/json", &path, ""),
        ("about no id", "application/json", &no_id, "{}"),
        ("with a query that is none", "application/json", &format!("{path}?limit=many&cursor=%00"), "{}"),
    ];
    for (who, token) in strangers {
        for (what, media, path, body) in tried {
            let reply = bench.send_as(media, token, &route.method, path, body).await;
            if reply.status != 401 {
                wrong.push(format!("{} {what}, by {who}: {} {}", route.name, reply.status, reply.body));
            }
        }
    }
    wrong
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_learn_that_they_are_before_anything_else() {
    let bench = Bench::new().await;
    let (routes, _) = routes(&bench).await;
    let tenant = bench.tenant().await;
    let revoked = bench.key(tenant.id, &Scope::ALL, Life::Revoked).await;
    let expired = bench.key(tenant.id, &Scope::ALL, Life::Expired).await;
    let strangers = [
        ("nobody", String::new()),
        ("a key of nobody's", ApiKey::generate(tenant.id).reveal()),
        ("a key that was revoked", revoked),
        ("a key that expired", expired),
    ];
    let found = stream::iter(&routes)
        .map(|route| wrong(&bench, &tenant, &strangers, route))
        .buffer_unordered(AT_ONCE)
        .concat()
        .await;
    assert!(found.is_empty(), "{}:\n{}", found.len(), found.join("\n"));
    // Who is known is told what is wrong.
    let reply = bench.send(&tenant.key, &http::Method::POST, "/api/v1/products", "{\"name\": ").await;
    assert_eq!(reply.status, 400, "{}", reply.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_a_stranger_is_bounded_and_refused() {
    let bench = Bench::new().await;
    let tenant = bench.tenant().await;
    let stranger = ApiKey::generate(tenant.id).reveal();
    let body = format!("{{\"name\": \"{}\"}}", "a".repeat(domain::limits::BODY_BYTES));
    for (token, expected) in [(&stranger, 401), (&tenant.key, 413)] {
        let reply = bench.send(token, &http::Method::POST, "/api/v1/products", &body).await;
        assert_eq!(reply.status, expected, "{}", reply.body);
    }
}
