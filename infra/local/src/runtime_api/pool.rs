//! The processes of a function and the invocations that wait for them.
//!
//! A process is starting, waiting for work or busy; it is busy until it asks again, and time is up for all of
//! that. Every change ends in [`Lambda::settle`], which hands waiting work to waiting processes and starts
//! another when there is more work than processes about to ask for it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;
use uuid::Uuid;

use super::{FunctionError, Lambda, Piece, ResponseStream, Served, Start};

/// What an invoker hears first: the answer's beginning, or why there is none.
pub(super) type Reply = Result<ResponseStream, FunctionError>;

/// An invocation that nobody works on yet.
pub(super) struct Job {
    pub(super) request_id: String,
    pub(super) payload: Bytes,
    pub(super) trace_id: String,
    pub(super) reply: oneshot::Sender<Reply>,
}

/// What a process is handed.
pub(super) struct Work {
    pub(super) request_id: String,
    pub(super) payload: Bytes,
    pub(super) trace_id: String,
    /// Milliseconds since 1970 at which time is up.
    pub(super) deadline_ms: u128,
}

/// An invocation that a process is at.
pub(super) struct Current {
    pub(super) request_id: String,
    /// Taken when the answer begins.
    reply: Option<oneshot::Sender<Reply>>,
    progress: Progress,
    /// Set when it was ended from outside, for the one who reads the answer's stream.
    failure: Arc<OnceLock<FunctionError>>,
    timer: AbortHandle,
}

#[derive(PartialEq, Eq)]
enum Progress {
    Working,
    /// The process is about to ask for more.
    Answered,
}

impl Current {
    fn fail(&mut self, error: FunctionError) {
        self.progress = Progress::Answered;
        if let Some(reply) = self.reply.take() {
            // An invoker that has gone away needs no answer.
            let _ = reply.send(Err(error.clone()));
        }
        let _ = self.failure.set(error);
    }
}

impl Drop for Current {
    fn drop(&mut self) {
        self.timer.abort();
    }
}

enum Phase {
    Starting,
    Waiting(oneshot::Sender<Work>),
    Busy(Current),
}

struct Instance {
    phase: Phase,
    /// Ends the task that owns the process, and so the process.
    process: AbortHandle,
    init_error: Option<FunctionError>,
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.process.abort();
    }
}

/// A function with its processes.
pub(super) struct Pool {
    served: Served,
    pending: VecDeque<Job>,
    instances: BTreeMap<String, Instance>,
}

impl Pool {
    pub(super) fn new(served: Served) -> Pool {
        Pool { served, pending: VecDeque::new(), instances: BTreeMap::new() }
    }

    pub(super) fn count(&self) -> usize {
        self.instances.len()
    }

    /// Processes that will ask for work without being told to.
    fn about_to_ask(&self) -> usize {
        let about_to_ask = |instance: &&Instance| match &instance.phase {
            Phase::Starting => true,
            Phase::Waiting(_) => false,
            Phase::Busy(current) => current.progress == Progress::Answered,
        };
        self.instances.values().filter(about_to_ask).count()
    }

    fn waiting(&mut self) -> Option<(String, oneshot::Sender<Work>)> {
        let waiting = |(_, instance): &(&String, &mut Instance)| matches!(instance.phase, Phase::Waiting(_));
        let (id, instance) = self.instances.iter_mut().find(waiting)?;
        match std::mem::replace(&mut instance.phase, Phase::Starting) {
            Phase::Waiting(ask) => Some((id.clone(), ask)),
            _ => None,
        }
    }

    /// Fails the invocation that has waited longest, so that a function that cannot start does not start for
    /// ever.
    fn fail_oldest(&mut self, error: FunctionError) {
        if let Some(job) = self.pending.pop_front() {
            let _ = job.reply.send(Err(error));
        }
    }
}

impl Lambda {
    /// Queues an invocation.
    pub(super) fn submit(&self, function: &str, job: Job) -> Result<()> {
        let mut pools = self.pools();
        let pool = pools.get_mut(function).with_context(|| format!("there is no function {function}"))?;
        pool.pending.push_back(job);
        self.settle(pool);
        Ok(())
    }

