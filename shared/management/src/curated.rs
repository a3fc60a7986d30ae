//! Curated answers: written by people, found before passages.

use crate::{Management, Refusal, author, check, refusal::Means};
use domain::{ApiKey, ChatbotId, CuratedAnswerId, Scope, SpaceId, limits};
use models::Purpose;
use pgvector::Vector;
use store::{
    TenantTx,
    collection_settings::{self, Named},
    curated::{self, Curated, Origin, Which, Writing},
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
        key: &ApiKey,
        which: &Which<'_>,
        limit: u32,
    ) -> Result<Vec<Curated>, Refusal> {
        let read = async |tx: &TenantTx| curated::list(tx, which, limit).await;
        self.admitted(key, Scope::CuratedRead, read).await
    }

    /// One curated answer.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn curated_answer(&self, key: &ApiKey, id: CuratedAnswerId) -> Result<Curated, Refusal> {
        let read = async |tx: &TenantTx| curated::get(tx, id).await;
        self.admitted(key, Scope::CuratedRead, read).await?.ok_or(Refusal::NotFound("curated answer"))
    }

    /// Writes one curated answer.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn create_curated_answer(&self, key: &ApiKey, given: Given) -> Result<Curated, Refusal> {
        let tx = self.enter(key, Scope::CuratedWrite).await?;
        let writing = writing(&tx, "", given).await?;
        let ids = self.write_curated(key, tx, vec![writing], Origin::Api).await?;
        let id = ids.first().copied().ok_or(Refusal::NotFound("curated answer"))?;
        self.written(key, id).await
    }

    /// Writes many curated answers, all of them or none.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn import_curated_answers(
        &self,
        key: &ApiKey,
        given: Vec<Given>,
    ) -> Result<Vec<CuratedAnswerId>, Refusal> {
        let tx = self.enter(key, Scope::CuratedWrite).await?;
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
        self.write_curated(key, tx, writings, Origin::Import).await
    }

    /// Embeds the questions and writes all of it in one transaction.
    async fn write_curated(
        &self,
        key: &ApiKey,
        tx: TenantTx,
        writings: Vec<Writing>,
        origin: Origin,
    ) -> Result<Vec<CuratedAnswerId>, Refusal> {
        let questions: Vec<String> = writings.iter().map(|writing| writing.question.clone()).collect();
        let vectors = self.question_vectors(tx, &questions).await?;
        let ids: Vec<CuratedAnswerId> = writings.iter().map(|writing| writing.id).collect();
        let tx = self.again(key).await?;
        let created = curated::create(&tx, &writings, origin, &author(key), None).await;
        created.map_err(|error| Refusal::of_row(error, &UNKNOWN))?;
        for (space, vectors) in &vectors {
            curated::insert_vectors(&tx, *space, &ids, vectors).await?;
        }
        tx.finish().await?;
        Ok(ids)
    }

    /// Vectors of questions in every space that is searched; ends the transaction, since models are called.
    async fn question_vectors(
        &self,
        tx: TenantTx,
        questions: &[String],
    ) -> Result<Vec<(SpaceId, Vec<Vector>)>, Refusal> {
        let spaces = spaces::in_use(&tx, &self.embedding_model, self.embedding_dimension).await?;
        tx.finish().await?;
        let mut vectors = Vec::with_capacity(spaces.len());
        for space in spaces.iter().filter(|_| !questions.is_empty()) {
            match self.vectors(space, Purpose::Query, questions).await {
                Ok(found) => vectors.push((space.id, found)),
                // Another space than the deployment's own is brought up to date by its next re-embedding.
                Err(refusal) if space.model != self.embedding_model => {
                    tracing::warn!(space.model, error = %refusal, "curated questions have no vectors in a space");
                }
                Err(refusal) => return Err(refusal),
            }
        }
        Ok(vectors)
    }

    /// Changes a curated answer. Of two changes at once to different fields, the later one may win with both.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn change_curated_answer(
        &self,
        key: &ApiKey,
        id: CuratedAnswerId,
        change: Change,
    ) -> Result<Curated, Refusal> {
        let tx = self.enter(key, Scope::CuratedWrite).await?;
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
        let tx = self.again(key).await?;
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
        tx.finish().await?;
        self.written(key, id).await
    }

    /// Deletes a curated answer.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn delete_curated_answer(&self, key: &ApiKey, id: CuratedAnswerId) -> Result<(), Refusal> {
        let tx = self.enter(key, Scope::CuratedWrite).await?;
        if !curated::delete(&tx, id).await? {
            return Err(Refusal::NotFound("curated answer"));
        }
        tx.finish().await?;
        Ok(())
    }

    /// What the caller just wrote, whether or not it may read the others.
    async fn written(&self, key: &ApiKey, id: CuratedAnswerId) -> Result<Curated, Refusal> {
        let tx = self.again(key).await?;
        let written = curated::get(&tx, id).await?;
        tx.finish().await?;
        written.ok_or(Refusal::NotFound("curated answer"))
    }
}

/// What a foreign key's refusal means.
const UNKNOWN: [Means; 2] = [
    ("curated_answers_organization_id_chatbot_id_fkey", || Refusal::NotFound("chatbot")),
    ("curated_answers_organization_id_collection_id_fkey", || Refusal::NotFound("collection")),
];

/// Checks what was given; `at` is where in the request.
async fn writing(tx: &TenantTx, at: &str, given: Given) -> Result<Writing, Refusal> {
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
