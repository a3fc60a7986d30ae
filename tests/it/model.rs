//! What a language model is sent, as it arrives on Bedrock's wire.

use answering::consult::{Silent, consult};
use domain::chatbot::ModelConfig;
use models::{Generator, Guardrail, Prompt, Turn, Usage};
use serde_json::{Value, json};
use std::time::Duration;
use tests::double::{self, Pace, Said};

const CLAUDE: &str = "global.anthropic.claude-haiku-4-5-20251001-v1:0";

/// The request that a prompt of such a persona becomes, and what its tokens are counted as.
async fn sent(model: &str, persona: &str, guardrail: Option<Guardrail>) -> (Value, Usage) {
    let (address, requests) = double::recording(|_| vec![Said::Text("Yes.".into())]).await;
    let generator = Generator::new(&double::aws(address)).behind(guardrail);
    let prompt = Prompt {
        persona: persona.into(),
        rules: "The rules.".into(),
        turns: vec![Turn::User("Well?".into())],
    };
    let (text, usage) = generator.complete(model, &prompt, ModelConfig::default()).await.expect("an answer");
    assert_eq!(text, "Yes.");
    let request = requests.lock().expect("no panic under this lock").pop().expect("a request");
    (request, usage)
}

#[tokio::test]
async fn a_long_persona_is_kept_by_models_that_keep_one() {
    let point = json!({ "cachePoint": { "type": "default" } });
    let long = "You know everything about pumps. ".repeat(150);
    let (request, usage) = sent(CLAUDE, &long, None).await;
    assert_eq!(request["system"], json!([{ "text": long }, point, { "text": "The rules." }]));
    assert_eq!(
        usage,
        Usage { prompt: 8, completion: 1, kept: 3, keeping: 4 },
        "what was kept was read all the same"
    );
    let (request, _) = sent("meta.llama3-3-70b-instruct-v1:0", &long, None).await;
    assert_eq!(request["system"], json!([{ "text": long }, { "text": "The rules." }]), "it keeps none");
    let (request, _) = sent(CLAUDE, "Short.", None).await;
    assert_eq!(
        request["system"],
        json!([{ "text": "Short." }, { "text": "The rules." }]),
        "it would not pay"
    );
    let (request, _) = sent(CLAUDE, " ", None).await;
    assert_eq!(request["system"], json!([{ "text": "The rules." }]), "a blank text is refused");
    assert_eq!(request["guardrailConfig"], Value::Null);
}

#[tokio::test]
async fn a_guardrail_is_named_in_each_call() {
    let guardrail = Guardrail { id: "gr1".into(), version: "3".into() };
    let (request, _) = sent(CLAUDE, "Short.", Some(guardrail)).await;
    let named = &request["guardrailConfig"];
    assert_eq!(
        (&named["guardrailIdentifier"], &named["guardrailVersion"]),
        (&json!("gr1"), &json!("3")),
        "{request}"
    );
}

#[tokio::test]
async fn a_model_asked_on_the_side_is_read_counted_and_not_waited_for() {
    let prompt = || Prompt {
        persona: String::new(),
        rules: "The rules.".into(),
        turns: vec![Turn::User("Well?".into())],
    };
    let patience = Duration::from_secs(10);
    for (said, expected) in [("{\"a\": 1}", Ok(json!({ "a": 1 }))), ("Yes.", Err(Silent::Unreadable))] {
        let aws = double::aws(double::serve(move |_| vec![Said::Text(said.into())]).await);
        let asked = consult(&Generator::new(&aws), CLAUDE, &prompt(), 10, patience).await;
        assert_eq!(
            (asked.said, asked.usage),
            (expected, Usage { prompt: 8, completion: 1, kept: 3, keeping: 4 }),
            "{said}"
        );
    }
    // Too slow, it is let go, and what it had read is counted by estimate.
    let pace = Pace { pieces: 100, pause: Duration::from_millis(100) };
    let aws = double::aws(double::slow(pace).await);
    let asked = consult(&Generator::new(&aws), CLAUDE, &prompt(), 10, Duration::from_millis(500)).await;
    assert_eq!(asked.said, Err(Silent::TooSlow));
    assert!(asked.usage.prompt > 0 && asked.took < Duration::from_secs(5), "{asked:?}");
    // Nobody there: nothing was read.
    let nobody = double::aws("127.0.0.1:9".parse().expect("an address"));
    let asked = consult(&Generator::new(&nobody), CLAUDE, &prompt(), 10, patience).await;
    assert_eq!((asked.said, asked.usage), (Err(Silent::Unavailable), Usage::default()));
    let nowhere = consult(&Generator::new(&nobody), "openai/none", &prompt(), 10, patience).await;
    assert_eq!(nowhere.said, Err(Silent::Refused), "no endpoint is set");
}
