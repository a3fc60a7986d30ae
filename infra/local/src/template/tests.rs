//! The template that deploys, read; and small ones that must be refused.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::{FailureReport, Resolver, Template, Transfer};

fn ours() -> Template {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../template.yaml");
    Template::read(&path).expect("read the template that deploys")
}

fn parse(text: &str) -> anyhow::Result<Template> {
    Template::parse(text, &BTreeMap::new())
}

fn refusal(text: &str) -> String {
    format!("{:#}", parse(text).expect_err("a template that must be refused"))
}

fn with_environment(value: &str) -> String {
    format!(
        "Parameters: {{Model: {{Type: String, Default: titan}}, Empty: {{Type: String, Default: ''}}}}
Conditions: {{HasModel: !Not [!Equals [!Ref Model, '']], HasEmpty: !Not [!Equals [!Ref Empty, '']]}}
Resources:
  F:
    Type: AWS::Serverless::Function
    Metadata: {{BuildProperties: {{Binary: f}}}}
    Properties:
      Environment:
        Variables:
          V: {value}
"
    )
}

fn environment(value: &str, resolver: &Resolver) -> anyhow::Result<Option<String>> {
    let template = parse(&with_environment(value))?;
    Ok(template.environment(&template.functions()[0], resolver)?.remove("V"))
}

#[test]
fn reads_the_template_that_deploys() {
    let template = ours();
    let names: Vec<_> = template.functions().iter().map(|function| function.name.as_str()).collect();
    assert_eq!(names, ["migrate", "ingest", "chat", "admin", "feedback", "dashboards", "aggregate"]);
    let chat = template.function("chat").unwrap();
    assert_eq!(chat.timeout, Duration::from_secs(300));
    let (streamed, buffered): (Vec<_>, Vec<_>) =
        template.routes().iter().partition(|route| route.transfer == Transfer::Streamed);
    // Which routes there are, tests/golden/routes.txt says.
    assert!(streamed.len() >= 7 && buffered.len() >= 31, "{} and {}", streamed.len(), buffered.len());
    for route in streamed {
        assert_eq!((route.timeout, &route.function), (chat.timeout, &chat.logical_id), "{route}");
    }
    for route in buffered {
        let function = template.function_by_id(&route.function).unwrap();
        assert!(["admin", "feedback", "dashboards"].contains(&function.name.as_str()), "{route}");
        assert!(route.timeout > function.timeout, "{route}");
    }
    let clocks: Vec<_> = template.schedules().iter().map(|schedule| schedule.function.as_str()).collect();
    assert_eq!(clocks, ["MigrateFunction", "IngestFunction", "AggregateFunction"], "an idle stack's clocks");
    assert!(template.schedules().iter().all(|schedule| schedule.expression == "rate(1 day)"));
    let sources = template.queue_sources();
    assert_eq!(
        sources.iter().map(|source| source.queue.as_str()).collect::<Vec<_>>(),
        ["EventsQueue", "WorkQueue", "ActivityQueue"]
    );
    assert!(sources.iter().all(|source| source.report == FailureReport::EachMessage));
    assert_eq!(sources[1].maximum_concurrency, Some(5));
    assert_eq!(template.queues().len(), 6);
    for queue in template.queues().iter().filter(|queue| queue.redrive.is_some()) {
        let patience = if queue.logical_id == "ActivityQueue" { 5_400 } else { 450 };
        assert_eq!(queue.visibility, Duration::from_secs(patience));
        assert_eq!(queue.redrive.as_ref().unwrap().max_receive_count, 5);
    }
    assert_eq!(template.buckets()[0].notifications.len(), 3);
    assert_eq!(template.api().unwrap().stage, "live");
    let migrations = &template.custom_resources()[0];
    assert_eq!(
        (migrations.kind.as_str(), migrations.function.as_str()),
        ("Custom::Migrations", "MigrateFunction")
    );
}

