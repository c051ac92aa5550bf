//! A seed, or bytes: the setting and history, lived on a thread of its own, where time stands still while anything moves.

use harness::{pool, virtual_time};

use crate::choices::Choices;
use crate::event::Event;
use crate::history::{self, history};
use crate::life::{Life, Lived, Setting};
use crate::shrink::shrink;

/// What a seed stands for.
pub(crate) fn of(seed: u64) -> (Setting, Vec<Event>) {
    drawn(seed, &mut Choices::seeded(seed))
}

/// What bytes stand for.
pub(crate) fn spelled(bytes: &[u8]) -> (Setting, Vec<Event>) {
    let mut choices = Choices::spelled(bytes);
    let seed = choices.u8(..).into();
    drawn(seed, &mut choices)
}

fn drawn(seed: u64, choices: &mut Choices<'_>) -> (Setting, Vec<Event>) {
    let setting = Setting::of(seed, choices);
    let history = history(choices);
    let history = history::with_lost_knowledge(history, choices);
    (setting, history::with_approvals(history, choices))
}

/// Lives a history. `Err`: what was not as it should be, or the panic of a rule that was broken.
pub(crate) fn live(setting: Setting, history: &[Event]) -> Result<Lived, String> {
    // The SDK's pauses between attempts.
    fastrand::seed(setting.seed);
    // What the runtime waits for is no part of the log: the world's clock goes its own way.
    pool::caught(|| virtual_time::run(|_| (), Life::live(setting, history)))
}

/// Lives the seed's history; a failing one is reported with its shortest part that still fails.
pub(crate) fn check(seed: u64) -> Result<Lived, String> {
    let (setting, history) = of(seed);
    live(setting, &history).map_err(|failure| {
        eprintln!("seed {seed} fails, and is shrunk: {failure}");
        let (history, said) = shortest(setting, history, failure);
        let events: Vec<String> = history.iter().map(|it| format!("    {it:?}")).collect();
        format!(
            "seed {seed}: {said}\n  {setting:?}, shortest history:\n{}\n  alone: WORLDS_SEED={seed} cargo test --workspace --test worlds",
            events.join("\n")
        )
    })
}

/// The shortest part of a history that fails as well, and what it says.
pub(crate) fn shortest(
    setting: Setting,
    history: Vec<Event>,
    failure: String,
) -> (Vec<Event>, String) {
    shrink(history, failure, |part| live(setting, part).err())
}
