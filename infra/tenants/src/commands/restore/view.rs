//! What `tenants restore` has done.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;
use shared::domain::id::TenantId;

use crate::format;
use crate::output::View;

#[derive(Serialize)]
pub(super) struct RestoreView<'a> {
    pub(super) table: &'a str,
    pub(super) since: Timestamp,
    pub(super) tenants: u64,
    pub(super) resumed: u64,
    /// They were paused when the restore began, or by somebody else since.
    pub(super) left_paused: BTreeSet<TenantId>,
    /// They were paused or resumed after the restored moment.
    pub(super) status_changed: BTreeSet<TenantId>,
    /// The table has an earlier file of theirs than the one that was in use.
    pub(super) file_changed: BTreeSet<TenantId>,
    /// They have no credentials: they were removed after the restored moment, or the secrets were lost.
    pub(super) without_credentials: BTreeSet<TenantId>,
    /// They were added after the restored moment, and the table in use had them.
    pub(super) taken_over: BTreeSet<TenantId>,
    /// Their records or leases in the table cannot be read.
    pub(super) unreadable: BTreeSet<TenantId>,
    /// The table does not have them: they were added after the restored moment.
    pub(super) added_since: BTreeSet<TenantId>,
    pub(super) in_use: bool,
    /// What a restore does not bring back.
    pub(super) missing: Vec<String>,
}

impl View for RestoreView<'_> {
    fn text(&self) -> String {
        let Self {
            table,
            since,
            tenants,
            resumed,
            left_paused,
            status_changed,
            file_changed,
            without_credentials,
            taken_over,
            unreadable,
            added_since,
            in_use,
            missing,
        } = self;
        let number = |count: u64| format::number(count, "tenant", "tenants");
        let mut text = match in_use {
            true => format::paragraph(&format!(
                "The table {table}, as of {since:.0}, is in use. {} run again.",
                number(*resumed)
            )),
            false => format::paragraph(&format!(
                "The table {table}, as of {since:.0}, is ready, and {} are paused. Deploy it with `sam deploy \
                 --parameter-overrides ExistingTable={table} GradualRelease=false`, then repeat this command.",
                number(*tenants)
            )),
        };
        let names = |tenants: &BTreeSet<TenantId>| {
            let names: Vec<&str> = tenants.iter().map(TenantId::as_str).collect();
            names.join(", ")
        };
        for (tenants, what) in [
            (
                left_paused,
                "paused before the restore or by somebody else meanwhile, and stays so",
            ),
            (
                status_changed,
                "paused or resumed after the restored moment, and kept as it was last",
            ),
            (
                file_changed,
                "restored with an earlier file (once the table is deployed, `tenants add --file FILE --update` stores the \
                 newest one)",
            ),
            (
                without_credentials,
                "without credentials, and stays paused (if it was removed after the restored moment, `tenants remove`; \
                 otherwise `tenants add` with its credentials, then `tenants resume`)",
            ),
            (
                taken_over,
                "added after the restored moment, and taken over from the table in use",
            ),
            (
                unreadable,
                "unreadable in the table, and stays paused (restore it to another moment, or `tenants remove` and \
                 `tenants add`: the certificates that are filed stay known)",
            ),
            (
                added_since,
                "added after the restored moment: repeat `tenants add`",
            ),
        ] {
            if !tenants.is_empty() {
                text.push_str(&format::point(&format!("{what}: {}", names(tenants))));
            }
        }
        for command in missing {
            text.push_str(&format::point(&format!(
                "not set on the table: `{command}`"
            )));
        }
        text
    }

    fn needs_attention(&self) -> bool {
        let look_at = [
            &self.status_changed,
            &self.file_changed,
            &self.without_credentials,
            &self.unreadable,
            &self.added_since,
        ];
        look_at.iter().any(|tenants| !tenants.is_empty()) || !self.missing.is_empty()
    }
}
