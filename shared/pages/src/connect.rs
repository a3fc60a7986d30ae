//! Connections: a host is resolved once, each of its addresses is checked, and only what was checked is dialled.
//! Whatever a name says a moment later (DNS rebinding) is not asked.

use crate::{Policy, Refused, address};
use domain::limits;
use futures_util::future::BoxFuture;
use rustls::{ClientConfig, RootCertStore, pki_types::ServerName};
use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, OnceLock},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;
use url::{Host, Url};

/// Finds the addresses of a host by its name.
pub type Resolver = Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> + Send + Sync>;
/// Connects to an address.
pub type Dialler = Arc<dyn Fn(SocketAddr) -> BoxFuture<'static, io::Result<TcpStream>> + Send + Sync>;

/// A connection, with or without TLS.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// The way to hosts.
pub struct Network {
    resolve: Resolver,
    dial: Dialler,
    tls: OnceLock<Arc<ClientConfig>>,
    /// For one connection.
    pub patience: Duration,
}

impl Network {
    /// The machine's own resolver and network.
    pub fn new() -> Self {
        Self::with_resolver(Arc::new(|host| Box::pin(resolve(host))))
    }

    /// Another resolver.
    pub fn with_resolver(resolve: Resolver) -> Self {
        Self {
            resolve,
            dial: Arc::new(|address| Box::pin(TcpStream::connect(address))),
            tls: OnceLock::new(),
            patience: Duration::from_secs(limits::WEB_CONNECT_SECONDS),
        }
    }

    /// Another way to connect, and whom to trust.
    #[cfg(test)]
    pub fn with_dialler(resolve: Resolver, dial: Dialler, roots: RootCertStore) -> Self {
        let network = Self { dial, ..Self::with_resolver(resolve) };
        network.tls.get_or_init(|| configuration(roots));
        network
    }

    /// Connects to the host of a URL.
    ///
    /// # Errors
    /// [`Refused::Private`] when any address of the host is not to be visited, [`Refused::Untrusted`],
    /// [`Refused::Unreachable`].
    pub async fn connect(&self, url: &Url, policy: Policy) -> Result<Box<dyn Stream>, Refused> {
        let host = url.host_str().unwrap_or_default().to_owned();
        let unreachable = || Refused::Unreachable(host.clone());
        let addresses = match url.host() {
            Some(Host::Ipv4(address)) => vec![IpAddr::V4(address)],
            Some(Host::Ipv6(address)) => vec![IpAddr::V6(address)],
            Some(Host::Domain(name)) => (self.resolve)(name.to_owned()).await.map_err(|_| unreachable())?,
            None => return Err(unreachable()),
        };
        // One bad address condemns the host: a public site has none.
        if !addresses.iter().all(|address| may_visit(*address, policy)) {
            return Err(Refused::Private(host));
        }
        let port = url.port_or_known_default().unwrap_or_default();
        for address in addresses {
            let dialled = timeout(self.patience, (self.dial)(SocketAddr::new(address, port))).await;
            if let Ok(Ok(stream)) = dialled {
                return if url.scheme() == "https" {
                    self.encrypt(&host, stream).await
                } else {
                    Ok(Box::new(stream))
                };
            }
        }
        Err(unreachable())
    }

    async fn encrypt(&self, host: &str, stream: TcpStream) -> Result<Box<dyn Stream>, Refused> {
        let unreachable = || Refused::Unreachable(host.to_owned());
        // A URL writes an IPv6 address in brackets; a certificate does not.
        let name = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.');
        let name = ServerName::try_from(name.to_owned()).map_err(|_| unreachable())?;
        let tls = self.tls.get_or_init(|| configuration(roots()));
        match timeout(self.patience, TlsConnector::from(Arc::clone(tls)).connect(name, stream)).await {
            Ok(Ok(stream)) => Ok(Box::new(stream)),
            Ok(Err(error)) if is_untrusted(&error) => Err(Refused::Untrusted(host.to_owned())),
            _ => Err(unreachable()),
        }
    }
}

fn may_visit(address: IpAddr, policy: Policy) -> bool {
    address::is_public(address) || (policy.allow_private && address::is_own(address))
}

async fn resolve(host: String) -> io::Result<Vec<IpAddr>> {
    // The port is put in later: what is asked for here are the addresses.
    Ok(tokio::net::lookup_host((host, 0)).await?.map(|found| found.ip()).collect())
}

fn is_untrusted(error: &io::Error) -> bool {
    let error = error.get_ref().and_then(|error| error.downcast_ref::<rustls::Error>());
    matches!(error, Some(rustls::Error::InvalidCertificate(_)))
}

fn roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

fn configuration(roots: RootCertStore) -> Arc<ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(rustls::DEFAULT_VERSIONS)
        .expect("ring speaks the default versions of TLS")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Arc::new(config)
}
