//! Writing down what the stages say: shards first, the state that speaks of them last.

use shared::state::StateError;

use super::conclude::{Conclusion, HeldWrite};
use super::stages::Registration;
use crate::io::Writer;

/// Writes what has to be known before anything is applied.
///
/// # Errors
/// [`StateError`]; nothing may be applied then.
pub(super) async fn register(
    writer: &impl Writer,
    registration: &Registration,
) -> Result<(), StateError> {
    if !registration.shards.is_empty() {
        writer.check_lease().await?;
    }
    for (number, shard) in &registration.shards {
        writer.put_shard(*number, shard).await?;
    }
    match &registration.state {
        Some(state) => writer.put_state(state).await,
        None => Ok(()),
    }
}

/// Writes what the run leaves.
///
/// # Errors
/// [`StateError`]; the state then still stands for the old shards, and the next run looks again.
pub(super) async fn commit(
    writer: &impl Writer,
    conclusion: &Conclusion,
) -> Result<(), StateError> {
    // Before the shards: once they are settled nobody looks again, and what is not held any more would stay approved.
    match &conclusion.held {
        HeldWrite::Keep => {}
        HeldWrite::Put(held) => writer.put_held(held).await?,
        HeldWrite::Clear => writer.clear_held().await?,
    }
    writer.check_lease().await?;
    for (number, shard) in &conclusion.shards {
        writer.put_shard(*number, shard).await?;
    }
    for id in &conclusion.expired {
        writer.check_lease().await?;
        writer.forget_entry(id).await?;
    }
    writer.put_state(&conclusion.state).await?;
    match conclusion.opens_gate {
        Some(now) => writer.open_gate(now).await,
        None => Ok(()),
    }
}
