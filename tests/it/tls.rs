//! Postgres over TLS: who answers is checked by certificate and by name, against the machine's certificates.
//!
//! Roots are the machine's, so each case runs in a process of its own, whose root is an authority made here
//! (`SSL_CERT_FILE`).

use base64::{Engine as _, prelude::BASE64_STANDARD};
use domain::OrganizationId;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use std::{net::SocketAddr, process::Command, sync::Arc};
use tests::database;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};
use url::Url;

/// What the server is called; no such name is looked up, the address stands beside it.
const NAME: &str = "db.docent.example";
/// The case's URL for the process that connects.
const URL: &str = "DOCENT_TLS_URL";

/// What a server shows.
struct Shown {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

/// An authority: its certificate as a file holds it, and what it signs with.
fn authority() -> (String, Issuer<'static, KeyPair>) {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(Vec::<String>::new()).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let encoded = BASE64_STANDARD.encode(params.self_signed(&key).expect("signed").der());
    // RFC 7468, 2: lines of 64.
    let lines: Vec<&str> =
        encoded.as_bytes().chunks(64).map(|line| str::from_utf8(line).expect("ASCII")).collect();
    let pem = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"));
    (pem, Issuer::new(params, key))
}

/// A server's certificate for a name, good until the end of a year.
fn certificate(by: &Issuer<'static, KeyPair>, name: &str, until: i32) -> Shown {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(vec![name.to_owned()]).expect("parameters");
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(until, 12, 31);
    let signed = params.signed_by(&key, by).expect("signed");
    Shown {
        chain: vec![signed.der().clone()],
        key: PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
    }
}

/// Ends TLS before a Postgres that speaks none (Postgres 18, 54.2.11: SSLRequest, then the handshake).
async fn before(server: SocketAddr, shown: Option<Shown>) -> SocketAddr {
    let acceptor = shown.map(|shown| {
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(shown.chain, shown.key)
            .expect("a certificate and its key");
        TlsAcceptor::from(Arc::new(config))
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut asked = [0; 8];
                client.read_exact(&mut asked).await?;
                let Some(acceptor) = acceptor else {
                    return client.write_all(b"N").await;
                };
                client.write_all(b"S").await?;
                let mut inside = acceptor.accept(client).await?;
                let mut server = TcpStream::connect(server).await?;
                tokio::io::copy_bidirectional(&mut inside, &mut server).await.map(|_| ())
            });
        }
    });
    address
}

/// Connects in another process, as a function does: what it says.
async fn connects(authority: &str, address: SocketAddr, url: &Url, mode: &str) -> Result<(), String> {
    let roots = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(roots.path(), authority).expect("write the authority");
    let mut url = url.clone();
    url.set_host(Some(NAME)).expect("a host");
    url.set_port(Some(address.port())).expect("a port");
    url.set_query(Some(&format!("hostaddr=127.0.0.1&sslmode={mode}")));
    let mut child = Command::new(std::env::current_exe().expect("this program"));
    child
        .args(["--exact", "tls::a_process_of_its_own", "--ignored", "--nocapture"])
        .env(URL, url.as_str())
        .env("SSL_CERT_FILE", roots.path());
    let output = tokio::task::spawn_blocking(move || child.output()).await.expect("joined").expect("started");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if said.contains("TLS-CONNECTED") {
        return Ok(());
    }
    let refusal = said.lines().find(|line| line.contains("TLS-REFUSED"));
    Err(refusal.unwrap_or_else(|| panic!("{said} {}", String::from_utf8_lossy(&output.stderr))).to_owned())
}

#[tokio::test]
#[ignore = "the process that connects; started by the test below"]
async fn a_process_of_its_own() {
    let url = tests::setting(URL).expect("started by the test below");
    let database = store::Database::new(&url).expect("a URL");
    match database.tenant(OrganizationId::generate()).await {
        Ok(_) => println!("TLS-CONNECTED"),
        Err(error) => {
            let source = std::error::Error::source(&error).map(|source| format!("{source:?}"));
            println!("TLS-REFUSED {error}: {}", source.unwrap_or_default().replace('\n', " "));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_believed_by_its_certificate_and_its_name_alone() {
    let database = database().await;
    let url = Url::parse(&database.application_url).expect("a URL");
    let server: SocketAddr =
        format!("{}:{}", url.host_str().unwrap_or("127.0.0.1"), url.port().unwrap_or(5432))
            .parse()
            .expect("an address");
    let ((ours, signer), (_, stranger)) = (authority(), authority());

    let good = before(server, Some(certificate(&signer, NAME, 2999))).await;
    for mode in ["require", "verify-ca", "verify-full"] {
        connects(&ours, good, &url, mode).await.unwrap_or_else(|said| panic!("{mode}: {said}"));
    }
    let wrong = [
        // It calls itself as ours does.
        ("another authority's", certificate(&stranger, NAME, 2999), "BadSignature"),
        ("another host's", certificate(&signer, "elsewhere.example", 2999), "NotValidForName"),
        ("past its time", certificate(&signer, NAME, 2021), "Expired"),
    ];
    for (what, shown, why) in wrong {
        let address = before(server, Some(shown)).await;
        // All three verify in full: the shorter words are no weaker here.
        for mode in ["require", "verify-full"] {
            let said = connects(&ours, address, &url, mode).await.expect_err(what);
            assert!(said.contains(why), "{what}, {mode}: {said}");
        }
    }
    let plain = before(server, None).await;
    let said = connects(&ours, plain, &url, "require").await.expect_err("a server without TLS");
    assert!(said.contains("server does not support TLS"), "{said}");
}
