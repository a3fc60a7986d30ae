//! The real `aws-sdk-s3` client against the local bucket.

use std::sync::Mutex;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    CompletedMultipartUpload, CompletedPart, Delete, MetadataDirective, ObjectIdentifier,
};
use serde_json::{Value, json};

use super::*;

const REGION: &str = "us-east-1";

/// A served bucket `docs`, its client, and what its rule was told.
struct Stage {
    folder: tempfile::TempDir,
    endpoint: String,
    credentials: Credentials,
    client: Client,
    told: Arc<Mutex<Vec<Notification>>>,
    server: Server,
}

impl Stage {
    async fn new() -> Stage {
        Stage::open(tempfile::tempdir().unwrap(), Credentials::random()).await
    }

    async fn open(folder: tempfile::TempDir, credentials: Credentials) -> Stage {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let rule = NotificationRule {
            id: "ingest".to_owned(),
            events: vec!["s3:ObjectCreated:*".to_owned(), "s3:ObjectRemoved:*".to_owned()],
            queue: "events".to_owned(),
        };
        let setup = Setup {
            folder: folder.path().to_owned(),
            bucket: "docs".to_owned(),
            region: REGION.to_owned(),
            credentials: credentials.clone(),
            rules: vec![rule],
        };
        let told = Arc::new(Mutex::new(Vec::new()));
        let heard = told.clone();
        let server = serve(listener, setup, move |notification| heard.lock().unwrap().push(notification))
            .await
            .unwrap();
        let client = client(&endpoint, &credentials);
        Stage { folder, endpoint, credentials, client, told, server }
    }

    /// Stops the server and starts it again over the same folder.
    async fn restart(self) -> Stage {
        let Stage { folder, credentials, server, .. } = self;
        drop(server);
        Stage::open(folder, credentials).await
    }

    async fn put(&self, key: &str, body: impl Into<Vec<u8>>) -> String {
        let body = ByteStream::from(body.into());
        self.client.put_object().bucket("docs").key(key).body(body).send().await.unwrap().e_tag.unwrap()
    }

    async fn get(&self, key: &str) -> Vec<u8> {
        let got = self.client.get_object().bucket("docs").key(key).send().await.unwrap();
        got.body.collect().await.unwrap().to_vec()
    }

    /// Event names and keys, the test event left out.
    fn told(&self) -> Vec<(String, String)> {
        let told = self.told.lock().unwrap();
        told[1..].iter().map(|one| (one.event_name.clone(), one.key.clone())).collect()
    }

    fn files(&self) -> usize {
        let count = |folder: &std::path::Path| std::fs::read_dir(folder).unwrap().count();
        count(self.folder.path()) + count(&self.folder.path().join("docs"))
    }
}

fn client(endpoint: &str, credentials: &Credentials) -> Client {
    let key = aws_sdk_s3::config::Credentials::new(
        credentials.access_key_id.clone(),
        credentials.secret_access_key.clone(),
        None,
        None,
        "test",
    );
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(aws_sdk_s3::config::BehaviorVersion::latest())
        .region(aws_sdk_s3::config::Region::new(REGION))
        .endpoint_url(endpoint)
        .credentials_provider(key)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(config)
}

fn event(name: &str, key: &str) -> (String, String) {
    (name.to_owned(), key.to_owned())
}

