//! Chatbots: made, changed, linked to what they read, deleted.

use crate::{Management, Refusal, check, organization::checked_budgets, refusal::Means};
use domain::{
    Caller, ChatbotId, CollectionId, DocumentId, Scope, limits,
    metadata::{DocumentType, listed},
    organization::Budgets,
};
use jiff::Timestamp;
use serde_json::{Map, Value};
use store::{
    TenantTx,
    chatbot_settings::{self, Chatbot, Linked, Settings},
    demands::{self, Thing},
    events::{self, Category, Event},
};

/// The states of a chatbot.
pub const STATUSES: [&str; 5] = ["draft", "active", "inactive", "testing", "maintenance"];
/// The fields of a knowledge base filter.
const FILTERS: [&str; 4] = ["product_ids", "categories", "document_types", "languages"];

/// Settings as they are given; `None`: as they are, or the default.
#[derive(Debug, Default)]
pub struct Given {
    /// Unique within the organization.
    pub name: Option<String>,
    /// For people; blank: none.
    pub description: Option<String>,
    /// One of [`STATUSES`].
    pub status: Option<String>,
    /// A picture; blank: none.
    pub avatar_url: Option<String>,
    /// Narrows what it reads.
    pub knowledge_base_filter: Option<Value>,
    /// What it may spend in a day.
    pub budget: Option<Budgets>,
}

impl Management {
    /// Chatbots, newest first.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn chatbots(
        &self,
        caller: &Caller,
        status: Option<&str>,
        before: Option<ChatbotId>,
        limit: u32,
    ) -> Result<Vec<Chatbot>, Refusal> {
        let read = async |tx: &TenantTx| chatbot_settings::list(tx, status, before, limit).await;
        self.admitted(caller, Scope::ChatbotsRead, read).await
    }

    /// One chatbot.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn chatbot(&self, caller: &Caller, id: ChatbotId) -> Result<Chatbot, Refusal> {
        let read = async |tx: &TenantTx| chatbot_settings::get(tx, id).await;
        self.admitted(caller, Scope::ChatbotsRead, read).await?.ok_or(Refusal::NotFound("chatbot"))
    }

    /// Changes a chatbot.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict when the name is taken.
    pub async fn change_chatbot(
        &self,
        caller: &Caller,
        id: ChatbotId,
        given: Given,
    ) -> Result<Chatbot, Refusal> {
        let tx = self.enter(caller, Scope::ChatbotsWrite).await?;
        demands::unchanged(&tx, Thing::Chatbot(id.0)).await?;
        let known = chatbot_settings::get(&tx, id).await?.ok_or(Refusal::NotFound("chatbot"))?;
        let settings = settings(given, known.settings)?;
        let changed = chatbot_settings::change(&tx, id, &settings).await;
        changed.map_err(|error| Refusal::of_row(error, &TAKEN))?;
        finish_with(tx, id).await
    }

    /// Deletes a chatbot with its settings and its conversations.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn delete_chatbot(&self, caller: &Caller, id: ChatbotId) -> Result<(), Refusal> {
        let tx = self.enter(caller, Scope::ChatbotsWrite).await?;
        demands::unchanged(&tx, Thing::Chatbot(id.0)).await?;
        if !chatbot_settings::delete(&tx, id).await? {
            return Err(Refusal::NotFound("chatbot"));
        }
        tx.finish().await?;
        Ok(())
    }

    /// The collections that a chatbot is linked to.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn chatbot_collections(&self, caller: &Caller, id: ChatbotId) -> Result<Links, Refusal> {
        let read = async |tx: &TenantTx| {
            futures_util::try_join!(chatbot_settings::get(tx, id), chatbot_settings::collections(tx, id))
        };
        let (known, links) = self.admitted(caller, Scope::ChatbotsRead, read).await?;
        linked(known, links)
    }

    /// The documents that a chatbot is linked to.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn chatbot_documents(&self, caller: &Caller, id: ChatbotId) -> Result<Links, Refusal> {
        let read = async |tx: &TenantTx| {
            futures_util::try_join!(chatbot_settings::get(tx, id), chatbot_settings::documents(tx, id))
        };
        let (known, links) = self.admitted(caller, Scope::ChatbotsRead, read).await?;
        linked(known, links)
    }

    /// Links a chatbot to these collections and to no others.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn set_chatbot_collections(
        &self,
        caller: &Caller,
        id: ChatbotId,
        collections: &[CollectionId],
    ) -> Result<Links, Refusal> {
        bounded("/collection_ids", collections.len())?;
        let tx = self.held(caller, id).await?;
        let set = chatbot_settings::set_collections(&tx, id, collections).await;
        set.map_err(|error| missing(error, "/collection_ids", "collection"))?;
        chatbot_settings::touch(&tx, id).await?;
        let links = chatbot_settings::collections(&tx, id).await?;
        let known = chatbot_settings::get(&tx, id).await?;
        tx.finish().await?;
        linked(known, links)
    }

    /// Links a chatbot to these documents and to no others.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn set_chatbot_documents(
        &self,
        caller: &Caller,
        id: ChatbotId,
        documents: &[DocumentId],
    ) -> Result<Links, Refusal> {
        bounded("/document_ids", documents.len())?;
        let tx = self.held(caller, id).await?;
        let set = chatbot_settings::set_documents(&tx, id, documents).await;
        set.map_err(|error| missing(error, "/document_ids", "document"))?;
        chatbot_settings::touch(&tx, id).await?;
        let links = chatbot_settings::documents(&tx, id).await?;
        let known = chatbot_settings::get(&tx, id).await?;
        tx.finish().await?;
        linked(known, links)
    }

    async fn held(&self, caller: &Caller, id: ChatbotId) -> Result<TenantTx, Refusal> {
        let tx = self.enter(caller, Scope::ChatbotsWrite).await?;
        demands::unchanged(&tx, Thing::Chatbot(id.0)).await?;
        chatbot_settings::lock(&tx, id).await?.ok_or(Refusal::NotFound("chatbot"))?;
        Ok(tx)
    }
}

