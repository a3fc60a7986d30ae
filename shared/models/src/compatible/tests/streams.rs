//! Prompts to answers.

use super::*;
use crate::Usage;
use domain::chatbot::ModelConfig;
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use std::pin::pin;

fn event(chunk: &Value) -> String {
    format!("data: {chunk}\n\n")
}

fn says(text: &str) -> String {
    event(
        &json!({ "choices": [{ "index": 0, "delta": { "content": text }, "finish_reason": null }], "usage": null }),
    )
}

fn stops(reason: &str) -> String {
    event(&json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": reason }] }))
}

fn counts() -> String {
    event(&json!({ "choices": [], "usage": { "prompt_tokens": 11, "completion_tokens": 2, "total_tokens": 13,
                                           "prompt_tokens_details": { "cached_tokens": 5 } } }))
}

fn done() -> String {
    "data: [DONE]\n\n".to_owned()
}

fn text(text: &str) -> Delta {
    Delta::Text(text.into())
}

const COUNTED: Delta = Delta::Usage(Usage { prompt: 11, completion: 2, kept: 5, keeping: 0 });

/// What arrives, and the error that ends it, if one does.
async fn arrives(server: &Server, patience: Duration) -> (Vec<Delta>, Option<Error>) {
    let generator = Generator::new(&aws()).with_endpoint(Some(endpoint(server, patience)));
    let config = ModelConfig { temperature: 0.3, max_tokens: 500, ..ModelConfig::default() };
    let deltas = match generator.stream("openai/gpt-4.1-mini", &prompt(), config).await {
        Err(error) => return (Vec::new(), Some(error)),
        Ok(deltas) => deltas,
    };
    let (mut deltas, mut arrived) = (pin!(deltas), Vec::new());
    while let Some(delta) = deltas.next().await {
        match delta {
            Ok(delta) => arrived.push(delta),
            Err(error) => return (arrived, Some(error)),
        }
    }
    (arrived, None)
}

async fn plays(play: Play) -> (Vec<Delta>, Option<Error>) {
    arrives(&Server::playing([play]).await, LONG).await
}

#[tokio::test]
async fn a_stream_is_text_then_its_count() {
    let role =
        event(&json!({ "choices": [{ "index": 0, "delta": { "role": "assistant", "content": "" } }] }));
    let comment = ": keep-alive\n\n".to_owned();
    let all =
        vec![comment.clone(), role, says("Every "), comment, says("year."), stops("stop"), counts(), done()];
    let expected = vec![text("Every "), text("year."), COUNTED];
    let (arrived, error) = plays(Play::Pieces(all.clone())).await;
    assert_eq!((&arrived, error.is_none()), (&expected, true), "{error:?}");

    // However the network cuts it.
    let bytes: Vec<String> = all.concat().chars().map(String::from).collect();
    assert_eq!(plays(Play::Pieces(bytes)).await.0, expected);
    assert_eq!(plays(Play::Pieces(vec![all.concat().replace('\n', "\r\n")])).await.0, expected);
}

#[tokio::test]
async fn a_prompt_is_one_system_message_and_the_turns() {
    let server = Server::playing([Play::Pieces(vec![says("Yes."), stops("stop"), done()])]).await;
    let generator = Generator::new(&aws()).with_endpoint(Some(endpoint(&server, LONG)));
    let config = ModelConfig { temperature: 0.3, max_tokens: 500, ..ModelConfig::default() };
    for model in ["openai/gpt-4.1-mini", "openai/gpt-5-mini", "openai/openai/o3"] {
        let (text, usage) = generator.complete(model, &prompt(), config).await.expect("an answer");
        assert_eq!((text.as_str(), usage), ("Yes.", Usage::default()), "{model}: nobody counted");
    }
    let calls = server.calls();
    assert_eq!(calls[0].path, "/v1/chat/completions");
    let messages = json!([
        { "role": "system", "content": "You know pumps.\n\nCite." },
        { "role": "user", "content": "Hello" },
        { "role": "assistant", "content": "Good day" },
        { "role": "user", "content": PROMPT },
    ]);
    let stream_options = json!({ "include_usage": true });
    let sent = json!({
        "model": "gpt-4.1-mini", "messages": messages, "stream": true, "stream_options": stream_options,
        "max_tokens": 500, "temperature": 0.3,
    });
    assert_eq!(calls[0].body, sent);
    for (call, model) in calls[1..].iter().zip(["gpt-5-mini", "openai/o3"]) {
        let sent = json!({
            "model": model, "messages": messages, "stream": true, "stream_options": stream_options,
            "max_completion_tokens": 500,
        });
        assert_eq!(call.body, sent);
    }
}

#[tokio::test]
async fn the_ends_of_a_message_are_told_apart() {
    let ends = |reason| Play::Pieces(vec![says("Every"), stops(reason), counts(), done()]);
    assert_eq!(plays(ends("length")).await.0, [text("Every"), Delta::CutAtLimit, COUNTED]);
    let (arrived, error) = plays(ends("content_filter")).await;
    assert_eq!((arrived, error.is_none()), (vec![text("Every"), Delta::Blocked, COUNTED], true));
    // Without its mark, and without a count.
    let (arrived, error) = plays(Play::Pieces(vec![says("Every"), stops("stop")])).await;
    assert_eq!((arrived, error.is_none()), (vec![text("Every")], true));
    // A message that was whole is not spoiled by what comes after it.
    let (arrived, error) = plays(Play::Torn(vec![says("Every"), stops("stop")])).await;
    assert_eq!((arrived, error.is_none()), (vec![text("Every")], true));
}

#[tokio::test]
async fn a_stream_cut_anywhere_before_its_end_may_be_tried_again() {
    let all = [says("Every "), says("year"), says(".")];
    for kept in 0..=all.len() {
        let part = all[..kept].to_vec();
        for play in [
            Play::Pieces(part.clone()),
            Play::Torn(part.clone()),
            Play::Pieces([part, vec![done()]].concat()),
        ] {
            let (arrived, error) = plays(play.clone()).await;
            assert_eq!(arrived.len(), kept, "{play:?}");
            let error = error.expect("an error");
            assert!(error.is_retryable(), "{play:?}: {error}");
            assert!(error.to_string().contains("the stream ended before the message did"), "{error}");
        }
    }
}

#[tokio::test]
async fn silence_is_not_waited_out() {
    let patience = Duration::from_secs(1);
    let plays = async |play| arrives(&Server::playing([play]).await, patience).await;
    let (arrived, error) = plays(Play::Silent(vec![says("Every")])).await;
    assert_eq!(arrived, [text("Every")]);
    assert!(error.expect("an error").is_retryable());
    assert!(plays(Play::Never).await.1.expect("an error").is_retryable());
    // Who says that it is alive is waited for, longer than a silence may last.
    let mut all = vec![": alive\n\n".to_owned(); 6];
    all.extend([says("Every"), stops("stop"), done()]);
    let (arrived, error) = plays(Play::Slow(patience / 5, all)).await;
    assert_eq!((arrived, error.is_none()), (vec![text("Every")], true));
}

#[tokio::test]
async fn what_cannot_be_read_is_not_quoted_and_unexpected_only_at_the_beginning() {
    let quoting = format!("data: {{\"choices\": \"{PROMPT}\"}}\n\n");
    for garbage in
        [quoting, format!("data: {PROMPT}\n\n"), format!("<html>{PROMPT}</html>\n"), format!("{PROMPT}:\n")]
    {
        for begun in [false, true] {
            let before = vec![says("Every"); usize::from(begun)];
            let (arrived, error) = plays(Play::Pieces([before, vec![garbage.clone()]].concat())).await;
            assert_eq!(arrived, vec![text("Every"); usize::from(begun)]);
            let error = error.expect("an error");
            assert_eq!(error.is_retryable(), begun, "{garbage}: {error}");
            assert!(begun || matches!(error, Error::Unexpected(_)), "{garbage}: {error}");
            assert!(!error.to_string().contains(PROMPT), "{error}");
        }
        let whole = vec![says("Every"), stops("stop"), garbage];
        let (arrived, error) = plays(Play::Pieces(whole)).await;
        assert_eq!((arrived, error.is_none()), (vec![text("Every")], true), "the message was whole");
    }
    let failed = event(&json!({ "error": { "message": PROMPT, "type": "server_error", "code": null } }));
    let (_, error) = plays(Play::Pieces(vec![says("Every"), failed])).await;
    let error = error.expect("an error");
    assert!(error.is_retryable(), "{error}");
    assert!(error.to_string().ends_with("the stream broke off: server_error"), "{error}");
}

#[tokio::test]
async fn refusals_are_sorted_by_their_status_and_told_by_their_code() {
    let body = json!({ "error": { "message": PROMPT, "type": "a_type", "code": "a_code", "param": PROMPT } });
    for (status, is_retryable) in [
        (400, false),
        (401, false),
        (403, false),
        (404, false),
        (422, false),
        (302, false),
        (408, true),
        (429, true),
        (500, true),
        (502, true),
        (503, true),
        (504, true),
    ] {
        let (_, error) = plays(Play::Whole(status, vec![], body.to_string())).await;
        let error = error.expect("an error");
        assert_eq!(error.is_retryable(), is_retryable, "{status}");
        assert!(is_retryable || matches!(error, Error::Refused(_)), "{status}");
        assert!(error.to_string().ends_with(&format!("status {status}: a_type, a_code")), "{error}");
    }
    for (body, told) in [
        (json!([{ "error": { "code": 404, "message": PROMPT, "status": "NOT_FOUND" } }]), ": NOT_FOUND"),
        (
            json!({ "object": "error", "message": PROMPT, "type": "NotFoundError", "code": 404 }),
            ": NotFoundError",
        ),
        (json!({ "error": PROMPT }), ""),
        (json!({ "error": { "code": PROMPT, "type": "x".repeat(200) } }), ""),
        (json!(PROMPT), ""),
    ] {
        let (_, error) = plays(Play::Whole(404, vec![], body.to_string())).await;
        let error = error.expect("an error").to_string();
        assert!(error.ends_with(&format!("status 404{told}")), "{error}");
    }
}

#[tokio::test]
async fn a_busy_endpoint_is_asked_again_unless_it_wants_to_be_left_alone() {
    let busy = |fields| Play::Whole(429, fields, String::new());
    let whole = Play::Pieces(vec![says("Every"), stops("stop"), done()]);
    let server = Server::playing([busy(vec![]), busy(vec![("retry-after", "0")]), whole.clone()]).await;
    let (arrived, error) = arrives(&server, LONG).await;
    assert_eq!((arrived, error.is_none()), (vec![text("Every")], true));

    let server = Server::playing([busy(vec![("retry-after", "3600")]), whole]).await;
    assert!(arrives(&server, LONG).await.1.expect("an error").is_retryable());
    assert_eq!(server.calls().len(), 1);

    // Nobody listens there any more.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let base = format!("http://{}/v1", listener.local_addr().expect("an address"));
    drop(listener);
    let endpoint = Endpoint::new(&base, None).expect("an endpoint").patient_for(LONG);
    let generator = Generator::new(&aws()).with_endpoint(Some(endpoint));
    let error = generator.complete("openai/m", &prompt(), ModelConfig::default()).await.expect_err("nobody");
    assert!(error.is_retryable(), "{error}");
}