#[tokio::test]
async fn an_object_keeps_its_metadata_and_one_etag() {
    let stage = Stage::new().await;
    let key = "acme/hand book/a+b %20 คู่มือ.pdf";
    let put = stage
        .client
        .put_object()
        .bucket("docs")
        .key(key)
        .metadata("title", "%E0%B8%84")
        .content_type("application/pdf")
        .body(ByteStream::from_static(b"hello"))
        .send()
        .await
        .unwrap();
    let etag = put.e_tag().unwrap();
    assert_eq!(etag, "\"5d41402abc4b2a76b9719d911017c592\"");
    let head = stage.client.head_object().bucket("docs").key(key).send().await.unwrap();
    assert_eq!((head.e_tag(), head.content_length()), (Some(etag), Some(5)));
    assert_eq!(head.metadata().unwrap()["title"], "%E0%B8%84");
    assert_eq!(head.content_type(), Some("application/pdf"));
    let get = stage.client.get_object().bucket("docs").key(key).if_match(etag).send().await.unwrap();
    assert_eq!((get.e_tag(), get.metadata().unwrap()["title"].as_str()), (Some(etag), "%E0%B8%84"));
    assert_eq!(get.body.collect().await.unwrap().to_vec(), b"hello");
    let other = stage.client.get_object().bucket("docs").key(key).if_match("\"0\"").send().await.unwrap_err();
    assert_eq!(other.raw_response().unwrap().status().as_u16(), 412);
    let same =
        stage.client.get_object().bucket("docs").key(key).if_none_match(etag).send().await.unwrap_err();
    assert_eq!(same.raw_response().unwrap().status().as_u16(), 304);
    let range = stage.client.get_object().bucket("docs").key(key).range("bytes=1-3").send().await.unwrap();
    assert_eq!(range.body.collect().await.unwrap().to_vec(), b"ell");

    assert_eq!(stage.told(), [event("ObjectCreated:Put", key)]);
    let body: Value = serde_json::from_str(&stage.told.lock().unwrap()[1].body_json).unwrap();
    let object = &body["Records"][0]["s3"]["object"];
    assert_eq!(
        object["key"],
        "acme/hand+book/a%2Bb+%2520+%E0%B8%84%E0%B8%B9%E0%B9%88%E0%B8%A1%E0%B8%B7%E0%B8%AD.pdf"
    );
    assert_eq!((&object["size"], &object["eTag"]), (&json!(5), &json!("5d41402abc4b2a76b9719d911017c592")));
    let test: Value = serde_json::from_str(&stage.told.lock().unwrap()[0].body_json).unwrap();
    assert_eq!((test["Event"].as_str(), test["Bucket"].as_str()), (Some("s3:TestEvent"), Some("docs")));
}

#[tokio::test]
async fn what_is_missing_is_said_to_be_missing() {
    let stage = Stage::new().await;
    let get = stage.client.get_object().bucket("docs").key("nothing").send().await.unwrap_err();
    assert!(get.as_service_error().unwrap().is_no_such_key());
    let head = stage.client.head_object().bucket("docs").key("nothing").send().await.unwrap_err();
    assert!(head.as_service_error().unwrap().is_not_found());
    let bucket = stage.client.get_object().bucket("other").key("nothing").send().await.unwrap_err();
    assert_eq!(bucket.code(), Some("NoSuchBucket"));
    let long = "x".repeat(1025);
    let put =
        stage.client.put_object().bucket("docs").key(long).body(ByteStream::from_static(b"x")).send().await;
    assert_eq!(put.unwrap_err().code(), Some("KeyTooLongError"));
}

#[tokio::test]
async fn a_wrong_secret_is_refused() {
    let stage = Stage::new().await;
    let wrong = Credentials { secret_access_key: "wrong".to_owned(), ..stage.credentials.clone() };
    let error = client(&stage.endpoint, &wrong).list_objects_v2().bucket("docs").send().await.unwrap_err();
    assert_eq!(error.code(), Some("SignatureDoesNotMatch"));
}

#[tokio::test]
async fn keys_that_collide_as_paths_stand_beside_each_other_and_survive_a_restart() {
    let stage = Stage::new().await;
    let thai = format!("acme/{}.pdf", "ไทย".repeat(100));
    let keys = ["a", "a/b", "a//b", "a/", "../a", thai.as_str(), "empty"];
    for key in keys {
        stage.put(key, if key == "empty" { "" } else { key }).await;
    }
    stage.put("a", "second").await;
    let files = stage.files();
    let stage = stage.restart().await;
    assert_eq!(stage.files(), files);
    for key in &keys[1..6] {
        assert_eq!(stage.get(key).await, key.as_bytes(), "{key}");
    }
    assert_eq!((stage.get("a").await, stage.get("empty").await), (b"second".to_vec(), Vec::new()));
    assert_eq!(stage.server.objects().await.len(), 7);
    for key in keys {
        stage.client.delete_object().bucket("docs").key(key).send().await.unwrap();
    }
    // The journal and the bucket's own folder.
    assert_eq!(stage.files(), 2);
}

