//! The SAM template as this machine needs it: what runs, what triggers it, what it is told, how long it may
//! take.
//!
//! `infra/template.yaml` is the one source of all that. This module reads it into plain values and refuses
//! what it does not know, so that nothing which deploys is silently missing here. It starts nothing and knows
//! no addresses: those come back in through a [`Resolver`] once the parts that have them are running.

mod expression;
mod model;
mod properties;
mod resolver;
mod resources;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde_yaml_ng::{Mapping, Value};

pub use model::{
    Api, Bucket, CustomResource, FailureReport, Function, Key, Notification, Queue, QueueSource, Redrive,
    Route, Schedule, Transfer,
};
pub use resolver::Resolver;

use expression::Evaluator;

/// A template, its parameters decided.
#[derive(Debug, Clone, Default)]
pub struct Template {
    parameters: BTreeMap<String, String>,
    conditions: Mapping,
    functions: Vec<Function>,
    routes: Vec<Route>,
    sources: Vec<QueueSource>,
    schedules: Vec<Schedule>,
    queues: Vec<Queue>,
    buckets: Vec<Bucket>,
    keys: Vec<Key>,
    custom_resources: Vec<CustomResource>,
    apis: Vec<Api>,
}

impl Template {
    /// Reads a template; every parameter has its default.
    ///
    /// # Errors
    /// When the file is no template, or holds a resource, an event or a property that this machine does not
    /// know.
    pub fn read(path: &Path) -> Result<Template> {
        Template::read_with(path, &BTreeMap::new())
    }

