#![doc = include_str!("README.md")]

mod attribute;
mod attributes;
mod client;
mod credentials;
mod direct;
mod employees;
mod error;
mod limits;
mod record;
mod sink;
mod transport;
mod wire;

pub use client::Client;
pub use credentials::Credentials;
pub use direct::Direct;
pub use employees::ATTRIBUTES;
pub use transport::{Forwarded, Transport};

#[cfg(test)]
mod tests;
