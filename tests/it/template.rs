//! The template is the one source of routes, triggers, environment, memory and timeouts: here the code is held to
//! it. cfn-lint, in `.ci/run`, holds the template to AWS.

use local::template::{Route, Template, Transfer};
use serde_yaml_ng::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use tests::{golden, repository};

/// API Gateway's own longest wait for a streamed answer.
const LONGEST_STREAM: Duration = Duration::from_millis(900_000);
/// And for a buffered one.
const LONGEST_WAIT: Duration = Duration::from_secs(29);
const TWO_WEEKS: Duration = Duration::from_hours(14 * 24);

fn template() -> Template {
    Template::read(&repository::root().join("infra/template.yaml"))
        .expect("a template that this machine knows")
}

/// The template's resources of a type, as written.
fn resources(kind: &str) -> BTreeMap<String, Value> {
    let document: Value = serde_yaml_ng::from_str(&repository::read("infra/template.yaml")).expect("YAML");
    let resources = document["Resources"].as_mapping().expect("resources");
    resources
        .iter()
        .filter(|(_, resource)| resource["Type"] == kind)
        .map(|(id, resource)| (id.as_str().expect("a name").to_owned(), resource.clone()))
        .collect()
}

/// Sources of a function.
fn sources(function: &str) -> Vec<String> {
    repository::files(&format!("functions/{function}/src"), "rs")
        .iter()
        .map(|path| repository::read(path))
        .collect()
}

#[test]
fn each_function_is_a_folder_a_package_and_a_resource() {
    let folders = repository::packages("functions");
    let template = template();
    let mut named: Vec<&str> = template.functions().iter().map(|function| function.name.as_str()).collect();
    named.sort_unstable();
    assert_eq!(named, folders);
    for (id, resource) in resources("AWS::Serverless::Function") {
        let binary = resource["Metadata"]["BuildProperties"]["Binary"].as_str().expect("a binary");
        let capital = binary[..1].to_uppercase() + &binary[1..] + "Function";
        assert_eq!(id, capital, "the resource is called after its function");
        let package = repository::read(&format!("functions/{binary}/Cargo.toml"));
        assert!(package.contains(&format!("name = \"{binary}\"")), "package {binary}");
    }
}

#[test]
fn variables_that_are_read_are_variables_that_are_set() {
    let document: Value = serde_yaml_ng::from_str(&repository::read("infra/template.yaml")).expect("YAML");
    let globals = document["Globals"]["Function"]["Environment"]["Variables"].as_mapping().expect("globals");
    // Read by the set-up of logs and figures, and by lambda_http.
    let known: Vec<&str> = globals.keys().filter_map(Value::as_str).collect();
    assert_eq!(known, ["RUST_LOG", "METRICS_NAMESPACE", "AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH"]);
    for function in template().functions() {
        let set: BTreeSet<&str> = function
            .environment
            .iter()
            .map(|(name, _)| name.as_str())
            .filter(|name| !known.contains(name))
            .collect();
        let sources = sources(&function.name);
        let mut read = BTreeSet::new();
        for call in ["config::text(", "config::number(", "config::optional("] {
            for source in &sources {
                for rest in source.split(call).skip(1) {
                    let name = rest.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next());
                    read.insert(
                        name.unwrap_or_else(|| panic!("{}: {call} takes a name in quotes", function.name)),
                    );
                }
            }
        }
        assert_eq!(read, set, "{}: read in functions/{0}/src, and set in infra/template.yaml", function.name);
    }
}

#[test]
fn chat_streams_everything_and_the_others_answer_at_once() {
    let template = template();
    assert!(!template.routes().is_empty());
    for route in template.routes() {
        let function = template.function_by_id(&route.function).expect("the route's function");
        if function.name == "chat" {
            assert_eq!(route.transfer, Transfer::Streamed, "{route}: JSON answers are streamed too");
            assert!(route.timeout <= LONGEST_STREAM, "{route}");
            assert!(route.timeout >= function.timeout, "{route} gives up before the function does");
        } else {
            assert_eq!(route.transfer, Transfer::Buffered, "{route}");
            assert!(function.timeout < LONGEST_WAIT, "{route}: what takes longer returns 202 and a job");
        }
    }
    let streams = sources("chat").iter().any(|source| source.contains("run_with_streaming_response"));
    assert!(streams, "the binary must stream when its events say so");
}

#[test]
fn variables_at_one_place_of_a_path_share_one_name() {
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for route in template().routes() {
        let mut before = String::new();
        for part in route.path.split('/').skip(1) {
            if part.starts_with('{') {
                let name = names.entry(before.clone()).or_insert_with(|| part.to_owned());
                assert_eq!(name, part, "{route}: REST APIs refuse two names below {before}");
                before += "/{}";
            } else {
                before += "/";
                before += part;
            }
        }
    }
}

