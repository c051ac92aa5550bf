//! A seed: its setting and history, lived on a thread of its own, where time stands still while anything moves.

use std::panic::{AssertUnwindSafe, catch_unwind};

use fastrand::Rng;
use harness::still;

use crate::event::Event;
use crate::history::history;
use crate::life::{Life, Lived, Setting};
use crate::shrink::shrink;

/// Bytes of a thread's stack: futures are large without optimisation.
const STACK: usize = 32 * 1024 * 1024;

/// Does `work` on a thread with room for it.
pub(crate) fn roomy<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, work)
            .unwrap();
        thread
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// What a seed stands for.
pub(crate) fn of(seed: u64) -> (Setting, Vec<Event>) {
    let mut random = Rng::with_seed(seed);
    (Setting::of(seed, &mut random), history(&mut random))
}

/// Lives a history. `Err`: what was not as it should be, or the panic of a rule that was broken.
pub(crate) fn live(setting: Setting, history: &[Event]) -> Result<Lived, String> {
    // The SDK's pauses between attempts.
    fastrand::seed(setting.seed);
    // What the runtime waits for is no part of the log: the world's clock goes its own way.
    let life = || still::run(|_| (), Life::live(setting, history));
    let lived = catch_unwind(AssertUnwindSafe(life));
    lived.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|&text| text.to_owned()));
        Err(text.unwrap_or_else(|| "a panic without a text".to_owned()))
    })
}

/// Lives the seed's history; a failing one is told with its shortest part that fails as well.
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
