//! Asks a set's questions of a running stack.

use super::{
    legs::Legs,
    measures::{MEASURES, bins},
    row::{Answered, Row},
    set::{Question, Set},
    statistics::Bin,
};
use crate::{
    bedrock::LOCAL_EMBEDDING_MODEL,
    client::{Client, Template},
    folder::Addresses,
    minilm::DIMENSION,
    stack::GENERATION_MODEL,
};
use anyhow::{Context as _, Result, bail, ensure};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use md5::{Digest as _, Md5};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    pin::pin,
    time::{Duration, Instant},
};

/// Questions under way at once: enough to keep a small machine busy, few enough that they do not wait for each other.
const AT_ONCE: usize = 2;
/// Files under way to S3 at once.
const UPLOADS_AT_ONCE: usize = 4;
/// Passages of a search: all that the API gives, so that ranks are known far beyond the tenth.
const PASSAGES: u32 = domain::limits::SEARCH_RESULTS;

/// How to run.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// Do not ask: search only.
    pub search_only: bool,
    /// Search by each leg alone as well.
    pub legs: bool,
    /// Ask a chatbot of this confidence threshold; 0 shows every answer, which calibration wants.
    pub threshold: Option<f32>,
}

/// A run, as it is written to a file.
#[derive(Debug, Serialize, Deserialize)]
pub struct Report {
    /// The set's name.
    pub set: String,
    /// Its part, where it was not all.
    pub only: Option<String>,
    /// Figures by name, in the measures' order.
    pub figures: Vec<(String, f64)>,
    /// Confidence against truth.
    pub calibration: Vec<Bin>,
    /// Question by question.
    pub questions: Vec<Row>,
}

impl Report {
    /// Of what was asked.
    #[must_use]
    pub fn new(set: &Set, only: Option<&str>, questions: Vec<Row>) -> Self {
        let rows: Vec<&Row> = questions.iter().filter(|row| row.failed.is_none()).collect();
        let measured =
            MEASURES.iter().filter_map(|measure| Some((measure.name.to_owned(), (measure.of)(&rows)?)));
        let failed = questions.len() - rows.len();
        #[expect(clippy::cast_precision_loss, reason = "a count of questions")]
        let failed = (failed > 0).then_some(("failed questions, in no figure".to_owned(), failed as f64));
        let figures = measured.chain(failed).collect();
        let calibration = bins(&rows);
        Self { set: set.name.clone(), only: only.map(ToOwned::to_owned), figures, calibration, questions }
    }
}

/// Drops a set's documents into a collection, those that are not there with the same bytes, and waits for them;
/// `done` hears of each. How many were dropped.
///
/// # Errors
/// When one fails.
pub async fn drop_documents(
    client: &Client,
    set: &Set,
    collection: &str,
    done: &(dyn Fn() + Sync),
) -> Result<usize> {
    let known: BTreeMap<String, String> = client
        .statuses(&[])
        .await?
        .into_iter()
        .filter(|status| status.status == "completed")
        .filter_map(|status| Some((status.key, status.etag?)))
        .collect();
    let folder = tempfile::tempdir().context("make a folder for the documents")?;
    let missing = set.docs.iter().filter(|doc| {
        let key = client.key(collection, &Set::file_name(&doc.id));
        let etag = hex::encode(Md5::digest(doc.text.as_bytes()));
        let is_known = known.get(&key) == Some(&etag);
        if is_known {
            done();
        }
        !is_known
    });
    let dropped: Vec<_> = stream::iter(missing.collect::<Vec<_>>())
        .map(|doc| {
            let (name, folder) = (Set::file_name(&doc.id), folder.path());
            async move {
                let file = folder.join(&name);
                tokio::fs::write(&file, &doc.text).await.context("write a document")?;
                client.upload(collection, &name, &file).await
            }
        })
        .buffer_unordered(UPLOADS_AT_ONCE)
        .try_collect()
        .await?;
    if dropped.is_empty() {
        return Ok(0);
    }
    let etags = dropped.iter().map(|one| (one.key.clone(), one.etag.clone())).collect();
    let statuses = client
        .settle(&etags, |status| {
            if status.status == "completed" {
                done();
            }
        })
        .await?;
    let failed = statuses.iter().find(|status| status.status == "failed");
    ensure!(
        failed.is_none(),
        "{} failed: {}",
        failed.map(|status| status.key.as_str()).unwrap_or_default(),
        failed.and_then(|status| status.failure.as_ref()).map(|why| why.detail.as_str()).unwrap_or_default()
    );
    Ok(dropped.len())
}

