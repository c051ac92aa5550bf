//! Progress bars on standard error, one for each run. Nothing is shown if standard error is no terminal.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use shared::runtime::Progress;
use shared::state::JobKind;

const READING: &str = "{prefix:>18} {spinner} {msg}";
const WAITING: &str = "{prefix:>18} {spinner} {msg} {elapsed}";
const APPLYING: &str = "{prefix:>18} {wide_bar} {human_pos}/{human_len} {elapsed} (left: {eta})";

#[derive(Clone, Debug, Default)]
pub struct Bars(MultiProgress);

/// One run's bar, which also counts the planned changes.
#[derive(Clone, Debug)]
pub struct Bar {
    bar: ProgressBar,
    job: JobKind,
    planned: Arc<AtomicUsize>,
}

impl Bars {
    #[must_use]
    pub fn bar(&self, name: &str, job: JobKind) -> Bar {
        let bar = self.0.add(ProgressBar::new_spinner());
        bar.set_style(style(READING));
        bar.set_prefix(name.to_owned());
        bar.set_message(format!("reads {}", read_by(job)));
        bar.enable_steady_tick(Duration::from_millis(100));
        Bar {
            bar,
            job,
            planned: Arc::default(),
        }
    }

    /// A line with the time since `name` waits for a run of `job` elsewhere.
    #[must_use]
    pub fn waiting(&self, name: &str, job: JobKind) -> Bar {
        let bar = self.bar(name, job);
        bar.bar.set_style(style(WAITING));
        bar.bar.set_message(format!("{} runs", job.function()));
        bar
    }
}

impl Bar {
    pub fn show(&self, progress: Progress) {
        match progress {
            Progress::Read(number) => {
                self.bar
                    .set_message(format!("has read {number} {}", read_by(self.job)));
            }
            Progress::Planned(changes) => {
                self.planned.store(changes, Ordering::Relaxed);
                self.bar.set_length(changes as u64);
                self.bar.set_style(style(APPLYING));
            }
            Progress::Applied => self.bar.inc(1),
        }
    }

    /// Removes the bar. Returns how many changes were planned.
    pub fn end(&self) -> usize {
        self.bar.finish_and_clear();
        self.planned.load(Ordering::Relaxed)
    }
}

/// A template that does not parse falls back to the default style.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn read_by(job: JobKind) -> &'static str {
    match job {
        JobKind::Employees => "people",
        JobKind::Certificates => "certificates",
    }
}
