//! Web pages into the bucket: what a source lists is fetched and becomes an object of its collection, and from there
//! on a document like any other. A page that is gone takes its object along.

use crate::{Ingestion, TRIES, unit::Clock};
use anyhow::Context as _;
use domain::{OrganizationId, limits};
use objects::Upload;
use pages::{
    Conditional, Entry, Fetched, Fetcher, Refused, Url,
    visit::{Consequence, Known, Task, consequence, plan},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::time::Instant;
use store::{
    documents, organizations,
    web_visits::{self, Page, Source},
};
use uuid::Uuid;

/// How a unit of a visit ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VisitOutcome {
    /// All that is listed was asked for.
    Settled,
    /// There are more pages; the run to go on with.
    Continues(Uuid),
    /// There is no such source.
    Unknown,
}

/// A visit in one unit.
struct Round<'a> {
    organization: OrganizationId,
    source: Uuid,
    /// `{organization}/{collection}/`, before the keys of its pages.
    prefix: &'a str,
    known: &'a [Page],
    fetcher: &'a Fetcher,
}

/// What a visit did, over its units.
#[derive(Default, Serialize, Deserialize)]
struct Tally {
    /// The visit that it is of, while that is under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<Uuid>,
    pages: usize,
    changed: usize,
    gone: usize,
    refused: Vec<Value>,
}

impl Ingestion {
    /// The sources of an organization whose time has come.
    pub(crate) async fn due_sources(&self, slug: &str) -> anyhow::Result<Vec<Uuid>> {
        let organization = organizations::of_slug(&self.database, slug).await.context("find organization")?;
        let Some(organization) = organization else { return Ok(Vec::new()) };
        let tx = self.database.tenant(organization).await?;
        let due = web_visits::due(&tx).await.context("find due sources")?;
        tx.finish().await?;
        Ok(due)
    }

    /// Visits a source: as many of its pages as a unit has time for. `run` names the visit that this unit is of, and
    /// tells by its time which pages were asked for already.
    ///
    /// # Errors
    /// What may work another time; a source that refuses is no error but its result.
    pub async fn visit(
        &self,
        slug: &str,
        source: Uuid,
        run: Option<Uuid>,
        delivery: u32,
        clock: Clock,
    ) -> anyhow::Result<VisitOutcome> {
        let organization = organizations::of_slug(&self.database, slug).await.context("find organization")?;
        let Some(organization) = organization else { return Ok(VisitOutcome::Unknown) };
        let run = run.unwrap_or_else(Uuid::now_v7);
        let tx = self.database.tenant(organization).await?;
        let begun = web_visits::begin(&tx, source).await.context("begin visit")?;
        let known = web_visits::pages(&tx, source).await.context("read pages")?;
        tx.finish().await?;
        let Some(begun) = begun else { return Ok(VisitOutcome::Unknown) };
        // One a unit: what it learns of a site's robots.txt holds as long as it lives.
        let fetcher = Fetcher::new(self.web);
        let listed = match listed(&fetcher, &begun).await {
            Ok(listed) => listed,
            Err(refused) if refused.is_temporary() && delivery < TRIES => anyhow::bail!("{refused}"),
            Err(refused) => {
                let reason = json!({ "reason": refused.to_string() });
                self.settle_visit(organization, source, "failed", &reason).await?;
                return Ok(VisitOutcome::Settled);
            }
        };
        let prefix = format!("{slug}/{}/", begun.collection);
        let round = Round { organization, source, prefix: &prefix, known: &known, fetcher: &fetcher };
        let mut visit = plan(&as_known(&known, &prefix), &listed, jiff::Timestamp::now());
        visit.fetch.retain(|task| !was_asked(&known, &prefix, task, run));
        let mut tally = Tally::of(run, &begun.last_result, listed.len());
        for key in &visit.delete {
            let was_kept = self.remove(&round, key).await?;
            tally.gone += usize::from(was_kept);
            let tx = self.database.tenant(organization).await?;
            web_visits::drop_page(&tx, source, &format!("{prefix}{key}")).await.context("forget page")?;
            tx.finish().await?;
        }
        for (place, task) in visit.fetch.iter().enumerate() {
            // One page at least, whatever the list took: a visit comes to its end.
            if place > 0 && clock.is_up() {
                self.settle_visit(organization, source, "processing", &json!(tally)).await?;
                return Ok(VisitOutcome::Continues(run));
            }
            self.ask(&round, task, &mut tally).await?;
        }
        tally.run = None;
        self.settle_visit(organization, source, "completed", &json!(tally)).await?;
        Ok(VisitOutcome::Settled)
    }

