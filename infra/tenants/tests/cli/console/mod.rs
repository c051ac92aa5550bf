//! The console: `tenants web`.

mod pages;
mod security;
mod visitor;
