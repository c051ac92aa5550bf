//! The people a run looks at, each with what the ledger and reteach say of them.

use std::collections::{BTreeSet, HashMap};

use shared::access::Scoped;
use shared::domain::id::{ExternalId, SourceId};
use shared::fingerprint::FingerprintKey;
use shared::mapping::{Attribute, DesiredAccount};
use shared::runtime::Mode;
use shared::state::{EmployeeEntry, FailureKind, HeldPlan};
use shared::tenant::TenantConfig;

use super::super::Rules;
use super::super::mail_holders::moves;
use super::gone::absence;
use super::{A_RUNS_LOOK_UPS, Inputs, PAGE};
use crate::accounts::{AccountFilter, AccountIndex, AccountQuery, Accounts, AccountsError};
use crate::io::Reader;
use crate::plan::{Account, AccountView, Candidate, MatchedBy, SourceState, digest_of};
use crate::source::{People, Person};

/// A run that was asked to compare everybody tries refused records at once; so does any look at a conflict that the
/// academy no longer shows.
pub(super) fn with_retries(mut candidates: Vec<Candidate>, rules: Rules<'_>) -> Vec<Candidate> {
    for candidate in &mut candidates {
        let conflicts = matches!(
            candidate.account,
            Account::Conflicting(..) | Account::NotFetched
        );
        let failure = candidate
            .entry
            .as_mut()
            .and_then(|entry| entry.failure.as_mut());
        if let Some(failure) = failure {
            let is_over = failure.kind == FailureKind::Conflict && !conflicts;
            if is_over || rules.mode == Mode::Reconcile {
                failure.retry_at = failure.retry_at.min(rules.now);
            }
        }
    }
    candidates
}

pub(crate) fn candidates(
    tool: &str,
    config: &TenantConfig,
    people: &People,
    (look, gone): (&BTreeSet<SourceId>, &BTreeSet<SourceId>),
    mut entries: HashMap<SourceId, EmployeeEntry>,
) -> Vec<Candidate> {
    let there = look.iter().filter_map(|id| {
        let source = match people.snapshot.get(id)? {
            Person::Employee(employee, fingerprint) => SourceState::Present {
                record: Box::new(DesiredAccount::of(employee, tool, config)),
                fingerprint: *fingerprint,
            },
            Person::Rejected {
                fingerprint,
                field,
                problem,
                leaving,
            } => SourceState::Rejected {
                fingerprint: *fingerprint,
                field: field.clone(),
                problem: problem.clone(),
                record: Box::new(DesiredAccount::of(
                    &leaving.clone().employee(id.clone()),
                    tool,
                    config,
                )),
            },
        };
        Some((id, source))
    });
    let gone = gone.iter().map(|id| {
        let source = SourceState::Gone {
            external_id: ExternalId::of(tool, id),
            absence: absence(people, id, entries.get(id)),
        };
        (id, source)
    });
    let sources: Vec<_> = there.chain(gone).collect();
    let mut candidates = Vec::with_capacity(sources.len());
    for (id, source) in sources {
        let entry = entries.remove(id);
        let known = entry.as_ref().and_then(|entry| entry.customer_id.clone());
        let account = known.map_or(Account::NotFetched, Account::FromLedger);
        candidates.push(Candidate {
            source_id: id.clone(),
            source,
            entry,
            account,
            mail_holder: None,
        });
    }
    candidates
}

/// The accounts of people whom the ledger does not know: a few are looked up, many are found in the list of all.
pub(super) async fn find_accounts(
    reader: &impl Reader,
    candidates: &[Candidate],
    held: Option<&HeldPlan>,
    inputs: Inputs<'_>,
) -> Result<Option<Accounts>, AccountsError> {
    let mut queries = queries(candidates);
    let moves = moves(candidates, held, inputs.rules.key).len();
    // A look-up takes up to two calls, that of a mail address and a page of the list take one.
    if queries.len() * 2 + moves > inputs.people.snapshot.len() / PAGE + 1 {
        let all: Vec<_> = candidates.iter().filter_map(query).collect();
        let filter = AccountFilter::of(&all, inputs.rules.tool);
        match reader.list_accounts(filter).await {
            Ok(index) => {
                let most = inputs.rules.config.brake.at_least;
                believable(
                    &index,
                    candidates,
                    usize::try_from(most).unwrap_or(usize::MAX),
                )?;
                return Ok(Some(Accounts::Listed(Box::new(index))));
            }
            Err(error) if error.is_of_the_list() => {}
            Err(error) => return Err(error),
        }
    }
    if queries.is_empty() {
        return Ok(None);
    }
    if queries.len() > A_RUNS_LOOK_UPS {
        // The run may end before it has looked up all of them: each begins with others.
        let turn = inputs.rules.now.as_second().div_euclid(300);
        let turn = usize::try_from(turn).unwrap_or_default();
        let first = turn.wrapping_mul(A_RUNS_LOOK_UPS) % queries.len();
        queries.rotate_left(first);
    }
    Ok(Some(reader.look_up_accounts(&queries).await?))
}

/// A query for everybody whose account the ledger does not know, and matters.
pub(crate) fn queries(candidates: &[Candidate]) -> Vec<AccountQuery<'_>> {
    let unknown = candidates.iter().filter(|candidate| {
        matches!(candidate.account, Account::NotFetched) && is_looked_for(candidate)
    });
    unknown.filter_map(query).collect()
}

