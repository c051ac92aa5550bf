//! How a month is assumed to go for a tenant.

pub(super) const HOURS: f64 = 730.0;
/// Ticks of the employee job: every five minutes.
pub(super) const EMPLOYEE_TICKS: f64 = HOURS * 12.0;
/// Ticks of the certificate job: every half hour.
pub(super) const CERTIFICATE_TICKS: f64 = HOURS * 2.0;
/// Reports of a job that has nothing to do: one an hour.
pub(super) const REPORTS: f64 = HOURS;
/// Reconciles and full scans: one of either a day.
pub(super) const DAYS: f64 = HOURS / 24.0;
/// Reports are kept for so many hours.
pub(super) const REPORT_HOURS: f64 = 720.0;
/// The share of people whose record changes, each on a tick of its own.
pub(super) const CHANGED: f64 = 0.05;
/// Certificates for each person: two a year, each on a tick of its own as long as there are ticks.
pub(super) const CERTIFICATES: f64 = 1.0 / 6.0;

/// What a function has at 128 MB: a share of a processor.
pub(super) const PROCESSOR_SHARE: f64 = 128.0 / 1_769.0;
pub(super) const MEMORY_GB: f64 = 0.125;
/// What a TLS handshake takes of a whole processor, in seconds, its packing and unpacking of the bytes included; there is none in what
/// is timed here. As `cold` measured it, 2026-11-27 on 2 x86 cores: a first answer over TLS takes 1.4 to 1.8 ms more processor than
/// without, for three handshakes, with the share of a processor that 128 MB have; at full speed a third less. TLS 1.3, a chain of two
/// ECDSA certificates.
pub(super) const HANDSHAKE: f64 = 0.0005;
/// What a call sends, in bytes: its head with a token, and its share of a handshake. Assumed.
pub(super) const SENT_BYTES: f64 = 1_000.0;
/// Tenants that share alarms, metrics and dashboard.
pub(super) const TENANTS: f64 = 1_000.0;
