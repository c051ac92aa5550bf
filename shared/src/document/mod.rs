#![doc = include_str!("README.md")]

mod body;
mod category;
mod error;
mod matching;
mod naming;
mod sink;

pub use body::{BodyError, PdfBody};
pub use category::{Category, NoCategory, choose_category};
pub use error::{FilingError, Reach, Suspect, TenantFault};
pub use matching::FiledDocument;
pub use naming::{comment, file_name, title};
pub use sink::{Certificate, Document, DocumentSink, Verification};

#[cfg(test)]
mod tests;
