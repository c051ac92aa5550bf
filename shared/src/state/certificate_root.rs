//! What a certificate run needs to begin with.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::id::CertificateId;

/// What the last run left for the next one. Stored in `CERTIFICATES`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateRoot {
    /// When the last complete reading began.
    pub read_at: Option<Timestamp>,
    /// When the last complete full scan began.
    pub scanned_at: Option<Timestamp>,
    /// How many were due and left over by the last run: then the next one scans in full.
    pub remaining: u32,
    /// How many are parked.
    pub parked: u32,
    /// Certificates to be asked for one by one, whatever the watermark. About 100 bytes each: 20 of them still make the
    /// item one read unit, and 3,000 of them fit.
    #[serde(default)]
    pub open: BTreeMap<CertificateId, Open>,
}

/// A certificate that is not settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    /// Why it is not.
    pub why: OpenReason,
    /// Since when.
    pub since: Timestamp,
    /// When it is looked at next.
    pub due: Timestamp,
}

/// Why a certificate is not settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpenReason {
    /// The PDF is not made yet.
    Pdf,
    /// It failed before.
    Retry,
    /// An upload of unknown outcome.
    Doubt,
}

/// What a run finds: the last run's word, and the operator's. Stored as `CERTIFICATES`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateStart {
    /// What the last run left; `None` before the first run.
    #[serde(default)]
    pub root: Option<CertificateRoot>,
    /// When somebody last asked for a full scan.
    #[serde(default)]
    pub scan_asked_at: Option<Timestamp>,
}
