//! A chatbot's categories: what its conversations are about, told by examples.

use crate::{Management, Refusal, check, refusal::Means};
use domain::{Caller, CategoryId, ChatbotId, Scope, SpaceId, limits};
use models::Purpose;
use pgvector::Vector;
use std::collections::BTreeSet;
use store::{
    TenantTx,
    categories::{self, Category, Intent, Settings, Vectors},
    chatbot_settings, spaces,
};
use understanding::category::{Shape, shape};

/// Settings as they are given; `None`: as they are, or the default.
#[derive(Debug, Default)]
pub struct Given {
    /// Unique within the chatbot.
    pub name: Option<String>,
    /// For people; blank: none.
    pub description: Option<String>,
    /// Questions that belong here; all of them.
    pub examples: Option<Vec<String>>,
    /// What is wanted within it; all of it.
    pub intents: Option<Vec<Intent>>,
    /// Lowest first.
    pub position: Option<i64>,
}

impl Management {
    /// A chatbot's categories in their order, without their examples.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn categories(
        &self,
        caller: &Caller,
        chatbot: ChatbotId,
        from: u32,
        limit: u32,
    ) -> Result<Vec<Category>, Refusal> {
        let read = async |tx: &TenantTx| {
            futures_util::try_join!(
                chatbot_settings::get(tx, chatbot),
                categories::list(tx, chatbot, from, limit)
            )
        };
        let (known, listed) = self.admitted(caller, Scope::ChatbotsRead, read).await?;
        known.map(|_| listed).ok_or(Refusal::NotFound("chatbot"))
    }

    /// One category with its examples.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn category(
        &self,
        caller: &Caller,
        chatbot: ChatbotId,
        id: CategoryId,
    ) -> Result<Category, Refusal> {
        let read = async |tx: &TenantTx| categories::get(tx, chatbot, id).await;
        self.admitted(caller, Scope::ChatbotsRead, read).await?.ok_or(Refusal::NotFound("category"))
    }

    /// Makes a category.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict when the name is taken or the chatbot has as many as there may be.
    pub async fn create_category(
        &self,
        caller: &Caller,
        chatbot: ChatbotId,
        given: Given,
    ) -> Result<Category, Refusal> {
        let tx = self.enter(caller, Scope::ChatbotsWrite).await?;
        chatbot_settings::get(&tx, chatbot).await?.ok_or(Refusal::NotFound("chatbot"))?;
        let settings = settings(given, Settings::default())?;
        let vectors = self.category_vectors(tx, &settings).await?;
        let tx = self.again(caller).await?;
        // Two at once are counted one after the other.
        chatbot_settings::lock(&tx, chatbot).await?.ok_or(Refusal::NotFound("chatbot"))?;
        if categories::count(&tx, chatbot).await? >= limits::CATEGORIES {
            let detail = format!("A chatbot has at most {} categories.", limits::CATEGORIES);
            return Err(Refusal::conflict("too-many-categories", detail));
        }
        let id = CategoryId::generate();
        let created = categories::create(&tx, id, chatbot, &settings).await;
        created.map_err(|error| Refusal::of_row(error, &TAKEN))?;
        finish_with(tx, chatbot, id, &vectors).await
    }

    /// Changes a category. Its examples are embedded anew, whatever is changed: a space that came since has them then.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict when the name is taken.
    pub async fn change_category(
        &self,
        caller: &Caller,
        chatbot: ChatbotId,
        id: CategoryId,
        given: Given,
    ) -> Result<Category, Refusal> {
        let tx = self.enter(caller, Scope::ChatbotsWrite).await?;
        let known = categories::get(&tx, chatbot, id).await?.ok_or(Refusal::NotFound("category"))?;
        let settings = settings(given, known.settings)?;
        let vectors = self.category_vectors(tx, &settings).await?;
        let tx = self.again(caller).await?;
        let changed = categories::change(&tx, id, chatbot, &settings).await;
        if !changed.map_err(|error| Refusal::of_row(error, &TAKEN))? {
            return Err(Refusal::NotFound("category"));
        }
        finish_with(tx, chatbot, id, &vectors).await
    }

    /// Deletes a category. Conversations that were about it stay so.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn delete_category(
        &self,
        caller: &Caller,
        chatbot: ChatbotId,
        id: CategoryId,
    ) -> Result<(), Refusal> {
        let tx = self.enter(caller, Scope::ChatbotsWrite).await?;
        if !categories::delete(&tx, chatbot, id).await? {
            return Err(Refusal::NotFound("category"));
        }
        tx.finish().await?;
        Ok(())
    }

    /// The vectors of a category's texts in every space that questions are searched in. No transaction is open meanwhile.
    async fn category_vectors(&self, tx: TenantTx, settings: &Settings) -> Result<Vec<Vectors>, Refusal> {
        let spaces = spaces::in_use(&tx, &self.embedding_model, self.embedding_dimension).await?;
        // It only looked; what is done is told with the transaction that does it.
        drop(tx);
        let (intents, texts): (Vec<Option<i32>>, Vec<String>) = texts(settings).into_iter().unzip();
        let mut vectors = Vec::with_capacity(spaces.len());
        for space in &spaces {
            let embedded = match self.vectors(space, Purpose::Query, &texts).await {
                Ok(embedded) => embedded,
                // It answers no question of this bot either, while it is away.
                Err(error) if space.model != self.embedding_model => {
                    tracing::warn!(space.model, error = %error, "a category has no vectors in a space");
                    continue;
                }
                Err(error) => return Err(error),
            };
            vectors.extend(shaped(space.id, intents.iter().copied().zip(embedded).collect()));
        }
        Ok(vectors)
    }
}

