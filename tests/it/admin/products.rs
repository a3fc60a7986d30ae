//! Products: made, named by documents, searched by, deleted.

use crate::stack::support::{Shared, stack};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A document that says what it is about, when it is settled: its status and the reason of a failure.
async fn dropped_about(shared: &Shared, path: &str, product: &str, text: &str) -> (String, String) {
    let key = format!("{}/{path}", shared.addresses.organization);
    let s3 = local::client::s3(&shared.addresses);
    let put = s3.put_object().bucket(&shared.addresses.bucket).key(&key).metadata("product", product);
    let put = put.body(text.as_bytes().to_vec().into()).send().await.expect("S3 takes it");
    let awaited = BTreeMap::from([(key, put.e_tag().expect("an ETag").trim_matches('"').to_owned())]);
    let settled = shared.client().await.settle(&awaited, |_| {}).await.expect("it ends").remove(0);
    (settled.status, settled.failure.map(|failure| failure.detail).unwrap_or_default())
}

async fn titles(shared: &Shared, narrowed: &str) -> Vec<String> {
    let found = shared.read(&format!("/api/v1/search?q=replace+the+gasket&k=50{narrowed}")).await;
    let mut titles: Vec<String> = found["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|item| item["document_title"].as_str().expect("a title").to_owned())
        .filter(|title| title.starts_with("gasket"))
        .collect();
    titles.sort();
    titles
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_found_by_what_they_are_about() {
    let shared = stack().await;
    let path = "/api/v1/products";
    let make = async |name: &str, category: &str, sku: &str| {
        let wish = json!({ "name": name, "category": category, "sku": sku, "metadata": { "weight_kg": 4 } });
        shared.admin(Method::POST, path, &wish, StatusCode::CREATED).await
    };
    let (first, second) =
        (make("Mixer M-1", "mixers", "M-1").await, make("Grinder G-1", "grinders", "G-1").await);
    let taken = json!({ "name": "Another", "category": "mixers", "sku": "M-1" });
    let taken = shared.admin(Method::POST, path, &taken, StatusCode::CONFLICT).await;
    assert_eq!(taken["type"], "urn:docent:error:sku-taken", "{taken}");

    let second_id = second["id"].as_str().expect("an id");
    for (name, product) in [("gasket-m", "M-1"), ("gasket-g", second_id)] {
        let text = format!("To replace the gasket of the {product}, open the housing first.");
        let (status, reason) = dropped_about(shared, &format!("producing/{name}.txt"), product, &text).await;
        assert_eq!(status, "completed", "{reason}");
    }
    let (status, reason) = dropped_about(shared, "producing/gasket-x.txt", "X-9", "No such thing.").await;
    assert_eq!(status, "failed");
    assert!(reason.contains("\"X-9\""), "{reason}");
    // Said at the form already, where there is one.
    let upload = json!({ "collection": "producing", "path": "gasket-x.txt", "product": "X-9" });
    let refused = shared
        .admin(Method::POST, "/api/v1/documents/uploads", &upload, StatusCode::UNPROCESSABLE_ENTITY)
        .await;
    assert_eq!(refused["errors"][0]["pointer"], "/product", "{refused}");

    assert_eq!(titles(shared, "&product=M-1").await, ["gasket m"]);
    assert_eq!(titles(shared, &format!("&product={second_id}")).await, ["gasket g"]);
    assert_eq!(titles(shared, "&category=grinders").await, ["gasket g"]);
    assert_eq!(titles(shared, "&category=grinders&product=M-1").await, Vec::<String>::new());
    assert_eq!(titles(shared, "&collection=producing").await, ["gasket g", "gasket m"]);

    let first_path = format!("{path}/{}", first["id"].as_str().expect("an id"));
    assert_eq!(shared.read(&first_path).await["document_count"], json!(1));
    let change = json!({ "category": "grinders", "status": "archived", "description": "Old" });
    let changed = shared.admin(Method::PATCH, &first_path, &change, StatusCode::OK).await;
    assert_eq!((&changed["sku"], &changed["status"]), (&json!("M-1"), &json!("archived")), "{changed}");
    assert_eq!(titles(shared, "&category=grinders").await, ["gasket g", "gasket m"]);
    let listed = shared.read(&format!("{path}?status=archived&q=m-1")).await;
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1), "{listed}");

    // The document stays, and is about nothing.
    shared.admin(Method::DELETE, &first_path, &Value::Null, StatusCode::NO_CONTENT).await;
    shared.admin(Method::GET, &first_path, &Value::Null, StatusCode::NOT_FOUND).await;
    assert_eq!(titles(shared, "&collection=producing").await, ["gasket g", "gasket m"]);
    let kept = shared.read("/api/v1/documents?q=gasket-m").await;
    assert_eq!(kept["items"][0]["product_id"], Value::Null, "{kept}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_organizations_products_do_not_exist() {
    let shared = stack().await;
    let wish = json!({ "name": "Ours", "category": "own", "sku": "OWN-1" });
    let own = shared.admin(Method::POST, "/api/v1/products", &wish, StatusCode::CREATED).await;
    let other = shared.organization("products-of-others").await;
    let theirs = other["api_key"].as_str().expect("a key");
    let path = format!("/api/v1/products/{}", own["id"].as_str().expect("an id"));
    for method in [Method::GET, Method::PATCH, Method::DELETE] {
        let (status, answer) = shared.call(theirs, method.clone(), &path, "{}").await;
        let expected = StatusCode::NOT_FOUND;
        assert_eq!(status, expected, "{method}: {answer}");
    }
    // A SKU is one organization's.
    let (status, answer) = shared.call(theirs, Method::POST, "/api/v1/products", wish.to_string()).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
}
