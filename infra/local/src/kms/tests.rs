//! KMS as its official client speaks to it.

use super::*;
use aws_sdk_kms::{Client, error::ProvideErrorMetadata, primitives::Blob, types::DataKeySpec};

const ARN: &str = "arn:aws:kms:us-east-1:000000000000:key/one";
const OTHER: &str = "arn:aws:kms:us-east-1:000000000000:key/two";

async fn serve(file: &Path) -> Client {
    let credentials = Credentials::random();
    let kms = Kms::open(file, &[ARN.to_owned(), OTHER.to_owned()], credentials.clone()).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, kms.router()).await });
    client(&url, &credentials)
}

fn client(url: &str, credentials: &Credentials) -> Client {
    use aws_sdk_kms::config::{BehaviorVersion, Config, Credentials as Key, Region};
    let key = Key::new(&credentials.access_key_id, &credentials.secret_access_key, None, None, "test");
    let http = aws_smithy_http_client::Builder::new().build_http();
    let config = Config::builder().behavior_version(BehaviorVersion::latest()).http_client(http);
    let config = config.region(Region::new("us-east-1")).endpoint_url(url).credentials_provider(key);
    Client::from_conf(config.build())
}

#[tokio::test]
async fn a_data_key_opens_in_its_own_context_and_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kms.json");
    let first = serve(&file).await;
    let made = first
        .generate_data_key()
        .key_id(ARN)
        .key_spec(DataKeySpec::Aes256)
        .encryption_context("organization", "acme")
        .send()
        .await
        .unwrap();
    let (plain, sealed) = (made.plaintext.unwrap(), made.ciphertext_blob.unwrap());
    assert_eq!((plain.as_ref().len(), made.key_id.as_deref()), (32, Some(ARN)));
    let windows = sealed.as_ref().windows(32).any(|window| window == plain.as_ref());
    assert!(!windows, "the key itself is not in what is kept");
    // Another process, the same file.
    let again = serve(&file).await;
    let decrypt = async |blob: &Blob, key: &str, organization: &str| {
        let call = again.decrypt().ciphertext_blob(blob.clone()).key_id(key);
        let answer = call.encryption_context("organization", organization).send().await;
        answer.map_err(|error| error.code().unwrap_or_default().to_owned())
    };
    let opened = decrypt(&sealed, ARN, "acme").await.unwrap();
    assert_eq!(opened.plaintext.unwrap(), plain);
    assert_eq!(decrypt(&sealed, ARN, "globex").await.unwrap_err(), "InvalidCiphertextException");
    assert_eq!(decrypt(&sealed, OTHER, "acme").await.unwrap_err(), "IncorrectKeyException");
    assert_eq!(decrypt(&sealed, "three", "acme").await.unwrap_err(), "NotFoundException");
    let without = again.decrypt().ciphertext_blob(sealed.clone()).send().await.unwrap_err();
    assert_eq!(without.code(), Some("InvalidCiphertextException"));
    for at in 0..sealed.as_ref().len() {
        let mut changed = sealed.as_ref().to_vec();
        changed[at] ^= 1;
        assert!(decrypt(&Blob::new(changed), ARN, "acme").await.is_err(), "byte {at}");
    }
}

#[tokio::test]
async fn what_is_not_known_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let client = serve(&folder.path().join("kms.json")).await;
    let wish = client.generate_data_key().key_id(ARN).key_spec(DataKeySpec::Aes128).send().await;
    assert_eq!(wish.unwrap_err().code(), Some("ValidationException"));
    let wish = client.generate_data_key().key_id("three").key_spec(DataKeySpec::Aes256).send().await;
    assert_eq!(wish.unwrap_err().code(), Some("NotFoundException"));
    let wish = client.list_keys().send().await;
    assert_eq!(wish.unwrap_err().code(), Some("UnknownOperationException"));
}