#[test]
fn resolves_every_environment_of_the_template_that_deploys() {
    let template = ours();
    let resolver = Resolver::new()
        .reference("Bucket", "docent")
        .reference("EventsQueue", "http://127.0.0.1:1/000000000000/EventsQueue")
        .reference("WorkQueue", "http://127.0.0.1:1/000000000000/WorkQueue")
        .reference("ActivityQueue", "http://127.0.0.1:1/000000000000/ActivityQueue")
        .secret("docent", "database_url", "postgres://app")
        .secret("docent", "owner_database_url", "postgres://owner")
        .secret("docent", "identity_hash_key", "secret")
        .secret("docent", "session_token_key", "secret");
    let ingest = template.environment(template.function("ingest").unwrap(), &resolver).unwrap();
    assert_eq!(ingest["BUCKET"], "docent");
    assert_eq!(ingest["DATABASE_URL"], "postgres://app");
    assert_eq!(ingest["EMBEDDING_DIMENSION"], "1024");
    assert_eq!(ingest["RUST_LOG"], "info");
    let names = |name: &str| {
        let environment = template.environment(template.function(name).unwrap(), &resolver).unwrap();
        environment
            .into_keys()
            .filter(|name| {
                !["RUST_LOG", "METRICS_NAMESPACE", "AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH"].contains(&&**name)
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(
        names("ingest"),
        [
            "ACTIVITY_QUEUE_URL",
            "BUCKET",
            "DATABASE_URL",
            "EMBEDDING_DIMENSION",
            "EMBEDDING_MODEL",
            "EVENTS_QUEUE_URL",
            "GENERATION_MODEL",
            "OCR",
            "OPENAI_API_KEY",
            "OPENAI_BASE_URL",
            "WEB_ALLOW_PRIVATE",
            "WORK_QUEUE_URL"
        ]
    );
    let chat = [
        "ACTIVITY_QUEUE_URL",
        "BUCKET",
        "DATABASE_URL",
        "EMBEDDING_DIMENSION",
        "EMBEDDING_MODEL",
        "GUARDRAIL_ID",
        "GUARDRAIL_VERSION",
        "IDENTITY_HASH_KEY",
        "KMS_KEY_ARN",
        "OIDC_ALGORITHMS",
        "OIDC_AUDIENCE",
        "OIDC_ISSUER",
        "OIDC_JWKS_URL",
        "OIDC_PRESET",
        "OPENAI_API_KEY",
        "OPENAI_BASE_URL",
        "PUBLIC_URL",
        "SESSION_TOKEN_KEY",
        "SESSION_TOKEN_KEY_PREVIOUS",
    ];
    assert_eq!(names("chat"), chat);
    let admin = [
        "ACTIVITY_QUEUE_URL",
        "BUCKET",
        "DATABASE_URL",
        "EMBEDDING_DIMENSION",
        "EMBEDDING_MODEL",
        "GENERATION_MODEL",
        "IDENTITY_HASH_KEY",
        "KMS_KEY_ARN",
        "OIDC_ALGORITHMS",
        "OIDC_AUDIENCE",
        "OIDC_ISSUER",
        "OIDC_JWKS_URL",
        "OIDC_PRESET",
        "OPENAI_API_KEY",
        "OPENAI_BASE_URL",
        "PUBLIC_URL",
        "SESSION_TOKEN_KEY",
        "SESSION_TOKEN_KEY_PREVIOUS",
        "WORK_QUEUE_URL",
    ];
    assert_eq!(names("admin"), admin);
    let feedback = [
        "ACTIVITY_QUEUE_URL",
        "ANALYSIS_MODEL",
        "DATABASE_URL",
        "EMBEDDING_DIMENSION",
        "EMBEDDING_MODEL",
        "IDENTITY_HASH_KEY",
        "KMS_KEY_ARN",
        "OIDC_ALGORITHMS",
        "OIDC_AUDIENCE",
        "OIDC_ISSUER",
        "OIDC_JWKS_URL",
        "OIDC_PRESET",
        "OPENAI_API_KEY",
        "OPENAI_BASE_URL",
        "PUBLIC_URL",
        "SESSION_TOKEN_KEY",
        "SESSION_TOKEN_KEY_PREVIOUS",
    ];
    assert_eq!(names("feedback"), feedback);
    let dashboards = [
        "DATABASE_READ_URL",
        "DATABASE_URL",
        "IDENTITY_HASH_KEY",
        "KMS_KEY_ARN",
        "OIDC_ALGORITHMS",
        "OIDC_AUDIENCE",
        "OIDC_ISSUER",
        "OIDC_JWKS_URL",
        "OIDC_PRESET",
        "PUBLIC_URL",
        "SESSION_TOKEN_KEY",
        "SESSION_TOKEN_KEY_PREVIOUS",
    ];
    assert_eq!(names("dashboards"), dashboards);
    let aggregate = [
        "ACTIVITY_QUEUE_URL",
        "BUCKET",
        "DATABASE_URL",
        "GUARDRAIL_ID",
        "GUARDRAIL_VERSION",
        "IDENTITY_HASH_KEY",
        "KMS_KEY_ARN",
        "OPENAI_API_KEY",
        "OPENAI_BASE_URL",
        "WEB_ALLOW_PRIVATE",
    ];
    assert_eq!(names("aggregate"), aggregate);
    let migrate = [
        "DATABASE_URL",
        "EMBEDDING_DIMENSION",
        "EMBEDDING_MODEL",
        "GENERATION_MODEL",
        "IDENTITY_HASH_KEY",
        "OWNER_DATABASE_URL",
    ];
    assert_eq!(names("migrate"), migrate);
    let properties = template.properties(&template.custom_resources()[0], &resolver).unwrap();
    assert_eq!(properties["MigrationsHash"].as_str().unwrap().len(), 64);
    assert_eq!(properties["EmbeddingDimension"], "1024");
}

#[test]
fn parameters_can_be_decided_and_are_checked() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../template.yaml");
    let read = |name: &str, value: &str| {
        Template::read_with(&path, &BTreeMap::from([(name.to_owned(), value.to_owned())]))
    };
    let template = read("EmbeddingModel", "local.all-minilm-l6-v2").unwrap();
    assert_eq!(template.parameter("EmbeddingModel"), Some("local.all-minilm-l6-v2"));
    assert!(format!("{:#}", read("Colour", "red").unwrap_err()).contains("no parameter Colour"));
    assert!(format!("{:#}", read("Architecture", "z80").unwrap_err()).contains("allowed are arm64, x86_64"));
}

#[test]
fn evaluates_functions_in_short_and_long_form() {
    let resolver =
        Resolver::new().reference("Bucket", "b").attribute("Queue", "Arn", "arn:q").reference("Other", "o");
    let cases = [
        ("!Ref Model", Some("titan")),
        ("{Ref: Model}", Some("titan")),
        ("!GetAtt Queue.Arn", Some("arn:q")),
        ("{Fn::GetAtt: [Queue, Arn]}", Some("arn:q")),
        ("!Sub '${Bucket}/${Queue.Arn}/${!Kept}/${AWS::Region}'", Some("b/arn:q/${Kept}/us-east-1")),
        ("!Sub ['${A}-${Model}', {A: !Ref Other}]", Some("o-titan")),
        ("!Join ['-', [a, !Ref Model, 3]]", Some("a-titan-3")),
        ("!Select [1, !Split ['.', a.b.c]]", Some("b")),
        ("!If [HasModel, yes it has, no]", Some("yes it has")),
        ("!If [HasEmpty, x, !Ref 'AWS::NoValue']", None),
        ("true", Some("true")),
        ("12", Some("12")),
    ];
    for (value, expected) in cases {
        assert_eq!(environment(value, &resolver).unwrap().as_deref(), expected, "{value}");
    }
}

#[test]
fn secrets_come_from_the_resolver_and_are_never_shown() {
    let resolver = Resolver::new().secret("arn:aws:secretsmanager:x:y:secret:z", "key", "hush");
    let reference = "'a{{resolve:secretsmanager:arn:aws:secretsmanager:x:y:secret:z:SecretString:key}}b'";
    assert_eq!(environment(reference, &resolver).unwrap().as_deref(), Some("ahushb"));
    let missing = environment("'{{resolve:secretsmanager:s:SecretString:other}}'", &resolver).unwrap_err();
    assert!(format!("{missing:#}").contains("key other of secret s"), "{missing:#}");
    assert!(!format!("{resolver:?}").contains("hush"));
}

#[test]
fn what_is_unknown_is_refused_by_name() {
    let unknown = refusal("Resources: {Table: {Type: AWS::DynamoDB::Table}}");
    assert!(
        unknown.contains("Table")
            && unknown.contains("AWS::DynamoDB::Table")
            && unknown.contains("teach it in")
    );
    let function = |events: &str| {
        format!(
            "Resources: {{F: {{Type: AWS::Serverless::Function, Metadata: {{BuildProperties: {{Binary: f}}}}, Properties: {{Events: {events}}}}}}}"
        )
    };
    let event = refusal(&function("{E: {Type: Kinesis}}"));
    assert!(
        event.contains("event E") && event.contains("Kinesis") && event.contains("teach it in"),
        "{event}"
    );
    let property = refusal(&function("{E: {Type: SQS, Properties: {Queue: !Ref Q, FilterCriteria: {}}}}"));
    assert!(property.contains("FilterCriteria"), "{property}");
    let queue = refusal(&function("{E: {Type: SQS, Properties: {Queue: !Ref Q}}}"));
    assert!(queue.contains("Q, which is not there"), "{queue}");
    let unknown = environment("!ImportValue x", &Resolver::new()).unwrap_err();
    assert!(format!("{unknown:#}").contains("ImportValue is not known"), "{unknown:#}");
    assert!(refusal("Resources: {F: {Type: AWS::Serverless::Function}}").contains("Binary"));
    assert!(refusal("Parameters: {P: {Type: String}}").contains("give it a value"));
}

#[test]
fn a_value_that_is_not_known_yet_says_which() {
    let unknown = format!("{:#}", environment("!GetAtt Queue.Arn", &Resolver::new()).unwrap_err());
    assert!(unknown.contains("V of F") && unknown.contains("Queue.Arn"), "{unknown}");
}

#[test]
fn the_key_is_none_the_stacks_own_or_somebody_elses() {
    const ARN: &str = "arn:aws:kms:eu-central-1:123456789012:key/0a";
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../template.yaml");
    for (parameter, keys, expected) in [("", 0, ""), ("create", 1, "made"), (ARN, 0, ARN)] {
        let overrides = BTreeMap::from([("KmsKeyArn".to_owned(), parameter.to_owned())]);
        let template = Template::read_with(&path, &overrides).unwrap();
        assert_eq!(template.keys().len(), keys, "{parameter:?}");
        let resolver = Resolver::new()
            .attribute("VaultKey", "Arn", "made")
            .reference("Bucket", "documents")
            .reference("ActivityQueue", "http://127.0.0.1:1/000000000000/ActivityQueue")
            .secret("docent", "database_url", "postgres://app")
            .secret("docent", "identity_hash_key", "secret");
        let aggregate = template.environment(template.function("aggregate").unwrap(), &resolver).unwrap();
        assert_eq!(aggregate["KMS_KEY_ARN"], expected);
    }
}
