//! How the issuer's keys are kept: rotation, outages, herds, discovery.

use super::*;
use futures_util::future::join_all;

#[tokio::test]
async fn a_new_key_is_fetched_when_a_token_names_it_but_not_for_every_stranger() {
    let (old, new) = (Signer::new("old", Algorithm::Es256), Signer::new("new", Algorithm::EdDsa));
    let scene = Scene::with(&[&old]);
    assert!(scene.now(&old.token(&claims())).await.is_ok());
    scene.site.keys(KEYS, &[&old, &new]);
    let stranger = Signer::new("stranger", Algorithm::Es256).token(&claims());
    // Within 30 s of the last question nobody asks again.
    for token in [&stranger, &new.token(&claims())] {
        assert_eq!(scene.at(NOW + 29, token).await, Err(Error::Untrusted));
    }
    assert_eq!(scene.site.asked(), 1);
    assert!(scene.at(NOW + 30, &new.token(&claims())).await.is_ok());
    assert_eq!(scene.site.asked(), 2);
    for _ in 0..20 {
        assert_eq!(scene.at(NOW + 59, &stranger).await, Err(Error::Untrusted));
    }
    assert_eq!(scene.site.asked(), 2);
    // A key that is withdrawn is believed until the keys are old.
    scene.site.keys(KEYS, &[&new]);
    assert!(scene.at(NOW + 30 + 599, &old.token(&claims())).await.is_ok());
    assert_eq!(scene.at(NOW + 30 + 600, &old.token(&claims())).await, Err(Error::Untrusted));
}

#[tokio::test]
async fn an_outage_is_bridged_for_a_day() {
    let signer = Signer::new("one", Algorithm::Es256);
    let scene = Scene::with(&[&signer]);
    let token = signer.token(&with(&json!({ "exp": NOW + 1_000_000 })));
    assert!(scene.now(&token).await.is_ok());
    scene.site.goes_down();
    for later in [601, 610, 630, 632, 80_000, 86_399] {
        assert!(scene.at(NOW + later, &token).await.is_ok(), "{later}");
    }
    // Asked at first, then at 601, 632, 80,000 and 86,399: at most every 30 s while it is down.
    assert_eq!(scene.site.asked(), 5);
    let stranger = Signer::new("new", Algorithm::Es256).token(&claims());
    assert_eq!(scene.at(NOW + 500, &stranger).await, Err(Error::Unavailable), "it may be a new key");
    assert_eq!(scene.at(NOW + 86_400, &token).await, Err(Error::Unavailable));
    scene.site.comes_back();
    assert!(scene.at(NOW + 86_400 + 30, &token).await.is_ok());
}

#[tokio::test]
async fn an_issuer_that_was_never_reached_is_asked_again_soon() {
    let signer = Signer::new("one", Algorithm::Es256);
    let scene = Scene::with(&[&signer]);
    let token = signer.token(&claims());
    scene.site.goes_down();
    let many = join_all((0..50).map(|_| scene.now(&token))).await;
    assert!(many.iter().all(|each| *each == Err(Error::Unavailable)));
    assert_eq!(scene.site.asked(), 1);
    scene.site.comes_back();
    assert_eq!(scene.at(NOW + 4, &token).await, Err(Error::Unavailable));
    assert!(scene.at(NOW + 5, &token).await.is_ok());
    // A site that answers something else is down, too.
    let scene = Scene::with(&[]);
    for page in
        [json!({ "keys": [] }), json!({}), json!("x"), json!({ "keys": [{ "kty": "oct", "k": "AQAB" }] })]
    {
        scene.site.page(KEYS, &page);
        assert_eq!(scene.now(&token).await, Err(Error::Unavailable), "{page}");
    }
}

#[tokio::test]
async fn a_herd_of_callers_asks_once() {
    let (old, new) = (Signer::new("old", Algorithm::Es256), Signer::new("new", Algorithm::Es256));
    let scene = Scene::with(&[&old]);
    let herd = async |second: i64, signer: &Signer| {
        let token = signer.token(&claims());
        let all = join_all((0..200).map(|each| scene.at(second + each % 3, &token))).await;
        assert!(all.iter().all(Result::is_ok));
        scene.site.asked()
    };
    assert_eq!(herd(NOW, &old).await, 1, "when nothing is known");
    assert_eq!(herd(NOW + 610, &old).await, 2, "when keys are old");
    scene.site.keys(KEYS, &[&old, &new]);
    assert_eq!(herd(NOW + 645, &new).await, 3, "when keys change");
}

#[tokio::test]
async fn keys_are_where_the_issuers_own_document_says() {
    let signer = Signer::new("one", Algorithm::Es256);
    let document = "https://id.example/.well-known/openid-configuration";
    let discovered = Issuer { jwks_url: None, ..issuer() };
    for (iss, keys, outcome) in [
        (ISSUER, KEYS, Ok(())),
        ("https://id.example/", KEYS, Err(Error::Unavailable)),
        (ISSUER, "http://id.example/keys", Err(Error::Unavailable)),
        (ISSUER, "file:///keys", Err(Error::Unavailable)),
    ] {
        let scene = Scene::of(discovered.clone(), &[&signer]);
        scene.site.keys(keys, &[&signer]);
        scene.site.page(document, &json!({ "issuer": iss, "jwks_uri": keys }));
        assert_eq!(scene.now(&signer.token(&claims())).await.map(|_| ()), outcome, "{iss} {keys}");
    }
}
