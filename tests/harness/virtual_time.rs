//! Time that stands still until nothing moves any more: an hour of waiting is over at once, and a busy machine makes nobody late.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use jiff::SignedDuration;
use shared::domain::clock::ManualClock;
use tokio::runtime::Builder;

/// Nothing moves if the thread has slept for this long, by the machine's clock.
const QUIET: Duration = Duration::from_millis(2);
/// What time is wound on by at first. As long as nothing comes of it, the step doubles: a thread that only waits for its turn
/// on a busy machine does not miss a timeout.
const FIRST: Duration = Duration::from_millis(10);
/// The first steps are all alike: at 50 calls a second, each call is sent when it is due.
const ALIKE: u32 = 4;
/// The largest step.
const LARGEST: Duration = Duration::from_secs(4);

/// Whether the one thread of a runtime sleeps, and how often it has been woken.
#[derive(Debug, Default)]
struct Pulse {
    sleeps: AtomicBool,
    woken: AtomicU64,
    is_over: AtomicBool,
}

impl Pulse {
    /// Comes back, with how often the thread has been woken, when nothing moves.
    fn quiet(&self) -> u64 {
        loop {
            let before = self.woken.load(Ordering::SeqCst);
            thread::sleep(QUIET);
            let is_over = self.is_over.load(Ordering::SeqCst);
            if is_over
                || (self.sleeps.load(Ordering::SeqCst)
                    && self.woken.load(Ordering::SeqCst) == before)
            {
                return before;
            }
        }
    }
}

/// Runs `work` on this thread alone. tokio's time is wound on only while nothing moves; `along` gets the amount first.
pub fn run<T>(along: impl Fn(Duration), work: impl Future<Output = T>) -> T {
    run_in_steps(LARGEST, along, work)
}

/// What a table on a busy machine is asked for may take it a second: a step is so small that no call's time is over by then.
const PATIENT: Duration = Duration::from_millis(250);

/// Runs `work`, whose clock stands still, without waiting for its pauses.
pub fn without_pauses<T>(work: impl Future<Output = T>) -> T {
    run_in_steps(PATIENT, |_| (), work)
}

/// [`run`] in steps of at most `largest`: what waits for a moment goes on that much late.
pub fn run_in_steps<T>(
    largest: Duration,
    along: impl Fn(Duration),
    work: impl Future<Output = T>,
) -> T {
    let pulse = Arc::new(Pulse::default());
    let (parked, unparked, over) = (Arc::clone(&pulse), Arc::clone(&pulse), Arc::clone(&pulse));
    let runtime = Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .on_thread_park(move || parked.sleeps.store(true, Ordering::SeqCst))
        .on_thread_unpark(move || {
            unparked.sleeps.store(false, Ordering::SeqCst);
            unparked.woken.fetch_add(1, Ordering::SeqCst);
        })
        .build()
        .unwrap();
    // Goes before the runtime, also where the work panics: a runtime waits for its threads.
    let _over = Over(over);
    runtime.block_on(async {
        tokio::select! {
            biased;
            done = work => done,
            never = wind(pulse, largest, along) => never,
        }
    })
}

/// Ends the watching with the work.
struct Over(Arc<Pulse>);

impl Drop for Over {
    fn drop(&mut self) {
        self.0.is_over.store(true, Ordering::SeqCst);
    }
}

/// Lets this much time pass at once, by `clock` and for everybody.
pub async fn pass(clock: &ManualClock, time: Duration) {
    advance(clock, time);
    tokio::time::advance(time).await;
}

/// Comes back when nothing is under way any more.
pub async fn settled() {
    // A timer that is due within QUIET by the runtime's time, which stands still, wakes the thread so often that it never looks quiet.
    tokio::time::sleep(FIRST).await;
}

/// Moves `clock` alone.
pub fn advance(clock: &ManualClock, time: Duration) {
    clock.advance(SignedDuration::try_from(time).unwrap());
}

async fn wind<T>(pulse: Arc<Pulse>, largest: Duration, along: impl Fn(Duration)) -> T {
    let (mut step, mut before, mut alike) = (FIRST, 0, 0);
    loop {
        let watched = Arc::clone(&pulse);
        // While a blocking task is under way, paused time does not jump to the next timer by itself.
        let woken = tokio::task::spawn_blocking(move || watched.quiet())
            .await
            .unwrap();
        // The notice wakes the thread once.
        let has_moved = woken - before > 1;
        alike = if has_moved { 0 } else { alike + 1 };
        step = if alike < ALIKE {
            FIRST
        } else {
            (step * 2).min(largest)
        };
        before = woken;
        along(step);
        tokio::time::advance(step).await;
    }
}
