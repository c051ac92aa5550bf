//! The console: `tenants web`.

mod browser;
mod browsing;
mod companies;
mod pages;
mod security;
pub(crate) mod visitor;
