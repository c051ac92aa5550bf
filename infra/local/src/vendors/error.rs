//! What can go wrong.

use std::io;
use std::path::PathBuf;

use shared::domain::id::InvalidTenantId;
use thiserror::Error;

use crate::state_file::FileError;

/// Why the vendors did not start, or an order was not carried out.
#[derive(Debug, Error)]
pub enum VendorsError {
    /// A port that was chosen on the first start is in use.
    #[error(
        "port {port}, which {whose} has had since the first start, is taken: is `cargo local` running with this state already? \
         Else end what listens there, or use another --state"
    )]
    PortTaken {
        /// What should listen there.
        whose: String,
        /// The port.
        port: u16,
    },
    /// There is no port.
    #[error("nothing can listen on 127.0.0.1: {0}")]
    Listen(io::Error),
    /// A file of the state, or the folder, cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// Nobody answers.
    #[error("`cargo local` is not running with the state in {dir}: start it first, or name another --state", dir = .dir.display())]
    NotRunning {
        /// The folder of the state.
        dir: PathBuf,
    },
    /// What was asked for cannot be done.
    #[error("{0}")]
    Refused(String),
    /// A company's name breaks the rules.
    #[error(transparent)]
    Tenant(#[from] InvalidTenantId),
}
