//! Tenant configuration: one TOML file per tenant, validated with messages that name the field.
//! Credentials are never in it.

mod check;
mod config;
mod parse;
mod schedule;
mod scope;

pub use config::{
    Backfill, BrakeConfig, CertificatesConfig, EmployeesConfig, EmploymentTypeAs,
    EmploymentTypeLabels, KomboConfig, Language, LockOn, NoticesAbout, NoticesConfig,
    PersonioConfig, Placement, ReteachConfig, TenantConfig, UpdateWith, Via, WebhookShape,
};
pub use parse::{ConfigError, Problem};
pub use schedule::{Every, InvalidEvery, ScheduleConfig};
pub use scope::{OutOfScope, Scope, ScopeVerdict};