/// Vectors of a category's texts, each with its intent's number, as they are kept; `None` without any.
#[must_use]
pub fn shaped(space: SpaceId, examples: Vec<(Option<i32>, Vector)>) -> Option<Vectors> {
    let slices: Vec<&[f32]> = examples.iter().map(|(_, vector)| vector.as_slice()).collect();
    let Shape { centroid, threshold } = shape(&slices)?;
    Some(Vectors { space, centroid, threshold, examples })
}

/// What a question is compared with: the examples, each with its intent's number, and what the category is called.
#[must_use]
pub fn texts(settings: &Settings) -> Vec<(Option<i32>, String)> {
    let own = settings.examples.iter().map(|example| (None, example.clone()));
    let wanted = settings.intents.iter().enumerate().flat_map(|(number, intent)| {
        let number = i32::try_from(number).ok();
        intent.examples.iter().map(move |example| (number, example.clone()))
    });
    let called = match &settings.description {
        Some(description) => format!("{}: {description}", settings.name),
        None => settings.name.clone(),
    };
    // What is said twice is no more than what is said once.
    let mut said = BTreeSet::new();
    own.chain(wanted).chain([(None, called)]).filter(|(_, text)| said.insert(text.clone())).collect()
}

async fn finish_with(
    tx: TenantTx,
    chatbot: ChatbotId,
    id: CategoryId,
    vectors: &[Vectors],
) -> Result<Category, Refusal> {
    categories::set_vectors(&tx, chatbot, id, vectors).await?;
    let category = categories::get(&tx, chatbot, id).await?;
    tx.finish().await?;
    category.ok_or(Refusal::NotFound("category"))
}

/// What a taken name means.
const TAKEN: [Means; 1] = [("categories_name", || {
    Refusal::conflict("category-taken", "The chatbot has a category of this name; choose another one.")
})];

fn settings(given: Given, known: Settings) -> Result<Settings, Refusal> {
    let description = match &given.description {
        Some(text) => check::optional("/description", Some(text), limits::CATEGORY_DESCRIPTION_CHARACTERS)?,
        None => known.description,
    };
    let settings = Settings {
        name: check::text("/name", &given.name.unwrap_or(known.name), limits::CATEGORY_NAME_CHARACTERS)?,
        description,
        examples: given.examples.map_or(Ok(known.examples), |texts| examples("/examples", &texts))?,
        intents: given.intents.map_or(Ok(known.intents), intents)?,
        position: match given.position {
            Some(position) => check::within("/position", position, 0, limits::CATEGORY_POSITION)?,
            None => known.position,
        },
    };
    let wanted = settings.intents.iter().map(|intent| intent.examples.len()).sum::<usize>();
    let count = settings.examples.len() + wanted;
    if count > limits::CATEGORY_EXAMPLES {
        let most = limits::CATEGORY_EXAMPLES;
        let detail =
            format!("It has {count} examples, those of its intents among them; at most {most} are kept.");
        return Err(Refusal::invalid("/examples", detail));
    }
    Ok(settings)
}

