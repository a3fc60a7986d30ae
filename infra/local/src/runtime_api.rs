//! Lambda on this machine: functions are processes that ask the Runtime API for work, exactly as they do in
//! the cloud.
//!
//! The binaries run unmodified. Instances start on demand, up to a maximum for each function; one that
//! crashes fails the invocation it had and is replaced by the next; one that takes longer than the template
//! allows is killed. This module knows no template, no queue and no HTTP API: it takes payloads and gives
//! answers.

mod http;
mod pool;
mod socket;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context as Poller, Poll};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bytes::{Bytes, BytesMut};
use futures_util::future::BoxFuture;
use futures_util::{Stream, StreamExt};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;
use uuid::Uuid;

use pool::{Job, Pool};
use socket::Prompt;

use crate::trace;

/// The largest request of an invocation, in bytes: 6 MiB.
pub const MAXIMUM_REQUEST_BYTES: usize = 6 * 1024 * 1024;
/// The largest buffered answer, in bytes. A streamed one may be larger.
pub const MAXIMUM_RESPONSE_BYTES: usize = 6_291_556;

/// What Lambda must know of a function to run it.
#[derive(Debug, Clone)]
pub struct Served {
    /// The package's name, such as `chat`.
    pub name: String,
    /// What an invocation may take.
    pub timeout: Duration,
    /// Processes at once, at least 1. Further invocations wait.
    pub max_instances: usize,
}

/// A process to start.
#[derive(Debug, Clone)]
pub struct Start {
    /// The function's name.
    pub function: String,
    /// The value of `AWS_LAMBDA_RUNTIME_API`: an address and path that belong to this one process.
    pub runtime_api: String,
}

/// Starts a process. The future lives as long as the process and ends with words that say how it ended;
/// dropping it kills the process.
pub type Launch = Arc<dyn Fn(&Start) -> Result<BoxFuture<'static, String>> + Send + Sync>;

/// Where the functions pretend to be.
#[derive(Debug, Clone)]
pub struct Place {
    /// Such as `us-east-1`.
    pub region: String,
    /// Twelve digits.
    pub account: String,
    /// How long a process may take to ask for its first work.
    pub start_limit: Duration,
}

/// What comes with a payload.
#[derive(Debug, Clone, Default)]
pub struct InvokeOptions {
    /// X-Ray's header (`Root=…`), when the invoker has one.
    pub trace_id: Option<String>,
}

/// Why an invocation failed, in Lambda's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionError {
    /// Such as `Runtime.ExitError`.
    pub error_type: String,
    /// For a person.
    pub message: String,
}

impl FunctionError {
    /// An error of a type, with words.
    pub fn new(error_type: impl Into<String>, message: impl Into<String>) -> FunctionError {
        FunctionError { error_type: error_type.into(), message: message.into() }
    }
}

impl fmt::Display for FunctionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.error_type, self.message)
    }
}

impl std::error::Error for FunctionError {}

/// How a buffered invocation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// What the function answered.
    Success(Bytes),
    /// The function failed, crashed or took too long.
    Error(FunctionError),
}

/// How a streamed invocation began.
#[derive(Debug)]
pub enum Streamed {
    /// The function answers. Dropping the stream closes it at the function's end as well.
    Body(ResponseStream),
    /// The function failed, crashed or took too long before its first byte.
    Error(FunctionError),
}

/// An answer as it is written. An error is the last item; an answer that breaks off ends in one.
#[derive(Debug)]
pub struct ResponseStream {
    pieces: mpsc::Receiver<Piece>,
    failure: Arc<OnceLock<FunctionError>>,
    ended: bool,
}

/// A part of an answer on its way from the process to the invoker.
#[derive(Debug)]
enum Piece {
    Data(Bytes),
    Failed(FunctionError),
    /// Said aloud, so that an answer that breaks off is not taken for a whole one.
    End,
}

impl Stream for ResponseStream {
    type Item = Result<Bytes, FunctionError>;

    fn poll_next(mut self: Pin<&mut Self>, poller: &mut Poller<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        self.pieces.poll_recv(poller).map(|piece| {
            self.ended = !matches!(piece, Some(Piece::Data(_)));
            let broken_off =
                || FunctionError::new("Runtime.TruncatedResponse", "the function's answer broke off");
            match piece {
                Some(Piece::Data(bytes)) => Some(Ok(bytes)),
                Some(Piece::Failed(error)) => Some(Err(error)),
                Some(Piece::End) => None,
                None => Some(Err(self.failure.get().cloned().unwrap_or_else(broken_off))),
            }
        })
    }
}

impl ResponseStream {
    /// The next bytes; nothing at the end.
    pub async fn chunk(&mut self) -> Option<Result<Bytes, FunctionError>> {
        self.next().await
    }
}

