//! A forwarding proxy on loopback, connection by connection, with hooks for accepting a connection and for its bytes.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

#[derive(Debug)]
pub(crate) struct Forwarder {
    pub(crate) address: SocketAddr,
    task: AbortHandle,
}

impl Forwarder {
    /// Forwards to `target`. `accept` prepares a connection (`None` closes it), and `sent` sees what each connection, counted from 0,
    /// sends to the target.
    pub(crate) async fn start<C, A>(
        target: SocketAddr,
        accept: impl Fn(TcpStream) -> A + Send + Sync + 'static,
        sent: impl Fn(usize, &[u8]) + Send + Sync + 'static,
    ) -> Self
    where
        C: AsyncRead + AsyncWrite + Send + Unpin + 'static,
        A: Future<Output = Option<C>> + Send + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let hooks = Arc::new((accept, sent));
        let forward = async move {
            for number in 0.. {
                let Ok((client, _)) = listener.accept().await else {
                    return;
                };
                let hooks = Arc::clone(&hooks);
                tokio::spawn(async move {
                    // Otherwise small packets wait up to 40 ms for the acknowledgement of earlier ones.
                    let _ = client.set_nodelay(true);
                    if let Some(client) = hooks.0(client).await {
                        carry(client, target, |bytes| hooks.1(number, bytes)).await;
                    }
                });
            }
        };
        Self {
            address,
            task: tokio::spawn(forward).abort_handle(),
        }
    }
}

impl Drop for Forwarder {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Carries both directions until they end.
async fn carry(client: impl AsyncRead + AsyncWrite, target: SocketAddr, sent: impl Fn(&[u8])) {
    let Ok(server) = TcpStream::connect(target).await else {
        return;
    };
    let _ = server.set_nodelay(true);
    let ((mut from, mut back), (mut reply, mut to)) =
        (tokio::io::split(client), server.into_split());
    let there = async {
        let mut piece = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = from.read(&mut piece).await {
            let piece = piece.get(..length).unwrap_or_default();
            sent(piece);
            if to.write_all(piece).await.is_err() {
                break;
            }
        }
        let _ = to.shutdown().await;
    };
    let back = async {
        let _ = tokio::io::copy(&mut reply, &mut back).await;
        let _ = back.shutdown().await;
    };
    tokio::join!(there, back);
}
