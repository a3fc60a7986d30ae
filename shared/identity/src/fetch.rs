//! What an issuer publishes, over HTTPS.

use anyhow::Context as _;
use async_trait::async_trait;
use bytes::Bytes;
use domain::limits;
use http::{StatusCode, Uri};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use std::{io, time::Duration};

/// Gets a small document.
#[async_trait]
pub trait Fetch: Send + Sync {
    /// The body at this address.
    ///
    /// # Errors
    /// When it is not there, or not at once, or not this small: whatever went wrong, the caller asks again later.
    async fn get(&self, url: &str) -> anyhow::Result<Bytes>;
}

/// [`Fetch`] from the network: the machine's certificate authorities, bodies up to [`limits::KEY_SET_BYTES`], answers
/// within [`limits::KEY_SET_ANSWER_SECONDS`]. Redirects are not followed: an issuer's keys come from where it said.
#[derive(Debug, Clone)]
pub struct Https {
    client: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
    patience: Duration,
}

impl Https {
    /// A client; connections are made when something is fetched.
    ///
    /// # Errors
    /// When the machine's certificate authorities cannot be read.
    pub fn new() -> io::Result<Self> {
        // Plain HTTP is for an issuer on the same machine; `Issuer` lets no other through.
        let connector =
            HttpsConnectorBuilder::new().with_native_roots()?.https_or_http().enable_http1().build();
        Ok(Self {
            client: Client::builder(TokioExecutor::new()).build(connector),
            patience: Duration::from_secs(limits::KEY_SET_ANSWER_SECONDS),
        })
    }

    async fn ask(&self, url: &str) -> anyhow::Result<Bytes> {
        let response = self.client.get(url.parse::<Uri>().context("read address")?).await.context("ask")?;
        anyhow::ensure!(response.status() == StatusCode::OK, "answered {}", response.status().as_u16());
        let body = Limited::new(response.into_body(), limits::KEY_SET_BYTES).collect().await;
        Ok(body.map_err(anyhow::Error::from_boxed).context("read answer")?.to_bytes())
    }
}

#[async_trait]
impl Fetch for Https {
    async fn get(&self, url: &str) -> anyhow::Result<Bytes> {
        tokio::time::timeout(self.patience, self.ask(url)).await.context("wait for an answer")?
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    /// What is got from a server that answers so, and then says nothing more.
    async fn got(answer: Vec<u8>) -> anyhow::Result<Bytes> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/keys", listener.local_addr()?);
        let server = async {
            let (mut socket, _) = listener.accept().await.expect("a caller");
            let _ = socket.read(&mut [0; 1024]).await;
            let _ = socket.write_all(&answer).await;
            std::future::pending::<()>().await;
        };
        let https = Https { patience: Duration::from_millis(500), ..Https::new()? };
        tokio::select! {
            got = https.get(&url) => got,
            () = server => unreachable!("the server stays"),
        }
    }

    #[tokio::test]
    async fn a_small_answer_is_read_and_no_other() {
        let answered = got(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}".to_vec()).await;
        assert_eq!(answered.expect("an answer"), "{}");
        let moved =
            b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n".to_vec();
        assert!(got(moved).await.is_err());
        let late = b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n{}".to_vec();
        assert!(got(late).await.is_err());
        let mut large = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_vec();
        large.resize(large.len() + limits::KEY_SET_BYTES + 1, b' ');
        assert!(got(large).await.is_err());
    }
}
