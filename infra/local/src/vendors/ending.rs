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
            signals: [signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?],
        })
    }

    /// Waits for it.
    ///
    /// # Errors
    /// Where the system gives no signals.
    #[cfg(unix)]
    pub async fn wait(self) -> io::Result<()> {
        let [mut interrupt, mut terminate] = self.signals;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        Ok(())
    }

    /// Waits for it.
    ///
    /// # Errors
    /// Where the system gives no signals.
    #[cfg(not(unix))]
    pub async fn wait(self) -> io::Result<()> {
        tokio::signal::ctrl_c().await
    }
}
