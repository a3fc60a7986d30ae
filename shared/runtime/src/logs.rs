//! Structured logs on standard output, which Lambda takes to CloudWatch. No message bodies, no personal data.

use tracing_subscriber::EnvFilter;

/// Starts logging as JSON, one object a line; `RUST_LOG` says how much.
pub fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter)
        .with_current_span(true)
        .with_span_list(false)
        .without_time()
        .flatten_event(true)
        .init();
}
