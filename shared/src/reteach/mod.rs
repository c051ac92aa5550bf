#![doc = include_str!("README.md")]

mod client;
mod credentials;
mod customer;
mod customers;
mod document;
mod download;
mod error;
mod input;
mod limits;
mod listing;
mod login;
mod participation;
mod participations;
mod tags;
mod test_account;
mod total;

pub use client::{Academy, Client};
pub use credentials::Credentials;
pub use customer::{Customer, Gender, Status, Tag, TagId};
pub use document::Documented;
pub use download::{DownloadError, Downloads, Forbidden};
pub use error::Error;
pub use input::CustomerInput;
pub use listing::{CollectAccounts, Completeness, CustomerPage, Listing, UnreadableAccount};
pub use login::{KeptLogin, LoginMembers, LoginStore, LoginStoreError};
pub use participation::{Certificate, Owner, Participation, ParticipationId, Rejected};
pub use participations::{Filter, ParticipationPage};
pub use test_account::{TestAccount, TestAccounts};

#[cfg(test)]
mod tests;
