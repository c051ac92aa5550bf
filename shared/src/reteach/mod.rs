#![doc = include_str!("README.md")]

mod client;
mod credentials;
mod customer;
mod customers;
mod error;
mod input;
mod limits;
mod listing;
mod tags;

pub use client::{Academy, Client};
pub use credentials::Credentials;
pub use customer::{Customer, Gender, Status, Tag, TagId};
pub use error::Error;
pub use input::CustomerInput;
pub use listing::{Completeness, CustomerPage, Customers};

#[cfg(test)]
mod tests;
