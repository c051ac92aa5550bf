//! Hosts of certificate files that the tenant's file does not allow.

use std::collections::BTreeMap;

use shared::domain::id::{CertificateId, SourceId};
use shared::runtime::{Finding, FindingKind, Outcome, RunError};

use super::finding;
use crate::outcome::CertificateResult;

/// A host that the tenant's file does not allow, and the certificates on it.
pub(super) struct RefusedHost<'a> {
    host: &'a str,
    certificates: Vec<(&'a CertificateId, &'a SourceId)>,
    /// How many more there are that only a listing of everything looks at.
    older: usize,
}

/// Certificates from which on a host is the tenant's trouble.
const HOST_TROUBLE: usize = 5;

pub(super) fn refused_hosts<'a>(
    results: &'a BTreeMap<CertificateId, (SourceId, CertificateResult)>,
    older: Option<&'a BTreeMap<String, u32>>,
) -> Vec<RefusedHost<'a>> {
    let mut hosts: BTreeMap<&str, (Vec<_>, usize)> = BTreeMap::new();
    for (id, (employee, result)) in results {
        if let Some(host) = result.refused_host() {
            hosts.entry(host).or_default().0.push((id, employee));
        }
    }
    for (host, count) in older.into_iter().flatten() {
        hosts.entry(host).or_default().1 = usize::try_from(*count).unwrap_or(usize::MAX);
    }
    let host = |(host, (certificates, older))| RefusedHost {
        host,
        certificates,
        older,
    };
    hosts.into_iter().map(host).collect()
}

impl RefusedHost<'_> {
    pub(super) fn trouble(&self) -> Option<RunError> {
        let count = self.certificates.len().saturating_add(self.older);
        let host = self.host;
        (count >= HOST_TROUBLE).then(|| {
            let message = format!(
                "{count} certificates are on {host}: if that is right, add \"{host}\" to download_hosts under \
                 [reteach] in the tenant's file"
            );
            RunError::new(Outcome::HostNotAllowed, message)
        })
    }

    /// One for each certificate; for many of them one that says how many.
    pub(super) fn findings(&self) -> Vec<Finding> {
        if let Some(trouble) = self.trouble() {
            return vec![finding(None, None, FindingKind::NotFiled, trouble.message)];
        }
        let host = self.host;
        let text = format!(
            "the certificate's address leads to {host}, which is not in [reteach] download_hosts: add \"{host}\" there if \
             that is right"
        );
        let each = self.certificates.iter();
        let mut findings: Vec<_> = each
            .map(|(id, employee)| {
                finding(
                    Some(id),
                    Some(employee),
                    FindingKind::NotFiled,
                    text.clone(),
                )
            })
            .collect();
        // The listing of everything has named them.
        if self.older > 0 {
            let text = format!(
                "{older} certificates of courses completed more than 30 days ago are on {host}, which is not in [reteach] \
                 download_hosts: add \"{host}\" there if that is right",
                older = self.older
            );
            findings.push(finding(None, None, FindingKind::NotFiled, text));
        }
        findings
    }
}
