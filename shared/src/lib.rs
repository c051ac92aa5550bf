//! What both functions share: API clients, the canonical employee, mapping, tenant configuration, secrets, state
//! and telemetry. Clients know nothing of the jobs; the jobs know nothing of HTTP or DynamoDB's attribute values.

pub mod access;
pub mod aws;
mod debug;
pub mod document;
pub mod domain;
pub mod fingerprint;
pub mod http;
mod json;
pub mod kombo;
mod locked;
pub mod mapping;
pub mod notices;
pub mod personio;
pub mod reteach;
pub mod routes;
pub mod runtime;
pub mod secrets;
pub mod source;
pub mod state;
pub mod telemetry;
pub mod tenant;

#[cfg(test)]
mod fuzz_tests;
