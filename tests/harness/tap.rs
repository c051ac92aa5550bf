//! What a function sends to a vendor, byte for byte: headers, tokens, bodies.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

/// Stands before a simulator and keeps all that goes to it. It ends when this is dropped.
#[derive(Debug)]
pub struct Tap {
    url: String,
    sent: Arc<Mutex<Vec<u8>>>,
    task: AbortHandle,
}

impl Tap {
    /// A tap before the server at `target` (`http://127.0.0.1:8080`).
    pub async fn before(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let target = target.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let sent = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&sent);
        let accept = async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, target.clone(), Arc::clone(&kept)));
            }
        };
        Self { url, sent, task: tokio::spawn(accept).abort_handle() }
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Everything that was sent so far, as text.
    #[must_use]
    pub fn sent(&self) -> String {
        String::from_utf8_lossy(&self.sent.lock().unwrap()).into_owned()
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(client: TcpStream, target: String, kept: Arc<Mutex<Vec<u8>>>) {
    let Ok(server) = TcpStream::connect(target).await else { return };
    let ((mut from, mut back), (mut reply, mut to)) = (client.into_split(), server.into_split());
    let there = async {
        let mut piece = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = from.read(&mut piece).await {
            let piece = piece.get(..length).unwrap_or_default();
            kept.lock().unwrap().extend_from_slice(piece);
            if to.write_all(piece).await.is_err() {
                break;
            }
        }
        let _ = to.shutdown().await;
    };
    // Either side may go first; nobody is left to tell.
    let _ = tokio::join!(there, tokio::io::copy(&mut reply, &mut back));
}
