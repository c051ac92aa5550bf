//! Connections that can be ended: axum answers every request, so a connection that closes without an answer is made here.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use futures::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;

/// Connections that wait to be accepted.
const BACKLOG: u32 = 1024;

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
        if self.is_over() {
            Err(io::ErrorKind::ConnectionAborted.into())
        } else {
            Ok(())
        }
    }
}

/// Where connections come in: those that are open can be ended together.
#[derive(Debug, Clone)]
pub(crate) struct Door {
    address: SocketAddr,
    open: Arc<watch::Sender<Open>>,
    away: Arc<watch::Sender<Option<Duration>>>,
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
        let open: Vec<_> = self
            .open
            .borrow()
            .iter()
            .filter_map(|(_, line)| line.upgrade())
            .collect();
        open.into_iter().map(Hangup).for_each(|line| line.now());
    }

    /// Ends every connection but the one that is being answered, if any, and refuses others for this long.
    pub(crate) fn leave(&self, time: Duration, answered: Option<&Hangup>) {
        self.away.send_replace(Some(time));
        let open: Vec<_> = self
            .open
            .borrow()
            .iter()
            .filter_map(|(_, line)| line.upgrade())
            .collect();
        let others = open
            .into_iter()
            .filter(|line| answered.is_none_or(|it| !Arc::ptr_eq(line, &it.0)));
        others.map(Hangup).for_each(|line| line.now());
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
    listener: Option<TcpListener>,
    door: Door,
}

/// A listener on `address`. A port that the system chose (0) can be kept while nobody listens; one that was asked for belongs
/// to one process alone.
pub(crate) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.port() == 0 {
        shared(address)?
    } else {
        bound(address, |_| Ok(()))?
    };
    socket.listen(BACKLOG)
}

/// Several of these may be bound to the same port at once; those that listen get the connections.
fn shared(address: SocketAddr) -> io::Result<TcpSocket> {
    #[cfg(unix)]
    return bound(address, |socket| socket.set_reuseport(true));
    #[cfg(not(unix))]
    bound(address, |_| Ok(()))
}

fn bound(address: SocketAddr, set: impl Fn(&TcpSocket) -> io::Result<()>) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    socket.set_reuseaddr(true)?;
    set(&socket)?;
    socket.bind(address)?;
    Ok(socket)
}

impl Lines {
    pub(crate) fn new(listener: TcpListener) -> io::Result<Self> {
        let away = Arc::new(watch::Sender::new(None));
        let door = Door {
            address: listener.local_addr()?,
            open: Arc::default(),
            away,
        };
        Ok(Self {
            listener: Some(listener),
            door,
        })
    }

    pub(crate) fn door(&self) -> Door {
        self.door.clone()
    }

    /// New connections are refused for this long. The port stays ours.
    async fn be_away(&mut self, time: Duration) {
        let keeper = shared(self.door.address);
        self.listener = None;
        tokio::time::sleep(time).await;
        self.listener = shared(self.door.address)
            .and_then(|socket| socket.listen(BACKLOG))
            .ok();
        self.door.away.send_replace(None);
        drop(keeper);
    }
}

async fn next_absence(
    away: &mut watch::Receiver<Option<Duration>>,
) -> Result<Duration, watch::error::RecvError> {
    away.wait_for(Option::is_some)
        .await
        .map(|time| time.unwrap_or_default())
}

/// The next connection; never where the port was lost.
async fn next(listener: &mut Option<TcpListener>) -> (TcpStream, SocketAddr) {
    match listener {
        Some(listener) => Listener::accept(listener).await,
        None => std::future::pending().await,
    }
}

impl Listener for Lines {
    type Io = Line;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Line, SocketAddr) {
        let (stream, address) = loop {
            let mut away = self.door.away.subscribe();
            tokio::select! {
                biased;
                Ok(time) = next_absence(&mut away) => self.be_away(time).await,
                accepted = next(&mut self.listener) => break accepted,
            }
        };
        // Replies are small: waiting to fill a packet would only slow every call down.
        let _ = stream.set_nodelay(true);
        let hangup = Hangup::default();
        self.door.entered(address, &hangup);
        (Line { stream, hangup }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.door.address)
    }
}

impl Connected<IncomingStream<'_, Lines>> for Hangup {
    fn connect_info(stream: IncomingStream<'_, Lines>) -> Self {
        stream.io().hangup.clone()
    }
}

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
