//! Several accounts with one external id.

use shared::access::has_left;

use super::super::Rules;
use crate::accounts::Accounts;
use crate::plan::{Account, Candidate, MatchedBy, SourceState};

/// The candidates with other accounts that carry the same external id. Of somebody who has left all are locked, one in each
/// comparison.
pub(super) fn with_twins(
    mut candidates: Vec<Candidate>,
    accounts: Option<&Accounts>,
    rules: Rules<'_>,
) -> Vec<Candidate> {
    let Some(Accounts::Listed(index)) = accounts else {
        return candidates;
    };
    for candidate in &mut candidates {
        let Account::Fetched(account, MatchedBy::ExternalId) = &candidate.account else {
            continue;
        };
        let open = index
            .twins(account)
            .find(|twin| twin.is_open_at(rules.now))
            .filter(|_| is_over(candidate, rules) && !account.is_open_at(rules.now))
            .filter(|_| candidate.known_account() == Some(&account.id));
        let (twin, second) = match open {
            Some(open) => (Some(account.id.clone()), Some(open.clone())),
            None => (
                index.twins(account).next().map(|twin| twin.id.clone()),
                None,
            ),
        };
        candidate.twin = twin;
        if let Some(second) = second {
            candidate.account = Account::Fetched(Box::new(second), MatchedBy::ExternalId);
        }
    }
    candidates
}

fn is_over(candidate: &Candidate, rules: Rules<'_>) -> bool {
    match &candidate.source {
        SourceState::Present { record, .. } => {
            let (zone, lock_on) = (&rules.config.time_zone, rules.config.employees.lock_on);
            has_left(&record.employment, rules.now, zone, lock_on)
        }
        SourceState::Gone { .. } => true,
        SourceState::Rejected { .. } => false,
    }
}
