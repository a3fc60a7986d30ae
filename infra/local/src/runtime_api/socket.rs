//! Connections that acknowledge at once.
//!
//! The functions' runtime leaves Nagle's algorithm on: the second small write of a streamed answer waits
//! until the first is acknowledged, and Linux likes to wait 40 ms with that. The runtime is not ours to
//! change, so the receiving end, which is, acknowledges without waiting.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// A listener whose connections acknowledge at once.
pub(super) struct Prompt(pub(super) TcpListener);

impl Listener for Prompt {
    type Io = PromptStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (PromptStream, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        let _ = stream.set_nodelay(true);
        let stream = PromptStream(stream);
        stream.acknowledge();
        (stream, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

pub(super) struct PromptStream(TcpStream);

impl PromptStream {
    /// The kernel forgets the wish now and then, so it is repeated after each read. A wish that it does not
    /// grant costs time only.
    fn acknowledge(&self) {
        #[cfg(target_os = "linux")]
        let _ = rustix::net::sockopt::set_tcp_quickack(&self.0, true);
    }
}

impl AsyncRead for PromptStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        poller: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.0).poll_read(poller, buffer);
        if read.is_ready() {
            self.acknowledge();
        }
        read
    }
}

impl AsyncWrite for PromptStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        poller: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(poller, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        poller: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(poller, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, poller: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(poller)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, poller: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(poller)
    }
}
