//! Web sources: pages and sitemaps that a collection is kept in step with. Fetching is ingestion's.

use crate::{Management, Refusal, check, refusal::Means};
use domain::{Caller, Scope, WebSourceId, limits};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use queue::Work;
use store::{
    TenantTx,
    collection_settings::{self, Named},
    demands::{self, Thing},
    documents, organizations,
    web_sources::{self, WebSource},
};

/// Objects that are deleted at once.
const DELETED_AT_ONCE: usize = 16;

/// What stands at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One page.
    Page,
    /// A sitemap with the pages that it names.
    Sitemap,
}

impl Kind {
    /// The spelling in the database and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Page => "page",
            Kind::Sitemap => "sitemap",
        }
    }
}

/// A web source as it is given.
#[derive(Debug)]
pub struct Given {
    /// Where its pages go, by slug or id.
    pub collection: String,
    /// What stands there.
    pub kind: Kind,
    /// Where.
    pub url: String,
    /// Hours between two visits.
    pub every_hours: Option<i64>,
}

impl Management {
    /// Web sources, newest first; of one collection by its slug, or of all.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn web_sources(
        &self,
        caller: &Caller,
        collection: Option<&str>,
        before: Option<WebSourceId>,
        limit: u32,
    ) -> Result<Vec<WebSource>, Refusal> {
        let read = async |tx: &TenantTx| web_sources::list(tx, collection, before, limit).await;
        self.admitted(caller, Scope::WebSourcesRead, read).await
    }

    /// One web source.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn web_source(&self, caller: &Caller, id: WebSourceId) -> Result<WebSource, Refusal> {
        let read = async |tx: &TenantTx| web_sources::get(tx, id).await;
        self.admitted(caller, Scope::WebSourcesRead, read).await?.ok_or(Refusal::NotFound("web source"))
    }

    /// Declares a web source, and has it visited.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict when the collection has it.
    pub async fn create_web_source(&self, caller: &Caller, given: Given) -> Result<WebSource, Refusal> {
        let (tx, _) = self.enter_once(caller, Scope::WebSourcesWrite).await?;
        let mut url = check::web_address("/url", &given.url)?;
        // A place within a page is no page of its own.
        url.set_fragment(None);
        let hours = given.every_hours.unwrap_or_else(|| i64::from(limits::VISIT_HOURS_DEFAULT));
        let hours = check::within("/every_hours", hours, 1, i64::from(limits::VISIT_HOURS))?;
        // Parsing cannot fail: every text is a name.
        let named: Named = given.collection.parse().unwrap_or_else(|never| match never {});
        let collection = collection_settings::get(&tx, &named).await?;
        let collection = collection.ok_or(Refusal::NotFound("collection"))?;
        let created = web_sources::create(&tx, collection.id, given.kind.as_str(), url.as_str(), hours).await;
        let id = created.map_err(|error| Refusal::of_row(error, &TAKEN))?;
        let (slug, source) = (organizations::slug(&tx).await?, web_sources::get(&tx, id).await?);
        tx.finish().await?;
        // Unsent, the clock has it visited.
        self.send_afterwards(Work::Visit { organization: slug, source: id.0, run: None }).await?;
        source.ok_or(Refusal::NotFound("web source"))
    }

    /// Has a web source visited now.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn visit(&self, caller: &Caller, id: WebSourceId) -> Result<(), Refusal> {
        let tx = self.enter(caller, Scope::WebSourcesWrite).await?;
        web_sources::get(&tx, id).await?.ok_or(Refusal::NotFound("web source"))?;
        let organization = organizations::slug(&tx).await?;
        tx.finish().await?;
        self.send(&[Work::Visit { organization, source: id.0, run: None }]).await
    }

    /// Deletes a web source with the pages that it alone keeps. The row goes last, so that the same call again does
    /// what is left.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn delete_web_source(&self, caller: &Caller, id: WebSourceId) -> Result<(), Refusal> {
        let tx = self.enter(caller, Scope::WebSourcesWrite).await?;
        demands::unchanged(&tx, Thing::WebSource(id.0)).await?;
        web_sources::get(&tx, id).await?.ok_or(Refusal::NotFound("web source"))?;
        let objects = web_sources::own_objects(&tx, id).await?;
        tx.finish().await?;
        let deletions: Vec<_> = objects.iter().map(|object| self.bucket.delete(object)).collect();
        stream::iter(deletions).buffer_unordered(DELETED_AT_ONCE).try_collect::<Vec<()>>().await?;
        let tx = self.again(caller).await?;
        let had_none = documents::let_go(&tx, self.bucket.name(), &objects).await?;
        tx.finish().await?;
        // Of objects that had gone before, no event tells.
        self.look_at(had_none).await?;
        let tx = self.again(caller).await?;
        web_sources::delete(&tx, id).await?;
        tx.finish().await?;
        Ok(())
    }
}

/// What a taken address means.
const TAKEN: [Means; 1] = [("web_sources_organization_id_collection_id_url_key", || {
    Refusal::conflict("address-taken", "The collection is kept in step with this address already.")
})];