    /// A process asks for work; the receiver yields it in time. Nothing for a process that is not known (any
    /// more).
    pub(super) fn ask(&self, id: &str) -> Option<(String, oneshot::Receiver<Work>)> {
        self.with_instance(id, |lambda, pool, id| {
            let (ask, work) = oneshot::channel();
            let instance = pool.instances.get_mut(id)?;
            if let Phase::Busy(mut current) = std::mem::replace(&mut instance.phase, Phase::Waiting(ask))
                && current.progress == Progress::Working
            {
                current.fail(FunctionError::new(
                    "Runtime.NoResponse",
                    "the function asked for work without answering",
                ));
            }
            lambda.settle(pool);
            Some((pool.served.name.clone(), work))
        })
    }

    /// A process begins its answer: the invoker gets the receiving end of a stream. Nothing when the
    /// invocation is over, because time was up or an answer was already given.
    pub(super) fn begin_answer(&self, id: &str, request_id: &str) -> Option<mpsc::Sender<Piece>> {
        self.with_instance(id, |_, pool, id| {
            let current = current(pool, id, request_id)?;
            let reply = current.reply.take()?;
            let (stream, pieces) = mpsc::channel(64);
            // An invoker that has gone away shows itself in the stream, which is closed then.
            let _ = reply.send(Ok(ResponseStream { pieces, failure: current.failure.clone(), ended: false }));
            Some(stream)
        })
    }

    /// A process has finished its answer.
    pub(super) fn end_answer(&self, id: &str, request_id: &str) {
        self.with_instance(id, |_, pool, id| {
            current(pool, id, request_id)?.progress = Progress::Answered;
            Some(())
        });
    }

    /// A process says that its invocation failed. Nothing when the invocation is over.
    pub(super) fn fail_answer(&self, id: &str, request_id: &str, error: FunctionError) -> Option<()> {
        self.with_instance(id, |_, pool, id| {
            current(pool, id, request_id)?.fail(error);
            Some(())
        })
    }

    /// A process says why it cannot start; it will exit next.
    pub(super) fn init_error(&self, id: &str, error: FunctionError) {
        self.with_instance(id, |_, pool, id| {
            pool.instances.get_mut(id)?.init_error = Some(error);
            Some(())
        });
    }

    /// Starts a process.
    pub(super) fn launch(&self, pool: &mut Pool) {
        let _entered = self.0.runtime.enter();
        let (id, function) = (Uuid::new_v4().to_string(), pool.served.name.clone());
        // A path needs the scheme in front, or the runtime cannot read it.
        let runtime_api = format!("http://{}/{id}", self.0.address);
        match (self.0.launch)(&Start { function: function.clone(), runtime_api }) {
            Ok(exited) => {
                let (lambda, owned) = (self.clone(), id.clone());
                let process = tokio::spawn(async move {
                    let how = exited.await;
                    lambda.exited(&owned, &how);
                });
                let process = process.abort_handle();
                pool.instances
                    .insert(id.clone(), Instance { phase: Phase::Starting, process, init_error: None });
                self.limit_start(id);
            }
            Err(error) => {
                let message = format!("cannot start {function}: {error:#}");
                tracing::error!("{message}");
                pool.fail_oldest(FunctionError::new("Runtime.InvalidEntrypoint", message));
            }
        }
    }

    /// Hands waiting work to waiting processes, and starts another process when there are too few.
    fn settle(&self, pool: &mut Pool) {
        pool.pending.retain(|job| !job.reply.is_closed());
        while !pool.pending.is_empty() {
            if let Some((id, ask)) = pool.waiting() {
                self.hand_over(pool, &id, ask);
            } else if pool.about_to_ask() < pool.pending.len()
                && pool.count() < pool.served.max_instances.max(1)
            {
                self.launch(pool);
            } else {
                break;
            }
        }
    }

