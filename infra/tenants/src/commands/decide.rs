//! `tenants approve`, `tenants dismiss`

use serde_json::json;
use shared::state::{Decision, HeldPlan};

use crate::answer::Answer;
use crate::args::Decide;
use crate::failure::Failure;
use crate::operator::Operator;
use crate::words;

/// What is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Approve,
    Dismiss,
}

pub(super) async fn decide(
    operator: &Operator<'_>,
    args: &Decide,
    word: Word,
) -> Result<Answer, Failure> {
    let Decide { tenant, hash } = args;
    operator.known(tenant).await?;
    let held = operator.store.held(tenant).await?;
    let held = held.ok_or_else(|| {
        Failure::look(format!(
            "no plan of {tenant} is held: there is nothing to decide"
        ))
    })?;
    if held.hash != *hash {
        return Err(Failure::look(format!(
            "the plan {hash} is not the one that is held: it has changed meanwhile. Now {}. Look at it (`tenants plan \
             {tenant}`) and decide about {}",
            what(&held),
            held.hash
        )));
    }
    let at = operator.now();
    let decision = match word {
        Word::Approve => Decision::Approved { at },
        Word::Dismiss => Decision::Dismissed { at },
    };
    operator.store.decide(tenant, hash, decision).await?;
    let text = match word {
        Word::Approve => format!(
            "Approved: {}. The next run applies it; the approval lapses after 24 hours, or when the plan changes. `tenants \
             sync {tenant}` does it now.",
            what(&held)
        ),
        Word::Dismiss => format!(
            "Dismissed: {}. It stays unapplied for as long as the plan stays the same. Everything else goes on. If it is wrong \
             for good, change it in Personio, or the tenant's scope.",
            what(&held)
        ),
    };
    let json = json!({
        "tenant_id": tenant,
        "hash": hash,
        "decision": decision,
        "counts": held.counts,
        "since": held.since,
    });
    Answer::done(words::paragraph(&text), json)
}

/// What is held, in words.
pub(super) fn what(held: &HeldPlan) -> String {
    let counts = held
        .counts
        .iter()
        .map(|(brake, number)| format!("{number} {}", brake.describe()));
    let counts = counts.collect::<Vec<_>>().join(", ");
    format!(
        "{counts} (plan {}, held since {})",
        held.hash,
        words::moment(held.since)
    )
}
