//! Uploads: a form by which one document comes into the bucket. S3 itself holds it to its key and its size.

use crate::{Management, Refusal, check};
use domain::{
    Caller, Scope,
    document::{ANY_TYPE, ObjectKey, is_content_type, is_slug},
    limits,
    metadata::{DocumentType, MetadataSchema, is_name, listed},
};
use jiff::Timestamp;
use objects::signed::{self, Form};
use std::{collections::BTreeMap, time::Duration};
use store::{collection_settings, organizations, products};

/// What is to be uploaded, as its uploader says.
#[derive(Debug, Default)]
pub struct Wish {
    /// Slug of the collection; made with the first document when there is none.
    pub collection: String,
    /// The document's name in it, which may have folders.
    pub path: String,
    /// The file's type.
    pub content_type: Option<String>,
    /// Bytes.
    pub size: Option<u64>,
    /// For people.
    pub title: Option<String>,
    /// One of the document types.
    pub document_type: Option<String>,
    /// ISO 639.
    pub language: Option<String>,
    /// Where it came from.
    pub source_url: Option<String>,
    /// What it is about: a SKU or an id.
    pub product: Option<String>,
    /// By the collection's schema.
    pub attributes: BTreeMap<String, String>,
}

impl Management {
    /// A form that uploads one document, and the key that it will have.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn upload(
        &self,
        caller: &Caller,
        wish: &Wish,
        now: Timestamp,
    ) -> Result<(String, Form), Refusal> {
        let tx = self.enter(caller, Scope::DocumentsWrite).await?;
        let slug = organizations::slug(&tx).await?;
        let object = object_key(&slug, wish)?;
        // Parsing cannot fail: every text is a name.
        let named = wish.collection.parse().unwrap_or_else(|never| match never {});
        let collection = collection_settings::get(&tx, &named).await?;
        if let Some(product) = wish.product.as_deref().map(str::trim).filter(|name| !name.is_empty())
            && !product.contains('\0')
            && products::of_name(&tx, product).await?.is_none()
        {
            let detail = "There is no product with this SKU or id; make it first, or leave it out.";
            return Err(Refusal::invalid("/product", detail));
        }
        let schema = match collection.filter(|collection| collection.slug == wish.collection) {
            Some(known) => MetadataSchema::parse(&known.settings.metadata_schema).unwrap_or_default(),
            None => MetadataSchema::default(),
        };
        let metadata = metadata(wish, &schema)?;
        let content_type = content_type(wish)?;
        let size = wish.size.unwrap_or(1);
        if size == 0 || size > limits::DOCUMENT_BYTES {
            let detail = format!("A document has 1 to {} bytes, not {size}.", limits::DOCUMENT_BYTES);
            return Err(Refusal::invalid("/size", detail));
        }
        let upload = signed::Upload {
            key: &object,
            content_type: &content_type,
            metadata: &metadata,
            size: 1..=limits::DOCUMENT_BYTES,
            good_for: Duration::from_secs(limits::UPLOAD_SECONDS),
        };
        tx.finish().await?;
        let form = self.signer.upload(&upload, now).await?;
        Ok((object, form))
    }
}

/// `{organization-slug}/{collection-slug}/{path}`, as ingestion will read it.
fn object_key(organization: &str, wish: &Wish) -> Result<String, Refusal> {
    if !is_slug(&wish.collection) {
        let detail = "A collection's slug is of lower-case letters, digits, '-', '.' and '_', at most 100.";
        return Err(Refusal::invalid("/collection", detail));
    }
    let path = &wish.path;
    if path.chars().any(char::is_control) {
        return Err(Refusal::invalid("/path", "A document's name must not hold control characters."));
    }
    // Clients and proxies take these for steps and would ask for another object.
    if path.split('/').any(|part| matches!(part, "" | "." | "..")) {
        let detail = "A document's name has folders and a file's name between single slashes, none of them '.' or '..'.";
        return Err(Refusal::invalid("/path", detail));
    }
    let key = format!("{organization}/{}/{path}", wish.collection);
    if key.len() > limits::OBJECT_KEY_BYTES {
        let room = limits::OBJECT_KEY_BYTES.saturating_sub(key.len() - path.len());
        let detail =
            format!("The name has {} bytes; in this collection there is room for {room}.", path.len());
        return Err(Refusal::invalid("/path", detail));
    }
    match ObjectKey::parse(&key) {
        Ok(_) => Ok(key),
        Err(_) => Err(Refusal::invalid("/path", "The name does not make a document's key.")),
    }
}

fn content_type(wish: &Wish) -> Result<String, Refusal> {
    let given =
        check::optional("/content_type", wish.content_type.as_deref(), limits::CONTENT_TYPE_CHARACTERS)?;
    let Some(given) = given else { return Ok(ANY_TYPE.into()) };
    if !is_content_type(&given) {
        let detail = "A content type is written as in application/pdf.";
        return Err(Refusal::invalid("/content_type", detail));
    }
    Ok(given)
}

