//! A migration as a table.

use serde::Serialize;
use shared::domain::id::{CustomerId, SourceId, TenantId};

use super::Found;
use crate::args::Migrate;
use crate::format;
use crate::migration::{Mail, Unmatched, Why};
use crate::output::View;

pub(super) enum Stage {
    Proposed,
    /// With those that were refused.
    Moved(Vec<(SourceId, String)>),
}

#[derive(Serialize)]
pub(super) struct MigrateView<'a> {
    tenant_id: &'a TenantId,
    /// What is approved; `None` where there is nothing to move, or the reading is not complete.
    hash: Option<String>,
    counts: Counts,
    moves: Vec<Move>,
    unmatched: Vec<Row>,
    refused: Vec<Refusal>,
    /// Why people may be missing from the table.
    incomplete: Option<String>,
    #[serde(skip)]
    is_proposal: bool,
    #[serde(skip)]
    has_mails: bool,
}

#[derive(Serialize)]
struct Counts {
    moves: u64,
    moved_before: u64,
    in_place: u64,
    unmatched_old: u64,
    unmatched_new: u64,
}

#[derive(Serialize)]
struct Move {
    from: SourceId,
    to: SourceId,
    account: CustomerId,
    /// With --details only.
    #[serde(skip_serializing_if = "Option::is_none")]
    mail: Option<String>,
}

#[derive(Serialize)]
struct Row {
    why: Why,
    old: Vec<SourceId>,
    new: Vec<SourceId>,
    /// With --details only.
    #[serde(skip_serializing_if = "Option::is_none")]
    mail: Option<String>,
}

#[derive(Serialize)]
struct Refusal {
    person: SourceId,
    reason: String,
}

impl<'a> MigrateView<'a> {
    pub(super) fn new(args: &'a Migrate, found: &Found, stage: Stage) -> Self {
        let migration = &found.migration;
        let shown = |mail: Option<&Mail>| {
            mail.filter(|_| args.details)
                .map(|mail| mail.reveal().to_owned())
        };
        let moves = migration.moves.iter().map(|transfer| Move {
            from: transfer.from.clone(),
            to: transfer.to.clone(),
            account: transfer.account.clone(),
            mail: shown(found.mails.get(&transfer.from)),
        });
        let rows = migration.unmatched.iter().map(|row| Row {
            why: row.why,
            old: row.old.clone(),
            new: row.new.clone(),
            mail: shown(row.mail.as_ref()),
        });
        let count = |ids: fn(&Unmatched) -> usize| -> u64 {
            migration.unmatched.iter().map(ids).sum::<usize>() as u64
        };
        let (is_proposal, refused) = match stage {
            Stage::Proposed => (true, Vec::new()),
            Stage::Moved(refused) => (false, refused),
        };
        let pending = found.pending.len() as u64;
        let incomplete = found.doubt().map(|doubt| doubt.to_string());
        let may_be_approved = incomplete.is_none() && !migration.moves.is_empty();
        Self {
            tenant_id: &args.tenant,
            hash: may_be_approved.then(|| migration.hash()),
            counts: Counts {
                moves: pending,
                moved_before: migration.moves.len() as u64 - pending,
                in_place: migration.in_place,
                unmatched_old: count(|row| row.old.len()),
                unmatched_new: count(|row| row.new.len()),
            },
            moves: moves.collect(),
            unmatched: rows.collect(),
            refused: refused
                .into_iter()
                .map(|(person, reason)| Refusal { person, reason })
                .collect(),
            incomplete,
            is_proposal,
            has_mails: args.details,
        }
    }

    fn summary(&self) -> String {
        let Counts {
            moves,
            moved_before,
            in_place,
            unmatched_old,
            unmatched_new,
        } = &self.counts;
        let before = match moved_before {
            0 => String::new(),
            number => format!(", {number} got theirs before"),
        };
        let accounts = format::number(*moves, "account gets a new id", "accounts get new ids");
        let place = format::number(*in_place, "has its id already", "have their ids already");
        format!(
            "{}: {accounts}{before}, {place}; without a match: {unmatched_old} old, {unmatched_new} new",
            self.tenant_id
        )
    }

    fn mail_column(&self) -> &'static str {
        if self.has_mails { "mail" } else { "" }
    }

    fn tables(&self) -> String {
        let mut text = String::new();
        if !self.moves.is_empty() {
            let mut table = terminal::table(["old id", "new id", self.mail_column()]);
            for row in &self.moves {
                table.add_row([
                    row.from.as_str(),
                    row.to.as_str(),
                    row.mail.as_deref().unwrap_or_default(),
                ]);
            }
            text.push_str(&format!("{}\n", table.trim_fmt()));
        }
        if !self.unmatched.is_empty() {
            let mut table = terminal::table(["no match: old", "new", "why", self.mail_column()]);
            for row in &self.unmatched {
                table.add_row([
                    &listed(&row.old),
                    &listed(&row.new),
                    row.why.describe(),
                    row.mail.as_deref().unwrap_or_default(),
                ]);
            }
            text.push_str(&format!("{}\n", table.trim_fmt()));
        }
        text
    }

    fn next_step(&self) -> String {
        let tenant = self.tenant_id;
        if self.incomplete.is_some() {
            return format!(
                "Nothing was written, and this table cannot be approved. Give the same command again later; if that does not \
                 help, `tenants check {tenant}` names what is wrong with the reading."
            );
        }
        match (&self.hash, self.is_proposal) {
            (None, _) => "There is nothing to move.".to_owned(),
            (Some(hash), true) => format!(
                "Nothing was written. `tenants migrate {tenant} --approve {hash}` moves these accounts. Accounts without a match \
                 stay as they are; `tenants people handover {tenant} --from OLD --to NEW` moves one of them."
            ),
            (Some(hash), false) if self.refused.is_empty() => format!(
                "Moved (table {hash}). The next run compares everybody: `tenants plan {tenant}` shows what it would do."
            ),
            (Some(hash), false) => format!(
                "Moved but for the accounts above. The next run compares everybody. Once the cause is gone, `tenants migrate \
                 {tenant} --approve {hash}` moves the rest."
            ),
        }
    }
}

fn listed(ids: &[SourceId]) -> String {
    let ids: Vec<&str> = ids.iter().map(SourceId::as_str).collect();
    ids.join(", ")
}

impl View for MigrateView<'_> {
    fn text(&self) -> String {
        let mut text = format::paragraph(&self.summary());
        if let Some(doubt) = &self.incomplete {
            text.push_str(&format::paragraph(&format!(
                "The reading of Personio is not complete, so people may be missing from the table: {doubt}."
            )));
        }
        text.push_str(&self.tables());
        for Refusal { person, reason } in &self.refused {
            text.push_str(&format::point(&format!("{person}: {reason}")));
        }
        text + &format::paragraph(&self.next_step())
    }

    fn needs_attention(&self) -> bool {
        self.incomplete.is_some()
            || !self.refused.is_empty()
            || self.unmatched.iter().any(|row| row.why.needs_attention())
    }
}
