#![doc = include_str!("README.md")]

mod client;
mod code;
mod connect;
mod documents;
mod employees;
mod error;
mod file;
mod id;
mod integration;
mod limits;
mod passthrough;
mod record;
mod upload;
mod upload_error;
mod wire;

pub use client::{ApiKey, Client, KeyInfo};
pub use code::Code;
pub use connect::{Connected, LinkFor};
pub use documents::Documents;
pub use employees::Employees;
pub use error::{Error, Refusal};
pub use file::{File, FileForm, FormPart, FormValue};
pub use id::{IntegrationId, InvalidIntegrationId};
pub use integration::{Availability, Integration, SetupStatus, Status};
pub use passthrough::Passthrough;

#[cfg(test)]
pub(crate) mod documents_tests;
#[cfg(test)]
mod tests;
