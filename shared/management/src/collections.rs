//! Collections: how their documents are cut, described and named.

use crate::{Management, Refusal, as_i32, check, refusal::Means};
use domain::{
    Caller, CollectionId, Scope,
    document::is_slug,
    limits,
    metadata::{ChunkTypeRules, MetadataSchema},
};
use serde_json::{Value, json};
use store::{
    collection_settings::{self, Collection, Named, Settings},
    demands::{self, Thing},
    spaces,
};

/// Settings as they are given; `None`: as they are, or the default.
#[derive(Debug, Default)]
pub struct Given {
    /// Unique within the organization.
    pub name: Option<String>,
    /// For people; blank: none.
    pub description: Option<String>,
    /// Tokens of a chunk.
    pub chunk_size: Option<i64>,
    /// Tokens that neighbouring chunks share.
    pub chunk_overlap: Option<i64>,
    /// Which metadata its documents carry.
    pub metadata_schema: Option<Value>,
    /// Which chunk is of which type.
    pub chunk_type_rules: Option<Value>,
    /// Whether a model writes a chunk's context at ingest.
    pub contextual_headers: Option<bool>,
}

impl Management {
    /// Collections, newest first.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn collections(
        &self,
        caller: &Caller,
        before: Option<CollectionId>,
        limit: u32,
    ) -> Result<Vec<Collection>, Refusal> {
        let read = async |tx: &store::TenantTx| collection_settings::list(tx, before, limit).await;
        self.admitted(caller, Scope::CollectionsRead, read).await
    }

    /// One collection.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn collection(&self, caller: &Caller, named: &Named) -> Result<Collection, Refusal> {
        let read = async |tx: &store::TenantTx| collection_settings::get(tx, named).await;
        self.admitted(caller, Scope::CollectionsRead, read).await?.ok_or(Refusal::NotFound("collection"))
    }

    /// Makes a collection in the default embedding space.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict when slug or name is taken.
    pub async fn create_collection(
        &self,
        caller: &Caller,
        slug: &str,
        given: Given,
    ) -> Result<Collection, Refusal> {
        let (tx, _) = self.enter_once(caller, Scope::CollectionsWrite).await?;
        if !is_slug(slug) {
            let detail = "A slug is of lower-case letters, digits, '-', '.' and '_', begins and ends with a letter or digit, and has at most 100 of them.";
            return Err(Refusal::invalid("/slug", detail));
        }
        let settings = settings(given, defaults(slug))?;
        let space = spaces::of_model(&tx, &self.embedding_model, self.embedding_dimension).await?;
        let created = collection_settings::create(&tx, slug, space.id, &settings).await;
        let id = created.map_err(|error| Refusal::of_row(error, &TAKEN))?;
        self.finish_with(tx, id).await
    }

    /// Changes a collection's settings. How documents are cut and described holds for those that are processed from
    /// now on.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict when the name is taken.
    pub async fn change_collection(
        &self,
        caller: &Caller,
        named: &Named,
        given: Given,
    ) -> Result<Collection, Refusal> {
        let tx = self.enter(caller, Scope::CollectionsWrite).await?;
        collection_settings::hold(&tx, named).await?.ok_or(Refusal::NotFound("collection"))?;
        let known = collection_settings::get(&tx, named).await?.ok_or(Refusal::NotFound("collection"))?;
        demands::unchanged(&tx, Thing::Collection(known.id.0)).await?;
        let settings = settings(given, known.settings)?;
        let changed = collection_settings::change(&tx, known.id, &settings).await;
        changed.map_err(|error| Refusal::of_row(error, &TAKEN))?;
        self.finish_with(tx, known.id).await
    }

    /// Deletes a collection that holds nothing.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict when it holds something.
    pub async fn delete_collection(&self, caller: &Caller, named: &Named) -> Result<(), Refusal> {
        let tx = self.enter(caller, Scope::CollectionsWrite).await?;
        let id = collection_settings::hold(&tx, named).await?.ok_or(Refusal::NotFound("collection"))?;
        demands::unchanged(&tx, Thing::Collection(id.0)).await?;
        if !collection_settings::delete(&tx, id).await? {
            let detail =
                "The collection holds documents, curated answers or web sources; delete those first.";
            return Err(Refusal::conflict("collection-not-empty", detail));
        }
        tx.finish().await?;
        Ok(())
    }

    async fn finish_with(&self, tx: store::TenantTx, id: CollectionId) -> Result<Collection, Refusal> {
        // Parsing cannot fail: every text is a name.
        let named = id.to_string().parse().unwrap_or_else(|never| match never {});
        let collection = collection_settings::get(&tx, &named).await?;
        tx.finish().await?;
        collection.ok_or(Refusal::NotFound("collection"))
    }
}

/// What a taken slug or name means.
const TAKEN: [Means; 2] = [
    ("collections_organization_id_slug_key", || {
        Refusal::conflict("slug-taken", "There is a collection with this slug; choose another one.")
    }),
    ("collections_organization_id_name_key", || {
        Refusal::conflict("name-taken", "There is a collection with this name; choose another one.")
    }),
];

