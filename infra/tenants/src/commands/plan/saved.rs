//! Plans in a file, so that the plans of two versions of this program can be compared. Ids, names of reasons and keyed
//! digests: no mail address, no name, no day.

use std::collections::BTreeMap;
use std::fmt;

use employee_sync::plan::{Change, Plan};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::domain::id::{CertificateId, SourceId, TenantId};
use shared::fingerprint::FingerprintKey;
use shared::runtime::Outcome;
use thiserror::Error;

use super::certificates::{CertificatesPreview, Filing};

/// The format of these files. Another meaning of a member, or another way to compute a digest, needs another number.
pub(super) const FORMAT: u32 = 1;

/// The plans of some tenants, or of all, by one version of this program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PlanFile {
    format: u32,
    pub(super) program: String,
    pub(super) tenants: BTreeMap<TenantId, SavedPlan>,
}

/// What the next runs would do for a tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SavedPlan {
    /// Of the dry run, as reports spell it.
    pub(super) outcome: String,
    /// Tells keys apart: digests of different keys cannot be compared. `None` without a plan.
    pub(super) key: Option<Digest>,
    pub(super) changes: BTreeMap<SourceId, SavedChange>,
    pub(super) held: BTreeMap<SourceId, SavedChange>,
    pub(super) skipped: BTreeMap<SourceId, String>,
    /// `None` where certificates are switched off, or without a plan.
    pub(super) certificates: Option<SavedCertificates>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SavedChange {
    pub(super) kind: String,
    pub(super) cause: Option<String>,
    /// What would be done to the account, the access window and each attribute.
    pub(super) parts: BTreeMap<String, Digest>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SavedCertificates {
    pub(super) folder: Option<String>,
    /// Whether something stops all of them.
    pub(super) is_stopped: bool,
    /// Part of a backfill that nobody has started.
    pub(super) held: usize,
    pub(super) to_file: BTreeMap<CertificateId, SavedFiling>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SavedFiling {
    pub(super) person: SourceId,
    /// Of course and day.
    pub(super) document: Digest,
}

/// A keyed digest, as text: JSON's numbers are not exact in every program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Digest(String);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<u64> for Digest {
    fn from(digest: u64) -> Self {
        Self(format!("{digest:016x}"))
    }
}

/// Why a file of saved plans cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum FileError {
    #[error("it is no file of `tenants plan --save`: {0}")]
    Foreign(String),
    #[error(
        "it has format {0}, and this version of `tenants` reads format {FORMAT}: save the plans again with a version that \
         writes format {FORMAT}"
    )]
    OtherFormat(u32),
}

#[derive(Deserialize)]
struct Header {
    format: u32,
}

impl PlanFile {
    pub(super) fn new(tenants: BTreeMap<TenantId, SavedPlan>) -> Self {
        Self {
            format: FORMAT,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            tenants,
        }
    }

    pub(super) fn parse(text: &str) -> Result<Self, FileError> {
        // serde_json quotes nothing of the file but names of members and types.
        let foreign = |error: serde_json::Error| {
            FileError::Foreign(format!("line {}, column {}", error.line(), error.column()))
        };
        let Header { format } = serde_json::from_str(text).map_err(foreign)?;
        if format != FORMAT {
            return Err(FileError::OtherFormat(format));
        }
        serde_json::from_str(text).map_err(foreign)
    }
}

impl SavedPlan {
    pub(super) fn none(outcome: Outcome) -> Self {
        Self {
            outcome: outcome.to_string(),
            ..Self::default()
        }
    }

    pub(super) fn new(
        outcome: Outcome,
        plan: Option<&Plan>,
        certificates: Option<CertificatesPreview>,
        key: &FingerprintKey,
        now: Timestamp,
    ) -> Self {
        let saved = |changes: &[Change]| {
            let changes = changes.iter();
            let saved = changes
                .map(|change| (change.source_id.clone(), SavedChange::new(change, key, now)));
            saved.collect()
        };
        let skipped = plan.into_iter().flat_map(|plan| {
            let skipped = plan.skipped.iter().chain(&plan.left_out);
            skipped.map(|(person, reason)| (person.clone(), reason.name().to_owned()))
        });
        Self {
            outcome: outcome.to_string(),
            key: Some(key.check().into()),
            changes: plan.map(|plan| saved(&plan.changes)).unwrap_or_default(),
            held: plan.map(|plan| saved(&plan.held)).unwrap_or_default(),
            skipped: skipped.collect(),
            certificates: certificates.map(|preview| SavedCertificates::new(preview, key)),
        }
    }

    /// Whether there is a plan, if only to do nothing.
    pub(super) fn is_plan(&self) -> bool {
        self.key.is_some()
    }
}

impl SavedChange {
    fn new(change: &Change, key: &FingerprintKey, now: Timestamp) -> Self {
        let parts = change.part_digests(key).into_iter();
        Self {
            kind: change.kind(now).to_string(),
            cause: change.window.map(|window| window.cause.name().to_owned()),
            parts: parts
                .map(|(part, digest)| (part.to_owned(), digest.into()))
                .collect(),
        }
    }
}

impl SavedCertificates {
    fn new(preview: CertificatesPreview, key: &FingerprintKey) -> Self {
        let is_stopped = preview.needs_attention();
        let CertificatesPreview {
            folder,
            to_file,
            held,
            ..
        } = preview;
        let saved = to_file.into_iter().map(|filing| {
            let Filing {
                certificate,
                person,
                day,
                course,
            } = filing;
            let document = format!("{day:?} {course:?}");
            let document = key.digest(certificate.as_str(), &document).into();
            (certificate, SavedFiling { person, document })
        });
        Self {
            folder,
            is_stopped,
            held,
            to_file: saved.collect(),
        }
    }
}
