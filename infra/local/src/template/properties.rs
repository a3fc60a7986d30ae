//! The properties of a resource or an event, read by name. A name that nobody taught is refused.

use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_yaml_ng::{Mapping, Value};

use super::expression::{self, Evaluator};

/// Where to teach a property.
const TEACH: &str = "teach it in infra/local/src/template/resources.rs";

pub(super) struct Properties<'a> {
    mapping: Mapping,
    evaluator: Evaluator<'a>,
}

impl<'a> Properties<'a> {
    /// The mapping under a name of a resource or an event; an absent one is empty.
    pub(super) fn under(owner: &Value, name: &str, evaluator: Evaluator<'a>) -> Result<Properties<'a>> {
        let mapping = match owner.get(name) {
            None | Some(Value::Null) => Mapping::new(),
            Some(Value::Mapping(mapping)) => mapping.clone(),
            Some(_) => bail!("{name} is not a mapping"),
        };
        Ok(Properties { mapping, evaluator })
    }

    /// Refuses every name but these, so that nothing which deploys is silently missing here.
    pub(super) fn only(self, known: &[&str]) -> Result<Properties<'a>> {
        for name in self.mapping.keys() {
            let name = name.as_str().context("a property's name is not text")?;
            if !known.contains(&name) {
                bail!("the property {name} is not known on this machine: {TEACH}");
            }
        }
        Ok(self)
    }

    /// The raw value.
    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        self.mapping.get(name)
    }

    /// The mapping one level down.
    pub(super) fn nested(&self, name: &str) -> Result<Properties<'a>> {
        Properties::under(&Value::Mapping(self.mapping.clone()), name, self.evaluator)
    }

    /// The mapping that is an item of a list.
    pub(super) fn item(&self, item: &Value) -> Result<Properties<'a>> {
        let mapping = item.as_mapping().context("an item of the list is not a mapping")?;
        Ok(Properties { mapping: mapping.clone(), evaluator: self.evaluator })
    }

    /// Text that depends on parameters at most.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>> {
        let text = |value| self.evaluator.text(value).with_context(|| format!("read {name}"));
        self.value(name).map(text).transpose()
    }

    /// Text that must be there.
    pub(super) fn required(&self, name: &str) -> Result<String> {
        self.text(name)?.with_context(|| format!("{name} is missing"))
    }

    /// A number that depends on parameters at most.
    pub(super) fn number<N: FromStr>(&self, name: &str) -> Result<Option<N>> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let number = text
            .parse()
            .ok()
            .with_context(|| format!("{name} is {text:?}, which is not a number in range"))?;
        Ok(Some(number))
    }

    /// A span of whole seconds.
    pub(super) fn seconds(&self, name: &str) -> Result<Option<Duration>> {
        Ok(self.number(name)?.map(Duration::from_secs))
    }

    /// The logical id that a property refers to.
    pub(super) fn target(&self, name: &str) -> Result<String> {
        let value = self.value(name).with_context(|| format!("{name} is missing"))?;
        expression::target(value).with_context(|| format!("read {name}"))
    }

    /// A list; an absent one is empty.
    pub(super) fn list(&self, name: &str) -> Result<Vec<Value>> {
        match self.value(name) {
            None => Ok(Vec::new()),
            Some(Value::Sequence(items)) => Ok(items.clone()),
            Some(_) => bail!("{name} is not a list"),
        }
    }

    /// Names with their values, in the template's order.
    pub(super) fn entries(&self) -> Result<Vec<(String, Value)>> {
        let entry = |(name, value): (&Value, &Value)| Ok((expression::text(name)?, value.clone()));
        self.mapping.iter().map(entry).collect()
    }
}
