//! The tenant file and credentials of a company, for the operator.

use std::path::{Path, PathBuf};

use serde_json::json;
use shared::tenant::Via;

use super::error::VendorsError;
use crate::company::{Company, KOMBO_KEY, PERSONIO, RETEACH};
use crate::state_file::{self, FileError};

/// The paths of a company's tenant file and credentials.
pub(super) fn paths(dir: &Path, tenant: &str) -> (PathBuf, PathBuf) {
    (
        dir.join(format!("{tenant}.toml")),
        dir.join(format!("{tenant}.json")),
    )
}

/// Writes both files. Existing files may have been edited and stay, unless the company `is_new`.
pub(super) fn write(dir: &Path, company: &Company, is_new: bool) -> Result<(), VendorsError> {
    let (tenant_file, credentials) = paths(dir, company.tenant.as_str());
    if is_new || !tenant_file.exists() {
        put(
            &tenant_file,
            &company.tenant_file_with(None, "").replace("\n[", "\n\n["),
        )?;
    }
    if is_new || !credentials.exists() {
        put(&credentials, &format!("{:#}\n", secret(company.via)))?;
    }
    Ok(())
}

fn put(path: &Path, text: &str) -> Result<(), FileError> {
    state_file::replace(path, text.as_bytes()).map_err(|error| FileError::Io {
        path: path.to_owned(),
        error,
    })
}

/// Only the parts that the route needs.
fn secret(via: Via) -> serde_json::Value {
    let reteach =
        json!({"client_id": RETEACH.0, "client_secret": RETEACH.1, "client_code": RETEACH.2});
    match via {
        Via::Direct => {
            json!({"personio": {"client_id": PERSONIO.0, "client_secret": PERSONIO.1}, "reteach": reteach})
        }
        Via::Kombo | Via::KomboPassthrough => {
            json!({"kombo": {"api_key": KOMBO_KEY}, "reteach": reteach})
        }
    }
}
