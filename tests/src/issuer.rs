//! An identity provider of the tests' own: OpenID Connect as far as a resource server sees it, with a key made here.

use axum::{Json, Router, routing::get};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::Timestamp;
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Value, json};
use std::sync::mpsc;
use tokio::net::TcpListener;

/// What its tokens are for.
pub const AUDIENCE: &str = "docent";
/// Name of its key.
const KEY: &str = "first";
/// Seconds for which a token is good.
const GOOD_SECONDS: i64 = 600;

/// An identity provider that is asked over HTTP, from a runtime of its own: it outlives the tests' runtimes.
pub struct Issuer {
    /// The claim `iss`, and where it is discovered.
    pub url: String,
    pair: EcdsaKeyPair,
}

impl Issuer {
    /// Starts it.
    ///
    /// # Panics
    /// When it cannot.
    #[must_use]
    pub fn start() -> Self {
        let random = SystemRandom::new();
        let made =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("make a key");
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, made.as_ref(), &random)
            .expect("read the key");
        let keys = json!({ "keys": [jwk(&pair)] });
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("start a runtime").block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
                let url = format!("http://{}", listener.local_addr().expect("an address"));
                let about = json!({ "issuer": url, "jwks_uri": format!("{url}/keys") });
                let site = Router::new()
                    .route("/.well-known/openid-configuration", get(async move || Json(about)))
                    .route("/keys", get(async move || Json(keys)));
                sender.send(url).expect("the test waits");
                axum::serve(listener, site).await.expect("serve");
            });
        });
        Self { url: receiver.recv().expect("it starts"), pair }
    }

    /// A good token of a person, whose address the provider verified or not.
    #[must_use]
    pub fn token(&self, subject: &str, email: &str, verified: Verified) -> String {
        self.signed(&self.claims(subject, email, verified))
    }

    /// What such a token says.
    #[must_use]
    pub fn claims(&self, subject: &str, email: &str, verified: Verified) -> Value {
        json!({
            "iss": self.url, "aud": AUDIENCE, "sub": subject, "exp": Timestamp::now().as_second() + GOOD_SECONDS,
            "email": email, "email_verified": verified == Verified::Yes,
        })
    }

    /// A token that says this.
    ///
    /// # Panics
    /// When it cannot be signed.
    #[must_use]
    pub fn signed(&self, claims: &Value) -> String {
        let header = json!({ "alg": "ES256", "typ": "JWT", "kid": KEY });
        let encode = |part: &Value| BASE64_URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", encode(&header), encode(claims));
        let signature = self.pair.sign(&SystemRandom::new(), signed.as_bytes()).expect("signed");
        format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }
}

/// Whether the provider knows that an address is the person's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verified {
    /// It sent a mail there.
    Yes,
    /// Somebody said so.
    No,
}

/// The public key (RFC 7517, RFC 7518, 6.2.1): a byte, then both coordinates.
fn jwk(pair: &EcdsaKeyPair) -> Value {
    let point = pair.public_key().as_ref();
    let coordinate = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    json!({
        "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": KEY,
        "x": coordinate(&point[1..33]), "y": coordinate(&point[33..65]),
    })
}
