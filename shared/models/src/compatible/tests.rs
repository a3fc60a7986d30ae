//! Both calls, against an endpoint on this machine that behaves and misbehaves as it is told.

mod embeddings;
mod server;
mod streams;

use super::*;
use crate::{Delta, Embedder, Generator, Prompt, Turn};
use aws_config::SdkConfig;
use server::{Play, Server};

/// What must never be found in an error.
const PROMPT: &str = "how often is the secret seal replaced";

/// What a machine under load takes, and more.
const LONG: Duration = Duration::from_secs(30);

fn endpoint(server: &Server, patience: Duration) -> Endpoint {
    Endpoint::new(&server.base(), Some("sk-test")).expect("an endpoint").patient_for(patience)
}

fn prompt() -> Prompt {
    Prompt {
        persona: "You know pumps.".into(),
        rules: "Cite.".into(),
        turns: vec![
            Turn::User("Hello".into()),
            Turn::Assistant("Good day".into()),
            Turn::User(PROMPT.into()),
        ],
    }
}

/// No Bedrock: nothing of these tests may go there.
fn aws() -> SdkConfig {
    SdkConfig::builder().behavior_version(aws_config::BehaviorVersion::latest()).build()
}

#[test]
fn a_base_is_a_url_that_a_path_can_be_added_to() {
    for base in ["https://api.openai.com/v1", "http://127.0.0.1:11434/v1/", " https://h.example "] {
        assert!(Endpoint::new(base, None).is_ok(), "{base}");
    }
    for base in
        ["", "/v1", "ftp://h/v1", "https://user:pw@h/v1", "https://h/v1?version=2", "https://h/v1#x", "h:80"]
    {
        assert!(Endpoint::new(base, None).is_err(), "{base}");
    }
    assert!(Endpoint::new("https://h/v1", Some("a\nb")).is_err(), "no header can hold it");
    assert!(Endpoint::configured(" ", "sk-test").unwrap().is_none());
    let shown = format!("{:?}", Endpoint::configured("https://h/v1", "sk-test").unwrap().unwrap());
    assert!(shown.contains("https://h/v1") && !shown.contains("sk-test"), "{shown}");
}

#[tokio::test]
async fn a_model_of_an_endpoint_that_is_not_set_is_refused_with_what_to_set() {
    let generator = Generator::new(&aws());
    let refused = generator.complete("openai/gpt-4.1-mini", &prompt(), Default::default()).await.unwrap_err();
    let embedder = Embedder::new(&aws());
    let space = embeddings::space("openai/text-embedding-3-small", 2);
    let texts = ["a".to_owned()];
    let also = embedder.embed(&space, crate::Purpose::Query, &texts).await.unwrap_err();
    for error in [refused, also] {
        let text = error.to_string();
        assert!(matches!(error, Error::Refused(_)), "{text}");
        assert!(text.contains("OPENAI_BASE_URL") && text.contains("OPENAI_API_KEY"), "{text}");
    }
}

#[test]
fn a_provider_is_known_by_the_models_id() {
    assert_eq!(domain::chatbot::provider_of("openai/gpt-4.1-mini"), "openai-compatible");
    assert_eq!(domain::chatbot::provider_of("openai.gpt-oss-120b-1:0"), "bedrock");
    assert_eq!(domain::chatbot::provider_of("amazon.nova-lite-v1:0"), "bedrock");
}
