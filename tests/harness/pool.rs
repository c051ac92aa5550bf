//! Many worlds at once, each on a thread of its own.

use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, Once};
use std::thread;

/// Bytes of a thread's stack: a whole world is one future, and unoptimised.
const STACK: usize = 64 * 1024 * 1024;

/// Half of the threads sleep at any time: a thread sleeps while the time of its world is advanced.
fn threads() -> usize {
    thread::available_parallelism().map_or(4, |cores| cores.get() * 2)
}

/// The result of `work` for each item, in their order. A panic is a failure like any other.
pub fn all<T: Sync, R: Send>(
    items: &[T],
    work: impl Fn(&T) -> Result<R, String> + Sync,
) -> Vec<Result<R, String>> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..threads().min(items.len()) {
            let thread = thread::Builder::new().stack_size(STACK);
            let spawned = thread.spawn_scoped(scope, || {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(number) else {
                        return;
                    };
                    let result = caught(|| work(item));
                    done.lock().unwrap().push((number, result));
                }
            });
            spawned.unwrap();
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, result)| result).collect()
}

thread_local! {
    /// The last panic of a thread whose panics are failures.
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// The result of `work`, or the text of its panic.
pub fn caught<R>(work: impl FnOnce() -> Result<R, String>) -> Result<R, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let is_failure = PANIC.with_borrow_mut(|panic| {
                let text = panic.as_mut().map(|text| *text = info.to_string());
                text.is_some()
            });
            if !is_failure {
                usual(info);
            }
        }));
    });
    PANIC.set(Some(String::new()));
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    let text = PANIC.take().unwrap_or_default();
    result.unwrap_or(Err(text))
}
