//! Things that break: proxies before Postgres and before HTTP servers that do harm when they are told to.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// Harm to a statement on its way to Postgres.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// The connection breaks before the server hears of it.
    Before,
    /// It breaks when the server has done it, before the client hears of that: for a COMMIT, the worst moment.
    After,
}

/// Harm to an HTTP request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// An error of this status, as AWS names it.
    Status(u16, &'static str),
    /// An error of this status that only HTTP knows, with a page for people: a proxy's or a balancer's.
    Bare(u16),
    /// The connection breaks without an answer.
    Reset,
    /// An answer of 200 with nonsense in it.
    Garbage,
    /// An answer that takes this long.
    Slow(Duration),
}

/// When to do what.
#[derive(Debug, Clone, Copy)]
struct Plan<T> {
    /// Requests or statements to let pass.
    skip: usize,
    /// How many to harm then.
    harm: usize,
    kind: T,
}

/// A proxy before Postgres.
pub struct Postgres {
    /// Where it listens.
    pub address: SocketAddr,
    shared: Arc<Shared<Cut>>,
    accepting: JoinHandle<()>,
}

/// A proxy before an HTTP server.
pub struct Http {
    /// Where it listens.
    pub address: SocketAddr,
    shared: Arc<Shared<Trouble>>,
    accepting: JoinHandle<()>,
}

struct Shared<T> {
    plan: Mutex<Option<Plan<T>>>,
    seen: AtomicUsize,
    done: AtomicUsize,
}

impl<T: Copy> Shared<T> {
    fn new() -> Arc<Self> {
        Arc::new(Self { plan: Mutex::new(None), seen: AtomicUsize::new(0), done: AtomicUsize::new(0) })
    }

    fn set(&self, plan: Option<Plan<T>>) {
        self.seen.store(0, Ordering::SeqCst);
        self.done.store(0, Ordering::SeqCst);
        *self.plan.lock().expect("no panic under this lock") = plan;
    }

    /// Counts one, and says what is to happen to it.
    fn next(&self) -> Option<T> {
        let place = self.seen.fetch_add(1, Ordering::SeqCst);
        let plan = (*self.plan.lock().expect("no panic under this lock"))?;
        let is_hit = (plan.skip..plan.skip + plan.harm).contains(&place);
        is_hit.then(|| {
            self.done.fetch_add(1, Ordering::SeqCst);
            plan.kind
        })
    }
}

macro_rules! proxy {
    ($name:ident, $kind:ty) => {
        impl $name {
            /// Lets `skip` pass and harms the `harm` after them.
            pub fn harm(&self, skip: usize, harm: usize, kind: $kind) {
                self.shared.set(Some(Plan { skip, harm, kind }));
            }

            /// Does no harm any more; how much was done.
            pub fn heal(&self) -> usize {
                let done = self.shared.done.load(Ordering::SeqCst);
                self.shared.set(None);
                done
            }

            /// Statements or requests since the last plan.
            #[must_use]
            pub fn seen(&self) -> usize {
                self.shared.seen.load(Ordering::SeqCst)
            }
        }

        impl Drop for $name {
            fn drop(&mut self) {
                self.accepting.abort();
            }
        }
    };
}

proxy!(Postgres, Cut);
proxy!(Http, Trouble);

impl Postgres {
    /// Stands before a server.
    ///
    /// # Panics
    /// When there is no free port.
    pub async fn before(server: SocketAddr) -> Self {
        let (address, listener) = listen().await;
        let shared = Shared::new();
        let plan = Arc::clone(&shared);
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let plan = Arc::clone(&plan);
                tokio::spawn(async move {
                    if let Ok(server) = TcpStream::connect(server).await {
                        let _ = client.set_nodelay(true);
                        let _ = server.set_nodelay(true);
                        pass_statements(client, server, &plan).await;
                    }
                });
            }
        });
        Self { address, shared, accepting }
    }
}

