//! What makes a token good, and every way in which one is not.

use super::*;
use crate::testing::{Published, Signer, encoded};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;

mod keys;

const ISSUER: &str = "https://id.example";
const KEYS: &str = "https://id.example/keys";
const NOW: i64 = 1_700_000_000;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("in range")
}

fn issuer() -> Issuer {
    Issuer {
        issuer: ISSUER.to_owned(),
        audience: vec!["docent".to_owned(), "docent-console".to_owned()],
        algorithms: Algorithm::ALL.to_vec(),
        jwks_url: Some(KEYS.to_owned()),
    }
}

fn claims() -> Value {
    json!({ "iss": ISSUER, "sub": "ann", "aud": "docent", "exp": NOW + 600, "iat": NOW })
}

/// Claims with these beside or instead; `null` takes one away.
fn with(changes: &Value) -> Value {
    let mut all = claims();
    for (name, value) in changes.as_object().expect("claims") {
        match value {
            Value::Null => all.as_object_mut().expect("claims").remove(name),
            value => all.as_object_mut().expect("claims").insert(name.clone(), value.clone()),
        };
    }
    all
}

struct Scene {
    site: Arc<Published>,
    verifier: Verifier,
}

impl Scene {
    fn of(issuer: Issuer, signers: &[&Signer]) -> Self {
        let site = Arc::new(Published::default());
        site.keys(KEYS, signers);
        let verifier = Verifier::new(issuer, Arc::clone(&site) as Arc<dyn Fetch>).expect("an issuer");
        Self { site, verifier }
    }

    fn with(signers: &[&Signer]) -> Self {
        Self::of(issuer(), signers)
    }

    async fn at(&self, second: i64, token: &str) -> Result<Person, Error> {
        self.verifier.verify(token, at(second)).await
    }

    async fn now(&self, token: &str) -> Result<Person, Error> {
        self.at(NOW, token).await
    }
}

#[tokio::test]
async fn every_algorithm_is_verified_with_the_key_that_it_names() {
    let signers = Algorithm::ALL.map(|algorithm| Signer::new(algorithm.as_str(), algorithm));
    let scene = Scene::with(&signers.each_ref());
    for signer in &signers {
        let person = scene.now(&signer.token(&claims())).await;
        assert_eq!(person.map(|person| person.subject).as_deref(), Ok("ann"), "{}", signer.id);
        let allowed = Algorithm::ALL.into_iter().filter(|algorithm| *algorithm != signer.algorithm).collect();
        let others = Scene::of(Issuer { algorithms: allowed, ..issuer() }, &signers.each_ref());
        assert_eq!(others.now(&signer.token(&claims())).await, Err(Error::Untrusted), "{}", signer.id);
    }
    assert_eq!(scene.site.asked(), 1);
}

#[tokio::test]
async fn no_byte_of_a_token_can_be_changed_added_or_left_out() {
    for algorithm in
        [Algorithm::Rs256, Algorithm::Ps256, Algorithm::Es256, Algorithm::Es384, Algorithm::EdDsa]
    {
        let signer = Signer::new("one", algorithm);
        let scene = Scene::with(&[&signer]);
        let token = signer.token(&claims());
        assert!(scene.now(&token).await.is_ok());
        for position in 0..token.len() {
            let byte = token.as_bytes()[position];
            // The neighbours in the alphabet differ in the lowest bits, the ones that a lax decoder drops.
            for other in
                [byte ^ 1, byte ^ 2, byte.wrapping_add(1) & 127, b'A', b'-', b'_', b'.', b'=', b' ', 0]
            {
                let mut changed = token.clone().into_bytes();
                changed[position] = other;
                let changed = String::from_utf8(changed).expect("ASCII");
                assert!(other == byte || scene.now(&changed).await.is_err(), "{position}: {other}");
            }
            assert!(scene.now(&token[..position]).await.is_err(), "cut at {position}");
            let without = [&token[..position], &token[position + 1..]].concat();
            assert!(scene.now(&without).await.is_err(), "without {position}");
        }
        for more in ["A", "=", "==", ".", ".A", " ", "\n", "\0"] {
            assert!(scene.now(&format!("{token}{more}")).await.is_err(), "{more:?}");
            assert!(scene.now(&format!("{more}{token}")).await.is_err(), "{more:?}");
        }
    }
}

