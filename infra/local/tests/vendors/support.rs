//! A folder for the state, and what runs with it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use local::vendors::{
    self, Action, ActionRequest, ActionResult, LocalTenant, Options, Vendors, VendorsError,
};
use tokio::runtime::Runtime;

/// One at a time: a folder's ports are nobody's while nothing runs with it, and another's first start might choose them.
static TURN: Mutex<()> = Mutex::new(());

/// A folder that goes with the test.
pub(crate) struct Folder {
    path: PathBuf,
    _turn: MutexGuard<'static, ()>,
}

impl Folder {
    pub(crate) fn new() -> Self {
        static FOLDERS: AtomicU64 = AtomicU64::new(0);
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let path =
            std::env::temp_dir().join(format!("local-vendors-{}-{number}", std::process::id()));
        Self {
            path,
            _turn: TURN.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.file(name)).unwrap()
    }

    pub(crate) async fn start(&self) -> Result<Vendors, VendorsError> {
        Vendors::start(&Options {
            dir: self.path.clone(),
            people: 12,
        })
        .await
    }

    pub(crate) async fn act(
        &self,
        tenant: LocalTenant,
        act: Action,
    ) -> Result<ActionResult, VendorsError> {
        vendors::act(
            &self.path,
            &ActionRequest {
                tenant,
                action: act,
            },
        )
        .await
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

/// A process's life: whatever it opened is closed when this is dropped, and nothing is written any more.
pub(crate) fn process() -> Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

pub(crate) fn refusal(error: &VendorsError) -> String {
    error.to_string()
}
