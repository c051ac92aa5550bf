//! What a function sends to a vendor or to AWS, byte for byte: headers, tokens, bodies.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

/// Stands before a simulator and keeps all that goes to it. It ends when this is dropped.
#[derive(Debug)]
pub struct Tap {
    url: String,
    /// By connection.
    sent: Arc<Mutex<Vec<Vec<u8>>>>,
    task: AbortHandle,
}

impl Tap {
    /// A tap before the server at `target` (`http://127.0.0.1:8080`).
    pub async fn before(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let target = target
            .trim_start_matches("http://")
            .trim_end_matches('/')
            .to_owned();
        let sent = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&sent);
        let accept = async move {
            while let Ok((client, _)) = listener.accept().await {
                let connection = {
                    let mut kept = kept.lock().unwrap();
                    kept.push(Vec::new());
                    kept.len() - 1
                };
                tokio::spawn(pass(client, target.clone(), Arc::clone(&kept), connection));
            }
        };
        Self {
            url,
            sent,
            task: tokio::spawn(accept).abort_handle(),
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Everything that was sent so far, as text.
    #[must_use]
    pub fn sent(&self) -> String {
        let sent = self.sent.lock().unwrap();
        sent.iter().map(|it| String::from_utf8_lossy(it)).collect()
    }

    /// Everything that was sent since the last time, request by request; nothing may be under way.
    pub fn requests(&self) -> Vec<String> {
        let sent: Vec<_> = self
            .sent
            .lock()
            .unwrap()
            .iter_mut()
            .map(std::mem::take)
            .collect();
        let text = sent
            .iter()
            .map(|it| String::from_utf8_lossy(it).into_owned());
        let apart = |text: String| {
            let parts = text.split("POST / HTTP/1.1").map(str::to_owned);
            parts.filter(|it| !it.is_empty()).collect::<Vec<_>>()
        };
        text.flat_map(apart).collect()
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(
    client: TcpStream,
    target: String,
    kept: Arc<Mutex<Vec<Vec<u8>>>>,
    connection: usize,
) {
    let Ok(server) = TcpStream::connect(target).await else {
        return;
    };
    let ((mut from, mut back), (mut reply, mut to)) = (client.into_split(), server.into_split());
    let there = async {
        let mut piece = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = from.read(&mut piece).await {
            let piece = piece.get(..length).unwrap_or_default();
            kept.lock()
                .unwrap()
                .get_mut(connection)
                .unwrap()
                .extend_from_slice(piece);
            if to.write_all(piece).await.is_err() {
                break;
            }
        }
        let _ = to.shutdown().await;
    };
    // Either side may go first; nobody is left to tell.
    let _ = tokio::join!(there, tokio::io::copy(&mut reply, &mut back));
}
