//! Collections, curated answers, web sources and jobs.

use crate::stack::support::stack;
use http::{Method, StatusCode};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_collection_is_made_changed_and_deleted_when_it_is_empty() {
    let shared = stack().await;
    let wish = json!({
        "slug": "kept", "name": "Kept things", "description": "For a test", "chunk_size": 128, "chunk_overlap": 64,
        "metadata_schema": { "module": { "allowed": ["m1"], "required": false } },
        "chunk_type_rules": [{ "type": "product_level", "heading": "product" }],
    });
    let made = shared.admin(Method::POST, "/api/v1/collections", &wish, StatusCode::CREATED).await;
    for name in
        ["slug", "name", "description", "chunk_size", "chunk_overlap", "metadata_schema", "chunk_type_rules"]
    {
        assert_eq!(made[name], wish[name], "{made}");
    }
    assert_eq!((&made["contextual_headers"], &made["document_count"]), (&json!(false), &json!(0)));
    let by_id = format!("/api/v1/collections/{}", made["id"].as_str().expect("an id"));
    assert_eq!(shared.read("/api/v1/collections/kept").await, made);
    assert_eq!(shared.read(&by_id).await, made);
    let taken = shared.admin(Method::POST, "/api/v1/collections", &wish, StatusCode::CONFLICT).await;
    assert_eq!(taken["type"], "urn:docent:error:slug-taken", "{taken}");
    let other = json!({ "slug": "kept-2", "name": "Kept things" });
    let taken = shared.admin(Method::POST, "/api/v1/collections", &other, StatusCode::CONFLICT).await;
    assert_eq!(taken["type"], "urn:docent:error:name-taken", "{taken}");

    let change = json!({ "name": "Kept", "description": "", "chunk_size": 256 });
    let changed = shared.admin(Method::PATCH, &by_id, &change, StatusCode::OK).await;
    assert_eq!((&changed["name"], &changed["description"]), (&json!("Kept"), &Value::Null));
    assert_eq!((&changed["chunk_size"], &changed["chunk_overlap"]), (&json!(256), &json!(64)));
    for (body, pointer) in [
        (json!({ "chunk_size": 63 }), "/chunk_size"),
        (json!({ "chunk_size": 2_001 }), "/chunk_size"),
        (json!({ "chunk_size": 100 }), "/chunk_size"),
        (json!({ "chunk_overlap": 129 }), "/chunk_overlap"),
        (json!({ "name": " " }), "/name"),
        (json!({ "metadata_schema": { "Module": {} } }), "/metadata_schema"),
        (json!({ "chunk_type_rules": [{}] }), "/chunk_type_rules"),
    ] {
        // 100 would do, but for the overlap of 64 that stands.
        let problem = shared.admin(Method::PATCH, &by_id, &body, StatusCode::UNPROCESSABLE_ENTITY).await;
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{body}: {problem}");
    }

    shared.completed("kept", "a.txt", "Something to keep.").await;
    let full = shared.admin(Method::DELETE, &by_id, &Value::Null, StatusCode::CONFLICT).await;
    assert_eq!(full["type"], "urn:docent:error:collection-not-empty", "{full}");
    shared.delete("demo/kept/a.txt").await;
    shared.until(&by_id, |collection| collection["document_count"] == json!(0)).await;
    shared.admin(Method::DELETE, &by_id, &Value::Null, StatusCode::NO_CONTENT).await;
    shared.admin(Method::GET, "/api/v1/collections/kept", &Value::Null, StatusCode::NOT_FOUND).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_keep_to_their_collections_schema() {
    let shared = stack().await;
    let wish = json!({ "slug": "schemed", "metadata_schema": { "module": { "allowed": ["m1", "m2"] } } });
    shared.admin(Method::POST, "/api/v1/collections", &wish, StatusCode::CREATED).await;
    let upload =
        |module: &str| json!({ "collection": "schemed", "path": "a.md", "attributes": { "module": module } });
    let path = "/api/v1/documents/uploads";
    shared.admin(Method::POST, path, &upload("m1"), StatusCode::CREATED).await;
    let problem = shared.admin(Method::POST, path, &upload("m3"), StatusCode::UNPROCESSABLE_ENTITY).await;
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("\"m2\"")), "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn curated_answers_are_written_changed_and_deleted() {
    let shared = stack().await;
    shared.admin(Method::POST, "/api/v1/collections", &json!({ "slug": "asked" }), StatusCode::CREATED).await;
    let wish = json!({
        "question": " Who repairs the pump? ", "answer": "The service in Kampala.", "collection": "asked",
        "chatbot_id": shared.addresses.chatbot_id, "source_url": "https://example.org/service",
    });
    let made = shared.admin(Method::POST, "/api/v1/curated-answers", &wish, StatusCode::CREATED).await;
    for (name, value) in [
        ("question", json!("Who repairs the pump?")),
        ("answer", wish["answer"].clone()),
        ("collection", json!("asked")),
        ("chatbot_id", wish["chatbot_id"].clone()),
        ("source", json!("api")),
        ("is_active", json!(true)),
    ] {
        assert_eq!(made[name], value, "{name}: {made}");
    }
    let path = format!("/api/v1/curated-answers/{}", made["id"].as_str().expect("an id"));
    assert_eq!(shared.read(&path).await, made);
    let change = json!({ "question": "Who mends the pump?", "chatbot_id": null, "is_active": false });
    let changed = shared.admin(Method::PATCH, &path, &change, StatusCode::OK).await;
    assert_eq!((&changed["question"], &changed["chatbot_id"]), (&json!("Who mends the pump?"), &Value::Null));
    assert_eq!((&changed["collection"], &changed["is_active"]), (&json!("asked"), &json!(false)));

    let items: Vec<Value> = (0..3)
        .map(|n| json!({ "question": format!("Question {n}?"), "answer": "Yes.", "collection": "asked" }))
        .collect();
    let import = "/api/v1/curated-answers/import";
    let imported = shared.admin(Method::POST, import, &json!({ "items": items }), StatusCode::CREATED).await;
    assert_eq!(imported["ids"].as_array().map(Vec::len), Some(3));
    let list = shared.read("/api/v1/curated-answers?collection=asked&limit=3").await;
    assert_eq!(list["items"][0]["question"], "Question 2?", "newest first");
    assert!(list["next_cursor"].is_string());
    // One bad item, and nothing of the import is kept.
    let spoiled = json!({ "items": [items[0], { "question": "", "answer": "No." }] });
    let problem = shared.admin(Method::POST, import, &spoiled, StatusCode::UNPROCESSABLE_ENTITY).await;
    assert_eq!(problem["errors"][0]["pointer"], "/items/1/question", "{problem}");
    let unknown = json!({ "items": [items[0], { "question": "A?", "answer": "B.", "chatbot_id": uuid::Uuid::now_v7() }] });
    shared.admin(Method::POST, import, &unknown, StatusCode::NOT_FOUND).await;
    let many: Vec<&Value> = std::iter::repeat_n(&items[0], 201).collect();
    shared.admin(Method::POST, import, &json!({ "items": many }), StatusCode::UNPROCESSABLE_ENTITY).await;
    let list = shared.read("/api/v1/curated-answers?collection=asked&limit=100").await;
    assert_eq!(list["items"].as_array().map(Vec::len), Some(4), "{list}");

    shared.admin(Method::DELETE, &path, &Value::Null, StatusCode::NO_CONTENT).await;
    shared.admin(Method::GET, &path, &Value::Null, StatusCode::NOT_FOUND).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_curated_answer_has_the_vector_of_its_question() {
    let shared = stack().await;
    let vector_of = async |id: &str| {
        let (owner, id) = (tests::database::connect(&shared.stack.urls.owner).await, id.to_owned());
        owner
            .batch_execute(&format!("SET app.organization_id = '{}'", organization(shared).await))
            .await
            .expect("set");
        owner.batch_execute("SET ROLE docent_app").await.expect("become the application");
        let id: uuid::Uuid = id.parse().expect("an id");
        let rows = owner
            .query("SELECT e.vector::text FROM docent.curated_embeddings e JOIN docent.embedding_spaces s ON s.id = e.space_id
                  WHERE e.curated_answer_id = $1 AND s.model_id = 'local.all-minilm-l6-v2'", &[&id])
            .await
            .expect("vectors");
        rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>()
    };
    let wish = json!({ "question": "Where is the drain?", "answer": "Below." });
    let made = shared.admin(Method::POST, "/api/v1/curated-answers", &wish, StatusCode::CREATED).await;
    let id = made["id"].as_str().expect("an id");
    let first = vector_of(id).await;
    assert_eq!(first.len(), 1);
    let path = format!("/api/v1/curated-answers/{id}");
    shared.admin(Method::PATCH, &path, &json!({ "answer": "Behind." }), StatusCode::OK).await;
    assert_eq!(vector_of(id).await, first, "another answer is the same question");
    shared.admin(Method::PATCH, &path, &json!({ "question": "How loud is it?" }), StatusCode::OK).await;
    let second = vector_of(id).await;
    assert!(second.len() == 1 && second != first);
    shared.admin(Method::DELETE, &path, &Value::Null, StatusCode::NO_CONTENT).await;
    assert!(vector_of(id).await.is_empty());
}

async fn organization(shared: &crate::stack::support::Shared) -> domain::OrganizationId {
    let database = store::Database::new(&shared.addresses.database_url).expect("a URL");
    let found = store::organizations::of_slug(&database, &shared.addresses.organization).await;
    found.expect("the database answers").expect("the demo organization")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_source_is_declared_once_and_deleted() {
    let shared = stack().await;
    shared.admin(Method::POST, "/api/v1/collections", &json!({ "slug": "web" }), StatusCode::CREATED).await;
    let path = "/api/v1/web-sources";
    // Nothing is fetched from there: the address is this machine's own.
    let wish = json!({ "collection": "web", "kind": "page", "url": "http://127.0.0.1:9/page#part", "every_hours": 48 });
    let made = shared.admin(Method::POST, path, &wish, StatusCode::CREATED).await;
    assert_eq!((&made["url"], &made["every_hours"]), (&json!("http://127.0.0.1:9/page"), &json!(48)));
    assert_eq!(
        (&made["collection"], &made["kind"], &made["page_count"]),
        (&json!("web"), &json!("page"), &json!(0))
    );
    let taken = shared.admin(Method::POST, path, &wish, StatusCode::CONFLICT).await;
    assert_eq!(taken["type"], "urn:docent:error:address-taken", "{taken}");
    for (changed, status) in [
        (json!({ "url": "file:///etc/passwd" }), StatusCode::UNPROCESSABLE_ENTITY),
        (json!({ "url": "https://user:secret@example.org/" }), StatusCode::UNPROCESSABLE_ENTITY),
        (
            json!({ "url": format!("https://example.org/{}", "a".repeat(2_029)) }),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (json!({ "every_hours": 0 }), StatusCode::UNPROCESSABLE_ENTITY),
        (json!({ "every_hours": 8_761 }), StatusCode::UNPROCESSABLE_ENTITY),
        (json!({ "kind": "feed" }), StatusCode::UNPROCESSABLE_ENTITY),
        (json!({ "collection": "no-such" }), StatusCode::NOT_FOUND),
    ] {
        let mut wrong = wish.clone();
        for (name, value) in changed.as_object().expect("an object") {
            wrong[name] = value.clone();
        }
        shared.admin(Method::POST, path, &wrong, status).await;
    }
    let one = format!("{path}/{}", made["id"].as_str().expect("an id"));
    shared.admin(Method::POST, &format!("{one}/visit"), &Value::Null, StatusCode::ACCEPTED).await;
    let list = shared.read("/api/v1/web-sources?collection=web").await;
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1));
    shared.admin(Method::DELETE, &one, &Value::Null, StatusCode::NO_CONTENT).await;
    shared.admin(Method::GET, &one, &Value::Null, StatusCode::NOT_FOUND).await;
}