#[tokio::test]
async fn a_listing_goes_on_behind_its_token() {
    let stage = Stage::new().await;
    for number in 0..7 {
        stage.put(&format!("acme/docs/{number} + %.txt"), "x").await;
    }
    stage.put("other/1", "x").await;
    let mut pages =
        stage.client.list_objects_v2().bucket("docs").prefix("acme/").into_paginator().page_size(3).send();
    let (mut sizes, mut keys) = (Vec::new(), Vec::new());
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        sizes.push(page.contents().len());
        keys.extend(page.contents().iter().map(|object| object.key().unwrap().to_owned()));
    }
    assert_eq!((sizes, keys[6].as_str()), (vec![3, 3, 1], "acme/docs/6 + %.txt"));
    let rolled = stage.client.list_objects_v2().bucket("docs").delimiter("/").send().await.unwrap();
    let prefixes: Vec<_> = rolled.common_prefixes().iter().filter_map(|prefix| prefix.prefix()).collect();
    assert_eq!(prefixes, ["acme/", "other/"]);
    let first = stage.client.list_objects().bucket("docs").max_keys(2).send().await.unwrap();
    let second =
        stage.client.list_objects().bucket("docs").marker(first.next_marker().unwrap()).send().await.unwrap();
    assert_eq!((first.contents().len(), second.contents().len()), (2, 6));
}

#[tokio::test]
async fn copies_and_deletes_are_told() {
    let stage = Stage::new().await;
    stage.put("one", "text").await;
    let copy = stage.client.copy_object().bucket("docs").key("two").copy_source("docs/one");
    copy.metadata_directive(MetadataDirective::Replace).metadata("title", "Two").send().await.unwrap();
    let head = stage.client.head_object().bucket("docs").key("two").send().await.unwrap();
    assert_eq!(head.metadata().unwrap()["title"], "Two");
    assert_eq!(stage.get("two").await, b"text");
    stage.client.delete_object().bucket("docs").key("one").send().await.unwrap();
    let identifiers = ["two", "never"].map(|key| ObjectIdentifier::builder().key(key).build().unwrap());
    let delete = Delete::builder().set_objects(Some(identifiers.to_vec())).build().unwrap();
    let deleted = stage.client.delete_objects().bucket("docs").delete(delete).send().await.unwrap();
    assert_eq!(deleted.deleted().len(), 2);
    let expected = [
        event("ObjectCreated:Put", "one"),
        event("ObjectCreated:Copy", "two"),
        event("ObjectRemoved:Delete", "one"),
        event("ObjectRemoved:Delete", "two"),
        event("ObjectRemoved:Delete", "never"),
    ];
    assert_eq!(stage.told(), expected);
}

