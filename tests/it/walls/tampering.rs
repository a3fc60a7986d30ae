//! A credential with any one of its bytes changed is nobody's.

use super::support::{Bench, Tenant};
use futures_util::{StreamExt as _, stream};
use http::Method;
use tests::issuer::Verified;

/// Requests that are under way at once.
const AT_ONCE: usize = 4;

/// The token with something wrong at one place.
fn tampered(text: &str) -> Vec<String> {
    let mut all = tests::tampered::at_every_place(text, |letter| match letter {
        'z' | 'Z' | '9' => '0',
        '.' | '_' | '-' => 'a',
        letter => char::from(letter as u8 + 1),
    });
    all.retain(|other| other != text && !other.is_empty());
    all
}

/// Presents each at a route; who was let in.
async fn let_in(bench: &Bench, path: &str, tokens: Vec<String>) -> Vec<String> {
    let answers = stream::iter(tokens)
        .map(async |token| {
            let reply = bench.send(&token, &Method::GET, path, "").await;
            (token, reply)
        })
        .buffer_unordered(AT_ONCE);
    let wrong = answers.filter_map(async |(token, reply)| {
        (reply.status != 401).then(|| format!("{token}: {} {}", reply.status, reply.body))
    });
    wrong.collect().await
}

async fn refused_at_every_byte(bench: &Bench, path: &str, token: &str) -> usize {
    let good = bench.send(token, &Method::GET, path, "").await;
    assert_eq!(good.status, 200, "the untouched one is good: {}", good.body);
    let tokens = tampered(token);
    let count = tokens.len();
    let wrong = let_in(bench, path, tokens).await;
    assert!(wrong.is_empty(), "{} of {count} were not refused:\n{}", wrong.len(), wrong.join("\n"));
    count
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_key_is_refused_with_any_byte_changed() {
    let bench = Bench::new().await;
    let tenant = bench.tenant().await;
    let count = refused_at_every_byte(&bench, "/api/v1/me", &tenant.key).await;
    eprintln!("{count} tampered keys, all refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_token_is_refused_with_any_byte_changed() {
    let bench = Bench::new().await;
    // A session may call 60 times a minute; who is refused takes nothing.
    let tenant: Tenant = bench.tenant().await;
    let path = format!("/api/v1/sessions/{}/files", tenant.value("own_sessions"));
    let count = refused_at_every_byte(&bench, &path, &tenant.session_token).await;
    eprintln!("{count} tampered session tokens, all refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_is_refused_with_any_byte_changed() {
    let bench = Bench::new().await;
    let tenant = bench.tenant().await;
    let address = format!("{}@example.org", tenant.mark);
    let token = bench.started.issuer.token(&tenant.mark, &address, Verified::Yes);
    let count = refused_at_every_byte(&bench, "/api/v1/me", &token).await;
    eprintln!("{count} tampered access tokens, all refused");
}
