//! CloudFormation's functions: what a value of the template comes to.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};
use serde_yaml_ng::{Mapping, Value};

use super::resolver::Resolver;

/// Where to teach a function that is not known here.
const TEACH: &str = "teach it in infra/local/src/template/expression.rs";

/// Everything that a value may depend on.
#[derive(Clone, Copy)]
pub(super) struct Evaluator<'a> {
    pub(super) parameters: &'a BTreeMap<String, String>,
    pub(super) conditions: &'a Mapping,
    pub(super) resolver: &'a Resolver,
}

impl Evaluator<'_> {
    /// What a value comes to; nothing for `AWS::NoValue`, which takes its property along.
    pub(super) fn evaluate(&self, value: &Value) -> Result<Option<Value>> {
        if let Some((function, argument)) = function_of(value)? {
            return self.call(function, argument).with_context(|| format!("evaluate {function}"));
        }
        Ok(Some(match value {
            Value::Sequence(items) => {
                let items = items.iter().map(|item| self.evaluate(item)).collect::<Result<Vec<_>>>()?;
                Value::Sequence(items.into_iter().flatten().collect())
            }
            Value::Mapping(mapping) => {
                let mut evaluated = Mapping::new();
                for (key, value) in mapping {
                    if let Some(value) = self.evaluate(value)? {
                        evaluated.insert(key.clone(), value);
                    }
                }
                Value::Mapping(evaluated)
            }
            scalar => scalar.clone(),
        }))
    }

    /// What a value comes to, as text.
    pub(super) fn text(&self, value: &Value) -> Result<String> {
        text(&self.evaluate(value)?.context("the value is AWS::NoValue")?)
    }

    /// Whether a named condition holds.
    pub(super) fn condition(&self, name: &str) -> Result<bool> {
        let condition = self.conditions.get(name).with_context(|| format!("there is no condition {name}"))?;
        self.holds(condition).with_context(|| format!("decide condition {name}"))
    }

    fn call(&self, function: &str, argument: &Value) -> Result<Option<Value>> {
        Ok(Some(match function {
            "Ref" => {
                let name = argument.as_str().context("Ref takes a name")?;
                if name == "AWS::NoValue" {
                    return Ok(None);
                }
                Value::String(self.reference(name)?)
            }
            "GetAtt" => Value::String(self.attribute(&text_or_parts(argument)?)?),
            "Sub" => Value::String(self.substitute(argument)?),
            "If" => {
                let [condition, yes, no] = arguments(argument)?;
                let holds = self.condition(condition.as_str().context("If takes a condition's name")?)?;
                return self.evaluate(if holds { yes } else { no });
            }
            "Join" => {
                let [separator, list] = arguments(argument)?;
                let parts = self.list(list)?.iter().map(text).collect::<Result<Vec<_>>>()?;
                Value::String(parts.join(&self.text(separator)?))
            }
            "Split" => {
                let [separator, whole] = arguments(argument)?;
                let (separator, whole) = (self.text(separator)?, self.text(whole)?);
                Value::Sequence(whole.split(&separator).map(|part| Value::String(part.to_owned())).collect())
            }
            "Select" => {
                let [index, list] = arguments(argument)?;
                let index: usize = self.text(index)?.parse().context("Select takes an index")?;
                let list = self.list(list)?;
                list.get(index).with_context(|| format!("the list has no item {index}"))?.clone()
            }
            "Equals" | "Not" | "And" | "Or" | "Condition" => {
                let call = Value::Tagged(Box::new(serde_yaml_ng::value::TaggedValue {
                    tag: serde_yaml_ng::value::Tag::new(function),
                    value: argument.clone(),
                }));
                Value::Bool(self.holds(&call)?)
            }
            _ => bail!("the function {function} is not known: {TEACH}"),
        }))
    }

    fn holds(&self, condition: &Value) -> Result<bool> {
        let (function, argument) = function_of(condition)?.context("a condition is a function")?;
        Ok(match function {
            "Condition" => self.condition(argument.as_str().context("Condition takes a name")?)?,
            "Equals" => {
                let [left, right] = arguments(argument)?;
                self.text(left)? == self.text(right)?
            }
            "Not" => {
                let [condition] = arguments(argument)?;
                !self.holds(condition)?
            }
            "And" | "Or" => {
                let conditions =
                    argument.as_sequence().with_context(|| format!("{function} takes a list"))?;
                let conditions =
                    conditions.iter().map(|condition| self.holds(condition)).collect::<Result<Vec<_>>>()?;
                if function == "And" {
                    conditions.iter().all(|&holds| holds)
                } else {
                    conditions.contains(&true)
                }
            }
            _ => bail!("the condition {function} is not known: {TEACH}"),
        })
    }

    fn list(&self, value: &Value) -> Result<Vec<Value>> {
        match self.evaluate(value)? {
            Some(Value::Sequence(items)) => Ok(items),
            _ => bail!("the value is no list"),
        }
    }

    fn reference(&self, name: &str) -> Result<String> {
        let known =
            self.parameters.get(name).map(String::as_str).or_else(|| self.resolver.find_reference(name));
        let known =
            known.with_context(|| format!("no value is known for Ref {name}: give it to the Resolver"))?;
        Ok(known.to_owned())
    }

    /// `LogicalId.Attribute`, where an attribute may hold dots of its own.
    fn attribute(&self, path: &str) -> Result<String> {
        let (logical_id, attribute) = path.split_once('.').context("GetAtt takes Resource.Attribute")?;
        let known = self.resolver.find_attribute(logical_id, attribute);
        Ok(known
            .with_context(|| format!("no value is known for GetAtt {path}: give it to the Resolver"))?
            .to_owned())
    }

    /// `${Name}`, `${Resource.Attribute}`, names of the call's own, and `${!Literal}`.
    fn substitute(&self, argument: &Value) -> Result<String> {
        let own = match argument {
            Value::Sequence(_) => {
                arguments::<2>(argument)?[1].as_mapping().cloned().context("Sub takes a mapping")?
            }
            _ => Mapping::new(),
        };
        let pattern = match argument {
            Value::Sequence(items) => items.first(),
            other => Some(other),
        };
        let mut rest = pattern.and_then(Value::as_str).context("Sub takes text")?;
        let mut result = String::with_capacity(rest.len());
        while let Some(start) = rest.find("${") {
            let (before, name) = (&rest[..start], &rest[start + 2..]);
            let (name, after) = name.split_once('}').context("a ${ of Sub is not closed")?;
            result.push_str(before);
            if let Some(literal) = name.strip_prefix('!') {
                result.push_str(&format!("${{{literal}}}"));
            } else if let Some(value) = own.get(name) {
                result.push_str(&self.text(value)?);
            } else if name.contains('.') {
                result.push_str(&self.attribute(name)?);
            } else {
                result.push_str(&self.reference(name)?);
            }
            rest = after;
        }
        result.push_str(rest);
        Ok(result)
    }
}