#[test]
fn the_routes_are_those_that_were_agreed() {
    let template = template();
    let line = |route: &Route| {
        let function = template.function_by_id(&route.function).expect("the route's function");
        format!("{:<6} {} -> {}", route.method, route.path, function.name)
    };
    let mut lines: Vec<String> = template.routes().iter().map(line).collect();
    lines.sort_by_key(|line| line.split_whitespace().nth(1).map(str::to_owned));
    golden::assert_lines("routes.txt", &lines);
}

#[test]
fn the_routes_are_those_that_are_declared_at_the_handlers() {
    let template = template();
    for function in template.functions() {
        let routed: BTreeSet<(String, String)> = template
            .routes()
            .iter()
            .filter(|route| route.function == function.logical_id)
            .map(|route| (route.method.clone(), route.path.clone()))
            // The document that describes the others does not describe itself.
            .filter(|(_, path)| !path.ends_with("/openapi.json"))
            .collect();
        let declared: BTreeSet<_> =
            sources(&function.name).iter().flat_map(|source| declared(source)).collect();
        assert_eq!(
            declared, routed,
            "{}: declared at the handlers, and events of the template",
            function.name
        );
    }
}

/// Method and path of each `#[utoipa::path(method, path = "…")]`.
fn declared(source: &str) -> Vec<(String, String)> {
    let attributes = source.split("#[utoipa::path(").skip(1);
    attributes
        .map(|attribute| {
            let (method, rest) = attribute.split_once(',').expect("a method first");
            let path = rest.trim_start().strip_prefix("path = \"").and_then(|rest| rest.split('"').next());
            (method.trim().to_uppercase(), path.expect("the path second").to_owned())
        })
        .collect()
}

#[test]
fn every_queue_has_patience_and_a_place_for_what_fails() {
    let template = template();
    let queue = |id: &str| template.queues().iter().find(|queue| queue.logical_id == id).expect("a queue");
    assert!(!template.queue_sources().is_empty());
    for source in template.queue_sources() {
        let function = template.function_by_id(&source.function).expect("the queue's function");
        let queue = queue(&source.queue);
        assert!(
            queue.visibility >= 6 * function.timeout,
            "{}: six times the function's timeout",
            source.queue
        );
        let redrive =
            queue.redrive.as_ref().unwrap_or_else(|| panic!("{} needs a dead-letter queue", source.queue));
        assert_eq!(
            redrive.max_receive_count,
            ingestion::TRIES,
            "{}: the code gives up with the last try",
            source.queue
        );
        assert_eq!(source.report, local::template::FailureReport::EachMessage, "{}", source.queue);
    }
    let dead: Vec<&str> = template
        .queues()
        .iter()
        .filter_map(|queue| Some(queue.redrive.as_ref()?.dead_letter.as_str()))
        .collect();
    for id in template.queues().iter().map(|queue| queue.logical_id.as_str()) {
        let feeds = template.queue_sources().iter().any(|source| source.queue == id);
        assert!(feeds || dead.contains(&id), "{id} feeds nothing and ends nothing");
    }
    let alarms = resources("AWS::CloudWatch::Alarm");
    for id in dead {
        assert_eq!(queue(id).retention, TWO_WEEKS, "{id}: time to see the alarm and mend the cause");
        let watched = alarms
            .values()
            .filter(|alarm| alarm["Properties"]["MetricName"] == "ApproximateNumberOfMessagesVisible");
        let name = format!("{id}.QueueName");
        let watched =
            watched.flat_map(|alarm| alarm["Properties"]["Dimensions"].as_sequence().into_iter().flatten());
        assert!(
            watched.filter_map(|dimension| text(&dimension["Value"])).any(|value| value == name),
            "{id} needs an alarm"
        );
    }
}

/// A scalar's text, under a tag (`!GetAtt A.B`) or not.
fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Tagged(tagged) => tagged.value.as_str(),
        other => other.as_str(),
    }
}

#[test]
fn every_function_keeps_its_logs_for_a_time_that_was_chosen() {
    let logs = resources("AWS::Logs::LogGroup");
    for (id, function) in resources("AWS::Serverless::Function") {
        let log = text(&function["Properties"]["LoggingConfig"]["LogGroup"])
            .unwrap_or_else(|| panic!("{id} names no log group"));
        let retention = logs.get(log).map(|log| &log["Properties"]["RetentionInDays"]);
        assert_eq!(retention.and_then(text), Some("LogRetentionDays"), "{id}: retention of {log}");
    }
}

/// How a reference to a secret begins.
const SECRETS: [&str; 2] = [
    "{{resolve:secretsmanager:${SecretName}:SecretString:",
    "{{resolve:secretsmanager:${OpenAiApiKeySecret}:SecretString:",
];

