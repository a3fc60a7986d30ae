//! Which trace a request belongs to: X-Ray's header, as AWS's services take it in and hand it on.
//! <https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader>

use std::future::Future;

use http::HeaderMap;
use uuid::Uuid;

/// The header: `Root=1-67891233-abcdef012345678912345678;Parent=…;Sampled=1`.
pub const HEADER: &str = "x-amzn-trace-id";

tokio::task_local! {
    static CURRENT: Option<String>;
}

/// What a request says of itself.
pub fn of(headers: &HeaderMap) -> Option<String> {
    headers.get(HEADER).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// A trace that begins here.
pub fn begin() -> String {
    let seconds = jiff::Timestamp::now().as_second();
    let random = Uuid::new_v4().simple().to_string();
    format!("Root=1-{seconds:08x}-{}", &random[..24])
}

/// Answers a request as part of a trace.
pub async fn within<F: Future>(trace: Option<String>, work: F) -> F::Output {
    CURRENT.scope(trace, work).await
}

/// The trace of the request that is being answered, if it has one.
pub fn current() -> Option<String> {
    CURRENT.try_with(Clone::clone).ok().flatten()
}
