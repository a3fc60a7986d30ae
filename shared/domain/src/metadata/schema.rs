//! The fields of a collection's documents: which there are, which must be given, which values they may have.

#[cfg(test)]
mod tests;

use super::{Malformed, listed};
use crate::{
    Failure, FailureCode,
    document::{clean, clip},
    limits,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// A collection's fields by name, as `collections.metadata_schema` holds them. Without any, documents may say what
/// they like.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MetadataSchema {
    fields: BTreeMap<String, Field>,
}

/// What is asked of one field.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Field {
    /// A document without it is refused.
    pub required: bool,
    /// The values that it may have; `None`: any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed: Option<Vec<String>>,
    /// For people who fill it in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// Whether a word can name a field: `[a-z][a-z0-9_]{0,49}`.
#[must_use]
pub fn is_name(word: &str) -> bool {
    word.len() <= limits::METADATA_NAME_BYTES
        && word.starts_with(|c: char| c.is_ascii_lowercase())
        && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

impl MetadataSchema {
    /// Reads a schema: `{"module": {"allowed": ["m1", "m2"], "required": true, "description": "..."}}`.
    ///
    /// # Errors
    /// [`Malformed`] with what is wrong.
    pub fn parse(declared: &Value) -> Result<Self, Malformed> {
        let declared = declared.as_object().ok_or_else(|| {
            Malformed("The metadata schema is no object: it names each field, as in {\"module\": {}}.".into())
        })?;
        if declared.len() > limits::METADATA_FIELDS {
            return Err(Malformed(format!(
                "The metadata schema has {} fields; at most {} are kept.",
                declared.len(),
                limits::METADATA_FIELDS
            )));
        }
        let mut fields = BTreeMap::new();
        for (name, declared) in declared {
            let field = Field::parse(name, declared).map_err(|what| {
                Malformed(format!(
                    "Field \"{}\" of the metadata schema: {what}.",
                    clip(&clean(name), limits::METADATA_NAME_BYTES)
                ))
            })?;
            fields.insert(name.clone(), field);
        }
        Ok(Self { fields })
    }

    /// Its fields by name.
    #[must_use]
    pub fn fields(&self) -> &BTreeMap<String, Field> {
        &self.fields
    }

    /// A document's values. With fields, those are taken from what its uploader gave, else from what the file says
    /// of itself; without, all that the uploader gave. Values are on one line; blank is as good as not given.
    ///
    /// # Errors
    /// A [`Failure`] that names the field, its value and what is allowed.
    pub fn values(
        &self,
        given: &BTreeMap<String, String>,
        said: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, Failure> {
        if self.fields.is_empty() {
            return values_without_schema(given);
        }
        let mut values = BTreeMap::new();
        for (name, field) in &self.fields {
            match present(given, name).or_else(|| present(said, name)) {
                Some(value) => {
                    field.check(name, &value)?;
                    values.insert(name.clone(), value);
                }
                None if field.required => return Err(refused(missing(name, field))),
                None => {}
            }
        }
        Ok(values)
    }
}

impl Field {
    fn parse(name: &str, declared: &Value) -> Result<Self, String> {
        if !is_name(name) {
            return Err(format!(
                "a name is of lower-case letters, digits and \"_\", begins with a letter and has at most {} of them",
                limits::METADATA_NAME_BYTES
            ));
        }
        // Without this, serde takes a list of the right length for the object.
        if !declared.is_object() {
            return Err("what is asked of it is an object, as in {\"required\": true}".into());
        }
        let field: Self = serde_json::from_value(declared.clone()).map_err(|error| error.to_string())?;
        if let Some(allowed) = &field.allowed {
            if allowed.is_empty() {
                return Err("it allows nothing; leave \"allowed\" out to allow anything".into());
            }
            if allowed.len() > limits::METADATA_ALLOWED_VALUES {
                return Err(format!(
                    "it allows {} values; at most {} are kept",
                    allowed.len(),
                    limits::METADATA_ALLOWED_VALUES
                ));
            }
            if let Some(odd) = allowed.iter().find(|value| value.trim() != *value || value.is_empty()) {
                return Err(format!("the allowed value {odd:?} is blank or has blanks around it"));
            }
            if allowed.iter().any(|value| is_too_long(value)) {
                return Err(format!(
                    "an allowed value has more than {} characters",
                    limits::METADATA_VALUE_CHARACTERS
                ));
            }
        }
        let described = field.description.as_deref().unwrap_or_default().chars().count();
        if described > limits::METADATA_DESCRIPTION_CHARACTERS {
            return Err(format!(
                "its description has {described} characters; at most {} are kept",
                limits::METADATA_DESCRIPTION_CHARACTERS
            ));
        }
        Ok(field)
    }

    fn check(&self, name: &str, value: &str) -> Result<(), Failure> {
        check_length(name, value)?;
        match &self.allowed {
            Some(allowed) if !allowed.iter().any(|known| known == value) => Err(refused(format!(
                "The metadata field \"{name}\" is \"{value}\"; allowed: {}. Correct it and upload the document again.",
                listed(allowed.iter().map(String::as_str))
            ))),
            _ => Ok(()),
        }
    }
}

fn values_without_schema(given: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, Failure> {
    let mut values = BTreeMap::new();
    for name in given.keys() {
        let Some(value) = present(given, name) else { continue };
        if !is_name(name) {
            return Err(refused(format!(
                "The metadata field \"{}\" has a name that cannot be kept: it is of lower-case letters, digits and \
                 \"_\", begins with a letter and has at most {} of them. Rename it and upload the document again.",
                clip(&clean(name), limits::METADATA_NAME_BYTES),
                limits::METADATA_NAME_BYTES
            )));
        }
        check_length(name, &value)?;
        values.insert(name.clone(), value);
    }
    Ok(values)
}

fn present(values: &BTreeMap<String, String>, name: &str) -> Option<String> {
    values.get(name).map(|value| clean(value).trim().to_owned()).filter(|value| !value.is_empty())
}

fn is_too_long(value: &str) -> bool {
    value.chars().count() > limits::METADATA_VALUE_CHARACTERS
}

fn check_length(name: &str, value: &str) -> Result<(), Failure> {
    if !is_too_long(value) {
        return Ok(());
    }
    Err(refused(format!(
        "The metadata field \"{name}\" has {} characters (\"{} …\"); allowed: at most {}. Shorten it and upload the \
         document again.",
        value.chars().count(),
        clip(value, 40),
        limits::METADATA_VALUE_CHARACTERS
    )))
}

fn missing(name: &str, field: &Field) -> String {
    let allowed = match &field.allowed {
        Some(allowed) => format!("; allowed: {}", listed(allowed.iter().map(String::as_str))),
        None => String::new(),
    };
    format!(
        "The metadata field \"{name}\" is missing, and its collection requires it{allowed}. Give it as the object's \
         metadata x-amz-meta-attr-{name} or in the file's front matter, and upload the document again."
    )
}

fn refused(detail: String) -> Failure {
    Failure::new(FailureCode::Metadata, detail)
}
