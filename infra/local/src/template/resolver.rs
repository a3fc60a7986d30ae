//! What is known only once the stack runs: addresses, names and secrets.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

const SECRET: &str = "{{resolve:secretsmanager:";

/// Answers `!Ref` and `!GetAtt` for resources and pseudo parameters, and references to secrets.
#[derive(Clone)]
pub struct Resolver {
    references: BTreeMap<String, String>,
    attributes: BTreeMap<(String, String), String>,
    secrets: BTreeMap<(String, String), String>,
}

impl Default for Resolver {
    fn default() -> Resolver {
        Resolver::new()
    }
}

impl std::fmt::Debug for Resolver {
    /// Names only: the values hold secrets.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (references, attributes) = (self.references.keys(), self.attributes.keys());
        formatter.debug_list().entries(references).entries(attributes).finish()
    }
}

impl Resolver {
    /// A resolver that knows the pseudo parameters of a made-up account and nothing else.
    pub fn new() -> Resolver {
        let pseudo = [
            ("AWS::AccountId", "000000000000"),
            ("AWS::Partition", "aws"),
            ("AWS::Region", "us-east-1"),
            ("AWS::StackName", "docent"),
            ("AWS::URLSuffix", "amazonaws.com"),
        ];
        let references = pseudo.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        Resolver { references, attributes: BTreeMap::new(), secrets: BTreeMap::new() }
    }

    /// What `!Ref` of a resource gives (a queue's URL, a bucket's name), or of a pseudo parameter
    /// (`AWS::Region`).
    #[must_use]
    pub fn reference(mut self, name: &str, value: impl Into<String>) -> Resolver {
        self.references.insert(name.to_owned(), value.into());
        self
    }

    /// What `!GetAtt` gives.
    #[must_use]
    pub fn attribute(mut self, logical_id: &str, attribute: &str, value: impl Into<String>) -> Resolver {
        self.attributes.insert((logical_id.to_owned(), attribute.to_owned()), value.into());
        self
    }

    /// A key of a secret.
    #[must_use]
    pub fn secret(mut self, secret: &str, key: &str, value: impl Into<String>) -> Resolver {
        self.secrets.insert((secret.to_owned(), key.to_owned()), value.into());
        self
    }

    pub(super) fn find_reference(&self, name: &str) -> Option<&str> {
        self.references.get(name).map(String::as_str)
    }

    pub(super) fn find_attribute(&self, logical_id: &str, attribute: &str) -> Option<&str> {
        self.attributes.get(&(logical_id.to_owned(), attribute.to_owned())).map(String::as_str)
    }

    /// Puts secrets in place of their references. A secret's name may hold colons, since it may be an ARN.
    pub(super) fn secrets_in(&self, text: &str) -> Result<String> {
        let mut resolved = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find(SECRET) {
            resolved.push_str(&rest[..start]);
            let reference = &rest[start + SECRET.len()..];
            let (reference, after) =
                reference.split_once("}}").context("a reference to a secret does not end")?;
            let (name, key) = reference.split_once(":SecretString:").with_context(|| {
                format!("the reference to secret {reference} names no key of its SecretString")
            })?;
            let key = key.split(':').next().unwrap_or(key);
            let value = self.secrets.get(&(name.to_owned(), key.to_owned()));
            resolved.push_str(
                value.with_context(|| format!("no value is known for key {key} of secret {name}"))?,
            );
            rest = after;
        }
        resolved.push_str(rest);
        Ok(resolved)
    }
}