    async fn ask(&self, round: &Round<'_>, task: &Task, tally: &mut Tally) -> anyhow::Result<()> {
        let began = Instant::now();
        let key = format!("{}{}", round.prefix, task.key);
        // Whoever deleted the object, by hand or for another source, took what there was to compare with.
        let stands = self.bucket.head(&key).await?.is_some();
        let conditional = if stands { task.conditional.clone() } else { Conditional::default() };
        let fetched = round.fetcher.fetch(task.url.as_str(), &conditional).await;
        tracing::debug!(
            elapsed_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
            "page asked for"
        );
        match (consequence(&fetched), fetched) {
            (Consequence::Store, Ok(Fetched::Page { content_type, bytes, etag, last_modified, .. })) => {
                let hash = hex::encode(Sha256::digest(&bytes));
                let known = round.known.iter().find(|page| page.key == key);
                if !stands || known.is_none_or(|page| page.content_hash.as_ref() != Some(&hash)) {
                    let metadata = source_url(&task.url);
                    self.bucket.put(&key, Upload { content_type: &content_type, metadata, bytes }).await?;
                    tally.changed += 1;
                }
                let page = Page {
                    url: task.url.to_string(),
                    key,
                    etag,
                    last_modified,
                    content_hash: Some(hash),
                    visited_at: jiff::Timestamp::now(),
                };
                let tx = self.database.tenant(round.organization).await?;
                web_visits::keep(&tx, round.source, &page).await.context("keep page")?;
                tx.finish().await?;
            }
            (Consequence::Delete, fetched) => {
                let was_kept = self.remove(round, &task.key).await?;
                tally.gone += usize::from(was_kept);
                let tx = self.database.tenant(round.organization).await?;
                web_visits::touch(&tx, round.source, task.url.as_str(), &key).await.context("note page")?;
                web_visits::let_go(&tx, round.source, &key).await.context("forget page")?;
                tx.finish().await?;
                tally.refuse(task, fetched.err());
            }
            (_, fetched) => {
                let tx = self.database.tenant(round.organization).await?;
                web_visits::touch(&tx, round.source, task.url.as_str(), &key).await.context("note page")?;
                tx.finish().await?;
                tally.refuse(task, fetched.err());
            }
        }
        Ok(())
    }

    /// Deletes a page's object, unless another source keeps it; whether this one had. The object goes before its row: a
    /// function that dies in between leaves a page that is looked at again.
    async fn remove(&self, round: &Round<'_>, key: &str) -> anyhow::Result<bool> {
        let key = format!("{}{key}", round.prefix);
        let known = round.known.iter().find(|page| page.key == key);
        if known.is_none_or(|page| page.content_hash.is_none()) {
            return Ok(false);
        }
        let tx = self.database.tenant(round.organization).await?;
        let is_kept = web_visits::is_kept_elsewhere(&tx, round.source, &key).await.context("find page")?;
        let had_none = if is_kept {
            Vec::new()
        } else {
            documents::let_go(&tx, self.bucket.name(), std::slice::from_ref(&key)).await?
        };
        tx.finish().await?;
        if !is_kept {
            self.bucket.delete(&key).await.context("delete page")?;
        }
        if !had_none.is_empty() {
            // Of an object that had gone before, no event tells.
            self.forget(round.organization, &key).await?;
        }
        Ok(true)
    }

    async fn settle_visit(
        &self,
        organization: OrganizationId,
        source: Uuid,
        status: &str,
        result: &Value,
    ) -> anyhow::Result<()> {
        let tx = self.database.tenant(organization).await?;
        web_visits::settle(&tx, source, status, result).await.context("end visit")?;
        tx.finish().await?;
        Ok(())
    }
}

async fn listed(fetcher: &Fetcher, source: &Source) -> Result<Vec<Entry>, Refused> {
    if source.is_sitemap {
        return fetcher.sitemap(&source.url).await;
    }
    let url = Url::parse(&source.url).map_err(|error| Refused::Address(error.to_string()))?;
    Ok(vec![Entry { url, last_modified: None }])
}

/// What is said with a page's object: where it was, unless that is more than S3 takes.
fn source_url(url: &Url) -> Vec<(String, String)> {
    let metadata = ("source-url".to_owned(), url.to_string());
    if objects::metadata_bytes([(&metadata.0, &metadata.1)]) > limits::OBJECT_METADATA_BYTES {
        Vec::new()
    } else {
        vec![metadata]
    }
}

impl Tally {
    /// Goes on with that of this visit's units before, or begins one.
    fn of(run: Uuid, last_result: &Value, pages: usize) -> Self {
        let before = Self::deserialize(last_result).ok().filter(|tally| tally.run == Some(run));
        Self { run: Some(run), pages, ..before.unwrap_or_default() }
    }

    fn refuse(&mut self, task: &Task, refused: Option<Refused>) {
        if let Some(refused) = refused
            && self.refused.len() < limits::REFUSED_PAGES_TOLD
        {
            self.refused.push(json!({ "url": task.url.as_str(), "reason": refused.to_string() }));
        }
    }
}

fn as_known(pages: &[Page], prefix: &str) -> Vec<Known> {
    let known = pages.iter().filter_map(|page| {
        let conditional = Conditional { etag: page.etag.clone(), last_modified: page.last_modified.clone() };
        Some(Known {
            key: page.key.strip_prefix(prefix)?.to_owned(),
            visited_at: page.visited_at,
            is_kept: page.content_hash.is_some(),
            conditional,
        })
    });
    known.collect()
}

/// Whether a page was asked for in this run, by an earlier unit: a run's id tells when it began, to the millisecond.
fn was_asked(known: &[Page], prefix: &str, task: &Task, run: Uuid) -> bool {
    let began = run.get_timestamp().map_or((0, 0), |made| made.to_unix());
    let began = i64::try_from(began.0).unwrap_or_default() * 1_000 + i64::from(began.1 / 1_000_000);
    let page = known.iter().find(|page| page.key.strip_prefix(prefix) == Some(&task.key));
    page.is_some_and(|page| page.visited_at.as_millisecond() >= began)
}
