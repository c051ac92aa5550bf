//! Documents of employees: uploaded through v1, listed through v2.

mod categories;
mod change;
mod handle;
mod list;
mod store;
mod upload;

pub(super) use categories::list as categories;
pub(super) use change::change;
pub(super) use list::list;
pub(super) use store::Documents;
pub use store::{Category, Document};
pub(super) use upload::{Form, upload};
