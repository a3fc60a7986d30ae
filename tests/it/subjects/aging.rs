//! Originals, texts and vectors of documents, each gone when its time has passed: what is deleted is never found again, and
//! what stays is found as before.

use super::Office;
use domain::DocumentId;
use ingestion::{Outcome, unit::Clock};
use jiff::{SignedDuration, Timestamp};
use retention::SweptDocuments;
use serde_json::json;
use std::time::{Duration, Instant};
use store::{
    library::{self, Document, Which},
    retention::{self as store_retention, DocumentHorizons},
};
use tests::organization::Query;

const NEVER: DocumentHorizons = DocumentHorizons { originals: None, texts: None, embeddings: None };

/// After everything that was uploaded so far.
fn now() -> Option<Timestamp> {
    Some(Timestamp::now() + SignedDuration::from_secs(1))
}

impl Office {
    async fn uploaded(&self, name: &str, text: &str) -> String {
        let key = self.pipeline.put(&format!("handbook/{name}"), text.as_bytes()).await;
        let outcome = self.pipeline.deliver(&key, Clock::start).await;
        assert!(matches!(outcome, Outcome::Completed { .. }), "{outcome:?}");
        key
    }

    /// S3 tells in seconds when an object was written: an upload within the second of the one before is not told from it.
    async fn another_second() {
        tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    }

    /// The bucket and the database say the same.
    async fn compares_as_equal(&self) {
        let drift = self.pipeline.reconcile().await;
        assert_eq!(
            (&drift["gone"], &drift["unknown"], &drift["changed"]),
            (&json!(0), &json!(0), &json!(0)),
            "{drift}"
        );
    }

    async fn document(&self, key: &str) -> Option<Document> {
        let tx = self.pipeline.organization.tx().await;
        let which = Which { text: Some(key), ..Which::default() };
        library::list(&tx, "documents", &which, 1).await.expect("read").pop()
    }

    /// How many of a question's words find it: by words, and by meaning too.
    async fn found(&self, words: &str) -> (usize, usize) {
        let acme = &self.pipeline.organization;
        let by_words = acme.search(Query::words(words)).await;
        let both = acme.search(Query::both(words)).await;
        let near = both.iter().filter(|hit| hit.dense.is_some() && hit.content.contains(words));
        (by_words.len(), near.count())
    }

    async fn swept(&self, horizons: DocumentHorizons) -> SweptDocuments {
        let until = Instant::now() + Duration::from_secs(60);
        self.retention().sweep_before(self.pipeline.organization.id, horizons, until).await.expect("swept")
    }

    async fn object(&self, key: &str) -> bool {
        !self.pipeline.objects(key).await.is_empty()
    }

