//! The signals that end the process.

use std::io;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Ctrl-C or SIGTERM, received from the moment this is created.
#[derive(Debug)]
pub(crate) struct Shutdown {
    #[cfg(unix)]
    signals: [Signal; 2],
}

impl Shutdown {
    pub(crate) fn watch() -> io::Result<Self> {
        Ok(Self {
            #[cfg(unix)]
            signals: [
                signal(SignalKind::interrupt())?,
                signal(SignalKind::terminate())?,
            ],
        })
    }

    /// Waits for the signal. Another call waits for the next one.
    #[cfg(unix)]
    pub(crate) async fn wait(&mut self) {
        let [interrupt, terminate] = &mut self.signals;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    }

    /// Waits for the signal. Another call waits for the next one.
    #[cfg(not(unix))]
    pub(crate) async fn wait(&mut self) {
        // Without signals it ends as everything else does.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