/// The name and argument of a function, whether `!Name x` or `Fn::Name: x`.
fn function_of(value: &Value) -> Result<Option<(&str, &Value)>> {
    match value {
        Value::Tagged(tagged) => {
            let name = match &tagged.tag {
                tag if *tag == "Ref" => "Ref",
                tag if *tag == "GetAtt" => "GetAtt",
                tag if *tag == "Sub" => "Sub",
                tag if *tag == "If" => "If",
                tag if *tag == "Join" => "Join",
                tag if *tag == "Split" => "Split",
                tag if *tag == "Select" => "Select",
                tag if *tag == "Equals" => "Equals",
                tag if *tag == "Not" => "Not",
                tag if *tag == "And" => "And",
                tag if *tag == "Or" => "Or",
                tag if *tag == "Condition" => "Condition",
                other => bail!("the function {other} is not known: {TEACH}"),
            };
            Ok(Some((name, &tagged.value)))
        }
        Value::Mapping(mapping) if mapping.len() == 1 => {
            Ok(mapping.iter().next().and_then(|(key, argument)| {
                let key = key.as_str()?;
                let name = key.strip_prefix("Fn::").or_else(|| (key == "Ref").then_some(key))?;
                Some((name, argument))
            }))
        }
        _ => Ok(None),
    }
}

/// The logical id that a value stands for: `!Ref X`, `!GetAtt X.Arn` or their long forms.
pub(super) fn target(value: &Value) -> Result<String> {
    match function_of(value)? {
        Some(("Ref", argument)) => Ok(argument.as_str().context("Ref takes a name")?.to_owned()),
        Some(("GetAtt", argument)) => {
            let path = text_or_parts(argument)?;
            Ok(path.split('.').next().unwrap_or_default().to_owned())
        }
        _ => bail!("expected a !Ref or !GetAtt of a resource of this template"),
    }
}

fn text_or_parts(value: &Value) -> Result<String> {
    match value {
        Value::Sequence(parts) => Ok(parts.iter().map(text).collect::<Result<Vec<_>>>()?.join(".")),
        other => text(other),
    }
}

fn arguments<const COUNT: usize>(value: &Value) -> Result<&[Value; COUNT]> {
    let items = value.as_sequence().context("the function takes a list")?;
    let count = items.len();
    ensure!(count == COUNT, "the function takes {COUNT} arguments, not {count}");
    items.as_slice().try_into().context("count arguments")
}

/// A scalar as text, the way environment variables carry it.
pub(super) fn text(value: &Value) -> Result<String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(truth) => Ok(truth.to_string()),
        _ => bail!("the value is not text, a number or a truth"),
    }
}

/// JSON with every scalar as text, the way CloudFormation hands properties to a custom resource.
pub(super) fn json(value: &Value) -> Result<serde_json::Value> {
    Ok(match value {
        Value::Null => serde_json::Value::Null,
        Value::Sequence(items) => serde_json::Value::Array(items.iter().map(json).collect::<Result<_>>()?),
        Value::Mapping(mapping) => {
            let entry = |(key, value): (&Value, &Value)| Ok((text(key)?, json(value)?));
            serde_json::Value::Object(mapping.iter().map(entry).collect::<Result<_>>()?)
        }
        scalar => serde_json::Value::String(text(scalar)?),
    })
}
