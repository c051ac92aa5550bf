//! The one place in tests that computes what must be true of a company at a moment: who has access, what accounts hold,
//! which documents exist. It uses the simulators' records and shares no code with the product.

mod access;
mod account;
mod accounts;
mod certificates;
mod difference;
mod documents;

pub use access::{AccessRules, LockOn, OutOfScope};
pub use accounts::ExpectedAccounts;
pub use certificates::{CertificateIssuer, Course, IssuedCertificate};
pub use difference::Difference;
pub use documents::{DocumentFields, ExpectedDocuments};

/// The external id of a person's account.
#[must_use]
pub fn external_id(person: u64) -> String {
    format!("personio:{person}")
}
