//! Many worlds side by side, each on a thread of its own.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

thread_local! {
    static PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// A whole world is one future, and unoptimised.
const STACK: usize = 64 * 1024 * 1024;

/// A thread sleeps while its world is wound on: half of them do at any time.
fn threads() -> usize {
    thread::available_parallelism().map_or(4, |cores| cores.get() * 2)
}

/// What became of each item, in their order. A panic is a failure like any other.
pub(crate) fn all<T: Sync, R: Send>(
    items: &[T],
    work: impl Fn(&T) -> Result<R, String> + Sync,
) -> Vec<Result<R, String>> {
    panic::set_hook(Box::new(|info| PANIC.set(info.to_string())));
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
                    let caught = panic::catch_unwind(AssertUnwindSafe(|| work(item)));
                    let result = caught.unwrap_or_else(|_: Box<dyn Any + Send>| Err(PANIC.take()));
                    done.lock().unwrap().push((number, result));
                }
            });
            spawned.unwrap();
        }
    });
    let _ = panic::take_hook();
    let mut done = done.into_inner().unwrap();
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, result)| result).collect()
}
