//! Files of the state: JSON with the version of its form, in place as a whole or not at all.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::error::VendorsError;

/// The version of the form in which everything is kept.
const VERSION: u32 = 1;

#[derive(Deserialize)]
struct Head {
    version: u32,
}

#[derive(Deserialize, Serialize)]
struct Kept<T> {
    version: u32,
    state: T,
}

/// What was kept there; `None` if there is no such file.
pub(super) fn load<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, VendorsError> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(path, error)),
    };
    let head: Head = serde_json::from_slice(&text).map_err(|error| damaged(path, &error))?;
    if head.version != VERSION {
        return Err(VendorsError::Version { path: path.to_owned(), found: head.version, known: VERSION });
    }
    let kept: Kept<T> = serde_json::from_slice(&text).map_err(|error| damaged(path, &error))?;
    Ok(Some(kept.state))
}

/// The bytes that [`load`] understands.
pub(super) fn form(state: &impl Serialize) -> io::Result<Vec<u8>> {
    serde_json::to_vec(&Kept { version: VERSION, state }).map_err(io::Error::other)
}

/// Puts `bytes` there, for this user alone. Whoever reads the file meanwhile finds it as it was or as it is.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), VendorsError> {
    let beside = path.with_extension("new");
    written(&beside, bytes).and_then(|()| fs::rename(&beside, path)).map_err(|error| failed(path, error))
}

fn written(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_data()
}

/// Where it is damaged, without what stands there: that may be somebody's name.
pub(super) fn damaged(path: &Path, error: &serde_json::Error) -> VendorsError {
    VendorsError::Damaged { path: path.to_owned(), line: error.line(), column: error.column() }
}

pub(super) fn failed(path: &Path, error: io::Error) -> VendorsError {
    VendorsError::File { path: path.to_owned(), error }
}
