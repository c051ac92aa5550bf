//! TLS on loopback: fronts that end it before the simulators, which speak plain HTTP.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{self, ServerConfig};

use crate::forwarder::Forwarder;

/// The variable in which a function that is built for it finds the file of one more root certificate.
const ROOT: &str = "EXTRA_ROOT_FILE";
const HTTP: &str = "http://";

/// A certificate for this machine, from a root through an intermediate as the vendors' are, and the fronts that show it. They end
/// when this is dropped.
pub struct Tls {
    acceptor: TlsAcceptor,
    /// The root, as a file.
    root: PathBuf,
    handshakes: Arc<AtomicU64>,
    fronts: Vec<Forwarder>,
}

impl Tls {
    #[must_use]
    pub fn new() -> Self {
        let (root, root_key) = (authority(), KeyPair::generate().unwrap());
        let root_certificate = root.self_signed(&root_key).unwrap();
        let root = Issuer::new(root, root_key);
        let (between, between_key) = (authority(), KeyPair::generate().unwrap());
        let between_certificate = between.signed_by(&between_key, &root).unwrap();
        let between = Issuer::new(between, between_key);
        let key = KeyPair::generate().unwrap();
        let own = CertificateParams::new(vec![Ipv4Addr::LOCALHOST.to_string()]).unwrap();
        let own = own.signed_by(&key, &between).unwrap();
        let chain = vec![own.der().clone(), between_certificate.der().clone()];
        let config = config(chain, PrivatePkcs8KeyDer::from(key.serialize_der()));
        let name = format!("reteach-personio-bench-{}-root.der", std::process::id());
        let root = std::env::temp_dir().join(name);
        std::fs::write(&root, root_certificate.der()).unwrap();
        Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            root,
            handshakes: Arc::default(),
            fronts: Vec::new(),
        }
    }

    /// How many handshakes there have been.
    #[must_use]
    pub fn handshakes(&self) -> u64 {
        self.handshakes.load(Ordering::Relaxed)
    }

    /// `text` with a front's `https` address for each of these plain ones of this machine.
    pub async fn before(
        &mut self,
        addresses: impl IntoIterator<Item = SocketAddr>,
        text: &str,
    ) -> String {
        let mut text = text.to_owned();
        for address in addresses {
            text = text.replace(&format!("{HTTP}{address}"), &self.front(address).await);
        }
        text
    }

    /// `environment` with a front for each address in it, and the root that they need.
    pub async fn before_all(
        &mut self,
        environment: Vec<(String, String)>,
    ) -> Vec<(String, String)> {
        let mut all = vec![(ROOT.to_owned(), self.root.display().to_string())];
        for (name, value) in environment {
            let address = value
                .strip_prefix(HTTP)
                .and_then(|address| address.parse().ok());
            let value = self.before(address, &value).await;
            all.push((name, value));
        }
        all
    }

    async fn front(&mut self, target: SocketAddr) -> String {
        let (acceptor, handshakes) = (self.acceptor.clone(), Arc::clone(&self.handshakes));
        let accept = move |client| {
            let (accepting, handshakes) = (acceptor.accept(client), Arc::clone(&handshakes));
            async move {
                let client = accepting.await.ok()?;
                handshakes.fetch_add(1, Ordering::Relaxed);
                Some(client)
            }
        };
        let front = Forwarder::start(target, accept, |_, _| ()).await;
        let url = format!("https://{}", front.address);
        self.fronts.push(front);
        url
    }
}

impl Default for Tls {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Tls {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.root);
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls")
            .field("root", &self.root)
            .finish_non_exhaustive()
    }
}

fn authority() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

fn config(chain: Vec<CertificateDer<'static>>, key: PrivatePkcs8KeyDer<'static>) -> ServerConfig {
    let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
    let builder = builder
        .with_protocol_versions(rustls::DEFAULT_VERSIONS)
        .unwrap()
        .with_no_client_auth();
    builder.with_single_cert(chain, key.into()).unwrap()
}
