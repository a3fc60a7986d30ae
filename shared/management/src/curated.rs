//! Curated answers: written by people, found before passages.

use crate::{Management, Refusal, author, check, refusal::Means};
use domain::{Caller, ChatbotId, CuratedAnswerId, Scope, SpaceId, embedding::Space, limits};
use models::{Embedder, Purpose};
use pgvector::Vector;
use store::{
    TenantTx,
    collection_settings::{self, Named},
    curated::{self, Curated, Origin, Which, Writing},
    demands::{self, Thing},
    spaces,
};

/// A curated answer as it is given.
#[derive(Debug, Default, Clone)]
pub struct Given {
    /// As people ask.
    pub question: String,
    /// As it is answered.
    pub answer: String,
    /// Whose alone.
    pub chatbot: Option<ChatbotId>,
    /// Where it belongs, by slug or id.
    pub collection: Option<String>,
    /// Where more stands.
    pub source_url: Option<String>,
    /// Whether it answers; `None`: yes.
    pub is_active: Option<bool>,
}

/// What is to be changed; `None`: as it is, `Some(None)`: taken away.
#[derive(Debug, Default)]
pub struct Change {
    /// As people ask.
    pub question: Option<String>,
    /// As it is answered.
    pub answer: Option<String>,
    /// Whose alone.
    pub chatbot: Option<Option<ChatbotId>>,
    /// Where it belongs, by slug or id.
    pub collection: Option<Option<String>>,
    /// Where more stands.
    pub source_url: Option<Option<String>>,
    /// Whether it answers.
    pub is_active: Option<bool>,
}

impl Management {
    /// Curated answers, newest first.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn curated_answers(
        &self,
        caller: &Caller,
        which: &Which<'_>,
        limit: u32,
    ) -> Result<Vec<Curated>, Refusal> {
        let read = async |tx: &TenantTx| curated::list(tx, which, limit).await;
        self.admitted(caller, Scope::CuratedRead, read).await
    }

    /// One curated answer.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn curated_answer(&self, caller: &Caller, id: CuratedAnswerId) -> Result<Curated, Refusal> {
        let read = async |tx: &TenantTx| curated::get(tx, id).await;
        self.admitted(caller, Scope::CuratedRead, read).await?.ok_or(Refusal::NotFound("curated answer"))
    }

    /// Writes one curated answer.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn create_curated_answer(&self, caller: &Caller, given: Given) -> Result<Curated, Refusal> {
        let (tx, _) = self.enter_once(caller, Scope::CuratedWrite).await?;
        let writing = writing(&tx, "", given).await?;
        let (tx, ids) = self.write_curated(caller, tx, vec![writing], Origin::Api).await?;
        let id = ids.first().copied().ok_or(Refusal::NotFound("curated answer"))?;
        written(tx, id).await
    }

    /// Writes many curated answers, all of them or none.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn import_curated_answers(
        &self,
        caller: &Caller,
        given: Vec<Given>,
    ) -> Result<Vec<CuratedAnswerId>, Refusal> {
        let (tx, _) = self.enter_once(caller, Scope::CuratedWrite).await?;
        if given.is_empty() || given.len() > limits::CURATED_IMPORT {
            let detail = format!(
                "An import has 1 to {} curated answers, not {}; send more in several.",
                limits::CURATED_IMPORT,
                given.len()
            );
            return Err(Refusal::invalid("/items", detail));
        }
        let mut writings = Vec::with_capacity(given.len());
        for (place, given) in given.into_iter().enumerate() {
            writings.push(writing(&tx, &format!("/items/{place}"), given).await?);
        }
        let (tx, ids) = self.write_curated(caller, tx, writings, Origin::Import).await?;
        tx.finish().await?;
        Ok(ids)
    }

    /// Embeds the questions and writes all of it in one transaction, which goes on.
    async fn write_curated(
        &self,
        caller: &Caller,
        tx: TenantTx,
        writings: Vec<Writing>,
        origin: Origin,
    ) -> Result<(TenantTx, Vec<CuratedAnswerId>), Refusal> {
        let questions: Vec<String> = writings.iter().map(|writing| writing.question.clone()).collect();
        let vectors = self.question_vectors(tx, &questions).await?;
        let ids: Vec<CuratedAnswerId> = writings.iter().map(|writing| writing.id).collect();
        let tx = self.again(caller).await?;
        demands::claim(&tx, caller).await?;
        keep(&tx, &writings, origin, &author(&tx, caller).await?, &vectors).await?;
        Ok((tx, ids))
    }

    /// Vectors of questions in every space that is searched; ends the transaction, since models are called.
    async fn question_vectors(
        &self,
        tx: TenantTx,
        questions: &[String],
    ) -> Result<Vec<(SpaceId, Vec<Vector>)>, Refusal> {
        let spaces = spaces::in_use(&tx, &self.embedding_model, self.embedding_dimension).await?;
        // What was claimed in it is claimed again with the effect.
        drop(tx);
        vectors_in(&self.embedder, &self.embedding_model, &spaces, questions).await
    }

    /// Changes a curated answer. Of two changes at once to different fields, the later one may win with both.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn change_curated_answer(
        &self,
        caller: &Caller,
        id: CuratedAnswerId,
        change: Change,
    ) -> Result<Curated, Refusal> {
        let tx = self.enter(caller, Scope::CuratedWrite).await?;
        let known = curated::get(&tx, id).await?.ok_or(Refusal::NotFound("curated answer"))?;
        let given = Given {
            question: change.question.unwrap_or_else(|| known.question.clone()),
            answer: change.answer.unwrap_or(known.answer),
            chatbot: change.chatbot.unwrap_or(known.chatbot),
            collection: change.collection.unwrap_or(known.collection.map(|id| id.to_string())),
            source_url: change.source_url.unwrap_or(known.source_url),
            is_active: Some(change.is_active.unwrap_or(known.is_active)),
        };
        let writing = Writing { id, ..writing(&tx, "", given).await? };
        let is_asked_otherwise = writing.question != known.question;
        let questions = is_asked_otherwise.then(|| writing.question.clone());
        let vectors = self.question_vectors(tx, questions.as_slice()).await?;
        let tx = self.again(caller).await?;
        demands::unchanged(&tx, Thing::CuratedAnswer(id.0)).await?;
        let changed = curated::change(&tx, &writing).await;
        if !changed.map_err(|error| Refusal::of_row(error, &UNKNOWN))? {
            return Err(Refusal::NotFound("curated answer"));
        }
        if is_asked_otherwise {
            curated::remove_vectors(&tx, id).await?;
            for (space, vectors) in &vectors {
                curated::insert_vectors(&tx, *space, &[id], vectors).await?;
            }
        }
        written(tx, id).await
    }

    /// Deletes a curated answer.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn delete_curated_answer(&self, caller: &Caller, id: CuratedAnswerId) -> Result<(), Refusal> {
        let tx = self.enter(caller, Scope::CuratedWrite).await?;
        demands::unchanged(&tx, Thing::CuratedAnswer(id.0)).await?;
        if !curated::delete(&tx, id).await? {
            return Err(Refusal::NotFound("curated answer"));
        }
        tx.finish().await?;
        Ok(())
    }
}

