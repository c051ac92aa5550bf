//! What `tenants people forget` shows.

use jiff::Timestamp;
use serde::Serialize;
use shared::domain::id::{CertificateId, CustomerId, SourceId, TenantId};

use crate::commands::people::export::nothing;
use crate::format;
use crate::output::View;

#[derive(Serialize)]
pub(super) struct ForgetView<'a> {
    pub(super) tenant_id: &'a TenantId,
    pub(super) person: &'a SourceId,
    pub(super) erased: Erased,
    /// What the academy still has: a locked account with the person's id.
    pub(super) account: Option<CustomerId>,
    /// Certificates whose id alone is kept, so that none is filed again.
    pub(super) certificates: Vec<CertificateId>,
    /// When these end too. `None` while the academy has the account.
    pub(super) certificates_until: Option<Timestamp>,
    /// Until when a restore to an earlier moment brings everything back.
    pub(super) backups_until: Timestamp,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Erased {
    pub(super) entries: u64,
    pub(super) snapshots: u64,
    pub(super) held_changes: u64,
    pub(super) findings: u64,
    pub(super) reports: u64,
}

impl View for ForgetView<'_> {
    fn text(&self) -> String {
        let Self {
            tenant_id,
            person,
            erased,
            account,
            certificates,
            certificates_until,
            backups_until,
        } = self;
        if self.is_unknown() {
            return nothing(tenant_id, person);
        }
        let Erased {
            entries,
            snapshots: _,
            held_changes,
            findings,
            reports,
        } = erased;
        let mut text = format::paragraph(&format!(
            "{person} of {tenant_id} is forgotten: {}, {}, {} in {} erased.",
            format::number(*entries, "entry of the ledger", "entries of the ledger"),
            format::number(*held_changes, "held change", "held changes"),
            format::number(*findings, "finding", "findings"),
            format::number(*reports, "report", "reports"),
        ));
        let mut point = |line: String| text.push_str(&format::point(&line));
        if !certificates.is_empty() {
            let ids: Vec<&str> = certificates.iter().map(CertificateId::as_str).collect();
            let until = match certificates_until {
                Some(at) => format!(" until {}", format::moment(*at)),
                None => String::new(),
            };
            point(format!(
                "kept{until}, without the person: the ids {}, so that no certificate is filed again",
                ids.join(", ")
            ));
        }
        if let Some(account) = account {
            point(format!(
                "reteach still has the account {account}, locked, with the person's id: delete it there"
            ));
        }
        point(format!(
            "backups of the table hold the erased data until {}; after a restore to an earlier moment repeat this command",
            format::moment(*backups_until)
        ));
        point("logs name the person's id until they expire".to_owned());
        text
    }

    fn needs_attention(&self) -> bool {
        self.is_unknown()
    }
}

impl ForgetView<'_> {
    fn is_unknown(&self) -> bool {
        self.erased == Erased::default() && self.certificates.is_empty()
    }
}