    /// Reads a template with some parameters decided by the caller (name → value), as `--parameter-overrides`
    /// does.
    ///
    /// # Errors
    /// As [`Template::read`], and when a parameter is unknown, has no value or has one that is not allowed.
    pub fn read_with(path: &Path, overrides: &BTreeMap<String, String>) -> Result<Template> {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("read template {}", path.display()))?;
        Template::parse(&text, overrides).with_context(|| format!("understand template {}", path.display()))
    }

    /// The same from text.
    ///
    /// # Errors
    /// As [`Template::read_with`].
    pub fn parse(text: &str, overrides: &BTreeMap<String, String>) -> Result<Template> {
        let document: Value = serde_yaml_ng::from_str(text).context("parse YAML")?;
        let mut template = Template {
            parameters: parameters(&section(&document, "Parameters")?, overrides)?,
            conditions: section(&document, "Conditions")?,
            ..Template::default()
        };
        let globals = section(&document, "Globals")?;
        for (id, resource) in &section(&document, "Resources")? {
            let id = id.as_str().context("a resource's logical id is not text")?;
            template.take(id, resource, &globals).with_context(|| format!("read resource {id}"))?;
        }
        template.check()?;
        Ok(template)
    }

    /// The functions, in the template's order.
    pub fn functions(&self) -> &[Function] {
        &self.functions
    }

    /// The function whose package (and binary) has this name, such as `ingest`.
    pub fn function(&self, name: &str) -> Option<&Function> {
        self.functions.iter().find(|function| function.name == name)
    }

    /// The function with this logical id, such as `IngestFunction`.
    pub fn function_by_id(&self, logical_id: &str) -> Option<&Function> {
        self.functions.iter().find(|function| function.logical_id == logical_id)
    }

    /// What the API answers, and which function does it.
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// Which queues feed which functions.
    pub fn queue_sources(&self) -> &[QueueSource] {
        &self.sources
    }

    /// What the clock triggers.
    pub fn schedules(&self) -> &[Schedule] {
        &self.schedules
    }

    /// The queues.
    pub fn queues(&self) -> &[Queue] {
        &self.queues
    }

    /// The buckets and what they announce.
    pub fn buckets(&self) -> &[Bucket] {
        &self.buckets
    }

    /// The keys of KMS that it makes.
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// What a function of ours makes of the template itself, such as the migrations.
    pub fn custom_resources(&self) -> &[CustomResource] {
        &self.custom_resources
    }

    /// The REST API, when there is one.
    pub fn api(&self) -> Option<&Api> {
        self.apis.first()
    }

    /// A parameter's value.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }

    /// A function's environment as it is told it, secrets included: never print this.
    ///
    /// # Errors
    /// When a value refers to something that the resolver has no answer for.
    pub fn environment(&self, function: &Function, resolver: &Resolver) -> Result<BTreeMap<String, String>> {
        let evaluator = self.evaluator(resolver);
        let mut environment = BTreeMap::new();
        for (name, value) in &function.environment {
            let context = || format!("resolve environment variable {name} of {}", function.logical_id);
            if let Some(value) = evaluator.evaluate(value).with_context(context)? {
                let text = expression::text(&value).with_context(context)?;
                environment.insert(name.clone(), resolver.secrets_in(&text).with_context(context)?);
            }
        }
        Ok(environment)
    }

    /// A custom resource's properties as CloudFormation sends them, where every scalar is text.
    ///
    /// # Errors
    /// When a value refers to something that the resolver has no answer for.
    pub fn properties(&self, resource: &CustomResource, resolver: &Resolver) -> Result<serde_json::Value> {
        let context = || format!("resolve the properties of {}", resource.logical_id);
        let value = self.evaluator(resolver).evaluate(&Value::Mapping(resource.properties.clone()));
        let value = value.with_context(context)?.unwrap_or(Value::Null);
        expression::json(&value).with_context(context)
    }

    fn evaluator<'a>(&'a self, resolver: &'a Resolver) -> Evaluator<'a> {
        Evaluator { parameters: &self.parameters, conditions: &self.conditions, resolver }
    }

    /// Each name that a part uses for another part must be one that is there.
    fn check(&self) -> Result<()> {
        let queue = |id: &str| self.queues.iter().any(|queue| queue.logical_id == id);
        for source in &self.sources {
            ensure!(
                queue(&source.queue),
                "{} reads the queue {}, which is not there",
                source.function,
                source.queue
            );
        }
        for (owner, redrive) in self.queues.iter().filter_map(|queue| Some((queue, queue.redrive.as_ref()?)))
        {
            let (owner, target) = (&owner.logical_id, &redrive.dead_letter);
            ensure!(queue(target), "{owner} gives up to the queue {target}, which is not there");
        }
        for notification in self.buckets.iter().flat_map(|bucket| &bucket.notifications) {
            ensure!(
                queue(&notification.queue),
                "a bucket tells the queue {}, which is not there",
                notification.queue
            );
        }
        for custom in &self.custom_resources {
            let (id, target) = (&custom.logical_id, &custom.function);
            ensure!(self.function_by_id(target).is_some(), "{id} is made by {target}, which is not there");
        }
        ensure!(self.apis.len() <= 1, "there are several APIs; infra/local/src/gateway.rs serves one");
        for (index, route) in self.routes.iter().enumerate() {
            ensure!(
                self.apis.iter().any(|api| api.logical_id == route.api),
                "no API {} for {route}",
                route.api
            );
            let twice = self.routes[..index]
                .iter()
                .any(|other| (&other.method, &other.path) == (&route.method, &route.path));
            ensure!(!twice, "{route} is declared twice");
        }
        for (index, function) in self.functions.iter().enumerate() {
            let twice = self.functions[..index].iter().any(|other| other.name == function.name);
            ensure!(!twice, "two functions are built from the package {}", function.name);
        }
        Ok(())
    }
}

fn section(document: &Value, name: &str) -> Result<Mapping> {
    match document.get(name) {
        None => Ok(Mapping::new()),
        Some(Value::Mapping(mapping)) => Ok(mapping.clone()),
        Some(_) => bail!("{name} is not a mapping"),
    }
}

fn parameters(declared: &Mapping, overrides: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>> {
    let mut values = BTreeMap::new();
    for (name, declaration) in declared {
        let name = name.as_str().context("a parameter's name is not text")?;
        let value = match overrides.get(name) {
            Some(value) => value.clone(),
            None => {
                let default = declaration.get("Default");
                let default =
                    default.with_context(|| format!("parameter {name} has no default: give it a value"))?;
                expression::text(default).with_context(|| format!("read the default of parameter {name}"))?
            }
        };
        if let Some(Value::Sequence(allowed)) = declaration.get("AllowedValues") {
            let allowed = allowed.iter().map(expression::text).collect::<Result<Vec<_>>>()?;
            ensure!(
                allowed.contains(&value),
                "parameter {name} is {value:?}; allowed are {}",
                allowed.join(", ")
            );
        }
        values.insert(name.to_owned(), value);
    }
    for name in overrides.keys() {
        ensure!(values.contains_key(name), "the template has no parameter {name}");
    }
    Ok(values)
}

#[cfg(test)]
mod tests;
