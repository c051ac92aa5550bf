//! Which benchmarks are run, with what, and which of them side by side.

use crate::args::{Args, Bench};
use crate::builds::Bootstraps;

/// One run of a benchmark.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) bench: Bench,
    /// What is looked at, for people.
    pub(crate) what: &'static str,
    /// Its command line, or why it cannot be run.
    pub(crate) arguments: Result<Vec<String>, String>,
}

/// All that `args` ask for; those of one group side by side, the groups in turn.
pub(crate) fn groups(args: &Args, bootstraps: &Bootstraps) -> Vec<Vec<Step>> {
    let sizes = Sizes::of(args.quick);
    let folder = || {
        bootstraps
            .functions
            .as_ref()
            .map(|folder| folder.display().to_string())
    };
    let timed = |bench, what, arguments: &str| {
        let arguments = folder().map(|folder| words(&format!("--bootstraps {folder} {arguments}")));
        Step {
            bench,
            what,
            arguments: arguments.map_err(Clone::clone),
        }
    };
    let counted = |bench, what, arguments: &str| Step {
        bench,
        what,
        arguments: Ok(words(arguments)),
    };
    let mut cold = timed(Bench::Cold, "cold starts", sizes.cold);
    if let (Ok(arguments), bare, tls) = (
        &mut cold.arguments,
        &bootstraps.bare,
        &bootstraps.extra_root,
    ) {
        arguments.extend(
            tls.iter()
                .flat_map(|folder| ["--tls".to_owned(), folder.display().to_string()]),
        );
        arguments.extend(
            bare.iter()
                .flat_map(|file| ["--bare".to_owned(), file.display().to_string()]),
        );
    }
    if let Err(why) = &bootstraps.bare {
        cold.arguments = Err(why.clone());
    }
    let mut baselines = timed(
        Bench::Baselines,
        "reading people, beside Python",
        sizes.baselines,
    );
    if let Ok(arguments) = &mut baselines.arguments {
        arguments.extend(["--python".to_owned(), args.python.display().to_string()]);
    }
    let mut groups = vec![
        vec![cold],
        vec![counted(
            Bench::Ticks,
            "each kind of run, counted",
            "--quick",
        )],
        vec![timed(Bench::Ticks, "ticks, timed", sizes.ticks)],
        vec![baselines],
        vec![counted(
            Bench::Certificates,
            "certificates without the limit",
            sizes.certificates,
        )],
        vec![counted(
            Bench::Certificates,
            "certificates by size",
            "--sizes",
        )],
    ];
    // Both mostly wait for the vendors' limits.
    let mut waiting = vec![timed(
        Bench::Limits,
        "at the vendors' own pace",
        sizes.limits,
    )];
    waiting.extend(
        sizes
            .large_ticks
            .map(|large| timed(Bench::Ticks, "large ticks, timed", large)),
    );
    groups.push(waiting);
    for group in &mut groups {
        group.retain(|step| args.is_wanted(step.bench));
    }
    groups.retain(|group| !group.is_empty());
    groups
}

/// The benchmarks' own options.
struct Sizes {
    cold: &'static str,
    ticks: &'static str,
    large_ticks: Option<&'static str>,
    limits: &'static str,
    certificates: &'static str,
    baselines: &'static str,
}

impl Sizes {
    fn of(is_quick: bool) -> Self {
        if is_quick {
            Self {
                cold: "--starts 7",
                ticks: "--timings-only --people 1000",
                large_ticks: None,
                limits: "--people 30 --certificates 61 --latency 20 --latency 100",
                certificates: "--route direct --certificates 200 --size 200000",
                baselines: "--people 1000",
            }
        } else {
            Self {
                cold: "--starts 21",
                ticks: "--timings-only --people 1000 --people 10000",
                large_ticks: Some("--timings-only --people 100000"),
                limits: "--people 10000 --certificates 2000 --latency 20 --latency 100",
                certificates: "--route direct --certificates 2000 --size 200000",
                baselines: "--people 1000 --people 10000",
            }
        }
    }
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use clap::Parser as _;

    use super::*;

    fn bootstraps(functions: Result<PathBuf, String>) -> Bootstraps {
        let bare = functions
            .clone()
            .map(|folder| folder.join("bare/bootstrap"));
        Bootstraps {
            functions,
            bare,
            extra_root: Err("no second build".to_owned()),
        }
    }

    fn groups_of(arguments: &[&str], functions: Result<PathBuf, String>) -> Vec<Vec<Step>> {
        let args = Args::parse_from([&["cargo measure"], arguments].concat());
        groups(&args, &bootstraps(functions))
    }

    fn lines(groups: &[Vec<Step>]) -> String {
        let line = |step: &Step| match &step.arguments {
            Ok(arguments) => format!("{} {}", step.bench.name(), arguments.join(" ")),
            Err(why) => format!("{}: {why}", step.what),
        };
        groups
            .iter()
            .map(|group| group.iter().map(line).collect::<Vec<_>>().join("\n & "))
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn only_what_waits_has_company() {
        insta::assert_snapshot!(lines(&groups_of(&[], Ok("built".into()))), @r#"
    cold --bootstraps built --starts 21 --bare built/bare/bootstrap
    ticks --quick
    ticks --bootstraps built --timings-only --people 1000 --people 10000
    baselines --bootstraps built --people 1000 --people 10000 --python python3
    certificates --route direct --certificates 2000 --size 200000
    certificates --sizes
    limits --bootstraps built --people 10000 --certificates 2000 --latency 20 --latency 100
     & ticks --bootstraps built --timings-only --people 100000
    "#);
    }

    #[test]
    fn without_bootstraps_everything_that_is_timed_says_why_it_is_not() {
        insta::assert_snapshot!(lines(&groups_of(&["--quick"], Err("no cargo-lambda".to_owned()))), @r#"
    cold starts: no cargo-lambda
    ticks --quick
    ticks, timed: no cargo-lambda
    reading people, beside Python: no cargo-lambda
    certificates --route direct --certificates 200 --size 200000
    certificates --sizes
    at the vendors' own pace: no cargo-lambda
    "#);
    }

    #[test]
    fn a_part_is_only_that() {
        let groups = groups_of(&["--only", "certificates", "baselines"], Ok("built".into()));
        let named: Vec<_> = groups.iter().flatten().map(|step| step.bench).collect();
        assert_eq!(
            named,
            [Bench::Baselines, Bench::Certificates, Bench::Certificates]
        );
    }
}