/// What travels with the object: encoded, it must fit.
fn metadata(wish: &Wish, schema: &MetadataSchema) -> Result<BTreeMap<String, String>, Refusal> {
    let mut said = BTreeMap::new();
    if let Some(title) = check::optional("/title", wish.title.as_deref(), limits::TITLE_CHARACTERS)? {
        said.insert("title".to_owned(), title);
    }
    if let Some(word) = &wish.document_type {
        let known = DocumentType::parse(word).ok_or_else(|| {
            let all = listed(DocumentType::ALL.map(DocumentType::as_str).into_iter());
            Refusal::invalid("/document_type", format!("A document's type is one of {all}."))
        })?;
        said.insert("document-type".to_owned(), known.as_str().to_owned());
    }
    if let Some(code) = &wish.language {
        if !(2..=3).contains(&code.len()) || !code.bytes().all(|byte| byte.is_ascii_lowercase()) {
            return Err(Refusal::invalid(
                "/language",
                "A language is its ISO 639 code, as in \"en\" or \"th\".",
            ));
        }
        said.insert("language".to_owned(), code.clone());
    }
    if let Some(url) = &wish.source_url {
        said.insert("source-url".to_owned(), check::web_address("/source_url", url)?.to_string());
    }
    if let Some(product) =
        check::optional("/product", wish.product.as_deref(), limits::PRODUCT_SKU_CHARACTERS)?
    {
        said.insert("product".to_owned(), product);
    }
    for (name, value) in &wish.attributes {
        let pointer = format!("/attributes/{name}");
        said.insert(format!("attr-{name}"), attribute(&pointer, name, value, schema)?);
    }
    let bytes = objects::metadata_bytes(&said);
    if bytes > limits::OBJECT_METADATA_BYTES {
        let detail = format!(
            "Title, address and attributes have {bytes} bytes when encoded; S3 keeps {} with an object. Shorten them.",
            limits::OBJECT_METADATA_BYTES
        );
        return Err(Refusal::invalid("", detail));
    }
    Ok(said)
}

/// An attribute's value, if the collection's schema allows it. What the schema requires and nobody gives here, the
/// file may say of itself.
fn attribute(pointer: &str, name: &str, value: &str, schema: &MetadataSchema) -> Result<String, Refusal> {
    if !is_name(name) {
        let detail =
            "An attribute's name is of lower-case letters, digits and '_', and begins with a letter.";
        return Err(Refusal::invalid(pointer, detail));
    }
    let value = check::text(pointer, value, limits::METADATA_VALUE_CHARACTERS)?;
    if value.chars().any(char::is_control) {
        return Err(Refusal::invalid(pointer, "An attribute's value stands on one line."));
    }
    if schema.fields().is_empty() {
        return Ok(value);
    }
    let names = || listed(schema.fields().keys().map(String::as_str));
    let field = schema.fields().get(name).ok_or_else(|| {
        Refusal::invalid(
            pointer,
            format!("The collection's metadata schema has no such field; it has {}.", names()),
        )
    })?;
    match &field.allowed {
        Some(allowed) if !allowed.contains(&value) => {
            let allowed = listed(allowed.iter().map(String::as_str));
            Err(Refusal::invalid(pointer, format!("The collection allows {allowed} here.")))
        }
        _ => Ok(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn wish(path: &str) -> Wish {
        Wish { collection: "handbook".into(), path: path.into(), ..Wish::default() }
    }

    #[test]
    fn a_key_is_what_ingestion_reads() {
        assert_eq!(object_key("acme", &wish("ปั๊ม/a b+1.pdf")).expect("a key"), "acme/handbook/ปั๊ม/a b+1.pdf");
        for wrong in ["", "/", "a/", "/a", "a//b", "../a", "a/./b", "a\nb", "a\0"] {
            assert!(object_key("acme", &wish(wrong)).is_err(), "{wrong:?}");
        }
        let room = limits::OBJECT_KEY_BYTES - "acme/handbook/".len();
        assert!(object_key("acme", &wish(&"a".repeat(room))).is_ok());
        assert!(object_key("acme", &wish(&"a".repeat(room + 1))).is_err());
        for slug in ["", "A", "../other", "a/b"] {
            let wish = Wish { collection: slug.into(), ..wish("a.pdf") };
            assert!(object_key("acme", &wish).is_err(), "{slug:?}");
        }
    }

    #[test]
    fn attributes_keep_to_the_schema() {
        let schema = json!({ "module": { "allowed": ["m1", "m2"], "required": true }, "chapter": {} });
        let schema = MetadataSchema::parse(&schema).expect("a schema");
        let said = |name: &str, value: &str| {
            let attributes = BTreeMap::from([(name.to_owned(), value.to_owned())]);
            metadata(&Wish { attributes, ..wish("a.pdf") }, &schema)
        };
        assert_eq!(said("module", "m1").expect("allowed")["attr-module"], "m1");
        assert_eq!(said("chapter", "บท").expect("anything")["attr-chapter"], "บท");
        assert!(
            said("module", "m3").is_err() && said("other", "a").is_err() && said("Chapter", "a").is_err()
        );
        assert!(metadata(&wish("a.pdf"), &schema).is_ok(), "the file may say it of itself");
    }

    #[test]
    fn what_s3_cannot_keep_is_refused_before() {
        let titled = |characters: usize| {
            let title = Some("ก".repeat(characters));
            metadata(&Wish { title, ..wish("a.pdf") }, &MetadataSchema::default())
        };
        // Nine bytes a letter when encoded.
        assert!(titled(227).is_ok() && titled(228).is_err());
        let typed = |word: &str| {
            let content_type = Some(word.to_owned());
            content_type_of(&Wish { content_type, ..wish("a") })
        };
        assert!(typed("application/pdf").is_some_and(|kind| kind == "application/pdf"));
        assert!(typed("pdf").is_none() && typed("a/b\r\nx: y").is_none());
    }

    fn content_type_of(wish: &Wish) -> Option<String> {
        content_type(wish).ok()
    }
}
