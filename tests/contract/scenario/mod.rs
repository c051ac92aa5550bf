//! What is played: every call that a client of ours makes, and every refusal that it has a word for, on each route.

mod certificates;
mod employees;
mod kombo;
mod refusals;
mod stage;

use std::sync::Arc;

use shared::tenant::Via;

use crate::gate::Gate;
pub(crate) use stage::Stage;

/// Plays everything on one route.
pub(crate) async fn play(gate: &Arc<Gate>, via: Via) -> Stage {
    let stage = Stage::set(gate, via).await;
    kombo::connects(&stage).await;
    employees::come_and_go(&stage).await;
    certificates::are_filed(&stage).await;
    refusals::are_met(&stage).await;
    kombo::refuses(&stage).await;
    stage
}
