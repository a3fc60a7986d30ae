//! Documents as ingestion leaves them, without files and models: written through the store's own functions.

use crate::{Organization, vectors};
use domain::{CollectionId, DocumentId, DocumentVersionId, Failure};
use sha2::Digest as _;
use store::{
    chunks::{self, NewChunk},
    collections,
    documents::{self, Reading, Upload},
    versions::{self, Beginning, Manifest, Worker},
};

/// The bucket of all tests.
pub const BUCKET: &str = "test-bucket";

/// A document to be written; each passage becomes one chunk.
pub struct NewDocument<'a> {
    organization: &'a Organization,
    collection: &'a str,
    path: &'a str,
    language: &'a str,
    passages: Vec<String>,
}

/// A document that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// Its row.
    pub id: DocumentId,
    /// What was read this time.
    pub version: DocumentVersionId,
    /// Who built it.
    pub worker: Worker,
    /// Where it is.
    pub collection: CollectionId,
}

impl<'a> NewDocument<'a> {
    pub(crate) fn new(organization: &'a Organization, collection: &'a str, path: &'a str) -> Self {
        Self { organization, collection, path, language: "en", passages: Vec::new() }
    }

    /// In a language (ISO 639-1).
    #[must_use]
    pub fn in_language(self, language: &'a str) -> Self {
        Self { language, ..self }
    }

    /// With these passages.
    #[must_use]
    pub fn saying<S: Into<String>>(self, passages: impl IntoIterator<Item = S>) -> Self {
        Self { passages: passages.into_iter().map(Into::into).collect(), ..self }
    }

    /// Its key in the bucket.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{}/{}/{}", self.organization.slug, self.collection, self.path)
    }

    /// Writes it and switches to it: it can be found.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn stored(self) -> Stored {
        let count = i32::try_from(self.passages.len()).expect("few passages");
        let (language, organization, path) = (self.language, self.organization, self.path);
        let stored = self.building().await;
        let tx = organization.tx().await;
        let manifest = Manifest {
            chunks: count,
            language: language.to_owned(),
            format: "text".into(),
            ..Manifest::default()
        };
        versions::describe(&tx, stored.version, "00", "words", &manifest).await.expect("describe version");
        let reading = Reading {
            title: path,
            content_hash: "00",
            document_type: "general",
            product: None,
            source_url: None,
            metadata: &serde_json::json!({}),
            spaces: &[organization.space.id],
            manifest: &manifest,
        };
        let switch = documents::switch(&tx, stored.id, stored.version, stored.worker, &reading);
        assert!(switch.await.expect("switch"));
        tx.finish().await.expect("commit switch");
        stored
    }

    /// Writes its chunks and stops before the switch, as a function does that is killed.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn building(self) -> Stored {
        let key = self.key();
        let tx = self.organization.tx().await;
        let space = self.organization.space.id;
        let collection = collections::ensure(&tx, self.collection, space).await.expect("make collection");
        let upload = Upload {
            collection: collection.id,
            bucket: BUCKET,
            key: &key,
            title: self.path,
            filename: self.path,
            size: 1,
            mime_type: "text/plain",
            uploaded_at: jiff::Timestamp::now(),
        };
        let id = documents::lock_or_create(&tx, &upload).await.expect("make document").id;
        documents::mark_processing(&tx, id, 1, "text/plain").await.expect("mark document");
        let worker = Worker::new();
        let beginning = Beginning { etag: "etag", fingerprint: "etag:", recipe: "recipe", size: 1 };
        let version = versions::begin(&tx, id, &beginning, worker).await.expect("begin version");
        let rows: Vec<NewChunk> =
            (0..).zip(&self.passages).map(|(index, passage)| self.chunk(index, passage)).collect();
        chunks::insert(&tx, id, version, &[space], &serde_json::json!({}), &rows)
            .await
            .expect("write chunks");
        tx.finish().await.expect("commit chunks");
        Stored { id, version, worker, collection: collection.id }
    }

    /// Fails to be read, after a version was begun.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn failed(self, failure: &Failure) -> Stored {
        let organization = self.organization;
        let stored = self.building().await;
        let tx = organization.tx().await;
        assert!(
            documents::fail(&tx, stored.id, stored.version, stored.worker, failure)
                .await
                .expect("fail document")
        );
        tx.finish().await.expect("commit failure");
        stored
    }

    fn chunk(&self, index: i32, passage: &str) -> NewChunk {
        let words = language::words(passage);
        NewChunk {
            index,
            content: passage.to_owned(),
            chunk_type: "general",
            headings: vec!["Heading".into()],
            page: Some(index + 1),
            bytes: i64::from(index)..i64::from(index) + 1,
            tokens: i32::try_from(words.len()).expect("few words").max(1),
            language: self.language.to_owned(),
            words,
            confidence: 1.0,
            is_active: true,
            source_hash: sha2::Sha256::digest(passage).into(),
            context: None,
            vectors: vec![vectors::of_text(passage, self.organization.space.dimension)],
        }
    }
}
