//! A Python, and which packages it has.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde::Deserialize;

use crate::process::Cost;

/// Each has a script here, `with_<package>.py`.
const PACKAGES: [&str; 2] = ["requests", "dlt"];

#[derive(Clone, Debug)]
pub(super) struct Python {
    program: PathBuf,
    version: Option<String>,
    packages: Vec<&'static str>,
}

#[derive(Deserialize)]
struct Used {
    processor_seconds: f64,
    peak_bytes: u64,
}

impl Python {
    pub(super) fn find(program: &Path) -> Self {
        let output = |code: &str| {
            let mut command = Command::new(program);
            let output = command
                .args(["-c", code])
                .stderr(Stdio::null())
                .output()
                .ok()?;
            let text = String::from_utf8(output.stdout).ok()?;
            output.status.success().then(|| text.trim().to_owned())
        };
        let has = |package: &&str| output(&format!("import {package}")).is_some();
        Self {
            program: program.to_owned(),
            version: output("import platform; print(platform.python_version())"),
            packages: PACKAGES.into_iter().filter(has).collect(),
        }
    }

    pub(super) fn packages(&self) -> impl Iterator<Item = &'static str> {
        self.packages.iter().copied()
    }

    pub(super) fn missing(&self) -> impl Iterator<Item = &'static str> {
        PACKAGES
            .into_iter()
            .filter(|package| !self.packages.contains(package))
    }

    /// Why a package is missing.
    pub(super) fn reason(&self) -> String {
        match &self.version {
            Some(version) => format!("Python {version} does not have it"),
            None => "no such Python; --python names one that has requests and dlt".to_owned(),
        }
    }

    /// Runs the script of `package`, which reads everybody.
    pub(super) fn read_with(&self, package: &str, base: &str, people: u64) -> Cost {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/baselines");
        let script = format!("{folder}/with_{package}.py");
        let mut command = Command::new(&self.program);
        command
            .args([&script, base, &people.to_string()])
            .stderr(Stdio::inherit());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{script}: {}", output.status);
        let used: Used = serde_json::from_slice(&output.stdout).unwrap();
        Cost {
            wall: Duration::ZERO,
            processor: Some(Duration::from_secs_f64(used.processor_seconds)),
            peak: Some(used.peak_bytes),
        }
    }
}
