//! Where the object stands now, and whether there is anything to do about it.

use crate::{Ingestion, TRIES, describe, extract::encoding};
use anyhow::Context as _;
use domain::{
    DocumentId, DocumentVersionId, IngestionJobId, ObjectKey, OrganizationId, ProductId, SpaceId,
    document::clip, limits,
};
use objects::ObjectState;
use sha2::{Digest as _, Sha256};
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, AtomicI32, Ordering},
};
use store::{
    collections::{self, Collection},
    documents::{self, Building, Upload},
    events::{self, Category, Event},
    jobs, products, spaces,
    versions::{self, Beginning, Worker},
};

/// What cuts, embeds and describes: changed whenever the same bytes would give other chunks.
const PIPELINE: &str = "ingestion/3";

/// What a look at the object says.
pub(crate) enum Located {
    /// There is none.
    Gone,
    /// What is known of it is of this object.
    Settled(DocumentId),
    /// Another function is building from it.
    UnderWay,
    /// Functions died at it, one after the other.
    Deadly(Box<Work>),
    /// A version is to be built, or built on, and is ours.
    ToBuild(Box<Work>),
}

/// A version to be built.
pub(crate) struct Work {
    pub(crate) key: String,
    pub(crate) filename: String,
    /// By the file's name.
    pub(crate) name: String,
    pub(crate) object: ObjectState,
    pub(crate) collection: Collection,
    /// Of the product that its uploader named; `None` where he named none, or there is none of that name.
    pub(crate) product: Option<ProductId>,
    pub(crate) recipe: String,
    pub(crate) document: DocumentId,
    pub(crate) version: DocumentVersionId,
    pub(crate) worker: Worker,
    pub(crate) job: IngestionJobId,
    pub(crate) copied_from: Option<DocumentVersionId>,
    /// Whether its message comes no more after this time.
    pub(crate) is_last: bool,
    /// Chunks of the whole, once it was read.
    pub(crate) total: Option<i32>,
    done: AtomicI32,
    has_advanced: AtomicBool,
    is_settling: AtomicBool,
}

impl Work {
    /// Chunks that stand.
    pub(crate) fn done(&self) -> i32 {
        self.done.load(Ordering::Relaxed)
    }

    /// Notes that a step was committed.
    pub(crate) fn advanced_to(&self, done: i32) {
        self.done.store(done, Ordering::Relaxed);
        self.has_advanced.store(true, Ordering::Relaxed);
    }

    /// What its passages are embedded in.
    pub(crate) fn spaces(&self) -> Vec<SpaceId> {
        self.collection.spaces.iter().map(|space| space.id).collect()
    }

    /// Whether this unit brought anything.
    pub(crate) fn has_advanced(&self) -> bool {
        self.has_advanced.load(Ordering::Relaxed)
    }

    /// Notes that the version is being switched to, or failed. If nobody hears whether it was, the same message has to come
    /// again, and not a new one: from its second delivery on, what is settled is cleared up after.
    pub(crate) fn settling(&self) {
        self.is_settling.store(true, Ordering::Relaxed);
    }

    /// Whether its end has begun.
    pub(crate) fn is_settling(&self) -> bool {
        self.is_settling.load(Ordering::Relaxed)
    }
}

