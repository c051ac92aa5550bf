//! A server on loopback that stops with its handle.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

/// Threads of a server with a runtime of its own.
const THREADS: usize = 2;

/// A running server. Dropping it stops the server.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    task: JoinHandle<()>,
    own: Option<Runtime>,
}

impl Server {
    /// Runs `serve` with a listener on a free port of 127.0.0.1.
    pub(crate) async fn start<F>(serve: impl FnOnce(TcpListener) -> F) -> io::Result<Self>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self::start_on(0, serve).await
    }

    /// The same on this port; 0 for any free port.
    pub(crate) async fn start_on<F>(
        port: u16,
        serve: impl FnOnce(TcpListener) -> F,
    ) -> io::Result<Self>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(serve(listener));
        Ok(Self {
            address,
            task,
            own: None,
        })
    }

    /// The same on threads of its own, for a server whose calls block on a lock and would block the caller's threads.
    pub(crate) fn start_apart<F>(serve: impl FnOnce(TcpListener) -> F) -> io::Result<Self>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let own = Builder::new_multi_thread()
            .worker_threads(THREADS)
            .enable_all()
            .build()?;
        let listener = {
            let _own = own.enter();
            TcpListener::from_std(listener)?
        };
        let task = own.spawn(serve(listener));
        Ok(Self {
            address,
            task,
            own: Some(own),
        })
    }

    /// Stops it and waits until its port is free.
    pub(crate) async fn stop(mut self) {
        self.task.abort();
        // The task reports that it was aborted.
        let _ = (&mut self.task).await;
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// `http://127.0.0.1:<port>`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
        if let Some(own) = self.own.take() {
            own.shutdown_background();
        }
    }
}