/// An academy without a single account is believed as long as the ledger knows of no more than `most`.
pub(super) fn believable(
    index: &AccountIndex,
    candidates: &[Candidate],
    most: usize,
) -> Result<(), AccountsError> {
    let known = |candidate: &&Candidate| candidate.known_account().is_some();
    match candidates.iter().filter(known).count() {
        known if index.is_empty() && known > most => Err(AccountsError::Emptied(known)),
        _ => Ok(()),
    }
}

/// Whose account matters although the ledger knows none: who would get one, and who is gone and must not keep one.
pub(super) fn is_looked_for(candidate: &Candidate) -> bool {
    match &candidate.source {
        SourceState::Present { record, .. } => record.employment.scope == Scoped::In,
        SourceState::Gone { .. } => true,
        SourceState::Rejected { .. } => false,
    }
}

pub(super) fn query(candidate: &Candidate) -> Option<AccountQuery<'_>> {
    let known = candidate.known_account();
    match &candidate.source {
        SourceState::Present { record, .. } => {
            let mail = record
                .values
                .get(&Attribute::Email)
                .and_then(Option::as_ref)
                .map(|mail| mail.reveal());
            Some(AccountQuery {
                external_id: &record.external_id,
                known,
                mail,
            })
        }
        SourceState::Gone { external_id, .. } => Some(AccountQuery {
            external_id,
            known,
            mail: None,
        }),
        SourceState::Rejected { record, .. } => Some(AccountQuery {
            external_id: &record.external_id,
            known,
            mail: None,
        }),
    }
}

/// The candidates without those whom the run had no time to look up, and how many these are.
pub(super) fn without_not_asked(
    mut candidates: Vec<Candidate>,
    accounts: Option<&Accounts>,
) -> (Vec<Candidate>, usize) {
    let before = candidates.len();
    if let Some(accounts) = accounts {
        candidates.retain(|candidate| {
            let is_asked =
                matches!(candidate.account, Account::NotFetched) && is_looked_for(candidate);
            let query = query(candidate).filter(|_| is_asked);
            query.is_none_or(|query| accounts.were_asked(query.external_id))
        });
    }
    let left = before - candidates.len();
    (candidates, left)
}

/// The candidates without those whose account could not be looked up: one account must not stop the others.
pub(super) fn without_unanswered(
    candidates: Vec<Candidate>,
    accounts: Option<&Accounts>,
) -> (Vec<Candidate>, Vec<(SourceId, String)>) {
    let problem = |candidate: &Candidate| {
        let query =
            query(candidate).filter(|_| matches!(candidate.account, Account::NotFetched))?;
        let error = accounts?.unanswered(query.external_id)?;
        Some((candidate.source_id.clone(), error.to_string()))
    };
    let unanswered: Vec<_> = candidates.iter().filter_map(problem).collect();
    let (kept, _) = candidates
        .into_iter()
        .partition(|candidate| unanswered.iter().all(|(id, _)| *id != candidate.source_id));
    (kept, unanswered)
}

/// The candidates with what reteach said about their accounts.
pub(crate) fn with_accounts(
    mut candidates: Vec<Candidate>,
    accounts: Option<&Accounts>,
    key: &FingerprintKey,
) -> Vec<Candidate> {
    for candidate in &mut candidates {
        attach(candidate, accounts, key);
    }
    candidates
}

/// An account that the whole list does not have is missing, whatever the ledger says.
pub(super) fn attach(candidate: &mut Candidate, accounts: Option<&Accounts>, key: &FingerprintKey) {
    let asked = match (accounts, &candidate.account) {
        (Some(Accounts::Listed(_)), _) | (Some(_), Account::NotFetched) => accounts,
        _ => None,
    };
    let Some((accounts, query)) = asked.zip(query(candidate)) else {
        return;
    };
    let account = match accounts.find(query) {
        Account::Fetched(account, MatchedBy::Ledger)
            if !is_still_theirs(&account, candidate.entry.as_ref(), key) =>
        {
            accounts.find(AccountQuery {
                known: None,
                ..query
            })
        }
        found => found,
    };
    let is_read = matches!(account, Account::Fetched(_, MatchedBy::ExternalId));
    if let (false, Some(field)) = (is_read, accounts.unreadable_field(query)) {
        let problem = format!("reteach's list shows it in a form that cannot be read ({field})");
        leave(candidate, problem);
        return;
    }
    candidate.account = account;
}

/// Whether an account that has lost its external id holds the mail address or user name that the person was given: an admin may
/// have given it to somebody else.
pub(super) fn is_still_theirs(
    account: &AccountView,
    entry: Option<&EmployeeEntry>,
    key: &FingerprintKey,
) -> bool {
    let Some(entry) = entry else {
        return false;
    };
    [Attribute::Email, Attribute::UserName]
        .into_iter()
        .any(|attribute| {
            let given = entry.digests.get(attribute.name());
            let held = account.values.get(&attribute);
            held.is_some() && given == Some(&digest_of(attribute, held, key))
        })
}

/// Nobody gets a second account because their own cannot be read: what the ledger knows of it stands, and somebody it
/// does not know waits.
pub(super) fn leave(candidate: &mut Candidate, problem: String) {
    if let (
        Account::NotFetched,
        SourceState::Present {
            record,
            fingerprint,
        },
    ) = (&candidate.account, &candidate.source)
    {
        candidate.source = SourceState::Rejected {
            fingerprint: *fingerprint,
            field: "account".to_owned(),
            problem,
            record: record.clone(),
        };
    }
}
