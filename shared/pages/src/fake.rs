//! A web of our own for tests: servers on this machine, names that resolve as a test says, and a record of who was
//! asked and dialled.

use crate::{
    Conditional, Fetched, Fetcher, Policy, Refused,
    connect::{Dialler, Network, Resolver},
};
use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, Response},
    routing::any,
};
use rustls::RootCertStore;
use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// A public address that no test ever connects to.
pub const PUBLIC: &str = "93.184.216.34";

/// A web server; it ends with the test's runtime.
pub struct Site {
    pub address: SocketAddr,
    /// Path and query of each request, in order.
    pub asked: Arc<Mutex<Vec<String>>>,
}

impl Site {
    /// Answers each path as the function says.
    pub async fn new(
        answer: impl Fn(&str, &HeaderMap) -> Response<Body> + Clone + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let record = Arc::clone(&asked);
        let answer = move |request: Request| {
            let path = request.uri().path_and_query().expect("a path").to_string();
            let response = answer(&path, request.headers());
            record.lock().expect("the record").push(path);
            async move { response }
        };
        let router = axum::Router::new().fallback(any(answer));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, asked }
    }

    /// Answers every connection with these bytes, then closes it or stays silent.
    pub async fn raw(bytes: &'static [u8], closes: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move {
            let mut open = Vec::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(bytes).await;
                if !closes {
                    open.push(stream);
                }
            }
        });
        Self { address, asked: Arc::default() }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Fetches from this site with a fetcher that may.
    pub async fn fetch(&self, path: &str) -> Result<Fetched, Refused> {
        own().fetch(&self.url(path), &Conditional::default()).await
    }

    /// Requests but those for robots.txt.
    pub fn pages_asked(&self) -> Vec<String> {
        let asked = self.asked.lock().expect("the record");
        asked.iter().filter(|path| *path != "/robots.txt").cloned().collect()
    }
}

/// A fetcher that may visit this machine.
pub fn own() -> Fetcher {
    Fetcher::new(Policy { allow_private: true })
}

/// A fetcher with the policy of the cloud, for which all connections end at one server.
pub struct Closed {
    pub fetcher: Fetcher,
    /// How often a name was looked up.
    pub resolved: Arc<AtomicUsize>,
    /// What would have been connected to.
    pub dialled: Arc<Mutex<Vec<SocketAddr>>>,
}

impl Closed {
    /// `resolve` gets the name and how many were looked up before.
    pub fn new(
        server: SocketAddr,
        roots: RootCertStore,
        resolve: impl Fn(&str, usize) -> Vec<&'static str> + Send + Sync + 'static,
    ) -> Self {
        let resolved = Arc::new(AtomicUsize::new(0));
        let dialled = Arc::new(Mutex::new(Vec::new()));
        let count = Arc::clone(&resolved);
        let resolver: Resolver = Arc::new(move |name| {
            let addresses = resolve(&name, count.fetch_add(1, Ordering::SeqCst));
            let addresses: Vec<IpAddr> =
                addresses.into_iter().map(|text| text.parse().expect("an address")).collect();
            let found =
                if addresses.is_empty() { Err(io::Error::other("no such host")) } else { Ok(addresses) };
            Box::pin(async { found })
        });
        let record = Arc::clone(&dialled);
        let dialler: Dialler = Arc::new(move |address| {
            record.lock().expect("the record").push(address);
            Box::pin(TcpStream::connect(server))
        });
        let network = Network::with_dialler(resolver, dialler, roots);
        Self { fetcher: Fetcher::over(network, Policy::default()), resolved, dialled }
    }

    pub async fn fetch(&self, url: &str) -> Result<Fetched, Refused> {
        self.fetcher.fetch(url, &Conditional::default()).await
    }

    pub fn dialled(&self) -> Vec<String> {
        self.dialled.lock().expect("the record").iter().map(SocketAddr::to_string).collect()
    }
}

/// An answer with a status, header fields and a body.
pub fn answer(status: u16, fields: &[(&str, &str)], body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::builder().status(status);
    for (name, value) in fields {
        response = response.header(*name, *value);
    }
    response.body(body.into()).expect("an answer")
}

/// A page of HTML.
pub fn html(body: impl Into<Body>) -> Response<Body> {
    answer(200, &[("content-type", "text/html")], body)
}

/// No page.
pub fn nothing() -> Response<Body> {
    answer(404, &[], "")
}

/// A page's bytes.
pub fn bytes(fetched: Result<Fetched, Refused>) -> Vec<u8> {
    match fetched {
        Ok(Fetched::Page { bytes, .. }) => bytes,
        other => panic!("{other:?}"),
    }
}