#[tokio::test]
async fn a_multipart_upload_replaces_an_object_whole_and_is_told_once() {
    let stage = Stage::new().await;
    stage.put("big", "what a digest of must not stay").await;
    let key = "big";
    let created =
        stage.client.create_multipart_upload().bucket("docs").key(key).metadata("title", "Big").send().await;
    let id = created.unwrap().upload_id.unwrap();
    let mut parts = Vec::new();
    for (number, size) in [(1, 5 * 1024 * 1024), (2, 1000)] {
        let part = stage.client.upload_part().bucket("docs").key(key).upload_id(&id).part_number(number);
        let etag = part.body(ByteStream::from(vec![b'x'; size])).send().await.unwrap().e_tag;
        parts.push(CompletedPart::builder().part_number(number).set_e_tag(etag).build());
    }
    let upload = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
    let complete = stage.client.complete_multipart_upload().bucket("docs").key(key).upload_id(&id);
    let completed = complete.multipart_upload(upload).send().await.unwrap();
    assert_eq!(completed.key(), Some(key));
    let get = stage.client.get_object().bucket("docs").key(key).send().await.unwrap();
    assert_eq!((get.e_tag(), get.metadata().unwrap()["title"].as_str()), (completed.e_tag(), "Big"));
    assert!(get.e_tag().unwrap().ends_with("-2\""));
    assert_eq!(get.body.collect().await.unwrap().to_vec().len(), 5 * 1024 * 1024 + 1000);
    let expected = [event("ObjectCreated:Put", key), event("ObjectCreated:CompleteMultipartUpload", key)];
    assert_eq!(stage.told(), expected);
    let late = stage.client.upload_part().bucket("docs").key(key).upload_id(&id).part_number(1);
    let late = late.body(ByteStream::from_static(b"x")).send().await.unwrap_err();
    assert_eq!(late.code(), Some("NoSuchUpload"));
}

/// Sends a plain HTTP request; returns the status.
async fn plain(method: &str, uri: &str, headers: &[(&str, &str)], body: Vec<u8>) -> u16 {
    use http_body_util::Full;
    use hyper_util::client::legacy::Client;
    use hyper_util::rt::TokioExecutor;
    let mut request = http::Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(bytes::Bytes::from(body))).unwrap();
    Client::builder(TokioExecutor::new()).build_http().request(request).await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_presigned_put_works_until_it_is_tampered_with() {
    let stage = Stage::new().await;
    let presigning = PresigningConfig::expires_in(std::time::Duration::from_secs(60)).unwrap();
    let put = stage.client.put_object().bucket("docs").key("acme/ก ข.txt").metadata("title", "t");
    let signed = put.presigned(presigning).await.unwrap();
    let headers: Vec<_> = signed.headers().collect();
    assert_eq!(plain("PUT", signed.uri(), &headers, b"signed".to_vec()).await, 200);
    assert_eq!(stage.get("acme/ก ข.txt").await, b"signed");
    let tampered = signed.uri().replace("acme/", "evil/");
    assert_eq!(plain("PUT", &tampered, &headers, b"signed".to_vec()).await, 403);
    assert_eq!(stage.told(), [event("ObjectCreated:Put", "acme/ก ข.txt")]);
}

