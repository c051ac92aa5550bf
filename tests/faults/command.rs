//! A command of the operator that faults strike.

use harness::{Harness, RunSummary};
use shared::runtime::Outcome;
use tenants::Exit;

use crate::scene::FOLDER;
use crate::typed::typed;

/// The operator's command in the place of a run: unchanged once there is nothing to move.
pub(crate) async fn moved(harness: &Harness) -> RunSummary {
    let tenant = harness.company.tenant.as_str();
    let args = ["certificates", "move", tenant, "--to", FOLDER, "--yes"];
    let (exit, said) = typed(harness, &args).await;
    let outcome = match (exit, said["moved"].as_u64()) {
        (Exit::Done, Some(0)) => Outcome::Unchanged,
        (Exit::Done, Some(_)) => Outcome::Done,
        _ => Outcome::Partly,
    };
    RunSummary::of_command(outcome, said.to_string())
}