fn defaults(slug: &str) -> Settings {
    Settings {
        name: slug.to_owned(),
        description: None,
        chunk_size: as_i32(limits::CHUNK_TOKENS_DEFAULT),
        chunk_overlap: 0,
        metadata_schema: json!({}),
        chunk_type_rules: json!([]),
        contextual_headers: false,
    }
}

/// What was given, on top of what is.
fn settings(given: Given, known: Settings) -> Result<Settings, Refusal> {
    let name = match given.name {
        Some(name) => check::text("/name", &name, limits::COLLECTION_NAME_CHARACTERS)?,
        None => known.name,
    };
    let description = match &given.description {
        Some(text) => check::optional("/description", Some(text), limits::COLLECTION_DESCRIPTION_CHARACTERS)?,
        None => known.description,
    };
    let chunk_size = match given.chunk_size {
        Some(size) => {
            let (least, most) = (limits::CHUNK_TOKENS_LEAST, limits::CHUNK_TOKENS_MOST);
            check::within("/chunk_size", size, i64::from(as_i32(least)), i64::from(as_i32(most)))?
        }
        None => known.chunk_size,
    };
    let overlap = given.chunk_overlap.unwrap_or_else(|| i64::from(known.chunk_overlap));
    let pointer = if given.chunk_overlap.is_some() { "/chunk_overlap" } else { "/chunk_size" };
    let chunk_overlap = check::within(pointer, overlap, 0, i64::from(chunk_size / 2)).map_err(|_| {
        let half = chunk_size / 2;
        Refusal::invalid(
            pointer,
            format!("Chunks share 0 to {half} tokens, half of their size, not {overlap}."),
        )
    })?;
    if let Some(schema) = &given.metadata_schema {
        check::json("/metadata_schema", schema)?;
        MetadataSchema::parse(schema)
            .map_err(|wrong| Refusal::invalid("/metadata_schema", wrong.to_string()))?;
    }
    if let Some(rules) = &given.chunk_type_rules {
        check::json("/chunk_type_rules", rules)?;
        ChunkTypeRules::parse(rules)
            .map_err(|wrong| Refusal::invalid("/chunk_type_rules", wrong.to_string()))?;
    }
    Ok(Settings {
        name,
        description,
        chunk_size,
        chunk_overlap,
        metadata_schema: given.metadata_schema.unwrap_or(known.metadata_schema),
        chunk_type_rules: given.chunk_type_rules.unwrap_or(known.chunk_type_rules),
        contextual_headers: given.contextual_headers.unwrap_or(known.contextual_headers),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pointer(given: Given) -> Option<String> {
        match settings(given, defaults("handbook")) {
            Ok(_) => None,
            Err(Refusal::Invalid { pointer, .. }) => Some(pointer),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn what_is_not_given_stays() {
        let known = Settings { description: Some("old".into()), ..defaults("handbook") };
        assert_eq!(settings(Given::default(), known.clone()).expect("nothing given"), known);
        let blank = Given { description: Some(" ".into()), ..Given::default() };
        assert_eq!(settings(blank, known).expect("a blank").description, None);
    }

    #[test]
    fn chunks_have_their_bounds() {
        let sized = |size: i64, overlap: i64| {
            pointer(Given { chunk_size: Some(size), chunk_overlap: Some(overlap), ..Given::default() })
        };
        assert_eq!((sized(64, 32), sized(2_000, 1_000)), (None, None));
        assert_eq!(
            (sized(63, 0).as_deref(), sized(2_001, 0).as_deref()),
            (Some("/chunk_size"), Some("/chunk_size"))
        );
        assert_eq!(sized(64, 33).as_deref(), Some("/chunk_overlap"));
        assert_eq!(sized(64, -1).as_deref(), Some("/chunk_overlap"));
        let known = Settings { chunk_overlap: 200, ..defaults("handbook") };
        assert!(settings(Given { chunk_size: Some(100), ..Given::default() }, known).is_err());
    }

    #[test]
    fn schemas_and_rules_are_read_before_they_are_kept() {
        let schema = |value: Value| pointer(Given { metadata_schema: Some(value), ..Given::default() });
        assert_eq!(schema(json!({ "module": { "allowed": ["m1"], "required": true } })), None);
        assert_eq!(schema(json!({ "Module": {} })).as_deref(), Some("/metadata_schema"));
        assert_eq!(schema(json!([])).as_deref(), Some("/metadata_schema"));
        let rules = |value: Value| pointer(Given { chunk_type_rules: Some(value), ..Given::default() });
        assert_eq!(rules(json!([{ "type": "product_level", "heading": "product" }])), None);
        assert_eq!(
            rules(json!([{ "type": "unknown", "heading": "a" }])).as_deref(),
            Some("/chunk_type_rules")
        );
    }
}