/// What a chatbot is linked to, and when the chatbot was changed last.
pub type Links = (Vec<Linked>, Timestamp);

fn linked(known: Option<Chatbot>, links: Vec<Linked>) -> Result<Links, Refusal> {
    known.map(|chatbot| (links, chatbot.updated_at)).ok_or(Refusal::NotFound("chatbot"))
}

/// Makes the row of a chatbot, and notes that it was.
pub(crate) async fn make(tx: &TenantTx, given: Given) -> Result<ChatbotId, Refusal> {
    let fresh = Settings {
        budget: Budgets::default(),
        name: String::new(),
        description: None,
        status: "active".to_owned(),
        avatar_url: None,
        knowledge_base_filter: Value::Object(Map::new()),
    };
    let settings = settings(given, fresh)?;
    let created = chatbot_settings::create(tx, &settings).await;
    let id = created.map_err(|error| Refusal::of_row(error, &TAKEN))?;
    let event = Event {
        kind: "chatbot_created",
        category: Category::UserAction,
        payload: serde_json::json!({ "status": settings.status }),
        session: None,
        resource: Some(("chatbot", id.0)),
    };
    events::record(tx, &[event]).await?;
    Ok(id)
}

pub(crate) async fn finish_with(tx: TenantTx, id: ChatbotId) -> Result<Chatbot, Refusal> {
    let chatbot = chatbot_settings::get(&tx, id).await?;
    tx.finish().await?;
    chatbot.ok_or(Refusal::NotFound("chatbot"))
}

/// What a taken name means.
const TAKEN: [Means; 1] = [("chatbots_organization_id_name_key", || {
    Refusal::conflict("name-taken", "There is a chatbot with this name; choose another one.")
})];

fn bounded(pointer: &str, count: usize) -> Result<(), Refusal> {
    if count > limits::CHATBOT_LINKS {
        let detail =
            format!("A chatbot is linked to at most {} of them; link a collection.", limits::CHATBOT_LINKS);
        return Err(Refusal::invalid(pointer, detail));
    }
    Ok(())
}

