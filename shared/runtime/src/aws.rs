//! AWS clients' common ground: region, credentials and endpoints from the standard environment variables, TLS by
//! rustls with ring.

use aws_config::{BehaviorVersion, SdkConfig, retry::RetryConfig};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};

/// Tries of a call, the SDK's back-off with jitter between them.
const TRIES: u32 = 4;

/// The configuration that clients are made from.
pub async fn config() -> SdkConfig {
    let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .retry_config(RetryConfig::standard().with_max_attempts(TRIES))
        .load()
        .await
}
