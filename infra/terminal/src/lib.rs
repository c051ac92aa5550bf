//! How reports, plans and progress look on a terminal, 100 columns wide.

mod bars;
pub mod counts;
mod report;
mod text;

pub use bars::{Bar, Bars};
pub use report::{calls, findings, summary};
pub use text::{WIDTH, table, wrapped, wrapped_rows};