/// Passes frames on. Every statement ends in a Sync (`S`) or is a simple Query (`Q`).
async fn pass_statements(client: TcpStream, server: TcpStream, plan: &Shared<Cut>) {
    let (mut from_client, to_client) = client.into_split();
    let (from_server, mut to_server) = server.into_split();
    // Once set, answers are swallowed: the client never hears of them.
    let is_deaf = Arc::new(AtomicBool::new(false));
    let heard = Arc::new(tokio::sync::Notify::new());
    let back = tokio::spawn(pass_answers(from_server, to_client, Arc::clone(&is_deaf), Arc::clone(&heard)));
    let mut has_started = false;
    loop {
        let Some((kind, frame)) = read_frame(&mut from_client, has_started).await else { break };
        has_started = true;
        let cut = if matches!(kind, b'Q' | b'S') { plan.next() } else { None };
        if cut == Some(Cut::Before) {
            break;
        }
        if cut == Some(Cut::After) {
            is_deaf.store(true, Ordering::SeqCst);
        }
        if to_server.write_all(&frame).await.is_err() {
            break;
        }
        if cut == Some(Cut::After) {
            let _ = tokio::time::timeout(Duration::from_secs(5), heard.notified()).await;
            break;
        }
    }
    back.abort();
}

async fn pass_answers(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    is_deaf: Arc<AtomicBool>,
    heard: Arc<tokio::sync::Notify>,
) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        if is_deaf.load(Ordering::SeqCst) {
            heard.notify_one();
        } else if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}

/// A frame with its kind; the first one of a connection has none.
async fn read_frame(from: &mut (impl AsyncRead + Unpin), has_kind: bool) -> Option<(u8, Vec<u8>)> {
    let kind = if has_kind { Some(from.read_u8().await.ok()?) } else { None };
    let length = from.read_u32().await.ok()?;
    let mut frame: Vec<u8> = kind.into_iter().chain(length.to_be_bytes()).collect();
    let begun = frame.len();
    frame.resize(begun + usize::try_from(length).ok()?.checked_sub(4)?, 0);
    from.read_exact(&mut frame[begun..]).await.ok()?;
    Some((kind.unwrap_or(0), frame))
}

impl Http {
    /// Stands before a server.
    ///
    /// # Panics
    /// When there is no free port.
    pub async fn before(server: SocketAddr) -> Self {
        let (address, listener) = listen().await;
        let shared = Shared::new();
        let plan = Arc::clone(&shared);
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let plan = Arc::clone(&plan);
                tokio::spawn(async move {
                    let _ = client.set_nodelay(true);
                    let _ = pass_request(client, server, &plan).await;
                });
            }
        });
        Self { address, shared, accepting }
    }
}

/// One request a connection: the head is read, everything else passes as it comes.
async fn pass_request(
    mut client: TcpStream,
    server: SocketAddr,
    plan: &Shared<Trouble>,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if client.read_buf(&mut head).await? == 0 {
            return Ok(());
        }
    }
    match plan.next() {
        Some(Trouble::Reset) => return Ok(()),
        Some(Trouble::Status(status, name)) => {
            let body = format!("{{\"message\":\"{name}\"}}");
            let headers = format!("x-amzn-errortype: {name}\r\ncontent-type: application/json");
            return refuse(client, status, &headers, &body).await;
        }
        Some(Trouble::Bare(status)) => {
            return refuse(client, status, "content-type: text/html", "<html><body>Trouble</body></html>")
                .await;
        }
        Some(Trouble::Garbage) => {
            return client
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9\r\nconnection: close\r\n\r\nnot{json}")
                .await;
        }
        Some(Trouble::Slow(time)) => tokio::time::sleep(time).await,
        None => {}
    }
    let mut server = TcpStream::connect(server).await?;
    server.set_nodelay(true)?;
    // One request a connection, so that each is counted.
    server.write_all(&with_close(&head)).await?;
    tokio::io::copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}

fn with_close(head: &[u8]) -> Vec<u8> {
    let end = head.windows(2).position(|line| line == b"\r\n").map_or(0, |end| end + 2);
    [&head[..end], b"connection: close\r\n", &head[end..]].concat()
}

async fn refuse(mut client: TcpStream, status: u16, headers: &str, body: &str) -> std::io::Result<()> {
    let head = format!(
        "HTTP/1.1 {status} Trouble\r\n{headers}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    client.write_all(head.as_bytes()).await?;
    client.flush().await?;
    // The rest of the request is taken, so that the answer is read before the connection is seen to break.
    let mut rest = vec![0; 64 * 1024];
    let _ = tokio::time::timeout(Duration::from_millis(200), async {
        while let Ok(1..) = client.read(&mut rest).await {}
    })
    .await;
    Ok(())
}

async fn listen() -> (SocketAddr, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("find a free port");
    (listener.local_addr().expect("a bound address"), listener)
}
