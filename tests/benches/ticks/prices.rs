//! AWS's list prices in USD, for us-east-1, as of March 2026. Known from its price pages and second-hand, and not checked
//! again: look before relying on them. In Frankfurt DynamoDB and logs are about a quarter dearer.

pub(super) const REQUEST: f64 = 0.20 / 1e6;
/// Lambda on arm64, for each GB-second.
pub(super) const GB_SECOND: f64 = 0.000_013_333_4;
/// DynamoDB on demand, for each unit (since November 2024).
pub(super) const READ_UNIT: f64 = 0.125 / 1e6;
pub(super) const WRITE_UNIT: f64 = 0.625 / 1e6;
/// DynamoDB's storage with point-in-time recovery, for each GB and month.
pub(super) const STORED_GB: f64 = 0.25 + 0.20;
/// Secrets Manager, for each secret and month.
pub(super) const SECRET: f64 = 0.40;
/// Secrets Manager, for each call.
pub(super) const SECRET_CALL: f64 = 0.05 / 1e4;
/// EventBridge Scheduler, for each invocation (14 million a month are free).
pub(super) const INVOCATION: f64 = 1.00 / 1e6;
/// CloudWatch Logs, for each GB taken in, and for 30 days of keeping it (compressed to about a sixth).
pub(super) const LOG_GB: f64 = 0.50 + 0.03 / 6.0;
/// What CloudWatch Logs adds to each line.
pub(super) const LOG_LINE_BYTES: f64 = 26.0;
/// CloudWatch, for each metric and month.
pub(super) const METRIC: f64 = 0.30;
/// CloudWatch, for each alarm on one metric and month.
pub(super) const ALARM: f64 = 0.10;
/// CloudWatch, for each dashboard and month.
pub(super) const DASHBOARD: f64 = 3.00;
/// To the internet, for each GB (100 GB a month are free).
pub(super) const OUT_GB: f64 = 0.09;