#[tokio::test]
async fn the_token_does_not_choose_how_it_is_verified() {
    let signer = Signer::new("one", Algorithm::Rs256);
    let scene = Scene::with(&[&signer]);
    let claims = claims().to_string();
    let jwk = signer.jwk();
    for secret in [jwk["n"].as_str().expect("a modulus").to_owned(), jwk.to_string()] {
        let message = format!("{}.{}", encoded(r#"{"alg":"HS256","kid":"one"}"#), encoded(&claims));
        let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length");
        let mac = mac.chain_update(message.as_bytes()).finalize().into_bytes();
        assert_eq!(scene.now(&format!("{message}.{}", encoded(mac))).await, Err(Error::Untrusted));
    }
    for none in ["none", "None", "NONE", "", "nOnE"] {
        let header = format!(r#"{{"alg":"{none}","kid":"one"}}"#);
        let unsigned = format!("{}.{}.", encoded(&header), encoded(&claims));
        assert_eq!(scene.now(&unsigned).await, Err(Error::Malformed));
        assert_eq!(scene.now(&signer.signed(&header, &claims)).await, Err(Error::Malformed));
    }
    // Another algorithm of the same key, which its own `alg` forbids; the signature itself is right.
    let other = Signer::new("one", Algorithm::Ps256);
    assert_eq!(scene.now(&other.token(&self::claims())).await, Err(Error::Untrusted));
    // A key that the token brings itself.
    let own = Signer::new("own", Algorithm::Es256);
    let mut header = own.header();
    header["jwk"] = own.jwk();
    header["jku"] = "https://evil.example/keys".into();
    assert_eq!(scene.now(&own.signed(&header.to_string(), &claims)).await, Err(Error::Untrusted));
    header["kid"] = "one".into();
    assert_eq!(scene.now(&own.signed(&header.to_string(), &claims)).await, Err(Error::Untrusted));
}

#[tokio::test]
async fn an_empty_or_missing_signature_is_none() {
    let signer = Signer::new("one", Algorithm::Es256);
    let scene = Scene::with(&[&signer]);
    let token = signer.token(&claims());
    let (signed, _) = token.rsplit_once('.').expect("three parts");
    assert_eq!(scene.now(signed).await, Err(Error::Malformed));
    // A signature of zeros (CVE-2022-21449), and none.
    for signature in [vec![], vec![0; 64]] {
        assert_eq!(scene.now(&format!("{signed}.{}", encoded(signature))).await, Err(Error::Untrusted));
    }
}

#[tokio::test]
async fn keys_for_something_else_are_passed_over() {
    let signer = Signer::new("one", Algorithm::Es256);
    let changes = [
        ("use", json!("enc")),
        ("key_ops", json!(["encrypt"])),
        ("alg", json!("ES384")),
        ("alg", json!("ECDH-ES")),
        ("alg", json!("HS256")),
        ("kty", json!("oct")),
        ("crv", json!("P-384")),
        ("crv", json!("secp256k1")),
        ("x", json!("AQAB")),
        ("kid", json!("two")),
        ("kid", Value::Null),
    ];
    let good = Signer::new("good", Algorithm::EdDsa);
    for (name, value) in changes {
        let mut jwk = signer.jwk();
        jwk[name] = value.clone();
        let scene = Scene::with(&[]);
        scene.site.page(KEYS, &json!({ "keys": ["odd", {}, jwk, good.jwk()] }));
        let refused = scene.now(&signer.token(&claims())).await;
        assert_eq!(refused, Err(Error::Untrusted), "{name}: {value}");
        assert!(scene.now(&good.token(&claims())).await.is_ok(), "{name}: {value}");
    }
    let mut other_curve = good.jwk();
    other_curve["crv"] = json!("P-256");
    let scene = Scene::with(&[]);
    scene.site.page(KEYS, &json!({ "keys": [other_curve, signer.jwk()] }));
    assert_eq!(scene.now(&good.token(&claims())).await, Err(Error::Untrusted));
}

#[tokio::test]
async fn a_token_without_a_key_id_is_verified_with_what_fits() {
    let (one, two) = (Signer::new("one", Algorithm::Es256), Signer::new("two", Algorithm::Es256));
    let scene = Scene::with(&[&one, &two]);
    let token = two.signed(r#"{"alg":"ES256"}"#, &claims().to_string());
    assert!(scene.now(&token).await.is_ok());
    let stranger = Signer::new("two", Algorithm::Es256);
    let token = stranger.signed(r#"{"alg":"ES256"}"#, &claims().to_string());
    assert_eq!(scene.now(&token).await, Err(Error::Untrusted));
}

#[tokio::test]
async fn issuer_and_audience_are_ours_letter_by_letter() {
    let signer = Signer::new("one", Algorithm::Es256);
    let scene = Scene::with(&[&signer]);
    let wrong = [
        json!({ "iss": "https://id.example/" }),
        json!({ "iss": "https://ID.example" }),
        json!({ "iss": "" }),
        json!({ "aud": "docent2" }),
        json!({ "aud": "" }),
        json!({ "aud": [] }),
        json!({ "aud": ["other", "docen"] }),
    ];
    for wrong in wrong {
        assert_eq!(scene.now(&signer.token(&with(&wrong))).await, Err(Error::Untrusted), "{wrong}");
    }
    assert_eq!(scene.site.asked(), 0, "for another's token nobody is asked");
    for right in [json!({ "aud": ["other", "docent-console"] }), json!({ "aud": "docent-console" })] {
        assert!(scene.now(&signer.token(&with(&right))).await.is_ok(), "{right}");
    }
}

#[tokio::test]
async fn what_is_missing_or_of_another_shape_is_malformed() {
    let signer = Signer::new("one", Algorithm::Es256);
    let scene = Scene::with(&[&signer]);
    let wrong = [
        json!({ "iss": null }),
        json!({ "sub": null }),
        json!({ "aud": null }),
        json!({ "exp": null }),
        json!({ "exp": "1900000000" }),
        json!({ "nbf": "0" }),
        json!({ "sub": "" }),
        json!({ "sub": 7 }),
        json!({ "sub": "a\0b" }),
        json!({ "sub": "a".repeat(256) }),
        json!({ "aud": [7] }),
    ];
    for wrong in wrong {
        assert_eq!(scene.now(&signer.token(&with(&wrong))).await, Err(Error::Malformed), "{wrong}");
    }
    let twice = claims().to_string().replacen('{', r#"{"sub":"bob","#, 1);
    for (header, claims) in [
        (r#"{"alg":"ES256","kid":"one"}"#, twice.as_str()),
        (r#"{"alg":"ES256","alg":"ES256","kid":"one"}"#, &claims().to_string()),
        (r#"{"alg":"ES256","kid":"one","crit":["b64"],"b64":false}"#, &claims().to_string()),
        (r#"{"alg":"ES256","kid":"one","typ":"logout+jwt"}"#, &claims().to_string()),
        (r#"{"kid":"one"}"#, &claims().to_string()),
        ("[]", &claims().to_string()),
        (r#"{"alg":"ES256","kid":"one"}"#, "[]"),
        (r#"{"alg":"ES256","kid":"one"}"#, ""),
    ] {
        assert_eq!(
            scene.now(&signer.signed(header, claims)).await,
            Err(Error::Malformed),
            "{header} {claims}"
        );
    }
    for text in ["", ".", "..", "...", "a.b.c", "dk_1_2_3", &"a".repeat(100_000)] {
        assert_eq!(scene.now(text).await, Err(Error::Malformed));
    }
    let name = with(&json!({ "sub": "a".repeat(SUBJECT_CHARACTERS) }));
    assert!(scene.now(&signer.token(&name)).await.is_ok());
    // No one key id gives every length: three bytes are four letters.
    let mut lengths = Vec::new();
    for id in ["one", "on", "o"] {
        let signer = Signer::new(id, Algorithm::Es256);
        let scene = Scene::with(&[&signer]);
        for pad in 5_700..6_100 {
            let token = signer.token(&with(&json!({ "pad": "a".repeat(pad) })));
            if token.len().abs_diff(limits::ACCESS_TOKEN_BYTES) <= 1 {
                let is_read = scene.now(&token).await.is_ok();
                assert_eq!(is_read, token.len() <= limits::ACCESS_TOKEN_BYTES, "{}", token.len());
                lengths.push(token.len());
            }
        }
    }
    for length in [limits::ACCESS_TOKEN_BYTES, limits::ACCESS_TOKEN_BYTES + 1] {
        assert!(lengths.contains(&length), "{length}: {lengths:?}");
    }
    for typ in ["JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt"] {
        let header = format!(r#"{{"alg":"ES256","kid":"one","typ":"{typ}"}}"#);
        assert!(scene.now(&signer.signed(&header, &claims().to_string())).await.is_ok(), "{typ}");
    }
}

#[tokio::test]
async fn a_token_is_good_from_nbf_to_exp_and_a_minute_more_on_both_sides() {
    let signer = Signer::new("one", Algorithm::Es256);
    let scene = Scene::with(&[&signer]);
    let token = signer.token(&with(&json!({ "nbf": NOW, "exp": NOW + 600 })));
    for good in [NOW - 60, NOW, NOW + 600, NOW + 659] {
        assert!(scene.at(good, &token).await.is_ok(), "{good}");
    }
    for bad in [NOW - 61, NOW + 660, NOW + 661, NOW + 1_000_000] {
        assert_eq!(scene.at(bad, &token).await, Err(Error::Expired), "{bad}");
    }
    let fractions = signer.token(&with(&json!({ "exp": 1_700_000_000.5 })));
    assert!(scene.at(NOW + 60, &fractions).await.is_ok());
    assert_eq!(scene.at(NOW + 61, &fractions).await, Err(Error::Expired));
    let never = signer.token(&with(&json!({ "exp": -1 })));
    assert_eq!(scene.now(&never).await, Err(Error::Expired));
}

#[tokio::test]
async fn what_is_shown_names_the_person_and_no_address() {
    let signer = Signer::new("one", Algorithm::Es256);
    let scene = Scene::with(&[&signer]);
    let token = signer.token(&with(&json!({ "email": "ann@example.org", "email_verified": true })));
    let person = format!("{:?}", scene.now(&token).await.expect("a person"));
    assert!(person.contains("\"ann\"") && !person.contains("example.org"), "{person}");
    let verifier = format!("{:?}", scene.verifier);
    assert!(verifier.contains(ISSUER), "{verifier}");
}

#[tokio::test]
async fn an_address_counts_when_the_issuer_verified_it() {
    let signer = Signer::new("one", Algorithm::Es256);
    let scene = Scene::with(&[&signer]);
    let email = async |changes: Value| {
        let person = scene.now(&signer.token(&with(&changes))).await.expect("a person");
        assert!(!format!("{person:?}").contains("example.org"));
        person.email
    };
    let ann = "ann@example.org";
    assert_eq!(email(json!({ "email": ann, "email_verified": true })).await.as_deref(), Some(ann));
    for unverified in [json!(false), json!("true"), json!(1), Value::Null] {
        assert_eq!(email(json!({ "email": ann, "email_verified": unverified })).await, None);
    }
    assert_eq!(email(json!({ "email": ["ann@example.org"], "email_verified": true })).await, None);
    assert_eq!(email(json!({ "email": "", "email_verified": true })).await, None);
}

#[tokio::test]
async fn the_presets_let_nobody_in_who_is_anonymous_or_restricted() {
    let signer = Signer::new("one", Algorithm::Es256);
    for (preset, host) in [
        (Issuer::stack_auth("p-1"), "https://api.stack-auth.com"),
        (Issuer::hexclave("p-1"), "https://api.hexclave.com"),
    ] {
        let iss = format!("{host}/api/v1/projects/p-1");
        let scene = Scene::of(preset, &[]);
        scene.site.keys(&format!("{iss}/.well-known/jwks.json"), &[&signer]);
        let token = |changes: &Value| {
            let mut claims = with(changes);
            claims["iss"] = iss.clone().into();
            claims["aud"] = "p-1".into();
            signer.token(&claims)
        };
        let member = json!({ "is_anonymous": false, "is_restricted": false, "role": "authenticated" });
        assert!(scene.now(&token(&member)).await.is_ok());
        for claims in [
            json!({ "is_anonymous": true }),
            json!({ "is_anonymous": false, "is_restricted": true }),
            json!({ "is_restricted": "true" }),
            json!({ "is_anonymous": 1 }),
            json!({ "restricted_reason": { "type": "email_not_verified" } }),
        ] {
            assert_eq!(scene.now(&token(&claims)).await, Err(Error::Refused), "{claims}");
        }
        let mut anonymous = with(&json!({ "is_anonymous": true, "aud": "p-1:anon" }));
        anonymous["iss"] = format!("{host}/api/v1/projects-anonymous-users/p-1").into();
        assert_eq!(scene.now(&signer.token(&anonymous)).await, Err(Error::Untrusted));
    }
}

#[test]
fn an_issuer_that_could_not_be_trusted_is_refused_at_once() {
    let refused = |issuer: Issuer| Verifier::new(issuer, Arc::new(Published::default())).is_err();
    assert!(refused(Issuer { issuer: "http://id.example".to_owned(), ..issuer() }));
    assert!(refused(Issuer { issuer: "http://127.0.0.1.example".to_owned(), ..issuer() }));
    assert!(refused(Issuer { issuer: String::new(), ..issuer() }));
    assert!(refused(Issuer { jwks_url: Some("http://id.example/keys".to_owned()), ..issuer() }));
    assert!(refused(Issuer { audience: vec![], ..issuer() }));
    assert!(refused(Issuer { audience: vec![" ".to_owned()], ..issuer() }));
    assert!(refused(Issuer { algorithms: vec![], ..issuer() }));
    for local in ["http://127.0.0.1:4000", "http://localhost:4000", "http://[::1]:4000"] {
        assert!(!refused(Issuer { issuer: local.to_owned(), jwks_url: None, ..issuer() }), "{local}");
    }
}
