//! A reading that may be another company's: rejected until somebody decides. And an academy that is another one.

use shared::runtime::{JobResult, Mode, Outcome, RunError};
use shared::state::{Decision, HeldSource, SyncState};

use super::Rules;
use super::summary::Summary;
use crate::EmployeeSync;
use crate::checkpoint::Identity;
use crate::io::{Reader, Writer};
use crate::source::People;

/// The result of a run that rejects its reading; `None` if the run may go on.
pub(super) async fn check_identity(
    rules: Rules<'_>,
    people: &People,
    identity: &Identity<'_>,
    state: &mut Option<SyncState>,
    reader: &impl Reader,
    writer: Option<&impl Writer>,
) -> Result<Option<JobResult<EmployeeSync>>, RunError> {
    if !identity.is_foreign() {
        accept(state.as_mut(), writer).await?;
        return Ok(None);
    }
    let stored = reader.held_source().await?;
    let hash = identity.hash(rules.key);
    if stored
        .as_ref()
        .is_some_and(|it| it.accepts(&hash, rules.now))
    {
        return Ok(None);
    }
    let rejected = reject(identity, hash, stored.as_ref(), rules);
    if let Some(writer) = writer
        && stored.as_ref() != Some(&rejected)
    {
        if !state.as_ref().is_some_and(|state| state.source_held) {
            let noted = state.get_or_insert_default();
            noted.source_held = true;
            writer.put_state(noted).await?;
        }
        writer.put_held_source(&rejected).await?;
    }
    let message = describe(&rejected, rules);
    let summary = Summary::of(people, rules);
    Ok(Some(summary.rejected(Outcome::SourceChanged, message)))
}

/// Fails if the academy is another one than the tenant was added with: nobody of ours is found there, so that all would be
/// created among strangers. A run asks once, before it lists accounts or writes anything.
pub(super) async fn check_academy(reader: &impl Reader) -> Result<(), RunError> {
    if reader.is_our_academy().await? {
        return Ok(());
    }
    Err(RunError::another_academy(
        "reteach names another academy than the tenant was added with, and nothing was written",
    ))
}

/// The result of a run whose ids are of another HR system than those of the known people: an equal id is somebody else's.
/// Nobody can accept that, because the state has nothing but ids.
pub(super) fn check_tool(
    rules: Rules<'_>,
    people: &People,
    state: Option<&SyncState>,
) -> Option<JobResult<EmployeeSync>> {
    let known = state.and_then(|state| state.tool.as_deref())?;
    if known == rules.tool {
        return None;
    }
    let tenant = &rules.config.tenant_id;
    let message = format!(
        "The ids are {}'s now, those of the known people are {known}'s: equal ids are not the same person. Nobody was created, \
         updated or locked. Connect {known} again, or `tenants remove {tenant}` and `tenants add`: then accounts are \
         found by mail address, and each is taken over after an approval.",
        rules.tool
    );
    Some(Summary::of(people, rules).rejected(Outcome::SourceChanged, message))
}

/// Forgets a rejected reading: the known people are there again. The state says so when the run ends.
pub(super) async fn accept(
    state: Option<&mut SyncState>,
    writer: Option<&impl Writer>,
) -> Result<(), RunError> {
    if let (Some(state), Some(writer)) = (state, writer)
        && state.source_held
    {
        writer.clear_held_source().await?;
        state.source_held = false;
    }
    Ok(())
}

/// The item to store for the reading. A stored one is kept, unless its approval has lapsed.
fn reject(
    identity: &Identity<'_>,
    hash: String,
    stored: Option<&HeldSource>,
    rules: Rules<'_>,
) -> HeldSource {
    let same = stored.filter(|it| it.hash == hash);
    if let Some(same) = same {
        let decision = same.decision.filter(|_| !same.is_undecided(rules.now));
        let decided_by = same.decided_by.clone().filter(|_| decision.is_some());
        return HeldSource {
            decision,
            decided_by,
            ..same.clone()
        };
    }
    HeldSource {
        hash,
        since: stored.map_or(rules.now, |it| it.since),
        known: identity.known as u64,
        found: identity.found as u64,
        new: identity.new as u64,
        decision: None,
        decided_by: None,
    }
}

fn describe(rejected: &HeldSource, rules: Rules<'_>) -> String {
    let HeldSource {
        hash,
        known,
        found,
        new,
        decision,
        ..
    } = rejected;
    let tenant = &rules.config.tenant_id;
    let nothing = match rules.mode {
        Mode::DryRun => "A run would create and update nobody, and lock nobody for being missing.",
        _ => "Nobody was created or updated, or locked for being missing.",
    };
    let decide = match decision {
        Some(Decision::Dismissed { .. }) => format!("The reading {hash} was dismissed."),
        _ => format!(
            "If these are the company's people, `tenants approve {tenant} {hash}` accepts the reading for 24 hours; the brakes \
             still apply."
        ),
    };
    format!(
        "{found} of {known} known people are in this reading, and {new} other people are: it may be another company's, or the \
         credential may read only some employees. {nothing} Check the credential with `tenants check {tenant}`. {decide}"
    )
}
