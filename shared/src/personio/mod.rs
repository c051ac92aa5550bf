#![doc = include_str!("README.md")]

mod attribute;
mod attributes;
mod client;
mod credentials;
mod direct;
mod employees;
mod error;
mod error_v2;
mod limits;
mod listing;
mod record;
mod sink;
mod transport;
mod upload;
mod wire;

pub use client::Client;
pub use credentials::Credentials;
pub use direct::Direct;
pub use employees::{ATTRIBUTES, NEWER_NAMES};
pub use transport::{Api, Get, Patch, Transport};

pub(crate) use transport::{APP_ID, Limits};
pub(crate) use upload::{UPLOAD, fields};

#[cfg(test)]
pub(crate) mod tests;