/// A link to what there is not, or what is another organization's.
fn missing(error: store::Error, pointer: &str, what: &str) -> Refusal {
    match error {
        store::Error::Refused { .. } => Refusal::invalid(pointer, format!("One of the ids is no {what}'s.")),
        other => Refusal::Store(other),
    }
}

/// What was given, on top of what is.
fn settings(given: Given, known: Settings) -> Result<Settings, Refusal> {
    if let Some(status) = given.status.as_deref().filter(|status| !STATUSES.contains(status)) {
        let detail = format!("A chatbot is {}, not \"{status}\".", listed(STATUSES.into_iter()));
        return Err(Refusal::invalid("/status", detail));
    }
    let avatar_url = match given.avatar_url.as_deref().map(str::trim) {
        None => known.avatar_url,
        Some("") => None,
        Some(url) => Some(check::web_address("/avatar_url", url)?.to_string()),
    };
    Ok(Settings {
        name: check::text("/name", &given.name.unwrap_or(known.name), limits::CHATBOT_NAME_CHARACTERS)?,
        description: match &given.description {
            Some(text) => {
                check::optional("/description", Some(text), limits::COLLECTION_DESCRIPTION_CHARACTERS)?
            }
            None => known.description,
        },
        status: given.status.unwrap_or(known.status),
        avatar_url,
        knowledge_base_filter: match given.knowledge_base_filter {
            Some(filter) => checked_filter(filter)?,
            None => known.knowledge_base_filter,
        },
        budget: given.budget.map_or(Ok(known.budget), |budget| checked_budgets("/budget", budget))?,
    })
}

/// A filter of known fields, each a list of words; empty lists are left out, they would let nothing through.
fn checked_filter(filter: Value) -> Result<Value, Refusal> {
    let wrong = |detail: String| Refusal::invalid("/knowledge_base_filter", detail);
    let Value::Object(fields) = filter else {
        return Err(wrong("It is an object, as in {\"languages\": [\"en\"]}.".into()));
    };
    let mut kept = Map::new();
    for (name, values) in fields {
        if !FILTERS.contains(&name.as_str()) {
            return Err(wrong(format!(
                "There is no field \"{name}\"; there are {}.",
                listed(FILTERS.into_iter())
            )));
        }
        let words: Option<Vec<String>> = values
            .as_array()
            .map(|values| values.iter().map(|value| value.as_str().map(ToOwned::to_owned)).collect())
            .unwrap_or_default();
        let words = words.ok_or_else(|| wrong(format!("{name} is a list of texts.")))?;
        if words.len() > limits::FILTER_VALUES
            || words
                .iter()
                .any(|word| word.contains('\0') || word.chars().count() > limits::METADATA_VALUE_CHARACTERS)
        {
            let (most, characters) = (limits::FILTER_VALUES, limits::METADATA_VALUE_CHARACTERS);
            return Err(wrong(format!(
                "{name} has at most {most} texts of {characters} characters, without NUL."
            )));
        }
        let unknown = |word: &&String| name == "document_types" && DocumentType::parse(word).is_none();
        if let Some(word) = words.iter().find(unknown) {
            return Err(wrong(format!("There is no document type \"{word}\".")));
        }
        if !words.is_empty() {
            kept.insert(name, serde_json::json!(words));
        }
    }
    Ok(Value::Object(kept))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn filters_are_of_known_fields_and_texts() {
        let filter = json!({ "languages": ["en", "th"], "categories": [], "document_types": ["safety"] });
        let kept = checked_filter(filter).expect("well");
        assert_eq!(kept, json!({ "languages": ["en", "th"], "document_types": ["safety"] }));
        assert!(checked_filter(json!({ "languages": vec!["en"; limits::FILTER_VALUES] })).is_ok());
        for wrong in [
            json!([]),
            json!({ "language": ["en"] }),
            json!({ "languages": "en" }),
            json!({ "languages": [1] }),
            json!({ "languages": vec!["en"; limits::FILTER_VALUES + 1] }),
            json!({ "document_types": ["novel"] }),
            json!({ "categories": ["a\u{0}"] }),
        ] {
            assert!(checked_filter(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
