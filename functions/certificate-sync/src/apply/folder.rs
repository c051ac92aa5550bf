//! Where certificates are filed: a category of the HR system, looked up by name on each run.

use shared::document::{DocumentSink as _, choose_category};
use shared::id::CategoryId;
use shared::job::{Halt, Outcome};

use super::Tools;

/// The folder for certificates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Folder {
    pub(super) id: CategoryId,
}

/// Finds the tenant's folder.
///
/// # Errors
/// [`Halt`]: saying which folder to make, or why the folders cannot be read.
pub(super) async fn find(tools: Tools<'_>) -> Result<Folder, Halt> {
    let categories = tools.sink.categories().await?;
    let chosen = choose_category(&categories, tools.category);
    chosen
        .map(|category| Folder { id: category.id.clone() })
        .map_err(|missing| Halt::new(Outcome::NoCategory, missing))
}
