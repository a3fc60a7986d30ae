//! Chatbots and their settings: made, compared, activated, rolled back; moved into another embedding space.

use crate::stack::support::{file, stack};
use http::{Method, StatusCode};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_chatbots_settings_are_versions() {
    let shared = stack().await;
    let wish = json!({
        "name": "Versioned", "description": "For a test", "knowledge_base_filter": { "languages": ["en"] },
        "config": { "retrieval_k": 7, "fallback_message": "No idea.", "why": "first" },
    });
    let made = shared.admin(Method::POST, "/api/v1/chatbots", &wish, StatusCode::CREATED).await;
    assert_eq!((&made["status"], &made["config_version_count"]), (&json!("active"), &json!(1)), "{made}");
    let taken = shared.admin(Method::POST, "/api/v1/chatbots", &wish, StatusCode::CONFLICT).await;
    assert_eq!(taken["type"], "urn:docent:error:name-taken", "{taken}");
    let path = format!("/api/v1/chatbots/{}", made["id"].as_str().expect("an id"));
    let versions = format!("{path}/config-versions");

    // It answers by its settings: nothing is known, and it says so in its own words.
    let session = shared.session(made["id"].as_str().expect("an id")).await;
    let answer = shared.ask(&session, "What is the airspeed of an unladen swallow?").await;
    assert_eq!(answer["message"]["content"], "No idea.", "{answer}");

    let next = json!({ "confidence_threshold": 0.5, "model_config": { "max_tokens": 256, "rewrite": "model" }, "fallback_message": "Pardon?", "why": "stricter" });
    let second = shared.admin(Method::POST, &versions, &next, StatusCode::CREATED).await;
    assert_eq!(
        (&second["number"], &second["is_active"], &second["retrieval_k"]),
        (&json!(2), &json!(false), &json!(7)),
        "{second}"
    );
    let called = &second["model_config"];
    assert_eq!((&called["max_tokens"], &called["rewrite"]), (&json!(256), &json!("model")), "{second}");
    let one = format!("{versions}/{}", second["id"].as_str().expect("an id"));
    let diff = shared.read(&format!("{one}/diff")).await;
    let fields: Vec<&str> = diff["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|item| item["field"].as_str().expect("a name"))
        .collect();
    assert_eq!(fields, ["model_config", "confidence_threshold", "fallback_message"], "{diff}");
    assert_eq!(
        (&diff["items"][2]["before"], &diff["items"][2]["after"]),
        (&json!("No idea."), &json!("Pardon?"))
    );

    let moved = shared.admin(Method::POST, &format!("{one}/activate"), &Value::Null, StatusCode::OK).await;
    assert_eq!(moved["active_config_version_id"], second["id"], "{moved}");
    let answer = shared.ask(&session, "What is the airspeed of an unladen swallow?").await;
    assert_eq!(answer["message"]["content"], "Pardon?", "{answer}");

    let back = shared.admin(Method::POST, &format!("{path}/rollback"), &Value::Null, StatusCode::OK).await;
    assert_eq!(back["active_config_version_id"], made["active_config_version_id"], "{back}");
    let forth = shared.admin(Method::POST, &format!("{path}/rollback"), &Value::Null, StatusCode::OK).await;
    assert_eq!(forth["active_config_version_id"], second["id"], "rolling back can be rolled back: {forth}");
    assert_eq!(
        shared.read(&versions).await["items"].as_array().map(Vec::len),
        Some(2),
        "nothing was made anew"
    );

    for (body, pointer) in [
        (json!({ "retrieval_k": 0 }), "/retrieval_k"),
        (json!({ "retrieval_k": 101 }), "/retrieval_k"),
        (json!({ "score_threshold": 1.1 }), "/score_threshold"),
        (json!({ "confidence_threshold": -0.1 }), "/confidence_threshold"),
        (json!({ "model_config": { "temperature": 2.1 } }), "/model_config/temperature"),
        (json!({ "model_config": { "max_tokens": 0 } }), "/model_config/max_tokens"),
        (json!({ "model_config": { "rewrite": "magic" } }), "/model_config/rewrite"),
        (json!({ "context_window": 200_001 }), "/context_window"),
        (json!({ "fallback_message": " " }), "/fallback_message"),
        (json!({ "system_prompt": "a".repeat(20_001) }), "/system_prompt"),
        (json!({ "embedding_model": "none-such", "embedding_dimension": 8 }), "/embedding_model"),
        (json!({ "embedding_dimension": 384 }), "/embedding_model"),
    ] {
        let problem = shared.admin(Method::POST, &versions, &body, StatusCode::UNPROCESSABLE_ENTITY).await;
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{body}: {problem}");
    }
    for body in [
        json!({ "status": "gone" }),
        json!({ "knowledge_base_filter": { "colour": [] } }),
        json!({ "avatar_url": "javascript:x" }),
    ] {
        shared.admin(Method::PATCH, &path, &body, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    let silent =
        shared.admin(Method::PATCH, &path, &json!({ "status": "maintenance" }), StatusCode::OK).await;
    assert_eq!((&silent["status"], &silent["name"]), (&json!("maintenance"), &json!("Versioned")));
    let ask = json!({ "message": "Hello?" });
    shared
        .admin(Method::POST, &format!("/api/v1/sessions/{session}/messages"), &ask, StatusCode::NOT_FOUND)
        .await;
    shared.admin(Method::DELETE, &path, &Value::Null, StatusCode::NO_CONTENT).await;
    shared.admin(Method::GET, &path, &Value::Null, StatusCode::NOT_FOUND).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chatbot_reads_what_it_is_linked_to_and_nothing_of_others() {
    let shared = stack().await;
    let document = shared.completed("linked", "a.txt", "The quagga is striped in front only.").await;
    let collection = shared.read("/api/v1/collections/linked").await["id"].clone();
    let made = shared
        .admin(Method::POST, "/api/v1/chatbots", &json!({ "name": "Linked" }), StatusCode::CREATED)
        .await;
    let path = format!("/api/v1/chatbots/{}", made["id"].as_str().expect("an id"));
    for (links, body) in [
        ("collections", json!({ "collection_ids": [collection] })),
        ("documents", json!({ "document_ids": [document] })),
    ] {
        let path = format!("{path}/{links}");
        for _ in 0..2 {
            let set = shared.admin(Method::PUT, &path, &body, StatusCode::OK).await;
            assert_eq!(set["items"].as_array().map(Vec::len), Some(1), "{set}");
        }
        assert_eq!(shared.read(&path).await["items"].as_array().map(Vec::len), Some(1));
        let other = json!({ body.as_object().expect("an object").keys().next().expect("a field"): [uuid::Uuid::now_v7()] });
        shared.admin(Method::PUT, &path, &other, StatusCode::UNPROCESSABLE_ENTITY).await;
        let none = json!({ body.as_object().expect("an object").keys().next().expect("a field"): [] });
        let unset = shared.admin(Method::PUT, &path, &none, StatusCode::OK).await;
        assert_eq!(unset["items"], json!([]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chatbot_moves_into_another_space_when_it_is_whole() {
    let shared = stack().await;
    shared.completed("moving", "a.txt", "The okapi has a tongue of forty centimetres.").await;
    let collection = shared.read("/api/v1/collections/moving").await["id"].clone();
    let made = shared
        .admin(Method::POST, "/api/v1/chatbots", &json!({ "name": "Moving" }), StatusCode::CREATED)
        .await;
    let path = format!("/api/v1/chatbots/{}", made["id"].as_str().expect("an id"));
    shared
        .admin(
            Method::PUT,
            &format!("{path}/collections"),
            &json!({ "collection_ids": [collection] }),
            StatusCode::OK,
        )
        .await;

    let model = "amazon.titan-embed-text-v2:0";
    let reembed = json!({ "embedding_model": model, "dimension": 256 });
    let job = "/api/v1/collections/moving/reembed";
    let wish = json!({ "action": "create_space", "model": model, "dimension": 256 }).to_string();
    let space = shared.client().await.invoke("migrate", wish.clone()).await.expect("a space");
    assert_eq!(space, shared.client().await.invoke("migrate", wish).await.expect("the same space"));

    let version = json!({ "embedding_model": model, "embedding_dimension": 256, "why": "another space" });
    let version =
        shared.admin(Method::POST, &format!("{path}/config-versions"), &version, StatusCode::CREATED).await;
    let activate = format!("{path}/config-versions/{}/activate", version["id"].as_str().expect("an id"));
    let refused = shared.admin(Method::POST, &activate, &Value::Null, StatusCode::CONFLICT).await;
    assert_eq!(refused["type"], "urn:docent:error:space-not-ready", "{refused}");
    assert!(refused["detail"].as_str().is_some_and(|detail| detail.contains("moving")), "{refused}");

    let begun = shared.admin(Method::POST, job, &reembed, StatusCode::ACCEPTED).await;
    let job = format!("/api/v1/ingestion-jobs/{}", begun["job_id"].as_str().expect("an id"));
    let ended = shared.until(&job, |job| job["status"] == "completed").await;
    assert_eq!(
        (&ended["kind"], &ended["done"], &ended["total"]),
        (&json!("reembed"), &json!(1), &json!(1)),
        "{ended}"
    );

    shared.admin(Method::POST, &activate, &Value::Null, StatusCode::OK).await;
    let session = shared.session(made["id"].as_str().expect("an id")).await;
    let answer = shared.ask(&session, "How long is the tongue of the okapi?").await;
    assert!(
        answer["message"]["content"].as_str().is_some_and(|text| text.contains("forty centimetres")),
        "{answer}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reranker_orders_anew_and_both_orders_are_logged() {
    let shared = stack().await;
    let key = format!("{}/reranked/pump-manual.pdf", shared.addresses.organization);
    shared.drop_bytes(&key, file("corpus", "pump-manual.pdf")).await;
    let collection = shared.read("/api/v1/collections/reranked").await["id"].clone();
    let link = json!({ "collection_ids": [collection] });
    for model in ["docent.sentences", "cohere.rerank-v3-5:0", "amazon.rerank-v1:0"] {
        let wish =
            json!({ "name": format!("By {model}"), "config": { "reranker_model": model, "retrieval_k": 3 } });
        let made = shared.admin(Method::POST, "/api/v1/chatbots", &wish, StatusCode::CREATED).await;
        let path = format!("/api/v1/chatbots/{}/collections", made["id"].as_str().expect("an id"));
        shared.admin(Method::PUT, &path, &link, StatusCode::OK).await;
        let session = shared.session(made["id"].as_str().expect("an id")).await;
        let answer = shared.ask(&session, "How often must the shaft seal of the P-40 be replaced?").await;
        let id = answer["message"]["id"].as_str().expect("an id");
        let retrieval = shared.read(&format!("/api/v1/messages/{id}/retrieval")).await;
        assert_eq!(retrieval["reranker_model"], model, "{retrieval}");
        let passages = retrieval["passages"].as_array().expect("passages");
        assert!(passages.len() > 10, "more is looked at than is used");
        let scores: Vec<f64> =
            passages.iter().map(|one| one["reranked"].as_f64().expect("a score")).collect();
        assert!(scores.is_sorted_by(|one, other| one >= other), "{model}: {scores:?}");
        let mut places: Vec<u64> =
            passages.iter().map(|one| one["found_rank"].as_u64().expect("a place")).collect();
        assert!(!places.is_sorted(), "{model} changed nothing: {places:?}");
        places.sort_unstable();
        assert_eq!(places, (1..=passages.len() as u64).collect::<Vec<_>>());
        let used = passages.iter().filter(|one| one["in_prompt"] == true).count();
        assert!((1..=3).contains(&used), "{model}: {used} of 3");
    }
    // One that is not there, as one that is busy, takes no answer away.
    let wish = json!({ "name": "By nobody", "config": { "reranker_model": "cohere.rerank-v9:0" } });
    let made = shared.admin(Method::POST, "/api/v1/chatbots", &wish, StatusCode::CREATED).await;
    let session = shared.session(made["id"].as_str().expect("an id")).await;
    let answer = shared.ask(&session, "How often must the shaft seal of the P-40 be replaced?").await;
    assert_eq!(answer["abstained"], false, "{answer}");
    let id = answer["message"]["id"].as_str().expect("an id");
    let retrieval = shared.read(&format!("/api/v1/messages/{id}/retrieval")).await;
    assert_eq!(retrieval["reranker_model"], Value::Null, "{retrieval}");
    let wish = json!({ "name": "By a poet", "config": { "system_prompt": "You are {{somebody}}." } });
    let problem =
        shared.admin(Method::POST, "/api/v1/chatbots", &wish, StatusCode::UNPROCESSABLE_ENTITY).await;
    assert!(
        problem["detail"].as_str().is_some_and(|detail| detail.contains("{{organization}}")),
        "{problem}"
    );
    let wish = json!({ "name": "By a poet", "config": { "reranker_model": "anthropic.claude" } });
    let problem =
        shared.admin(Method::POST, "/api/v1/chatbots", &wish, StatusCode::UNPROCESSABLE_ENTITY).await;
    assert!(
        problem["errors"][0]["pointer"].as_str().is_some_and(|at| at.ends_with("/reranker_model")),
        "{problem}"
    );
}