    async fn left(&self, table: &str, document: DocumentId) -> i64 {
        self.number(&format!("SELECT count(*) FROM docent.{table} WHERE document_id = '{document}'")).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_outlives_its_original_and_is_found_as_before() {
    let Some(office) = Office::start().await else { return };
    let key = office.uploaded("pump.md", "The zirconium pump needs 3.5 bar.").await;
    let other = office.uploaded("other.md", "The other one is blue.").await;
    assert_eq!(office.swept(NEVER).await, SweptDocuments::default());
    assert_eq!(office.found("zirconium").await, (1, 1));
    let horizons = DocumentHorizons { originals: now(), ..NEVER };
    assert_eq!(office.swept(horizons).await, SweptDocuments { originals: 2, ..SweptDocuments::default() });
    assert_eq!(office.swept(horizons).await, SweptDocuments::default(), "once");
    assert!(!office.object(&key).await);
    // The object's own event, early, late and twice, and the daily comparison: it goes on without.
    for _ in 0..2 {
        assert_eq!(office.pipeline.deliver(&key, Clock::start).await, Outcome::Unchanged);
    }
    office.compares_as_equal().await;
    assert_eq!(office.found("zirconium").await, (1, 1));
    let document = office.document(&key).await.expect("there");
    assert!(document.status == "completed" && document.original_removed_at.is_some(), "{document:?}");

    // The same bytes again are a new upload, whose time begins anew.
    Office::another_second().await;
    let again = office.pipeline.put("handbook/pump.md", b"The zirconium pump needs 3.5 bar.").await;
    let outcome = office.pipeline.deliver(&again, Clock::start).await;
    assert_eq!(outcome, Outcome::Unchanged, "what was read of it stands");
    let document = office.document(&key).await.expect("there");
    assert!(document.original_removed_at.is_none());
    office.pipeline.delete(&key).await;
    assert_eq!(office.pipeline.deliver(&key, Clock::start).await, Outcome::Forgotten);
    assert_eq!(office.found("zirconium").await, (0, 0));

    // A function that died between saying it and doing it: the next one does it, and nothing is lost in between.
    let third = office.uploaded("third.md", "The third one is of tungsten.").await;
    let id = office.document(&third).await.expect("there").id;
    let said = format!("UPDATE docent.documents SET original_removed_at = now() WHERE id = '{id}'");
    office.admin.batch_execute(&said).await.expect("said");
    assert_eq!(office.pipeline.deliver(&third, Clock::start).await, Outcome::Unchanged);
    assert_eq!(office.swept(DocumentHorizons { originals: now(), ..NEVER }).await.originals, 1);
    assert!(!office.object(&third).await && office.object(&other).await.eq(&false));
    assert_eq!(office.found("tungsten").await, (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_has_gone_is_found_by_nobody_and_comes_by_a_new_upload_alone() {
    let Some(office) = Office::start().await else { return };
    let key = office.uploaded("pump.md", "The zirconium pump needs 3.5 bar.").await;
    let answers =
        office.uploaded("faq.jsonl", "{\"question\": \"Of what?\", \"answer\": \"Of zirconium.\"}\n").await;
    let id = office.document(&key).await.expect("there").id;
    let horizons = DocumentHorizons { texts: now(), embeddings: now(), ..NEVER };
    let swept = office.swept(horizons).await;
    assert_eq!((swept.texts, swept.originals), (2, 0), "{swept:?}");
    assert_eq!(office.found("zirconium").await, (0, 0));
    assert_eq!(office.left("chunks", id).await, 0);
    let rows =
        "SELECT (SELECT count(*) FROM docent.embeddings) + (SELECT count(*) FROM docent.curated_answers)";
    assert_eq!(office.number(rows).await, 0, "vectors and what the file brought");
    assert!(
        office.object(&key).await && !office.object("_derived/documents/").await,
        "the original is an archive"
    );
    // Looked at again, compared, unsettled: it does not come back.
    assert_eq!(office.pipeline.deliver(&key, Clock::start).await, Outcome::Unchanged);
    office.compares_as_equal().await;
    let tx = office.pipeline.organization.tx().await;
    let keys = library::unsettle(&tx, "documents", library::Anew::Document(id)).await.expect("asked");
    tx.finish().await.expect("done");
    assert_eq!(keys, Vec::<String>::new());
    assert_eq!(office.found("zirconium").await, (0, 0));
    // Nor as a copy of equal bytes: another upload is read for itself.
    office.uploaded("twin.md", "The zirconium pump needs 3.5 bar.").await;
    assert_eq!(office.found("zirconium").await, (1, 1));
    Office::another_second().await;
    let again = office.uploaded("pump.md", "The zirconium pump needs 3.5 bar.").await;
    assert_eq!((again == key, office.found("zirconium").await), (true, (2, 2)));
    // With original and text gone, so is the document: whichever went first.
    office.swept(DocumentHorizons { texts: now(), ..NEVER }).await;
    office.swept(DocumentHorizons { originals: now(), ..NEVER }).await;
    for key in [&key, &answers] {
        assert!(!office.object(key).await);
        office.pipeline.deliver(key, Clock::start).await;
        assert!(office.document(key).await.is_none(), "{key}");
    }
    let key = office.uploaded("last.md", "The last one is of tungsten.").await;
    office.swept(DocumentHorizons { originals: now(), ..NEVER }).await;
    assert_eq!(office.found("tungsten").await, (1, 1));
    office.swept(DocumentHorizons { originals: now(), texts: now(), embeddings: now() }).await;
    assert!(office.document(&key).await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_vectors_a_document_is_found_by_its_words() {
    let Some(office) = Office::start().await else { return };
    let key = office.uploaded("pump.md", "The zirconium pump needs 3.5 bar.").await;
    let swept = office.swept(DocumentHorizons { embeddings: now(), ..NEVER }).await;
    assert_eq!(swept, SweptDocuments { embeddings: 1, ..SweptDocuments::default() });
    assert_eq!(office.found("zirconium").await, (1, 0));
    assert_eq!(office.number("SELECT count(*) FROM docent.embeddings").await, 0);
    assert_eq!(office.pipeline.deliver(&key, Clock::start).await, Outcome::Unchanged);
    // Nothing is copied from it.
    office.uploaded("twin.md", "The zirconium pump needs 3.5 bar.").await;
    assert_eq!(office.found("zirconium").await, (2, 1));
    assert_eq!(office.swept(NEVER).await, SweptDocuments::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn days_are_the_organizations_own_and_what_was_written_meanwhile_stays() {
    let Some(office) = Office::start().await else { return };
    let acme = &office.pipeline.organization;
    let key = office.uploaded("pump.md", "The zirconium pump needs 3.5 bar.").await;
    let settings = json!({ "time_zone": "Asia/Bangkok", "retention_days": { "originals": 40, "extracted_text": 30, "embeddings": 50 } });
    let sql = "UPDATE docent.organizations SET settings = $1 WHERE id = $2";
    office
        .admin
        .execute(
            &format!("{sql} AND set_config('app.organization_id', $3, false) <> ''"),
            &[&settings, &acme.id.0, &acme.id.to_string()],
        )
        .await
        .expect("set");
    let tx = acme.tx().await;
    let horizons = store_retention::document_horizons(&tx).await.expect("horizons");
    tx.finish().await.expect("read");
    let day = |days: i64| {
        let today = Timestamp::now().in_tz("Asia/Bangkok").expect("a zone").date();
        let first = today.checked_sub(jiff::Span::new().days(days)).expect("a day");
        first.in_tz("Asia/Bangkok").expect("a zone").timestamp()
    };
    assert_eq!(
        (horizons.originals, horizons.texts, horizons.embeddings),
        (Some(day(40)), Some(day(30)), Some(day(30))),
        "vectors go with their text"
    );
    let until = || Instant::now() + Duration::from_secs(60);
    let age = |days: i64, seconds: i64| {
        let at = day(days) + SignedDuration::from_secs(seconds);
        format!("UPDATE docent.documents SET uploaded_at = '{at}'")
    };
    // The first second of the first day that stays, and the one before it.
    for (seconds, texts) in [(0, 0), (-1, 1)] {
        office.admin.batch_execute(&age(30, seconds)).await.expect("aged");
        let swept = office.retention().sweep_documents(acme.id, until()).await.expect("swept");
        assert_eq!(swept.texts, texts, "{seconds}");
    }
    // Whatever the row says: an object that was written later is not deleted.
    office.admin.batch_execute(&age(400, 0)).await.expect("aged");
    let swept = office.retention().sweep_documents(acme.id, until()).await.expect("swept");
    assert_eq!((swept.originals, office.object(&key).await), (0, true));
    // No time, no work.
    let swept = office
        .retention()
        .sweep_before(
            acme.id,
            DocumentHorizons { originals: now(), ..NEVER },
            Instant::now() - Duration::from_secs(1),
        )
        .await;
    assert_eq!(swept.expect("nothing"), SweptDocuments::default());
}
