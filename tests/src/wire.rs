//! A proxy before Postgres that takes one of the two walls between organizations away, so that the other is tried alone.
//! The functions before it are the binaries that deploy, and know nothing of it.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU8, AtomicUsize, Ordering},
    },
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// Which walls stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Walls {
    /// As it is served: policies and predicates.
    Both,
    /// Row-level security alone: every statement's own predicate is rewritten to hold for every tenant.
    PoliciesOnly,
    /// The statements' predicates alone: for a role that bypasses row-level security, which the check at a connection's
    /// start is kept from noticing.
    PredicatesOnly,
}

/// How every statement names its tenant; `tests/it/sql.rs` holds them to it.
pub const PREDICATE: &str = "id = docent.current_organization()";
/// What is true of every row, in its place.
pub const NO_PREDICATE: &str = "id IS NOT NULL";
/// By which the check at a connection's start is known.
const GUARD: &str = "bypasses row-level security";
/// What finds no hole, in its place.
const NO_GUARD: &str = "SELECT ''::text WHERE false";

/// The proxy.
pub struct Wire {
    /// Where it listens.
    pub address: SocketAddr,
    walls: Arc<AtomicU8>,
    rewritten: Arc<AtomicUsize>,
    accepting: JoinHandle<()>,
}

impl Wire {
    /// Stands before a server, with both walls up.
    ///
    /// # Panics
    /// When there is no free port.
    pub async fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("find a free port");
        let address = listener.local_addr().expect("a bound address");
        let (walls, rewritten) = (Arc::new(AtomicU8::new(0)), Arc::new(AtomicUsize::new(0)));
        let (now, count) = (Arc::clone(&walls), Arc::clone(&rewritten));
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (now, count) = (Arc::clone(&now), Arc::clone(&count));
                tokio::spawn(async move {
                    if let Ok(server) = TcpStream::connect(server).await {
                        let _ = carry(client, server, &now, &count).await;
                    }
                });
            }
        });
        Self { address, walls, rewritten, accepting }
    }

    /// Says which walls stand from the next statement on, and begins to count anew.
    pub fn set(&self, walls: Walls) {
        self.walls.store(walls as u8, Ordering::SeqCst);
        self.rewritten.store(0, Ordering::SeqCst);
    }

    /// Statements that were changed on their way.
    #[must_use]
    pub fn rewritten(&self) -> usize {
        self.rewritten.load(Ordering::SeqCst)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Frames of the frontend (Postgres 18, 54.7): the first has no type, every other is a type, a length and a body.
async fn carry(
    client: TcpStream,
    server: TcpStream,
    walls: &AtomicU8,
    count: &AtomicUsize,
) -> std::io::Result<()> {
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let back = tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
    let length = from_client.read_u32().await?;
    let mut startup = vec![0; (length as usize).saturating_sub(4)];
    from_client.read_exact(&mut startup).await?;
    to_server.write_u32(length).await?;
    to_server.write_all(&startup).await?;
    let mut from_client = tokio::io::BufReader::new(from_client);
    while let Ok(kind) = from_client.read_u8().await {
        let length = from_client.read_u32().await?;
        let mut body = vec![0; (length as usize).saturating_sub(4)];
        from_client.read_exact(&mut body).await?;
        if matches!(kind, b'P' | b'Q')
            && let Some(changed) = changed(kind, &body, walls.load(Ordering::SeqCst))
        {
            count.fetch_add(1, Ordering::SeqCst);
            body = changed;
        }
        let mut frame = vec![kind];
        frame.extend(u32::try_from(body.len() + 4).unwrap_or(u32::MAX).to_be_bytes());
        frame.extend(body);
        to_server.write_all(&frame).await?;
    }
    to_server.shutdown().await?;
    let _ = back.await;
    Ok(())
}

/// The body of a Parse or Query message with another text; none when it stays as it is.
fn changed(kind: u8, body: &[u8], walls: u8) -> Option<Vec<u8>> {
    // Parse: a name, the text, then types; Query: the text.
    let from = if kind == b'P' { body.iter().position(|byte| *byte == 0)? + 1 } else { 0 };
    let to = from + body.get(from..)?.iter().position(|byte| *byte == 0)?;
    let text = std::str::from_utf8(body.get(from..to)?).ok()?;
    let other = if walls == Walls::PoliciesOnly as u8 && text.contains(PREDICATE) {
        text.replace(PREDICATE, NO_PREDICATE)
    } else if walls == Walls::PredicatesOnly as u8 && text.contains(GUARD) {
        NO_GUARD.to_owned()
    } else {
        return None;
    };
    Some([&body[..from], other.as_bytes(), &body[to..]].concat())
}