impl Ingestion {
    /// Looks at the object and, under the document's row lock, decides and begins.
    pub(crate) async fn locate(
        &self,
        organization: OrganizationId,
        key: &str,
        parsed: &ObjectKey,
        delivery: u32,
    ) -> anyhow::Result<Located> {
        let Some(object) = self.bucket.head(key).await? else { return Ok(Located::Gone) };
        let tx = self.database.tenant(organization).await?;
        let space = spaces::of_model(&tx, &self.embedding_model, self.embedding_dimension)
            .await
            .context("find space")?;
        let collection =
            collections::ensure(&tx, &parsed.collection, space.id).await.context("find collection")?;
        let title = object
            .metadata
            .get("title")
            .map(|title| clip(title, limits::TITLE_CHARACTERS))
            .filter(|t| !t.is_empty());
        let name = parsed.title();
        let size = i64::try_from(object.size).unwrap_or(i64::MAX);
        let upload = Upload {
            collection: collection.id,
            bucket: self.bucket.name(),
            key,
            title: title.as_ref().unwrap_or(&name),
            filename: parsed.filename(),
            size,
            mime_type: &object.content_type,
            uploaded_at: object.last_modified,
        };
        let standing = documents::lock_or_create(&tx, &upload).await.context("lock document")?;
        let fingerprint = fingerprint(&object);
        if standing.has_expired || standing.settled.as_ref() == Some(&fingerprint) {
            tx.finish().await?;
            return Ok(Located::Settled(standing.id));
        }
        let recipe = recipe(&collection, &object);
        let worker = Worker::new();
        let same =
            standing.building.filter(|b| b.fingerprint == fingerprint && b.recipe.as_ref() == Some(&recipe));
        let building = match same {
            // The message that its worker holds answers for it; ours would only do the same again.
            Some(building) if building.is_leased && delivery == 1 => {
                tx.finish().await?;
                return Ok(Located::UnderWay);
            }
            Some(building) => {
                versions::claim(&tx, building.id, worker).await.context("claim version")?;
                building
            }
            None => {
                let beginning =
                    Beginning { etag: &object.etag, fingerprint: &fingerprint, recipe: &recipe, size };
                let id =
                    versions::begin(&tx, standing.id, &beginning, worker).await.context("begin version")?;
                events::record(&tx, &[uploaded(&object, standing.id)]).await?;
                begun(id)
            }
        };
        let product = match describe::product(&object.metadata) {
            Some(name) => products::of_name(&tx, &name).await.context("find product")?,
            None => None,
        };
        documents::mark_processing(&tx, standing.id, size, &object.content_type).await?;
        let job = jobs::begin(&tx, standing.id).await.context("begin job")?;
        tx.finish().await?;
        let work = Box::new(Work {
            key: key.to_owned(),
            filename: parsed.filename().to_owned(),
            name,
            object,
            collection,
            product,
            recipe,
            document: standing.id,
            version: building.id,
            worker,
            job,
            copied_from: building.copied_from,
            is_last: delivery >= TRIES,
            total: building.total,
            done: AtomicI32::new(building.done),
            has_advanced: AtomicBool::new(false),
            is_settling: AtomicBool::new(false),
        });
        // This claim counts as one until the unit has ended.
        Ok(if is_deadly(&building, delivery) { Located::Deadly(work) } else { Located::ToBuild(work) })
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
        let known = documents::settled_fingerprint(&tx, self.bucket.name(), key);
        let known = known.await.context("read document")?;
        tx.finish().await?;
        let now = object.as_ref().map(fingerprint);
        if now != known {
            tracing::info!(collection = parsed.collection, "object changed while it was read");
        }
        Ok(now != known)
    }
}

/// Whether functions died at a version, and one more is not to try. At the last delivery a single death is enough: of another one
/// nobody would hear, and the document would say for ever that it is being processed. Unless somebody is at it just now, whose
/// claim counts as a death until its end.
fn is_deadly(building: &Building, delivery: u32) -> bool {
    let is_last = delivery >= TRIES && !building.is_leased;
    building.deaths >= if is_last { 1 } else { limits::DEATHS }
}

fn begun(id: DocumentVersionId) -> Building {
    Building {
        id,
        fingerprint: String::new(),
        recipe: None,
        copied_from: None,
        done: 0,
        total: None,
        deaths: 0,
        is_leased: true,
    }
}

fn uploaded(object: &ObjectState, document: DocumentId) -> Event<'static> {
    Event {
        kind: "document_uploaded",
        category: Category::System,
        payload: serde_json::json!({ "bytes": object.size, "content_type": object.content_type }),
        session: None,
        resource: Some(("document", document.0)),
    }
}

/// An object's bytes and what was said with them: `{etag}:{hash of its metadata}`. An upload of the same bytes with
/// another title has the same ETag.
fn fingerprint(object: &ObjectState) -> String {
    let metadata: BTreeMap<&String, &String> = object.metadata.iter().collect();
    let said = serde_json::json!([metadata, object.content_type]).to_string();
    format!("{}:{}", object.etag, &hex::encode(Sha256::digest(said))[..16])
}

/// Hash of everything but the bytes that decides what chunks and vectors a version has. The title does not: it is
/// context, and the same bytes under a second name are the same document to a reader.
fn recipe(collection: &Collection, object: &ObjectState) -> String {
    let spaces: Vec<_> = collection.spaces.iter().map(|space| space.id).collect();
    let parts = serde_json::json!([
        PIPELINE,
        language::SEGMENTER,
        collection.chunk_size,
        collection.chunk_overlap,
        collection.chunk_type_rules,
        collection.contextual_headers,
        spaces,
        object.metadata.get("language"),
        object.metadata.get("document-type"),
        encoding::of_content_type(&object.content_type).map(encoding_rs::Encoding::name),
    ]);
    hex::encode(Sha256::digest(parts.to_string()))
}
