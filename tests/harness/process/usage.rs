//! What a process has used so far.

use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Memory and processor time. Nothing of it is known where there is no `/proc`.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Usage {
    /// The most that was ever resident, in bytes (`VmHWM`).
    pub peak: Option<u64>,
    /// Processor time of the program itself.
    pub user: Option<Duration>,
    /// Processor time of the kernel on its behalf: on loopback nearly all of the transfer.
    pub system: Option<Duration>,
    /// Both together, exactly.
    pub processor: Option<Duration>,
}

/// Linux counts in hundredths of a second, whatever its own clock does (`USER_HZ`).
const TICK: Duration = Duration::from_millis(10);

impl Usage {
    /// Of this process, up to this moment.
    #[must_use]
    pub fn now() -> Self {
        Self::of("self")
    }

    /// Of the process with this id, up to this moment.
    #[must_use]
    pub fn of_process(id: u32) -> Self {
        Self::of(&id.to_string())
    }

    /// Processor time of the calling thread; none where there is no `/proc`.
    #[must_use]
    pub fn of_this_thread() -> Duration {
        // The kernel counts what a thread has had when it lets go of the processor.
        std::thread::yield_now();
        let schedstat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
        nanoseconds(&schedstat).unwrap_or_default()
    }

    fn of(process: &str) -> Self {
        let folder = Path::new("/proc").join(process);
        let read = |file| std::fs::read_to_string(folder.join(file)).ok();
        let (status, stat) = (read("status"), read("stat"));
        // The second field is the program's name, in parentheses, with whatever it is called; then come 3 and so on.
        let after_name = stat
            .as_deref()
            .and_then(|stat| Some(stat.rsplit_once(')')?.1));
        let field = |number: usize| {
            after_name?
                .split_whitespace()
                .nth(number - 3)?
                .parse::<u32>()
                .ok()
        };
        Self {
            peak: status.as_deref().and_then(peak),
            user: field(14).map(|ticks| TICK * ticks),
            system: field(15).map(|ticks| TICK * ticks),
            processor: processor(&folder),
        }
    }
}

/// All of the processor's time that the threads that are alive have had, to the nanosecond.
fn processor(folder: &Path) -> Option<Duration> {
    let threads = std::fs::read_dir(folder.join("task")).ok()?;
    let of = |thread: std::fs::DirEntry| {
        let schedstat = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        nanoseconds(&schedstat)
    };
    threads
        .filter_map(|thread| of(thread.ok()?))
        .reduce(|sum, time| sum + time)
}

/// The first field of `schedstat`.
fn nanoseconds(schedstat: &str) -> Option<Duration> {
    schedstat
        .split_whitespace()
        .next()?
        .parse()
        .ok()
        .map(Duration::from_nanos)
}

fn peak(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
