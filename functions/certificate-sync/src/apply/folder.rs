//! Where certificates are filed: a category of the HR system, looked up by name on each run.

use shared::document::{DocumentSink as _, choose_category};
use shared::domain::id::CategoryId;
use shared::routes::Hr;
use shared::runtime::{Outcome, RunError};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Folder {
    pub(super) id: CategoryId,
}

/// Finds the tenant's folder: the one of its choice, by name, or one of the usual ones.
pub(crate) async fn find(sink: &Hr, category: Option<&str>) -> Result<Folder, RunError> {
    let categories = sink.categories().await?;
    let chosen = choose_category(&categories, category);
    chosen
        .map(|category| Folder {
            id: category.id.clone(),
        })
        .map_err(|missing| RunError::new(Outcome::NoCategory, missing))
}
