//! Errors of the vendors.

use std::io;
use std::path::PathBuf;

use shared::domain::id::InvalidTenantId;
use thiserror::Error;

use crate::state_file::FileError;

/// Why the vendors did not start, or an action failed.
#[derive(Debug, Error)]
pub enum VendorsError {
    #[error(
        "port {port}, used by {whose} since the first start, is taken: is `cargo local` already running with this state? \
         Otherwise stop the program that listens there, or use another --state"
    )]
    PortTaken { whose: String, port: u16 },
    #[error("nothing can listen on 127.0.0.1: {0}")]
    Listen(io::Error),
    #[error(transparent)]
    File(#[from] FileError),
    #[error("`cargo local` is not running with the state in {dir}: start it first, or use another --state", dir = .dir.display())]
    NotRunning { dir: PathBuf },
    #[error("{0}")]
    Refused(String),
    #[error(transparent)]
    Tenant(#[from] InvalidTenantId),
}
