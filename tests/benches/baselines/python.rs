//! A Python, and what it has.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Serialize;

use crate::Took;

/// What people read Personio with; each has a script here, `with_<package>.py`.
const PACKAGES: [&str; 2] = ["requests", "dlt"];

/// Versions; none of what is not there.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Python {
    #[serde(skip)]
    program: PathBuf,
    pub(crate) version: Option<String>,
    /// In the order of [`PACKAGES`].
    pub(crate) packages: Vec<(&'static str, Option<String>)>,
}

impl Python {
    /// Asks `program` what it has.
    pub(crate) fn find(program: &Path) -> Self {
        let says = |code: &str| {
            let output = Command::new(program)
                .args(["-c", code])
                .stderr(Stdio::null())
                .output()
                .ok()?;
            let text = String::from_utf8(output.stdout).ok()?;
            output.status.success().then(|| text.trim().to_owned())
        };
        let version = says("import platform; print(platform.python_version())");
        let of = |package: &str| says(&format!("import {package}; print({package}.__version__)"));
        let packages = PACKAGES.map(|package| (package, of(package))).to_vec();
        Self {
            program: program.to_owned(),
            version,
            packages,
        }
    }

    /// The packages that are there.
    pub(crate) fn found(&self) -> Vec<&'static str> {
        self.packages
            .iter()
            .filter(|(_, version)| version.is_some())
            .map(|(package, _)| *package)
            .collect()
    }

    /// Those that are not.
    pub(crate) fn missing(&self) -> Vec<&'static str> {
        self.packages
            .iter()
            .filter(|(_, version)| version.is_none())
            .map(|(package, _)| *package)
            .collect()
    }

    /// Has the script of `package` read everybody.
    pub(crate) fn read_with(&self, package: &str, base: &str, people: u64) -> Took {
        let script = format!(
            "{}/benches/baselines/with_{package}.py",
            env!("CARGO_MANIFEST_DIR")
        );
        let mut command = Command::new(&self.program);
        command
            .args([&script, base, &people.to_string()])
            .stderr(Stdio::inherit());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{script}: {}", output.status);
        serde_json::from_slice(&output.stdout).unwrap()
    }
}