    fn hand_over(&self, pool: &mut Pool, id: &str, ask: oneshot::Sender<Work>) {
        let timeout = pool.served.timeout;
        let (Some(job), Some(instance)) = (pool.pending.pop_front(), pool.instances.get_mut(id)) else {
            return;
        };
        let deadline = SystemTime::now() + timeout;
        let deadline_ms = deadline.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let Job { request_id, payload, trace_id, reply } = job;
        let work = Work { request_id: request_id.clone(), payload, trace_id, deadline_ms };
        match ask.send(work) {
            Ok(()) => {
                let timer = self.limit_work(id.to_owned(), request_id.clone(), timeout);
                let (reply, progress) = (Some(reply), Progress::Working);
                let current = Current { request_id, reply, progress, failure: Arc::default(), timer };
                instance.phase = Phase::Busy(current);
            }
            // It stopped listening: it is going or gone. The work waits for another.
            Err(Work { request_id, payload, trace_id, .. }) => {
                pool.instances.remove(id);
                pool.pending.push_front(Job { request_id, payload, trace_id, reply });
            }
        }
    }

    fn limit_work(&self, id: String, request_id: String, timeout: Duration) -> AbortHandle {
        let lambda = self.clone();
        let timer = self.0.runtime.spawn(async move {
            tokio::time::sleep(timeout).await;
            lambda.with_instance(&id, |lambda, pool, id| {
                current(pool, id, &request_id)?;
                let seconds = timeout.as_secs_f64();
                let message = format!("Task timed out after {seconds:.2} seconds");
                tracing::warn!(function = pool.served.name, "{message}");
                lambda.end(pool, id, FunctionError::new("Sandbox.Timedout", message));
                Some(())
            });
        });
        timer.abort_handle()
    }

    fn limit_start(&self, id: String) {
        let (lambda, limit) = (self.clone(), self.0.place.start_limit);
        tokio::spawn(async move {
            tokio::time::sleep(limit).await;
            lambda.with_instance(&id, |lambda, pool, id| {
                let instance = pool.instances.get(id)?;
                if matches!(instance.phase, Phase::Starting) {
                    let (name, seconds) = (&pool.served.name, limit.as_secs_f64());
                    let message =
                        format!("{name} did not ask for work within {seconds:.1} seconds of its start");
                    tracing::warn!("{message}");
                    lambda.end(pool, id, FunctionError::new("Sandbox.Timedout", message));
                }
                Some(())
            });
        });
    }

    fn exited(&self, id: &str, how: &str) {
        self.with_instance(id, |lambda, pool, id| {
            let instance = pool.instances.get_mut(id)?;
            tracing::warn!(function = pool.served.name, "a process ended: {how}");
            let exit =
                || FunctionError::new("Runtime.ExitError", format!("Runtime exited with error: {how}"));
            let error = instance.init_error.take().unwrap_or_else(exit);
            lambda.end(pool, id, error);
            Some(())
        });
    }

    /// Ends a process and fails what it was at, or what it was started for.
    fn end(&self, pool: &mut Pool, id: &str, error: FunctionError) {
        let Some(mut instance) = pool.instances.remove(id) else { return };
        match &mut instance.phase {
            Phase::Busy(current) => current.fail(error),
            Phase::Starting => pool.fail_oldest(error),
            Phase::Waiting(_) => {}
        }
        self.settle(pool);
    }

    fn with_instance<T>(
        &self,
        id: &str,
        act: impl FnOnce(&Lambda, &mut Pool, &str) -> Option<T>,
    ) -> Option<T> {
        let mut pools = self.pools();
        let pool = pools.values_mut().find(|pool| pool.instances.contains_key(id))?;
        act(self, pool, id)
    }
}

fn current<'a>(pool: &'a mut Pool, id: &str, request_id: &str) -> Option<&'a mut Current> {
    match &mut pool.instances.get_mut(id)?.phase {
        Phase::Busy(current) if current.request_id == request_id => Some(current),
        _ => None,
    }
}
