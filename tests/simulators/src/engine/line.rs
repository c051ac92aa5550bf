//! Connections that can be ended: axum answers every request, so a connection that closes without an answer is made here.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use futures::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Ends one connection: from then on every read and write fails, and the server lets go of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hangup(Arc<Ended>);

#[derive(Debug, Default)]
struct Ended {
    is_over: AtomicBool,
    reader: AtomicWaker,
}

impl Hangup {
    pub(crate) fn now(&self) {
        self.0.is_over.store(true, Ordering::SeqCst);
        self.0.reader.wake();
    }

    pub(crate) fn is_over(&self) -> bool {
        self.0.is_over.load(Ordering::SeqCst)
    }

    fn check(&self) -> io::Result<()> {
        if self.is_over() { Err(io::ErrorKind::ConnectionAborted.into()) } else { Ok(()) }
    }
}

/// Where connections come in: those that are open can be ended together.
#[derive(Debug, Clone)]
pub(crate) struct Door {
    address: SocketAddr,
    open: Arc<watch::Sender<Open>>,
}

/// The open connections, by where they come from.
type Open = Vec<(SocketAddr, Weak<Ended>)>;

impl Door {
    /// Ends every connection that was opened until now, those too that nobody has accepted yet.
    pub(crate) async fn shut(&self) {
        // Connections are accepted in the order in which they were opened.
        if let Ok(last) = TcpStream::connect(self.address).await
            && let Ok(address) = last.local_addr()
        {
            let is_in = |open: &Open| open.iter().any(|(from, _)| *from == address);
            // The error says that the server is gone, and all its connections with it.
            let _ = self.open.subscribe().wait_for(is_in).await;
        }
        let open: Vec<_> = self.open.borrow().iter().filter_map(|(_, line)| line.upgrade()).collect();
        open.into_iter().map(Hangup).for_each(|line| line.now());
    }

    fn entered(&self, from: SocketAddr, hangup: &Hangup) {
        let line = Arc::downgrade(&hangup.0);
        self.open.send_modify(|open| {
            open.retain(|(_, line)| line.strong_count() > 0);
            open.push((from, line));
        });
    }
}

/// A listener whose connections can be ended.
#[derive(Debug)]
pub(crate) struct Lines {
    listener: TcpListener,
    door: Door,
}

impl Lines {
    pub(crate) fn new(listener: TcpListener) -> io::Result<Self> {
        let door = Door { address: listener.local_addr()?, open: Arc::default() };
        Ok(Self { listener, door })
    }

    pub(crate) fn door(&self) -> Door {
        self.door.clone()
    }
}

impl Listener for Lines {
    type Io = Line;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Line, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.listener).await;
        // Replies are small: waiting to fill a packet would only slow every call down.
        let _ = stream.set_nodelay(true);
        let hangup = Hangup::default();
        self.door.entered(address, &hangup);
        (Line { stream, hangup }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl Connected<IncomingStream<'_, Lines>> for Hangup {
    fn connect_info(stream: IncomingStream<'_, Lines>) -> Self {
        stream.io().hangup.clone()
    }
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Line {
    stream: TcpStream,
    hangup: Hangup,
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.hangup.0.reader.register(context.waker());
        self.hangup.check()?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.hangup.check()?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
