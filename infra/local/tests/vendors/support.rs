//! A folder for the state, and what runs with it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use local::vendors::{self, Act, Done, Options, Order, Tenant, Vendors, VendorsError};
use tokio::runtime::Runtime;

/// A folder that goes with the test.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static FOLDERS: AtomicU64 = AtomicU64::new(0);
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        Self(std::env::temp_dir().join(format!("local-vendors-{}-{number}", std::process::id())))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.file(name)).unwrap()
    }

    pub(crate) async fn start(&self) -> Result<Vendors, VendorsError> {
        Vendors::start(&Options { dir: self.0.clone(), people: 12 }).await
    }

    pub(crate) async fn act(&self, tenant: Tenant, act: Act) -> Result<Done, VendorsError> {
        vendors::act(&self.0, &Order { tenant, act }).await
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A process's life: whatever it opened is closed when this is dropped, and nothing is written any more.
pub(crate) fn process() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

pub(crate) fn refusal(error: &VendorsError) -> String {
    error.to_string()
}
