//! Prism as a proxy: forwards every call and reports violations of its document.

use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};

use crate::document::Document;
use crate::parameters::Parameters;

/// Pause between two attempts to connect.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// A running Prism process, killed on drop.
pub(crate) struct Prism {
    pub(crate) document: Document,
    pub(crate) url: String,
    pub(crate) parameters: Parameters,
    _process: Child,
}

impl Prism {
    /// Starts `program` in front of `upstream`, with `document` from the folder `specs`.
    pub(crate) async fn start(
        program: &Path,
        specs: &Path,
        document: Document,
        upstream: &str,
    ) -> Self {
        let port = free_port().await;
        // Its log repeats each violation and takes half of its time; the answers have them too.
        let mut process = Command::new(program)
            .arg("proxy")
            .arg(specs.join(document.file()))
            .args([
                upstream,
                "--port",
                &port.to_string(),
                "--verboseLevel",
                "silent",
            ])
            .args(["--validate-request", "true", "--errors", "false"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port))
            .await
            .is_err()
        {
            let ended = process.try_wait().unwrap();
            assert!(
                ended.is_none(),
                "Prism does not take {}: {ended:?}",
                document.file()
            );
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        let (url, parameters) = (
            format!("http://127.0.0.1:{port}"),
            Parameters::read(specs, document),
        );
        Self {
            document,
            url,
            parameters,
            _process: process,
        }
    }
}

/// Prism reports its port only in its log.
async fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    listener.local_addr().unwrap().port()
}
