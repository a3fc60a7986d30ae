//! Doors that stay shut: no address of a private network is ever dialled, whatever spells it.

use crate::{Refused, fake::*};
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use std::sync::{Arc, atomic::Ordering};
use tokio::net::TcpListener;

async fn closed(resolve: impl Fn(&str, usize) -> Vec<&'static str> + Send + Sync + 'static) -> Closed {
    let site = Site::new(|path, _| match path.strip_prefix("/to?") {
        _ if path == "/robots.txt" => nothing(),
        Some(target) => answer(302, &[("location", target)], ""),
        None => html("here"),
    })
    .await;
    Closed::new(site.address, RootCertStore::empty(), resolve)
}

#[tokio::test]
async fn private_hosts_are_refused_in_every_spelling_and_never_dialled() {
    let web = closed(|name, _| match name {
        "localhost" | "localhost." | "rebound.example" => vec!["127.0.0.1", "::1"],
        "metadata.google.internal" => vec!["169.254.169.254"],
        "mapped.example" => vec!["::ffff:10.0.0.1"],
        "nat64.example" => vec!["64:ff9b::a00:1"],
        "mixed.example" => vec![PUBLIC, "10.0.0.1"],
        "mixed6.example" => vec!["2606:4700::1111", "fd00:ec2::254"],
        _ => panic!("{name} was looked up"),
    })
    .await;
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.0.0.1.",
        "0",
        "0.0.0.0",
        "10.0.0.1",
        "192.168.1.1",
        "172.16.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "2852039166",
        "198.18.0.1",
        "192.0.2.1",
        "224.0.0.1",
        "255.255.255.255",
        "[::]",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:a9fe:a9fe]",
        "[::7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[2001::1]",
        "[fe80::1]",
        "[fec0::1]",
        "[fc00::1]",
        "[ff02::1]",
        "①②⑦.⓪.⓪.①",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "rebound.example",
        "metadata.google.internal",
        "mapped.example",
        "nat64.example",
        "mixed.example",
        "mixed6.example",
    ] {
        for scheme in ["http", "https"] {
            let refused = web.fetch(&format!("{scheme}://{host}/latest/meta-data/")).await.expect_err(host);
            assert!(matches!(refused, Refused::Private(_)), "{host}: {refused:?}");
        }
    }
    assert!(web.dialled().is_empty(), "{:?}", web.dialled());
}

#[tokio::test]
async fn a_redirect_is_checked_like_the_first_address() {
    let web = closed(|name, _| match name {
        "public.example" => vec![PUBLIC],
        "internal.example" => vec!["10.0.0.1"],
        _ => panic!("{name} was looked up"),
    })
    .await;
    for target in [
        "http://127.0.0.1/",
        "http://169.254.169.254/",
        "//169.254.169.254/latest/",
        "http://[::ffff:127.0.0.1]/",
        "http://0x7f.1/",
        "http://internal.example/",
        "https://internal.example/",
        "ftp://public.example/",
        "file:///etc/passwd",
        "http://user@public.example/",
        "http://public.example:22/",
        "http://[::1",
    ] {
        let refused = web.fetch(&format!("http://public.example/to?{target}")).await;
        assert!(refused.is_err(), "{target}: {refused:?}");
    }
    let public = format!("{PUBLIC}:80");
    assert!(web.dialled().iter().all(|address| *address == public), "{:?}", web.dialled());
    assert_eq!(bytes(web.fetch("http://public.example/to?/there").await), b"here");
}

#[tokio::test]
async fn what_was_checked_is_what_is_dialled_however_the_name_changes() {
    // Public for robots.txt and the first page, private from then on.
    let web = closed(|_, before| if before < 2 { vec![PUBLIC] } else { vec!["169.254.169.254"] }).await;
    assert_eq!(bytes(web.fetch("http://rebound.example/").await), b"here");
    assert_eq!(web.resolved.load(Ordering::SeqCst), 2, "one look-up a request");
    assert_eq!(web.dialled(), [format!("{PUBLIC}:80"), format!("{PUBLIC}:80")]);
    let refused = web.fetch("http://rebound.example/again").await;
    assert_eq!(refused, Err(Refused::Private("rebound.example".into())));
    assert_eq!(web.dialled().len(), 2);
}

#[tokio::test]
async fn a_name_that_changes_between_two_redirects_is_refused() {
    let web = closed(|_, before| if before < 2 { vec![PUBLIC] } else { vec!["127.0.0.1"] }).await;
    let refused = web.fetch("http://rebound.example/to?http://rebound.example/there").await;
    assert_eq!(refused, Err(Refused::Private("rebound.example".into())));
    assert_eq!(web.dialled().len(), 2);
}

#[tokio::test]
async fn a_name_that_nobody_has_does_not_answer() {
    let web = closed(|_, _| vec![]).await;
    assert_eq!(
        web.fetch("https://nowhere.example/").await,
        Err(Refused::Unreachable("nowhere.example".into()))
    );
}

#[tokio::test]
async fn leave_for_ones_own_network_is_not_leave_for_metadata() {
    let fetcher = own();
    for url in ["http://169.254.169.254/", "http://[fe80::1]/", "http://0.0.0.0/"] {
        let refused = fetcher.fetch(url, &crate::Conditional::default()).await.expect_err(url);
        assert!(matches!(refused, Refused::Private(_)), "{refused:?}");
    }
}

/// A server with TLS for `name`, which answers every request with this; and who signed it.
async fn encrypted(name: &str, response: &'static [u8]) -> (std::net::SocketAddr, RootCertStore) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).expect("a root");
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .expect("a key");
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut request = [0; 4096];
            let read = stream.read(&mut request).await.unwrap_or_default();
            let is_robots = request[..read].starts_with(b"GET /robots.txt ");
            let none = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";
            let _ = stream.write_all(if is_robots { none } else { response }).await;
            let _ = stream.shutdown().await;
        }
    });
    (address, roots)
}

const PAGE: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 4\r\n\r\nhere";
const DOWN: &[u8] = b"HTTP/1.1 302 Found\r\nlocation: http://example.com/\r\ncontent-length: 0\r\n\r\n";

#[tokio::test]
async fn a_certificate_has_to_be_trusted_and_of_the_name() {
    let (address, roots) = encrypted("example.com", PAGE).await;
    let web = Closed::new(address, roots.clone(), |_, _| vec![PUBLIC]);
    assert_eq!(bytes(web.fetch("https://example.com/").await), b"here");
    assert_eq!(web.dialled()[0], format!("{PUBLIC}:443"));
    let other = web.fetch("https://other.example/").await;
    assert_eq!(other, Err(Refused::Untrusted("other.example".into())));
    let stranger = Closed::new(address, RootCertStore::empty(), |_, _| vec![PUBLIC]);
    assert_eq!(stranger.fetch("https://example.com/").await, Err(Refused::Untrusted("example.com".into())));
}

#[tokio::test]
async fn https_does_not_lead_to_http() {
    let (address, roots) = encrypted("example.com", DOWN).await;
    let web = Closed::new(address, roots, |_, _| vec![PUBLIC]);
    assert_eq!(web.fetch("https://example.com/").await, Err(Refused::Downgrade));
}
