#![doc = include_str!("README.md")]

mod body;
mod category;
mod error;
mod naming;
mod recognize;
mod sink;

pub use body::{BodyError, PdfBody};
pub use category::{Category, NoCategory, choose_category};
pub use error::UploadError;
pub use naming::{comment, file_name, title};
pub use sink::{Certificate, Document, DocumentSink, Verification};

pub(crate) use recognize::{Filed, is_filed_as};

#[cfg(test)]
mod tests;
