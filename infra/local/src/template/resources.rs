//! Which resources and events this machine knows, and how each is read.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_yaml_ng::{Mapping, Value};

use super::Template;
use super::expression;
use super::model::{
    Api, Bucket, CustomResource, FailureReport, Function, Key, Notification, Queue, QueueSource, Redrive,
    Route, Schedule, Transfer,
};
use super::properties::Properties;
use super::resolver::Resolver;

/// Resources that mean nothing here: one machine has one user, a console and a disk.
const IGNORED: [&str; 6] = [
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::IAM::Role",
    "AWS::Logs::LogGroup",
    "AWS::S3::BucketPolicy",
    "AWS::SQS::QueuePolicy",
];

/// Where to teach a resource or an event.
const TEACH: &str = "teach it in infra/local/src/template/resources.rs";

/// How long the API waits for a buffered function unless the template says otherwise.
const INTEGRATION_TIMEOUT: Duration = Duration::from_secs(29);

impl Template {
    /// Takes one resource in, or refuses it.
    pub(super) fn take(&mut self, id: &str, resource: &Value, globals: &Mapping) -> Result<()> {
        let kind = resource.get("Type").and_then(Value::as_str).context("the resource has no Type")?;
        let known = self.clone();
        let resolver = Resolver::new();
        let evaluator = known.evaluator(&resolver);
        if let Some(condition) = resource.get("Condition").and_then(Value::as_str)
            && !evaluator.condition(condition)?
        {
            return Ok(());
        }
        let properties = Properties::under(resource, "Properties", evaluator)?;
        match kind {
            "AWS::Serverless::Function" => {
                let defaults = Properties::under(&Value::Mapping(globals.clone()), "Function", evaluator)?;
                let metadata = Properties::under(resource, "Metadata", evaluator)?;
                self.functions.push(function(id, &properties, &defaults, &metadata)?);
                for (event, declaration) in properties.nested("Events")?.entries()? {
                    let context = || format!("read event {event}");
                    let kind = declaration.get("Type").and_then(Value::as_str).with_context(context)?;
                    let properties = Properties::under(&declaration, "Properties", evaluator)?;
                    self.take_event(id, &event, kind, properties).with_context(context)?;
                }
            }
            "AWS::Serverless::Api" => {
                self.apis.push(Api { logical_id: id.to_owned(), stage: properties.required("StageName")? });
            }
            "AWS::SQS::Queue" => self.queues.push(queue(id, properties)?),
            "AWS::S3::Bucket" => self.buckets.push(bucket(id, &properties)?),
            "AWS::KMS::Key" => self.keys.push(key(id, properties)?),
            _ if kind.starts_with("Custom::") => {
                self.custom_resources.push(custom_resource(id, kind, &properties)?)
            }
            _ if IGNORED.contains(&kind) => {}
            _ => bail!("the resource type {kind} is not known on this machine: {TEACH}"),
        }
        Ok(())
    }

    fn take_event(
        &mut self,
        function: &str,
        event: &str,
        kind: &str,
        properties: Properties<'_>,
    ) -> Result<()> {
        match kind {
            "SQS" => self.sources.push(queue_source(function, event, properties)?),
            "Api" => self.routes.push(route(function, properties)?),
            "Schedule" => self.schedules.extend(schedule(function, event, properties)?),
            _ => bail!("the event type {kind} is not known on this machine: {TEACH}"),
        }
        Ok(())
    }
}

fn function(
    id: &str,
    own: &Properties<'_>,
    defaults: &Properties<'_>,
    metadata: &Properties<'_>,
) -> Result<Function> {
    let name = metadata.nested("BuildProperties")?.text("Binary")?;
    let name = name.context("Metadata.BuildProperties.Binary is missing: it names the package to build")?;
    let either = |name| Ok::<Option<u64>, anyhow::Error>(own.number(name)?.or(defaults.number(name)?));
    let mut environment: Vec<(String, Value)> = Vec::new();
    for properties in [defaults, own] {
        for (name, value) in
            properties.nested("Environment")?.only(&["Variables"])?.nested("Variables")?.entries()?
        {
            environment.retain(|(known, _)| *known != name);
            environment.push((name, value));
        }
    }
    // The defaults are Lambda's own.
    let timeout = Duration::from_secs(either("Timeout")?.unwrap_or(3));
    let memory_mb =
        u32::try_from(either("MemorySize")?.unwrap_or(128)).context("MemorySize is out of range")?;
    Ok(Function { logical_id: id.to_owned(), name, timeout, memory_mb, environment })
}

fn queue_source(function: &str, event: &str, properties: Properties<'_>) -> Result<QueueSource> {
    let known =
        ["Queue", "BatchSize", "MaximumBatchingWindowInSeconds", "FunctionResponseTypes", "ScalingConfig"];
    let properties = properties.only(&known)?;
    let mut report = FailureReport::WholeBatch;
    for kind in properties.list("FunctionResponseTypes")? {
        ensure!(
            kind.as_str() == Some("ReportBatchItemFailures"),
            "FunctionResponseTypes holds {kind:?}: {TEACH}"
        );
        report = FailureReport::EachMessage;
    }
    let scaling = properties.nested("ScalingConfig")?.only(&["MaximumConcurrency"])?;
    let source = QueueSource {
        function: function.to_owned(),
        event: event.to_owned(),
        queue: properties.target("Queue")?,
        batch_size: properties.number("BatchSize")?.unwrap_or(10),
        batching_window: properties.seconds("MaximumBatchingWindowInSeconds")?.unwrap_or_default(),
        report,
        maximum_concurrency: scaling.number("MaximumConcurrency")?,
    };
    ensure!((1..=10_000).contains(&source.batch_size), "BatchSize must be 1 to 10000");
    let window_needed = source.batch_size > 10 && source.batching_window.is_zero();
    ensure!(!window_needed, "a BatchSize over 10 needs MaximumBatchingWindowInSeconds of at least 1");
    Ok(source)
}

