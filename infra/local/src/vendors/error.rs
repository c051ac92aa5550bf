//! What can go wrong.

use std::io;
use std::path::PathBuf;

use shared::id::InvalidTenantId;
use thiserror::Error;

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
    /// A file or the folder cannot be read or written.
    #[error("{path}: {error}", path = .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A file of the state is not what was written there.
    #[error(
        "{path} is damaged at line {line}, column {column}: put a copy back in its place, or remove it to begin with a new \
         company (after `tenants remove` of the old one)", path = .path.display()
    )]
    Damaged {
        /// Which.
        path: PathBuf,
        /// Where, from 1.
        line: usize,
        /// Where in the line, from 1.
        column: usize,
    },
    /// A file of the state has a form that this version does not know.
    #[error(
        "{path} has form {found}, and this version knows form {known} alone: use the version that wrote it, or another --state",
        path = .path.display()
    )]
    Version {
        /// Which.
        path: PathBuf,
        /// What it says.
        found: u32,
        /// What is known here.
        known: u32,
    },
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