/// What a variable may be set to: its value, or the values of an `!If`, of which one may be nothing.
fn either(value: &Value) -> Vec<&str> {
    let written = |value| text(value).unwrap_or("not a text");
    match value {
        Value::Tagged(tagged) if tagged.tag == "If" => {
            let parts = tagged.value.as_sequence().into_iter().flatten().skip(1);
            parts.map(written).filter(|text| !text.is_empty()).collect()
        }
        plain => vec![written(plain)],
    }
}

#[test]
fn no_secret_stands_in_the_template() {
    for (id, function) in resources("AWS::Serverless::Function") {
        let variables = &function["Properties"]["Environment"]["Variables"];
        for (name, value) in variables.as_mapping().into_iter().flatten() {
            let name = name.as_str().unwrap_or_default();
            if name.ends_with("DATABASE_URL") || name.ends_with("_KEY") {
                for value in either(value) {
                    let is_reference = SECRETS.iter().any(|secret| value.starts_with(secret));
                    assert!(is_reference, "{id}: {name} is {value}");
                }
            }
        }
    }
}

#[test]
fn ingestion_writes_what_it_derives_and_fetches_and_no_document() {
    let role = &resources("AWS::IAM::Role")["IngestRole"]["Properties"];
    let statements = role["Policies"][0]["PolicyDocument"]["Statement"].as_sequence().expect("statements");
    let list = |value: &Value| match value {
        Value::Sequence(many) => many.iter().filter_map(text).map(str::to_owned).collect(),
        one => text(one).map(str::to_owned).into_iter().collect::<Vec<_>>(),
    };
    let mut on_objects = BTreeSet::new();
    for statement in statements {
        for action in list(&statement["Action"]).into_iter().filter(|action| action.starts_with("s3:")) {
            for resource in list(&statement["Resource"]) {
                on_objects.insert(format!("{action} on {resource}"));
            }
        }
    }
    let expected = [
        "s3:DeleteObject on ${Bucket.Arn}/*/web/*",
        "s3:DeleteObject on ${Bucket.Arn}/_derived/*",
        "s3:DeleteObject on ${Bucket.Arn}/_sessions/*",
        "s3:GetObject on ${Bucket.Arn}/*",
        "s3:ListBucket on Bucket.Arn",
        "s3:PutObject on ${Bucket.Arn}/*/web/*",
        "s3:PutObject on ${Bucket.Arn}/_derived/*",
    ];
    assert_eq!(on_objects.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    assert_eq!(domain::document::DERIVED_PREFIX, "_derived/", "the prefix of the policy");
    assert_eq!(domain::file::SESSIONS_PREFIX, "_sessions/", "the prefix of the policy");
}

#[test]
fn whoever_has_the_key_may_seal_and_open_with_it_and_nobody_else() {
    let roles = resources("AWS::IAM::Role");
    let mut sealing = BTreeSet::new();
    for (id, function) in resources("AWS::Serverless::Function") {
        let properties = &function["Properties"];
        let has_key = !properties["Environment"]["Variables"]["KMS_KEY_ARN"].is_null();
        // Of a role of its own, where the function has one.
        let role = text(&properties["Role"]).and_then(|role| role.strip_suffix(".Arn"));
        let policies = match role {
            Some(role) => &roles[role]["Properties"]["Policies"],
            None => &properties["Policies"],
        };
        let policies = serde_yaml_ng::to_string(policies).expect("YAML");
        let (actions, conditional) = (policies.matches("kms:").count(), policies.contains("HasKey"));
        // Two actions, and the condition that each data key is one organization's.
        assert_eq!((actions, conditional), if has_key { (3, true) } else { (0, false) }, "{id}: {policies}");
        for said in ["kms:GenerateDataKey", "kms:Decrypt", "kms:EncryptionContext:organization"] {
            assert_eq!(policies.contains(said), has_key, "{id}: {said}");
        }
        if has_key {
            sealing.insert(id);
        }
    }
    let expected =
        ["AdminFunction", "AggregateFunction", "ChatFunction", "DashboardsFunction", "FeedbackFunction"];
    assert_eq!(sealing.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    let key = &resources("AWS::KMS::Key")["VaultKey"];
    assert_eq!(text(&key["Condition"]), Some("MakesKey"), "a key costs a dollar a month");
    assert_eq!(text(&key["DeletionPolicy"]), Some("Retain"));
    assert_eq!(key["Properties"]["EnableKeyRotation"].as_bool(), Some(true));
}

#[test]
fn a_deployment_runs_the_migrations_of_its_version() {
    let hash = store::migrator::hash();
    let migrations = &resources("Custom::Migrations")["Migrations"]["Properties"];
    let written = migrations["MigrationsHash"].as_str().unwrap_or_default();
    assert_eq!(
        written, hash,
        "migrations/ changed: CloudFormation runs them only when this property changes. In infra/template.yaml write\n      \
         MigrationsHash: '{hash}'"
    );
    for name in ["EmbeddingModel", "EmbeddingDimension"] {
        assert_eq!(text(&migrations[name]), Some(name), "a new model must make its space");
    }
}
