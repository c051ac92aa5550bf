//! What has to be built before anything is measured.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::args::{Args, Bench};

/// Where `cargo lambda build` leaves what is deployed,
const DEPLOYED: &str = "target/lambda";
/// and where those go that trust one more root, so that nobody deploys them.
const EXTRA_ROOT: &str = "target/lambda-tls";
/// Where the gate installs cargo-lambda.
const TOOLS: &str = ".ci/.tools/venv/bin";

const FUNCTIONS: [&str; 2] = ["employee-sync", "certificate-sync"];

/// The programs that are timed, or why there are none.
#[derive(Debug)]
pub(crate) struct Bootstraps {
    /// A folder with both functions.
    pub(crate) functions: Result<PathBuf, String>,
    /// The bare function, alone.
    pub(crate) bare: Result<PathBuf, String>,
    /// A folder with both functions that trust one more root.
    pub(crate) extra_root: Result<PathBuf, String>,
}

/// A `cargo lambda build`.
struct Build {
    folder: &'static str,
    packages: &'static [&'static str],
    features: Option<&'static str>,
    wanted_by: &'static [Bench],
}

const BUILDS: [Build; 3] = [
    Build {
        folder: DEPLOYED,
        packages: &FUNCTIONS,
        features: None,
        wanted_by: &[Bench::Cold, Bench::Ticks, Bench::Limits, Bench::Baselines],
    },
    // By itself: with the functions it would get their features of what they share.
    Build {
        folder: DEPLOYED,
        packages: &["bare"],
        features: None,
        wanted_by: &[Bench::Cold],
    },
    Build {
        folder: EXTRA_ROOT,
        packages: &FUNCTIONS,
        features: Some("employee-sync/extra-root,certificate-sync/extra-root"),
        wanted_by: &[Bench::Cold],
    },
];

impl Bootstraps {
    /// Those that `args` name, or else built now; without the tool for it, those that are there. A build that fails is an error, and so is
    /// a folder that was named and has no functions.
    pub(crate) fn find(args: &Args) -> Result<Self, String> {
        if let Some(folder) = &args.bootstraps {
            let tls = args
                .tls
                .as_ref()
                .map(|folder| named("--tls", folder))
                .transpose()?;
            return Ok(Self {
                functions: Ok(named("--bootstraps", folder)?),
                bare: in_folder(folder, &["bare"]).map(|folder| bootstrap(&folder, "bare")),
                extra_root: tls.ok_or_else(|| "--tls was not given".to_owned()),
            });
        }
        let (tool, wanted) = (Tool::find(), args.benches());
        let made = |build: &Build| match &tool {
            _ if !wanted.iter().any(|bench| build.wanted_by.contains(bench)) => {
                Ok(Err("nobody needs it".to_owned()))
            }
            Some(tool) => build.make(tool).map(Ok),
            None => Ok(build.find()),
        };
        let [functions, bare, extra_root] = &BUILDS;
        Ok(Self {
            functions: made(functions)?,
            bare: made(bare)?.map(|folder| bootstrap(&folder, "bare")),
            extra_root: made(extra_root)?,
        })
    }
}

fn bootstrap(folder: &Path, name: &str) -> PathBuf {
    folder.join(name).join("bootstrap")
}

fn named(option: &str, folder: &Path) -> Result<PathBuf, String> {
    in_folder(folder, &FUNCTIONS).map_err(|missing| {
        format!("{option}: {missing}; `cargo lambda build --release` leaves both in target/lambda")
    })
}

fn in_folder(folder: &Path, names: &[&str]) -> Result<PathBuf, String> {
    match names
        .iter()
        .map(|name| bootstrap(folder, name))
        .find(|file| !file.is_file())
    {
        Some(missing) => Err(format!("{} is not there", missing.display())),
        None => Ok(folder.to_owned()),
    }
}