fn examples(at: &str, given: &[String]) -> Result<Vec<String>, Refusal> {
    let most = limits::CATEGORY_EXAMPLE_CHARACTERS;
    given.iter().enumerate().map(|(place, text)| check::text(&format!("{at}/{place}"), text, most)).collect()
}

fn intents(given: Vec<Intent>) -> Result<Vec<Intent>, Refusal> {
    if given.len() > limits::CATEGORY_INTENTS {
        let detail = format!("A category has at most {} intents.", limits::CATEGORY_INTENTS);
        return Err(Refusal::invalid("/intents", detail));
    }
    let mut names = BTreeSet::new();
    let mut checked = Vec::with_capacity(given.len());
    for (place, intent) in given.iter().enumerate() {
        let at = format!("/intents/{place}");
        let name = check::text(&format!("{at}/name"), &intent.name, limits::CATEGORY_NAME_CHARACTERS)?;
        if !names.insert(name.clone()) {
            return Err(Refusal::invalid(
                format!("{at}/name"),
                "Two intents of a category have different names.",
            ));
        }
        checked.push(Intent { name, examples: examples(&format!("{at}/examples"), &intent.examples)? });
    }
    Ok(checked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Given {
        Given { name: Some(name.into()), ..Given::default() }
    }

    fn refused(given: Given) -> String {
        match settings(given, Settings::default()) {
            Err(Refusal::Invalid { pointer, .. }) => pointer,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_a_category_holds_has_edges() {
        let texts = |count: usize| Some(vec!["Where is it?".to_owned(); count]);
        let of = |count, wanted: usize| Given {
            examples: texts(count),
            intents: Some(vec![Intent { name: "find".into(), examples: texts(wanted).unwrap_or_default() }]),
            ..named("Delivery")
        };
        assert!(settings(of(limits::CATEGORY_EXAMPLES - 1, 1), Settings::default()).is_ok());
        assert_eq!(refused(of(limits::CATEGORY_EXAMPLES, 1)), "/examples");
        let name = "n".repeat(limits::CATEGORY_NAME_CHARACTERS);
        assert!(settings(named(&name), Settings::default()).is_ok());
        assert_eq!(refused(named(&(name + "n"))), "/name");
        assert_eq!(refused(Given::default()), "/name");
        let long = "e".repeat(limits::CATEGORY_EXAMPLE_CHARACTERS + 1);
        assert_eq!(refused(Given { examples: Some(vec!["a".into(), long]), ..named("a") }), "/examples/1");
        let twice = vec![Intent { name: "a".into(), examples: Vec::new() }; 2];
        assert_eq!(refused(Given { intents: Some(twice), ..named("a") }), "/intents/1/name");
        let many =
            (0..=limits::CATEGORY_INTENTS).map(|n| Intent { name: n.to_string(), examples: Vec::new() });
        assert_eq!(refused(Given { intents: Some(many.collect()), ..named("a") }), "/intents");
        let long = Some("d".repeat(limits::CATEGORY_DESCRIPTION_CHARACTERS + 1));
        assert_eq!(refused(Given { description: long, ..named("a") }), "/description");
        let far = Some(limits::CATEGORY_POSITION + 1);
        assert_eq!(refused(Given { position: far, ..named("a") }), "/position");
    }

    #[test]
    fn a_question_is_compared_with_examples_and_names() {
        let settings = Settings {
            name: "Delivery".into(),
            description: Some("where a parcel is".into()),
            examples: vec!["Where is it?".into()],
            intents: vec![Intent { name: "late".into(), examples: vec!["It is late.".into()] }],
            position: 0,
        };
        let expected =
            [(None, "Where is it?"), (Some(0), "It is late."), (None, "Delivery: where a parcel is")];
        assert_eq!(texts(&settings), expected.map(|(intent, text)| (intent, text.to_owned())));
    }
}
