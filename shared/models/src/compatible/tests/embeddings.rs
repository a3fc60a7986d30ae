//! Texts to vectors.

use super::*;
use crate::{Embedded, Purpose};
use domain::{
    SpaceId,
    embedding::{Space, known},
};
use serde_json::{Value, json};

pub fn space(model: &str, dimension: usize) -> Space {
    let (conventions, languages) = known(model);
    Space { id: SpaceId::generate(), model: model.into(), dimension, conventions, languages }
}

fn answer(body: &Value) -> Play {
    Play::Whole(200, vec![], body.to_string())
}

async fn embed(server: &Server, space: &Space, texts: &[&str]) -> Result<Vec<Embedded>> {
    let embedder = Embedder::new(&aws()).with_endpoint(Some(endpoint(server, LONG)));
    let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
    embedder.embed(space, Purpose::Document, &texts).await
}

#[tokio::test]
async fn vectors_come_in_the_order_of_their_texts() {
    let shuffled = json!({
        "data": [
            { "index": 2, "embedding": [3, 0.5] }, { "index": 0, "embedding": [1, 0.5] }, { "index": 1, "embedding": [2, 0.5] },
        ],
        "usage": { "prompt_tokens": 9 },
    });
    let server = Server::playing([answer(&shuffled)]).await;
    let space = space("openai/text-embedding-3-small", 2);
    let embedded = embed(&server, &space, &["one", "two", "three"]).await.expect("vectors");
    let firsts: Vec<f32> = embedded.iter().map(|one| one.vector.as_slice()[0]).collect();
    assert_eq!(firsts, [1.0, 2.0, 3.0]);
    let tokens: Vec<Option<u32>> = embedded.iter().map(|one| one.tokens).collect();
    assert_eq!(tokens, [Some(2), Some(2), Some(5)], "what the batch took, shared out by length");
    let [call] = &server.calls()[..] else { panic!("one call") };
    assert_eq!(call.path, "/v1/embeddings");
    assert_eq!(call.authorization.as_deref(), Some("Bearer sk-test"));
    let sent = json!({
        "model": "text-embedding-3-small", "input": ["one", "two", "three"], "encoding_format": "float", "dimensions": 2,
    });
    assert_eq!(call.body, sent);
}

#[tokio::test]
async fn a_single_texts_tokens_are_told_and_an_index_may_be_missing() {
    let one = json!({ "data": [{ "embedding": [1, 2] }], "usage": { "prompt_tokens": 7 } });
    let server = Server::playing([answer(&one)]).await;
    let embedded = embed(&server, &space("openai/bge-m3", 2), &["one"]).await.expect("a vector");
    assert_eq!(embedded[0].tokens, Some(7));
    let uncounted = json!({ "data": [{ "index": 0, "embedding": [1, 2] }] });
    let server = Server::playing([answer(&uncounted)]).await;
    let embedded = embed(&server, &space("openai/bge-m3", 2), &["one"]).await.expect("a vector");
    assert_eq!(embedded[0].tokens, None);
}

#[tokio::test]
async fn answers_that_do_not_fit_are_unexpected() {
    let vector = |index: usize| json!({ "index": index, "embedding": [1, 2] });
    let wrong = [
        json!({ "data": [vector(0)] }),
        json!({ "data": [vector(0), vector(0)] }),
        json!({ "data": [vector(0), vector(2)] }),
        json!({ "data": [vector(0), vector(1), vector(1)] }),
        json!({ "data": [vector(0), { "index": 1, "embedding": PROMPT }] }),
        json!({ "data": PROMPT }),
        json!("<html>"),
    ];
    for body in wrong {
        let server = Server::playing([answer(&body)]).await;
        let error =
            embed(&server, &space("openai/bge-m3", 2), &["one", "two"]).await.expect_err("no vectors");
        assert!(matches!(error, Error::Unexpected(_)), "{body}: {error}");
        assert!(!error.to_string().contains(PROMPT), "{error}");
    }
    let long =
        json!({ "data": [{ "index": 0, "embedding": [1, 2, 3] }, { "index": 1, "embedding": [1, 2, 3] }] });
    let server = Server::playing([answer(&long)]).await;
    let error = embed(&server, &space("openai/bge-m3", 2), &["one", "two"]).await.expect_err("no vectors");
    assert!(matches!(error, Error::WrongDimension(_)), "{error}");
}

#[tokio::test]
async fn a_model_that_cannot_be_told_a_dimension_is_not_told_one() {
    let refused = Play::Whole(400, vec![], json!({ "error": { "code": "invalid" } }).to_string());
    let one = json!({ "data": [{ "index": 0, "embedding": [1, 2] }] });
    let server = Server::playing([refused, answer(&one)]).await;
    let space = space("openai/text-embedding-ada-002", 2);
    embed(&server, &space, &["one"]).await.expect("a vector");
    let told: Vec<Value> = server.calls().iter().map(|call| call.body["dimensions"].clone()).collect();
    assert_eq!(told, [json!(2), Value::Null]);
}

#[tokio::test]
async fn batches_are_no_larger_than_the_space_says_and_long_texts_go_in_parts() {
    let one = json!({ "data": [{ "index": 0, "embedding": [1, 2] }] });
    let server = Server::playing([answer(&one)]).await;
    let mut space = space("openai/nomic-embed-text", 2);
    space.conventions.batch = 1;
    space.conventions.max_characters = 3;
    embed(&server, &space, &["one", "two", "three"]).await.expect("vectors");
    let mut inputs: Vec<String> = server.calls().iter().map(|call| call.body["input"].to_string()).collect();
    inputs.sort_unstable();
    let sent = ["ee", "one", "thr", "two"].map(|part| format!("[\"search_document: {part}\"]"));
    assert_eq!(inputs, sent, "with the words that this model wants");
}