impl Build {
    fn arguments(&self) -> Vec<String> {
        let mut all: Vec<_> = ["lambda", "build", "--release"].map(str::to_owned).to_vec();
        all.extend(
            self.packages
                .iter()
                .flat_map(|name| ["--package".to_owned(), (*name).to_owned()]),
        );
        if let Some(features) = self.features {
            all.extend(["--features", features, "--lambda-dir", self.folder].map(str::to_owned));
        }
        all
    }

    fn make(&self, tool: &Tool) -> Result<PathBuf, String> {
        let arguments = self.arguments();
        eprintln!("cargo {} …", arguments.join(" "));
        let mut command = tool.cargo();
        // What is measured is told on standard output.
        let status = command.args(&arguments).stdout(Stdio::null()).status();
        match status {
            Ok(status) if status.success() => in_folder(Path::new(self.folder), self.packages),
            Ok(status) => Err(format!("cargo {}: {status}", arguments.join(" "))),
            Err(error) => Err(format!("cargo: {error}")),
        }
    }

    /// Without the tool: as somebody has left it, or how to get it.
    fn find(&self) -> Result<PathBuf, String> {
        let found = in_folder(Path::new(self.folder), self.packages);
        let command = self.arguments().join(" ");
        let found = found.map_err(|missing| {
            format!("{missing}; `pip install cargo-lambda ziglang`, then `cargo {command}`")
        });
        match &found {
            Ok(folder) => {
                eprintln!(
                    "cargo-lambda is not installed: {} in {} as they are",
                    self.packages.join(", "),
                    folder.display()
                );
            }
            Err(why) => eprintln!("cargo-lambda is not installed: {why}"),
        }
        found
    }
}

/// cargo-lambda, and where to look for it beside `PATH`.
struct Tool {
    path: Option<std::ffi::OsString>,
}

impl Tool {
    fn find() -> Option<Self> {
        let own = std::env::current_dir().ok()?.join(TOOLS);
        let path = std::env::var_os("PATH").unwrap_or_default();
        let longer =
            std::env::join_paths(std::iter::once(own).chain(std::env::split_paths(&path))).ok();
        [None, longer]
            .into_iter()
            .map(|path| Self { path })
            .find(Self::is_there)
    }

    fn is_there(&self) -> bool {
        let mut command = self.cargo();
        command
            .args(["lambda", "--version"])
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }

    fn cargo(&self) -> Command {
        let mut command = cargo();
        command.envs(self.path.iter().map(|path| ("PATH", path)));
        command
    }
}

/// Cargo without what `cargo run` tells this program of its own package: build scripts that ask for it would run again, here and, after
/// this, wherever else.
fn cargo() -> Command {
    const OWN: [&str; 4] = [
        "CARGO_PKG_",
        "CARGO_MANIFEST_",
        "CARGO_BIN_NAME",
        "CARGO_CRATE_NAME",
    ];
    let mut command = Command::new("cargo");
    for (name, _) in std::env::vars_os() {
        if name
            .to_str()
            .is_some_and(|name| OWN.iter().any(|own| name.starts_with(own)))
        {
            command.env_remove(name);
        }
    }
    command
}

/// The benchmarks' executables, built with `args`' profile.
pub(crate) fn benches(args: &Args) -> Result<BTreeMap<String, PathBuf>, String> {
    let mut command = cargo();
    command.args([
        "bench",
        "--workspace",
        "--no-run",
        "--message-format",
        "json-render-diagnostics",
    ]);
    command.args(["--profile", &args.profile]);
    command.args(
        args.benches()
            .into_iter()
            .map(Bench::name)
            .flat_map(|name| ["--bench", name]),
    );
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cargo: {error}"))?;
    if !output.status.success() {
        return Err(format!("the benchmarks cannot be built: {}", output.status));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let built = text
        .lines()
        .filter_map(|line| serde_json::from_str::<Built>(line).ok());
    Ok(built
        .filter_map(|built| Some((built.target.name, built.executable?)))
        .collect())
}

/// Of what cargo says, a program that is ready.
#[derive(Deserialize)]
struct Built {
    target: Target,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}