/// A form as a browser sends it, signed as SigV4's POST policies ask. Returns content type and body.
fn form(credentials: &Credentials, key: &str, file: &[u8]) -> (String, Vec<u8>) {
    use base64::Engine;
    let now = jiff::Timestamp::now();
    let day = now.strftime("%Y%m%d").to_string();
    let moment = now.strftime("%Y%m%dT%H%M%SZ").to_string();
    let scope = format!("{day}/{REGION}/s3/aws4_request");
    let credential = format!("{}/{scope}", credentials.access_key_id);
    let policy = json!({
        "expiration": (now + std::time::Duration::from_secs(60)).strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string(),
        "conditions": [
            { "bucket": "docs" },
            ["starts-with", "$key", "acme/"],
            ["content-length-range", 1, 10],
            { "x-amz-credential": credential },
            { "x-amz-algorithm": "AWS4-HMAC-SHA256" },
            { "x-amz-date": moment },
            { "x-amz-meta-title": "By form" },
        ],
    });
    let policy = base64::engine::general_purpose::STANDARD.encode(policy.to_string());
    let mut signing = format!("AWS4{}", credentials.secret_access_key).into_bytes();
    for part in [day.as_str(), REGION, "s3", "aws4_request"] {
        signing = hmac_sha256(&signing, part.as_bytes());
    }
    let signature = hex::encode(hmac_sha256(&signing, policy.as_bytes()));
    let fields = [
        ("key", key),
        ("x-amz-credential", &credential),
        ("x-amz-algorithm", "AWS4-HMAC-SHA256"),
        ("x-amz-date", &moment),
        ("x-amz-meta-title", "By form"),
        ("policy", &policy),
        ("x-amz-signature", &signature),
    ];
    let mut body = String::new();
    for (name, value) in fields {
        body += &format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    body += "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f.txt\"\r\nContent-Type: text/plain\r\n\r\n";
    let body = [body.as_bytes(), file, b"\r\n--edge--\r\n"].concat();
    ("multipart/form-data; boundary=edge".to_owned(), body)
}

/// HMAC by its definition, over the hash that the crate has anyway.
fn hmac_sha256(key: &[u8], message: &[u8]) -> Vec<u8> {
    use sha2::{Digest, Sha256};
    let mut block = [0_u8; 64];
    block[..key.len()].copy_from_slice(key);
    let inner = Sha256::new_with_prefix(block.map(|byte| byte ^ 0x36)).chain_update(message).finalize();
    Sha256::new_with_prefix(block.map(|byte| byte ^ 0x5c)).chain_update(inner).finalize().to_vec()
}

#[tokio::test]
async fn a_form_upload_keeps_to_its_policy() {
    let stage = Stage::new().await;
    let uri = format!("{}/docs", stage.endpoint);
    let send = async |key: &str, file: &[u8]| {
        let (content_type, body) = form(&stage.credentials, key, file);
        plain("POST", &uri, &[("content-type", &content_type)], body).await
    };
    assert_eq!(send("acme/a b+ไทย.txt", b"by form").await, 204);
    assert_eq!(stage.get("acme/a b+ไทย.txt").await, b"by form");
    let head = stage.client.head_object().bucket("docs").key("acme/a b+ไทย.txt").send().await.unwrap();
    assert_eq!(head.metadata().unwrap()["title"], "By form");
    assert_eq!(send("acme/large.txt", b"eleven byte").await, 400);
    // AWS says 403 AccessDenied here, s3s 400 InvalidPolicyDocument.
    assert_eq!(send("evil/a.txt", b"by form").await, 400);
    assert_eq!(stage.told(), [event("ObjectCreated:Post", "acme/a b+ไทย.txt")]);
}

#[tokio::test]
async fn a_large_file_streams_with_its_checksum() {
    let stage = Stage::new().await;
    let path = stage.folder.path().join("source.bin");
    std::fs::write(&path, vec![7_u8; 24 * 1024 * 1024]).unwrap();
    let body = ByteStream::from_path(&path).await.unwrap();
    let put = stage.client.put_object().bucket("docs").key("large").body(body).send().await.unwrap();
    assert!(put.checksum_crc32().is_some());
    assert_eq!(stage.get("large").await.len(), 24 * 1024 * 1024);
}

#[tokio::test]
async fn readers_see_whole_objects_while_the_key_is_rewritten() {
    let stage = Stage::new().await;
    stage.put("key", vec![0; 100_000]).await;
    let write = async {
        for round in 1..=40_u8 {
            stage.put("key", vec![round; 100_000 + usize::from(round)]).await;
        }
    };
    let read = async {
        for _ in 0..60 {
            // The client checks the digest that came with the headers.
            let body = stage.get("key").await;
            assert_eq!(body.len(), 100_000 + usize::from(body[0]));
        }
    };
    tokio::join!(write, read);
}

#[tokio::test]
async fn a_put_can_demand_that_nothing_is_there() {
    let stage = Stage::new().await;
    let put = || stage.client.put_object().bucket("docs").key("once").body(ByteStream::from_static(b"x"));
    put().if_none_match("*").send().await.unwrap();
    assert_eq!(put().if_none_match("*").send().await.unwrap_err().code(), Some("PreconditionFailed"));
    assert_eq!(put().if_match("\"0\"").send().await.unwrap_err().code(), Some("PreconditionFailed"));
    assert_eq!(stage.told().len(), 1);
}
