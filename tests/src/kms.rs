//! A KMS of a test's own, which can stop answering.

use crate::{TestDatabase, double};
use axum::{
    extract::{Request, State},
    http::StatusCode,
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
};
use local::{credentials::Credentials, kms::Kms};
use std::sync::{
    Arc,
    atomic::{AtomicU8, AtomicU32, Ordering},
};
use vault::Vault;

/// The one key that it has.
pub const KEY: &str = "arn:aws:kms:us-east-1:000000000000:key/test";

/// How it is with a KMS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Health {
    /// It answers.
    Well,
    /// It answers that it cannot.
    Broken,
    /// It says nothing.
    Silent,
}

/// A KMS behind a switch. It lives as long as the test's runtime.
pub struct TestKms {
    aws: aws_config::SdkConfig,
    switch: Arc<Switch>,
    _folder: tempfile::TempDir,
}

#[derive(Default)]
struct Switch {
    state: AtomicU8,
    calls: AtomicU32,
}

impl TestKms {
    /// Starts one.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let credentials = Credentials { access_key_id: "id".into(), secret_access_key: "secret".into() };
        let kms = Kms::open(&folder.path().join("kms.json"), &[KEY.to_owned()], credentials).expect("a KMS");
        let switch = Arc::new(Switch::default());
        let router =
            kms.router().layer(middleware::from_fn_with_state(Arc::clone(&switch), through_the_switch));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Self { aws: double::aws(address), switch, _folder: folder }
    }

    /// Another process with a vault of this key.
    #[must_use]
    pub fn vault(&self, database: &TestDatabase) -> Vault {
        Vault::new(&self.aws, &database.database, KEY)
    }

    /// From now on.
    pub fn is(&self, state: Health) {
        self.switch.state.store(state as u8, Ordering::SeqCst);
    }

    /// How often it was asked.
    #[must_use]
    pub fn calls(&self) -> u32 {
        self.switch.calls.load(Ordering::SeqCst)
    }
}

async fn through_the_switch(State(switch): State<Arc<Switch>>, request: Request, next: Next) -> Response {
    switch.calls.fetch_add(1, Ordering::SeqCst);
    match switch.state.load(Ordering::SeqCst) {
        0 => next.run(request).await,
        1 => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        _ => std::future::pending().await,
    }
}
