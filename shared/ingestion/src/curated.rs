//! Curated answers that a file brings: a list of questions with their answers, as JSON lines or CSV. They live and go with
//! their document; the file's text is made into passages like any other.

use crate::{Ingestion, embed::count, extract::Pair, locate::Work};
use anyhow::Context as _;
use domain::{CuratedAnswerId, SpaceId};
use models::Purpose;
use pgvector::Vector;
use store::{
    TenantTx,
    curated::{self, Origin, Writing},
    jobs,
    versions::{self, Spent, Step},
};

/// Who wrote what a file brings.
const AUTHOR: &str = "upload";

/// Answers with their questions' vectors, ready to be written.
#[derive(Debug, Default)]
pub(crate) struct Imported {
    writings: Vec<Writing>,
    vectors: Vec<(SpaceId, Vec<Vector>)>,
    spent: Spent,
}

impl Ingestion {
    /// Embeds the questions of a file in each of its collection's spaces.
    pub(crate) async fn imported(&self, work: &Work, pairs: &[Pair]) -> anyhow::Result<Imported> {
        if pairs.is_empty() {
            return Ok(Imported::default());
        }
        let questions: Vec<String> = pairs.iter().map(|pair| pair.question.clone()).collect();
        let (mut vectors, mut spent) = (Vec::new(), Spent::default());
        for space in &work.collection.spaces {
            let embedded =
                self.embedder.embed(space, Purpose::Query, &questions).await.context("embed questions")?;
            for (one, question) in embedded.iter().zip(&questions) {
                count(&mut spent, space, one, question);
            }
            vectors.push((space.id, embedded.into_iter().map(|one| one.vector).collect()));
        }
        let writings = pairs.iter().map(|pair| writing(work, pair)).collect();
        Ok(Imported { writings, vectors, spent })
    }
}

fn writing(work: &Work, pair: &Pair) -> Writing {
    Writing {
        id: CuratedAnswerId::generate(),
        chatbot: None,
        collection: Some(work.collection.id),
        language: language::language_of(&pair.question).to_owned(),
        words: language::words(&pair.question),
        question: pair.question.clone(),
        answer: pair.answer.clone(),
        source_url: pair.source_url.clone(),
        is_active: true,
    }
}

impl Imported {
    /// Puts them in the place of what the document brought before, and adds what their questions cost to its version's.
    pub(crate) async fn replace(&self, tx: &TenantTx, work: &Work) -> store::Result<()> {
        curated::delete_of(tx, work.document).await?;
        if self.writings.is_empty() {
            return Ok(());
        }
        curated::create(tx, &self.writings, Origin::Import, AUTHOR, Some(work.document)).await?;
        let ids: Vec<CuratedAnswerId> = self.writings.iter().map(|writing| writing.id).collect();
        for (space, vectors) in &self.vectors {
            curated::insert_vectors(tx, *space, &ids, vectors).await?;
        }
        let (done, spent) = (work.done(), Some(&self.spent));
        let step = Step { from: done, to: done, total: done, copied_from: None, spent };
        // Whoever has the version now is told by the switch.
        versions::advance(tx, work.version, work.worker, &step).await?;
        jobs::spend(tx, work.job, &self.spent).await
    }
}
