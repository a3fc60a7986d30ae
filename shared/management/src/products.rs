//! Products: what documents are about, made, changed, deleted.

use crate::{Management, Refusal, check, refusal::Means};
use domain::{Caller, ProductId, Scope, limits, metadata::listed};
use serde_json::{Value, json};
use store::{
    TenantTx,
    demands::{self, Thing},
    products::{self, Product, Settings, Which},
};

/// The states of a product.
pub const STATUSES: [&str; 4] = ["active", "inactive", "draft", "archived"];

/// Settings as they are given; `None`: as they are, or the default.
#[derive(Debug, Default)]
pub struct Given {
    /// For people.
    pub name: Option<String>,
    /// For people; blank: none.
    pub description: Option<String>,
    /// Searches and bots can be narrowed to one.
    pub category: Option<String>,
    /// Unique within the organization; blank: none.
    pub sku: Option<String>,
    /// One of [`STATUSES`].
    pub status: Option<String>,
    /// An object.
    pub metadata: Option<Value>,
}

impl Management {
    /// Products, newest first.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn products(
        &self,
        caller: &Caller,
        which: &Which<'_>,
        limit: u32,
    ) -> Result<Vec<Product>, Refusal> {
        self.admitted(caller, Scope::ProductsRead, async |tx| products::list(tx, which, limit).await).await
    }

    /// One product.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn product(&self, caller: &Caller, id: ProductId) -> Result<Product, Refusal> {
        let read = async |tx: &TenantTx| products::get(tx, id).await;
        self.admitted(caller, Scope::ProductsRead, read).await?.ok_or(Refusal::NotFound("product"))
    }

    /// Makes a product.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict when the SKU is taken.
    pub async fn create_product(&self, caller: &Caller, given: Given) -> Result<Product, Refusal> {
        let (tx, _) = self.enter_once(caller, Scope::ProductsWrite).await?;
        let settings = settings(given, unnamed())?;
        let (language, words) = searched(&settings);
        let created = products::create(&tx, &settings, language, &words).await;
        let id = created.map_err(|error| Refusal::of_row(error, &TAKEN))?;
        finish_with(tx, id).await
    }

    /// Changes a product.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict when the SKU is taken.
    pub async fn change_product(
        &self,
        caller: &Caller,
        id: ProductId,
        given: Given,
    ) -> Result<Product, Refusal> {
        let tx = self.enter(caller, Scope::ProductsWrite).await?;
        demands::unchanged(&tx, Thing::Product(id.0)).await?;
        let known = products::get(&tx, id).await?.ok_or(Refusal::NotFound("product"))?;
        let settings = settings(given, known.settings)?;
        let (language, words) = searched(&settings);
        let changed = products::change(&tx, id, &settings, language, &words).await;
        changed.map_err(|error| Refusal::of_row(error, &TAKEN))?;
        finish_with(tx, id).await
    }

    /// Deletes a product. Its documents stay, and are about none.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn delete_product(&self, caller: &Caller, id: ProductId) -> Result<(), Refusal> {
        let tx = self.enter(caller, Scope::ProductsWrite).await?;
        demands::unchanged(&tx, Thing::Product(id.0)).await?;
        if !products::delete(&tx, id).await? {
            return Err(Refusal::NotFound("product"));
        }
        tx.finish().await?;
        Ok(())
    }
}

async fn finish_with(tx: TenantTx, id: ProductId) -> Result<Product, Refusal> {
    let product = products::get(&tx, id).await?;
    tx.finish().await?;
    product.ok_or(Refusal::NotFound("product"))
}

/// What a taken SKU means.
const TAKEN: [Means; 1] = [("products_organization_id_sku_key", || {
    Refusal::conflict("sku-taken", "There is a product with this SKU; choose another one.")
})];

/// What a new product begins with: a name and a category must be given.
fn unnamed() -> Settings {
    Settings {
        name: String::new(),
        description: None,
        category: String::new(),
        sku: None,
        status: STATUSES[0].to_owned(),
        metadata: json!({}),
    }
}

/// What was given, on top of what is.
fn settings(given: Given, known: Settings) -> Result<Settings, Refusal> {
    let optional = |pointer, given: Option<String>, known: Option<String>, most| match &given {
        Some(text) => check::optional(pointer, Some(text), most),
        None => Ok(known),
    };
    if let Some(status) = given.status.as_deref().filter(|status| !STATUSES.contains(status)) {
        let detail = format!("A product is {}, not \"{status}\".", listed(STATUSES.into_iter()));
        return Err(Refusal::invalid("/status", detail));
    }
    if let Some(metadata) = &given.metadata {
        check::json("/metadata", metadata)?;
        if !metadata.is_object() {
            return Err(Refusal::invalid("/metadata", "It is an object, as in {\"weight_kg\": 4}."));
        }
    }
    Ok(Settings {
        name: check::text("/name", &given.name.unwrap_or(known.name), limits::PRODUCT_NAME_CHARACTERS)?,
        description: optional(
            "/description",
            given.description,
            known.description,
            limits::COLLECTION_DESCRIPTION_CHARACTERS,
        )?,
        category: check::text(
            "/category",
            &given.category.unwrap_or(known.category),
            limits::PRODUCT_CATEGORY_CHARACTERS,
        )?,
        sku: optional("/sku", given.sku, known.sku, limits::PRODUCT_SKU_CHARACTERS)?,
        status: given.status.unwrap_or(known.status),
        metadata: given.metadata.unwrap_or(known.metadata),
    })
}

/// By which words a product is found.
fn searched(settings: &Settings) -> (&'static str, Vec<String>) {
    let text = format!("{}\n{}", settings.name, settings.description.as_deref().unwrap_or_default());
    (language::language_of(&text), language::words(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_needs_a_name_and_a_category_and_keeps_what_is_not_given() {
        let text = |text: &str| Some(text.to_owned());
        let wrong = |given| match settings(given, unnamed()) {
            Err(Refusal::Invalid { pointer, .. }) => pointer,
            other => panic!("{other:?}"),
        };
        assert_eq!(wrong(Given { name: text("P-40"), ..Given::default() }), "/category");
        assert_eq!(wrong(Given { category: text("Pumps"), ..Given::default() }), "/name");
        let whole = || Given { name: text("P-40"), category: text("Pumps"), ..Given::default() };
        assert_eq!(wrong(Given { sku: text(&"9".repeat(51)), ..whole() }), "/sku");
        assert_eq!(wrong(Given { status: text("gone"), ..whole() }), "/status");
        assert_eq!(wrong(Given { metadata: Some(json!([])), ..whole() }), "/metadata");
        let known = settings(Given { sku: text(&"9".repeat(50)), ..whole() }, unnamed()).expect("well");
        assert_eq!(known.status, "active");
        assert_eq!(settings(Given::default(), known.clone()).expect("nothing given"), known);
        let blank = Given { sku: text(" "), ..Given::default() };
        assert_eq!(settings(blank, known).expect("a blank").sku, None);
    }
}