/// Asks all questions; `done` hears of each. What comes of none is told in its row, and the others go on.
///
/// # Errors
/// When there is no chatbot to ask.
pub async fn ask(
    client: &Client,
    addresses: &Addresses,
    set: &Set,
    collection: &str,
    wish: &Wish,
    done: &(dyn Fn() + Sync),
) -> Result<Vec<Row>> {
    let legs = if wish.legs { Some(Legs::new(addresses, collection).await?) } else { None };
    let chatbot = if wish.search_only {
        None
    } else {
        let like = Template {
            embedding_model: LOCAL_EMBEDDING_MODEL,
            embedding_dimension: DIMENSION,
            generation_model: GENERATION_MODEL,
        };
        Some(client.chatbot_of_threshold(collection, &like, wish.threshold).await?.to_string())
    };
    let asker = Asker { client, collection, legs: legs.as_ref(), chatbot: chatbot.as_deref() };
    let rows = stream::iter(&set.questions).map(|question| async {
        let row = asker.one(question).await;
        done();
        row.unwrap_or_else(|error| Row::failed(question, format!("{error:#}")))
    });
    Ok(rows.buffered(AT_ONCE).collect().await)
}

struct Asker<'a> {
    client: &'a Client,
    collection: &'a str,
    legs: Option<&'a Legs>,
    chatbot: Option<&'a str>,
}

impl Asker<'_> {
    async fn one(&self, question: &Question) -> Result<Row> {
        let begun = Instant::now();
        let found = self.client.search(&question.question, Some(self.collection), Some(PASSAGES)).await?;
        let mut row = Row::of_search(question, &found, milliseconds(begun.elapsed()));
        if let Some(legs) = self.legs {
            row.legs = Some(legs.ranks(question).await?);
        }
        if let Some(chatbot) = self.chatbot {
            row.answer = Some(self.answer(chatbot, question).await?);
        }
        Ok(row)
    }

    async fn answer(&self, chatbot: &str, question: &Question) -> Result<Answered> {
        // A session of its own: no question hears of another.
        let session = self.client.open_session(chatbot).await?;
        let begun = Instant::now();
        let mut first = None;
        let mut events = pin!(self.client.ask(&session, &question.question).await?);
        while let Some(event) = events.next().await {
            let event = event?;
            match event.name.as_str() {
                "token" => {
                    first.get_or_insert_with(|| begun.elapsed());
                }
                "done" => {
                    let (first, total) = (first.unwrap_or_default(), begun.elapsed());
                    let answered =
                        Answered::of(question, &event.data, milliseconds(first), milliseconds(total));
                    let message = event.data["message"]["id"].as_str().context("read the answer's id")?;
                    let evidence = self.client.retrieval(message).await?["evidence"].take();
                    return Ok(Answered {
                        evidence: Some(evidence).filter(|one| !one.is_null()),
                        ..answered
                    });
                }
                "error" => bail!("{}", event.data["detail"].as_str().unwrap_or("the answer broke off")),
                _ => {}
            }
        }
        bail!("the stream ended without an answer")
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_question_is_told_and_counts_nowhere_else() {
        let docs = Vec::new();
        let set = Set { name: "s".into(), docs, questions: Vec::new() };
        let found = Row { answerable: true, rank: Some(1), ..Row::default() };
        let failed = Row { answerable: true, failed: Some("the model is busy".into()), ..Row::default() };
        let figure = |rows: Vec<Row>, name: &str| {
            let report = Report::new(&set, None, rows);
            report.figures.iter().find(|(known, _)| known.starts_with(name)).map(|(_, value)| *value)
        };
        let both = vec![found.clone(), failed];
        assert_eq!(figure(both.clone(), "questions"), Some(1.0));
        assert_eq!(figure(both.clone(), "recall@1"), Some(1.0));
        assert_eq!(figure(both, "failed questions"), Some(1.0));
        assert_eq!(figure(vec![found], "failed questions"), None);
    }
}