/// The functions and their processes. Clones are the same Lambda.
#[derive(Clone)]
pub struct Lambda(Arc<Inner>);

struct Inner {
    address: SocketAddr,
    place: Place,
    launch: Launch,
    pools: Mutex<BTreeMap<String, Pool>>,
    server: Mutex<Option<AbortHandle>>,
    /// Where processes are waited for: an invoker's own runtime may end before them.
    runtime: Handle,
}

impl Lambda {
    /// Serves the Runtime API on a free port of 127.0.0.1. No process starts before there is work for it.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(place: Place, functions: Vec<Served>, launch: Launch) -> Result<Lambda> {
        let listener =
            TcpListener::bind("127.0.0.1:0").await.context("listen for the functions' Runtime API")?;
        let address = listener.local_addr().context("read the Runtime API's address")?;
        let pools =
            functions.into_iter().map(|function| (function.name.clone(), Pool::new(function))).collect();
        let (pools, server, runtime) = (Mutex::new(pools), Mutex::new(None), Handle::current());
        let inner = Inner { address, place, launch, pools, server, runtime };
        let lambda = Lambda(Arc::new(inner));
        let router = http::router(lambda.clone());
        let server = tokio::spawn(async move {
            if let Err(error) = axum::serve(Prompt(listener), router).await {
                tracing::error!(%error, "the Runtime API stopped");
            }
        });
        *lambda.0.server.lock().unwrap_or_else(PoisonError::into_inner) = Some(server.abort_handle());
        Ok(lambda)
    }

    /// Invokes a function and waits for its whole answer.
    ///
    /// # Errors
    /// When there is no such function, the payload is over 6 MiB, or Lambda has been shut down. A function
    /// that fails is no error here but an [`Outcome::Error`].
    pub async fn invoke(&self, function: &str, payload: Bytes, options: InvokeOptions) -> Result<Outcome> {
        let mut body = match self.invoke_streamed(function, payload, options).await? {
            Streamed::Body(body) => body,
            Streamed::Error(error) => return Ok(Outcome::Error(error)),
        };
        let mut whole = BytesMut::new();
        while let Some(chunk) = body.chunk().await {
            match chunk {
                Ok(bytes) => whole.extend_from_slice(&bytes),
                Err(error) => return Ok(Outcome::Error(error)),
            }
            if whole.len() > MAXIMUM_RESPONSE_BYTES {
                let message = format!(
                    "Response payload size exceeded maximum allowed payload size ({MAXIMUM_RESPONSE_BYTES} bytes)."
                );
                return Ok(Outcome::Error(FunctionError::new("Function.ResponseSizeTooLarge", message)));
            }
        }
        Ok(Outcome::Success(whole.freeze()))
    }

    /// Invokes a function and gives its answer as it comes.
    ///
    /// # Errors
    /// As [`Lambda::invoke`].
    pub async fn invoke_streamed(
        &self,
        function: &str,
        payload: Bytes,
        options: InvokeOptions,
    ) -> Result<Streamed> {
        let size = payload.len();
        ensure!(
            size <= MAXIMUM_REQUEST_BYTES,
            "the payload has {size} bytes; Lambda takes {MAXIMUM_REQUEST_BYTES}"
        );
        let (reply, answer) = oneshot::channel();
        let request_id = Uuid::new_v4().to_string();
        let trace_id = options.trace_id.unwrap_or_else(trace::begin);
        self.submit(function, Job { request_id, payload, trace_id, reply })?;
        Ok(match answer.await.context("Lambda was shut down before the function answered")? {
            Ok(body) => Streamed::Body(body),
            Err(error) => Streamed::Error(error),
        })
    }

    /// Starts a process for a function that has none, so that its first invocation need not wait for it.
    ///
    /// # Errors
    /// When there is no such function.
    pub fn warm(&self, function: &str) -> Result<()> {
        let mut pools = self.pools();
        let pool = pools.get_mut(function).with_context(|| format!("there is no function {function}"))?;
        if pool.count() == 0 {
            self.launch(pool);
        }
        Ok(())
    }

    /// How many processes a function has.
    pub fn instances(&self, function: &str) -> usize {
        self.pools().get(function).map_or(0, Pool::count)
    }

    /// Ends every process and takes no more work. What was under way fails.
    pub fn shut_down(&self) {
        self.pools().clear();
        if let Some(server) = self.0.server.lock().unwrap_or_else(PoisonError::into_inner).take() {
            server.abort();
        }
    }

    /// The name by which the cloud would know a function.
    pub fn arn(&self, function: &str) -> String {
        format!("arn:aws:lambda:{}:{}:function:{function}", self.0.place.region, self.0.place.account)
    }

    fn pools(&self) -> MutexGuard<'_, BTreeMap<String, Pool>> {
        self.0.pools.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
pub(crate) mod tests;
