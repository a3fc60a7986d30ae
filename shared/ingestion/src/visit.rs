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
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::time::Instant;
use store::{
    organizations,
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

/// What a unit of a visit did.
#[derive(Default)]
struct Tally {
    changed: usize,
    gone: usize,
    refused: Vec<Value>,
}

impl Ingestion {
    /// The sources of an organization whose time has come.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn due_sources(&self, slug: &str) -> anyhow::Result<Vec<Uuid>> {
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
        let mut tally = Tally::default();
        for key in &visit.delete {
            self.remove(&round, key).await?;
            tally.gone += 1;
        }
        for task in &visit.fetch {
            if clock.is_up() {
                return Ok(VisitOutcome::Continues(run));
            }
            self.ask(&round, task, &mut tally).await?;
        }
        let result = json!({ "pages": listed.len(), "changed": tally.changed, "gone": tally.gone, "refused": tally.refused });
        self.settle_visit(organization, source, "completed", &result).await?;
        Ok(VisitOutcome::Settled)
    }

    async fn ask(&self, round: &Round<'_>, task: &Task, tally: &mut Tally) -> anyhow::Result<()> {
        let began = Instant::now();
        let fetched = round.fetcher.fetch(task.url.as_str(), &task.conditional).await;
        tracing::debug!(
            elapsed_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
            "page asked for"
        );
        match (consequence(&fetched), fetched) {
            (Consequence::Store, Ok(Fetched::Page { content_type, bytes, etag, last_modified, .. })) => {
                let key = format!("{}{}", round.prefix, task.key);
                let hash = hex::encode(Sha256::digest(&bytes));
                let known = round.known.iter().find(|page| page.key == key);
                if known.is_none_or(|page| page.content_hash.as_ref() != Some(&hash)) {
                    let metadata = vec![("source-url".to_owned(), task.url.to_string())];
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
                self.remove(round, &task.key).await?;
                tally.gone += 1;
                tally.refuse(task, fetched.err());
            }
            (_, fetched) => {
                let tx = self.database.tenant(round.organization).await?;
                web_visits::touch(&tx, round.source, &format!("{}{}", round.prefix, task.key)).await?;
                tx.finish().await?;
                tally.refuse(task, fetched.err());
            }
        }
        Ok(())
    }

    /// The object goes first: a function that dies in between leaves a page that is asked for again.
    async fn remove(&self, round: &Round<'_>, key: &str) -> anyhow::Result<()> {
        let key = format!("{}{key}", round.prefix);
        self.bucket.delete(&key).await.context("delete page")?;
        let tx = self.database.tenant(round.organization).await?;
        web_visits::drop_page(&tx, round.source, &key).await.context("forget page")?;
        tx.finish().await?;
        Ok(())
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

impl Tally {
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
            conditional,
        })
    });
    known.collect()
}

/// Whether a page was asked for in this run, by an earlier unit: a run's id tells when it began.
fn was_asked(known: &[Page], prefix: &str, task: &Task, run: Uuid) -> bool {
    let began = run.get_timestamp().map_or((0, 0), |made| made.to_unix());
    let page = known.iter().find(|page| page.key.strip_prefix(prefix) == Some(&task.key));
    page.is_some_and(|page| u64::try_from(page.visited_at.as_second()).is_ok_and(|visited| visited > began.0))
}
