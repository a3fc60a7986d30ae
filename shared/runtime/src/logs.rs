//! Structured logs on standard output, which Lambda takes to CloudWatch. No message bodies, no personal data.

use tracing_subscriber::EnvFilter;

/// Our own crates. Others log what passes through them at their lower levels, requests' bodies and keys included:
/// they are heard from `warn` on, whatever is asked for.
const OURS: [&str; 26] = [
    "admin",
    "aggregate",
    "chat",
    "dashboards",
    "feedback",
    "ingest",
    "migrate",
    "access",
    "identity",
    "insight",
    "metrics",
    "retention",
    "deliver",
    "alerting",
    "privacy",
    "vault",
    "pages",
    "management",
    "ingestion",
    "answering",
    "store",
    "models",
    "objects",
    "queue",
    "runtime",
    "web",
];

/// Starts logging as JSON, one object a line; `RUST_LOG` says how much. Each line of an invocation names its request and its
/// trace, in the span that `lambda_runtime` opens. Figures go the same way, to `METRICS_NAMESPACE`.
pub fn start() {
    let level = crate::config::text("RUST_LOG").unwrap_or_else(|_| "info".into());
    let level = if level.bytes().all(|b| b.is_ascii_alphabetic()) { level } else { "info".into() };
    let ours: String = OURS.iter().map(|name| format!(",{name}={level}")).collect();
    let filter = EnvFilter::new(format!("warn,lambda_runtime=info{ours}"));
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter)
        .with_current_span(false)
        .with_span_list(true)
        .flatten_event(true)
        .init();
    let function = crate::config::optional("AWS_LAMBDA_FUNCTION_NAME");
    crate::measures::begin(crate::config::optional("METRICS_NAMESPACE"), function);
}