fn route(function: &str, properties: Properties<'_>) -> Result<Route> {
    let properties =
        properties.only(&["RestApiId", "Method", "Path", "ResponseTransferMode", "TimeoutInMillis"])?;
    let transfer = match properties.text("ResponseTransferMode")?.as_deref() {
        None | Some("BUFFERED") => Transfer::Buffered,
        Some("RESPONSE_STREAM") => Transfer::Streamed,
        Some(other) => bail!("ResponseTransferMode is {other}; it may be BUFFERED or RESPONSE_STREAM"),
    };
    Ok(Route {
        api: properties.target("RestApiId")?,
        method: properties.required("Method")?.to_uppercase(),
        path: properties.required("Path")?,
        function: function.to_owned(),
        transfer,
        timeout: properties.number("TimeoutInMillis")?.map_or(INTEGRATION_TIMEOUT, Duration::from_millis),
    })
}

/// A schedule; nothing when the template declares it disabled.
fn schedule(function: &str, event: &str, properties: Properties<'_>) -> Result<Option<Schedule>> {
    let properties = properties.only(&["Schedule", "Input", "Enabled", "Description", "Name"])?;
    if properties.text("Enabled")?.as_deref() == Some("false") {
        return Ok(None);
    }
    Ok(Some(Schedule {
        function: function.to_owned(),
        event: event.to_owned(),
        expression: properties.required("Schedule")?,
        input: properties.text("Input")?,
    }))
}

fn queue(id: &str, properties: Properties<'_>) -> Result<Queue> {
    let properties = properties.only(&[
        "VisibilityTimeout",
        "MessageRetentionPeriod",
        "DelaySeconds",
        "RedrivePolicy",
        "SqsManagedSseEnabled",
        "Tags",
    ])?;
    let redrive = match properties.value("RedrivePolicy") {
        None => None,
        Some(_) => {
            let policy =
                properties.nested("RedrivePolicy")?.only(&["deadLetterTargetArn", "maxReceiveCount"])?;
            let max_receive_count =
                policy.number("maxReceiveCount")?.context("maxReceiveCount is missing")?;
            Some(Redrive { dead_letter: policy.target("deadLetterTargetArn")?, max_receive_count })
        }
    };
    // The defaults are SQS's own.
    Ok(Queue {
        logical_id: id.to_owned(),
        visibility: properties.seconds("VisibilityTimeout")?.unwrap_or(Duration::from_secs(30)),
        retention: properties.seconds("MessageRetentionPeriod")?.unwrap_or(Duration::from_secs(345_600)),
        delay: properties.seconds("DelaySeconds")?.unwrap_or_default(),
        redrive,
    })
}

fn bucket(id: &str, properties: &Properties<'_>) -> Result<Bucket> {
    let configuration = properties.nested("NotificationConfiguration")?.only(&["QueueConfigurations"])?;
    let mut notifications = Vec::new();
    for entry in configuration.list("QueueConfigurations")? {
        let entry = configuration.item(&entry)?.only(&["Event", "Queue", "Filter"])?;
        let (mut prefix, mut suffix) = (String::new(), String::new());
        for rule in
            entry.nested("Filter")?.only(&["S3Key"])?.nested("S3Key")?.only(&["Rules"])?.list("Rules")?
        {
            let part = |name| expression::text(rule.get(name).unwrap_or(&Value::Null));
            match part("Name")?.as_str() {
                "prefix" => prefix = part("Value")?,
                "suffix" => suffix = part("Value")?,
                other => bail!("a filter by {other} is not known on this machine: {TEACH}"),
            }
        }
        notifications.push(Notification {
            event: entry.required("Event")?,
            queue: entry.target("Queue")?,
            prefix,
            suffix,
        });
    }
    Ok(Bucket { logical_id: id.to_owned(), notifications })
}

/// A key that seals and opens; who may use it, and how it is rotated, is the cloud's.
fn key(id: &str, properties: Properties<'_>) -> Result<Key> {
    let known = ["Description", "EnableKeyRotation", "KeyPolicy", "KeySpec", "PendingWindowInDays"];
    let properties = properties.only(&known)?;
    let spec = properties.text("KeySpec")?;
    ensure!(spec.is_none_or(|spec| spec == "SYMMETRIC_DEFAULT"), "KeySpec is not SYMMETRIC_DEFAULT: {TEACH}");
    Ok(Key { logical_id: id.to_owned() })
}

fn custom_resource(id: &str, kind: &str, properties: &Properties<'_>) -> Result<CustomResource> {
    let function = properties.target("ServiceToken")?;
    // Neither reaches the function as one of its own properties with a meaning here.
    let kept = |(name, _): &(String, Value)| !["ServiceToken", "ServiceTimeout"].contains(&name.as_str());
    let properties =
        properties.entries()?.into_iter().filter(kept).map(|(name, value)| (Value::from(name), value));
    let properties = properties.collect();
    Ok(CustomResource { logical_id: id.to_owned(), kind: kind.to_owned(), function, properties })
}
