//! Where the object stands now, and whether there is anything to do about it.

use crate::Ingestion;
use anyhow::Context as _;
use domain::{
    DocumentId, DocumentVersionId, IngestionJobId, ObjectKey, OrganizationId, document::clip, limits,
};
use objects::ObjectState;
use store::{
    collections::{self, Collection},
    documents::{self, Upload},
    events::{self, Category, Event},
    jobs, spaces, versions,
};

/// What a look at the object says.
pub(crate) enum Located {
    /// There is none.
    Gone,
    /// What is known of it is of these bytes.
    Settled,
    /// Another function is building from these bytes.
    UnderWay,
    /// A version is to be built, and its row stands.
    ToBuild(Box<Work>),
}

/// A version to be built.
pub(crate) struct Work {
    pub(crate) key: String,
    pub(crate) filename: String,
    pub(crate) title: String,
    /// The title was given by the uploader and stays.
    pub(crate) titled: bool,
    pub(crate) language: Option<String>,
    pub(crate) object: ObjectState,
    pub(crate) collection: Collection,
    pub(crate) document: DocumentId,
    pub(crate) version: DocumentVersionId,
    pub(crate) job: IngestionJobId,
}

/// Words of `x-amz-meta-document-type` that are known.
const DOCUMENT_TYPES: [&str; 6] =
    ["general", "technical", "regulatory", "safety", "marketing", "certification"];

impl Ingestion {
    /// Looks at the object and, under the document's row lock, decides and begins.
    pub(crate) async fn locate(
        &self,
        organization: OrganizationId,
        key: &str,
        parsed: &ObjectKey,
    ) -> anyhow::Result<Located> {
        let Some(object) = self.bucket.head(key).await? else { return Ok(Located::Gone) };
        let tx = self.database.tenant(organization).await?;
        let space = spaces::of_model(&tx, &self.embedding_model, self.embedding_dimension)
            .await
            .context("find space")?;
        let collection =
            collections::ensure(&tx, &parsed.collection, space.id).await.context("find collection")?;
        let given = object
            .metadata
            .get("title")
            .map(|title| clip(title, limits::TITLE_CHARACTERS))
            .filter(|t| !t.is_empty());
        let titled = given.is_some();
        let title = given.unwrap_or_else(|| parsed.title());
        let size = i64::try_from(object.size).unwrap_or(i64::MAX);
        let upload = Upload {
            collection: collection.id,
            bucket: self.bucket.name(),
            key,
            title: &title,
            filename: parsed.filename(),
            size,
            mime_type: &object.content_type,
            document_type: object
                .metadata
                .get("document-type")
                .map(String::as_str)
                .filter(|t| DOCUMENT_TYPES.contains(t)),
            source_url: object.metadata.get("source-url").map(String::as_str),
        };
        let locked = documents::lock_or_create(&tx, &upload).await.context("lock document")?;
        if locked.settled_etag.as_deref() == Some(&object.etag) {
            tx.finish().await?;
            return Ok(Located::Settled);
        }
        if locked.building_etag.is_some() {
            tx.finish().await?;
            return Ok(Located::UnderWay);
        }
        let version = versions::begin(&tx, locked.id, &object.etag, size).await.context("begin version")?;
        documents::mark_processing(&tx, locked.id, size, &object.content_type).await?;
        let job = jobs::begin(&tx, locked.id).await.context("begin job")?;
        events::record(
            &tx,
            &[Event {
                kind: "document_uploaded",
                category: Category::System,
                payload: serde_json::json!({ "bytes": object.size, "content_type": object.content_type }),
                session: None,
                resource: Some(("document", locked.id.0)),
            }],
        )
        .await?;
        tx.finish().await?;
        Ok(Located::ToBuild(Box::new(Work {
            key: key.to_owned(),
            filename: parsed.filename().to_owned(),
            title,
            titled,
            language: object
                .metadata
                .get("language")
                .filter(|code| code.len() <= 10 && !code.is_empty())
                .cloned(),
            object,
            collection,
            document: locked.id,
            version,
            job,
        })))
    }

    /// Whether the object is no longer what the database says.
    pub(crate) async fn changed_since(
        &self,
        organization: OrganizationId,
        key: &str,
        parsed: &ObjectKey,
    ) -> anyhow::Result<bool> {
        let object = self.bucket.head(key).await?;
        let tx = self.database.tenant(organization).await?;
        let known = documents::settled_etag(&tx, self.bucket.name(), key).await.context("read document")?;
        tx.finish().await?;
        let now = object.map(|object| object.etag);
        if now != known {
            tracing::info!(collection = parsed.collection, "object changed while it was read");
        }
        Ok(now != known)
    }
}
