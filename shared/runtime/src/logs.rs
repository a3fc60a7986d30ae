//! Structured logs on standard output, which Lambda takes to CloudWatch. No message bodies, no personal data.

use tracing_subscriber::EnvFilter;

/// Our own crates. Others log what passes through them at their lower levels, requests' bodies and keys included:
/// they are heard from `warn` on, whatever is asked for.
const OURS: [&str; 14] = [
    "ingest",
    "chat",
    "admin",
    "migrate",
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

/// Starts logging as JSON, one object a line; `RUST_LOG` says how much.
pub fn start() {
    let level = crate::config::text("RUST_LOG").unwrap_or_else(|_| "info".into());
    let level = if level.bytes().all(|b| b.is_ascii_alphabetic()) { level } else { "info".into() };
    let ours: String = OURS.iter().map(|name| format!(",{name}={level}")).collect();
    let filter = EnvFilter::new(format!("warn,lambda_runtime=info{ours}"));
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter)
        .with_current_span(true)
        .with_span_list(false)
        .flatten_event(true)
        .init();
}