/// What was just written; ends the transaction.
async fn written(tx: TenantTx, id: CuratedAnswerId) -> Result<Curated, Refusal> {
    let written = curated::get(&tx, id).await?;
    tx.finish().await?;
    written.ok_or(Refusal::NotFound("curated answer"))
}

/// Vectors of questions in these spaces. Those of the deployment's own model must come; another space is brought up to date by
/// its next re-embedding.
///
/// # Errors
/// [`Refusal`].
pub async fn vectors_in(
    embedder: &Embedder,
    own_model: &str,
    spaces: &[Space],
    questions: &[String],
) -> Result<Vec<(SpaceId, Vec<Vector>)>, Refusal> {
    let mut vectors = Vec::with_capacity(spaces.len());
    for space in spaces.iter().filter(|_| !questions.is_empty()) {
        match embedder.embed(space, Purpose::Query, questions).await {
            Ok(found) => vectors.push((space.id, found.into_iter().map(|one| one.vector).collect())),
            Err(error) if space.model != own_model => {
                tracing::warn!(space.model, error = %error, "curated questions have no vectors in a space");
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(vectors)
}

/// Writes new curated answers with their questions' vectors, space by space.
///
/// # Errors
/// [`Refusal`].
pub async fn keep(
    tx: &TenantTx,
    writings: &[Writing],
    origin: Origin,
    by: &str,
    vectors: &[(SpaceId, Vec<Vector>)],
) -> Result<(), Refusal> {
    let created = curated::create(tx, writings, origin, by, None).await;
    created.map_err(|error| Refusal::of_row(error, &UNKNOWN))?;
    let ids: Vec<CuratedAnswerId> = writings.iter().map(|writing| writing.id).collect();
    for (space, vectors) in vectors {
        curated::insert_vectors(tx, *space, &ids, vectors).await?;
    }
    Ok(())
}

/// What a foreign key's refusal means.
const UNKNOWN: [Means; 2] = [
    ("curated_answers_organization_id_chatbot_id_fkey", || Refusal::NotFound("chatbot")),
    ("curated_answers_organization_id_collection_id_fkey", || Refusal::NotFound("collection")),
];

/// Checks what was given; `at` is where in the request.
///
/// # Errors
/// [`Refusal`].
pub async fn writing(tx: &TenantTx, at: &str, given: Given) -> Result<Writing, Refusal> {
    let question = check::text(&format!("{at}/question"), &given.question, limits::USER_MESSAGE_CHARACTERS)?;
    let answer = check::text(&format!("{at}/answer"), &given.answer, limits::ASSISTANT_MESSAGE_CHARACTERS)?;
    let pointer = format!("{at}/source_url");
    let source_url = match &given.source_url {
        Some(url) => Some(check::web_address(&pointer, url)?.to_string()),
        None => None,
    };
    let collection = match &given.collection {
        Some(name) => {
            // Parsing cannot fail: every text is a name.
            let named: Named = name.parse().unwrap_or_else(|never| match never {});
            let known = collection_settings::get(tx, &named).await?;
            Some(known.ok_or(Refusal::NotFound("collection"))?.id)
        }
        None => None,
    };
    Ok(Writing {
        id: CuratedAnswerId::generate(),
        chatbot: given.chatbot,
        collection,
        language: language::language_of(&question).to_owned(),
        words: language::words(&question),
        question,
        answer,
        source_url,
        is_active: given.is_active.unwrap_or(true),
    })
}
