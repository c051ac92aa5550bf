//! A share of a processor, as Lambda gives one with little memory.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
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
        let quota = (memory / MEGABYTES_PER_PROCESSOR * f64::from(PERIOD)).round().to_string();
        let period = PERIOD.to_string();
        let name = format!("reteach-personio-bench-{}", std::process::id());
        let [first, second] =
            ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup"].map(|root| Path::new(root).join(&name));
        Self::at(first, &[("cpu.cfs_period_us", &period), ("cpu.cfs_quota_us", &quota)])
            .or_else(|| Self::at(second, &[("cpu.max", &format!("{quota} {period}"))]))
    }

    fn at(group: PathBuf, limits: &[(&str, &str)]) -> Option<Self> {
        // A folder is a control group only in a file system of control groups: else it has no such files.
        group.parent()?.join("cgroup.procs").exists().then_some(())?;
        fs::create_dir(&group).ok()?;
        let share = Self { group };
        limits.iter().all(|(file, limit)| fs::write(share.group.join(file), limit).is_ok()).then_some(share)
    }

    /// A program that is `program` within this share. It is a file that goes with the share.
    #[must_use]
    pub fn wrap(&self, program: &Path) -> PathBuf {
        let (group, program) = (self.group.display(), program.canonicalize().unwrap());
        let script = format!("#!/bin/sh\necho $$ > '{group}/cgroup.procs' && exec '{}'\n", program.display());
        let wrapper = self.wrapper();
        fs::write(&wrapper, script).unwrap();
        fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o700)).unwrap();
        wrapper
    }

    /// Named as the group is, so that two benchmarks at once keep to their own.
    fn wrapper(&self) -> PathBuf {
        std::env::temp_dir().join(self.group.file_name().unwrap())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let _ = fs::remove_file(self.wrapper());
        let _ = fs::remove_dir(&self.group);
    }
}
