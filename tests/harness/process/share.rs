//! A share of a processor, as Lambda gives one with little memory.

use std::fs;
use std::path::{Path, PathBuf};

/// Lambda gives one processor with 1,769 MB, and less in proportion (developer guide, "Configure Lambda function memory").
const MEGABYTES_PER_PROCESSOR: f64 = 1_769.0;
/// The time in which the share is counted, in microseconds.
const PERIOD: u32 = 20_000;

/// A control group that holds its processes to a share of one processor. It goes when it is dropped, if they have ended.
#[derive(Debug)]
pub struct Share {
    group: PathBuf,
}

impl Share {
    /// The share that comes with so much memory; `None` where control groups cannot be made.
    #[must_use]
    pub fn of_megabytes(memory: f64) -> Option<Self> {
        let quota = (memory / MEGABYTES_PER_PROCESSOR * f64::from(PERIOD))
            .round()
            .to_string();
        let period = PERIOD.to_string();
        // Named after the process, so that two benchmarks at once keep to their own.
        let name = format!("reteach-personio-bench-{}", std::process::id());
        let [first, second] =
            ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup"].map(|root| Path::new(root).join(&name));
        Self::at(
            first,
            &[("cpu.cfs_period_us", &period), ("cpu.cfs_quota_us", &quota)],
        )
        .or_else(|| Self::at(second, &[("cpu.max", &format!("{quota} {period}"))]))
    }

    fn at(group: PathBuf, limits: &[(&str, &str)]) -> Option<Self> {
        // A folder is a control group only in a file system of control groups: else it has no such files.
        group
            .parent()?
            .join("cgroup.procs")
            .exists()
            .then_some(())?;
        fs::create_dir(&group).ok()?;
        let share = Self { group };
        limits
            .iter()
            .all(|(file, limit)| fs::write(share.group.join(file), limit).is_ok())
            .then_some(share)
    }

    /// Holds the process with this id from now on: it has just begun, and what it has had until now is a few microseconds.
    pub fn hold(&self, process: u32) {
        fs::write(self.group.join("cgroup.procs"), process.to_string()).unwrap();
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.group);
    }
}
