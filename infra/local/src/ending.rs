//! How somebody ends the process.

use std::io;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Ctrl-C or SIGTERM, noticed from the moment this is made.
#[derive(Debug)]
pub struct Ending {
    #[cfg(unix)]
    signals: [Signal; 2],
}

impl Ending {
    /// Begins to notice.
    ///
    /// # Errors
    /// Where the system gives no signals.
    pub fn watch() -> io::Result<Self> {
        Ok(Self {
            #[cfg(unix)]
            signals: [
                signal(SignalKind::interrupt())?,
                signal(SignalKind::terminate())?,
            ],
        })
    }

    /// Sleeper for it; waited for again, it is the next one.
    #[cfg(unix)]
    pub async fn wait(&mut self) {
        let [interrupt, terminate] = &mut self.signals;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    }

    /// Sleeper for it; waited for again, it is the next one.
    #[cfg(not(unix))]
    pub async fn wait(&mut self) {
        // Without signals it ends as everything else does.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
