//! Why a region did not start.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::stack::StartError;
use crate::state_file::FileError;

#[derive(Debug, Error)]
pub enum RegionError {
    #[error("{}: {error}", .path.display())]
    Folder {
        /// The folder, or the file in it.
        path: PathBuf,
        error: io::Error,
    },
    #[error("{} is in use by another `cargo local`: end it first, or take another folder with --state", .0.display())]
    InUse(PathBuf),
    #[error(
        "port {port} of 127.0.0.1 is not available ({error}): stop the program that listens there, or choose another port with \
         --port, which is kept for later starts"
    )]
    Port { port: u16, error: io::Error },
    #[error(transparent)]
    File(#[from] FileError),
    #[error(
        "{}: {problem}. Put back a copy, or delete it and start again: that loses all tenants with their ledgers",
        .path.display()
    )]
    Database { path: PathBuf, problem: String },
    #[error(transparent)]
    Stack(#[from] StartError),
    #[error("no server could be started on 127.0.0.1: {0}")]
    Listen(io::Error),
    #[error("the HTTP client cannot be built")]
    Client(#[from] reqwest::Error),
}
