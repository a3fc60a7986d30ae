//! S3 on this machine: one bucket in a folder, signatures and POST policies checked, event notifications sent.
//!
//! `s3s` speaks the protocol and `s3s-fs` stores the bytes. Ours are the keys, the conditions, the listing and the
//! notifications. No versioning, no lifecycle. It knows nothing of Docent's keys.

mod blobs;
mod bucket;
mod catalogue;
mod conditions;
mod listing;
mod notification;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use tokio::net::TcpListener;
use tokio::sync::RwLock;
use tokio::task::{JoinHandle, JoinSet};

use crate::credentials::Credentials;
use crate::trace;
use blobs::Blobs;
use bucket::Bucket;
use catalogue::Catalogue;
pub use catalogue::StoredObject;
use notification::Notifier;
pub use notification::{Notification, NotificationRule, object_created_event, object_removed_event};

/// What to serve.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Where the objects are kept; made if absent. One process at a time.
    pub folder: PathBuf,
    /// The bucket's name.
    pub bucket: String,
    /// What events say of their region.
    pub region: String,
    /// The key pair that requests are signed with.
    pub credentials: Credentials,
    /// Who is told of which events.
    pub rules: Vec<NotificationRule>,
}

/// A served bucket. Dropping it stops the server and every connection.
pub struct Server {
    catalogue: Arc<RwLock<Catalogue>>,
    accepting: JoinHandle<()>,
}

/// Serves the bucket and sends each rule its test event. `notify` is called in the order of the changes and must not block.
pub async fn serve(
    listener: TcpListener,
    setup: Setup,
    notify: impl Fn(Notification) + Send + Sync + 'static,
) -> Result<Server> {
    let Setup { folder, bucket: name, region, credentials, rules } = setup;
    let blobs = Blobs::open(&folder, &name)?;
    let journal = folder.join(format!("{name}.catalogue.jsonl"));
    let catalogue = Catalogue::open(&journal, |blob| blobs.path(blob).is_file())?;
    blobs.collect_garbage(catalogue.all().map(|object| object.blob.as_str()))?;
    let notifier = Notifier { region, bucket: name.clone(), rules, notify: Box::new(notify) };
    notifier.test();
    let catalogue = Arc::new(RwLock::new(catalogue));
    let mut builder = S3ServiceBuilder::new(Bucket::new(name, blobs, catalogue.clone(), notifier));
    builder.set_auth(SimpleAuth::from_single(credentials.access_key_id, credentials.secret_access_key));
    let accepting = tokio::spawn(accept(listener, builder.build()));
    Ok(Server { catalogue, accepting })
}

impl Server {
    /// Every object of the bucket, by key.
    pub async fn objects(&self) -> Vec<StoredObject> {
        self.catalogue.read().await.all().cloned().collect()
    }

    /// Has an object be as old as that, for whoever tries what time does; whether there is one.
    ///
    /// # Errors
    /// When the catalogue cannot be written.
    pub async fn age(&self, key: &str, by: Duration) -> Result<bool> {
        let mut catalogue = self.catalogue.write().await;
        let Some(object) = catalogue.get(key).cloned() else { return Ok(false) };
        let modified = object.modified - i64::try_from(by.as_millis())?;
        catalogue.put(StoredObject { modified, ..object })?;
        Ok(true)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Serves connections until it is aborted, which drops them all.
async fn accept(listener: TcpListener, service: S3Service) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let _ = stream.set_nodelay(true);
                    let service = service.clone();
                    let answer = service_fn(move |request: hyper::Request<Incoming>| {
                        // Whoever follows a document follows it from here, whether or not the program that puts it knows of traces.
                        let trace = trace::of(request.headers()).unwrap_or_else(trace::begin);
                        trace::within(Some(trace), Service::call(&service, request))
                    });
                    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), answer);
                    connections.spawn(async move {
                        if let Err(error) = connection.await {
                            tracing::debug!(error = &error as &dyn std::error::Error, "s3 connection ended");
                        }
                    });
                }
                Err(error) => {
                    // Out of file descriptors, most likely: pause instead of spinning.
                    tracing::warn!(error = &error as &dyn std::error::Error, "accept s3 connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

#[cfg(test)]
mod tests;
