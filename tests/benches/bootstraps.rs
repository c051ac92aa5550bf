//! The programs that are timed: built as Lambda gets them, or taken from a folder.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::check::Check;
use crate::options::Common;

/// Where the gate installs cargo-lambda.
const TOOLS: &str = ".ci/.tools/venv/bin";

/// One `cargo lambda build`.
#[derive(Debug)]
pub(crate) struct Build {
    folder: &'static str,
    packages: &'static [&'static str],
    features: Option<&'static str>,
}

pub(crate) const FUNCTIONS: Build = Build {
    folder: "target/lambda",
    packages: &["employee-sync", "certificate-sync"],
    features: None,
};

/// The function that does nothing. In a build of its own: built with the functions, it would get their features of shared
/// dependencies.
pub(crate) const BASELINE: Build = Build {
    packages: &["baseline-lambda"],
    ..FUNCTIONS
};

/// Both functions, trusting one more root: in a folder of its own, so that nobody deploys them.
pub(crate) const EXTRA_ROOT: Build = Build {
    folder: "target/lambda-tls",
    features: Some("employee-sync/extra-root,certificate-sync/extra-root"),
    ..FUNCTIONS
};

/// Why there is no program.
#[derive(Clone, Debug)]
pub(crate) enum Unavailable {
    /// Nobody asked for it, or there is no tool to build it.
    NotBuilt(String),
    /// A build that failed, or a folder without it.
    Broken(String),
}

impl Unavailable {
    pub(crate) fn check(&self, what: &str) -> Check {
        match self {
            Self::NotBuilt(reason) => Check::not_measured(what, reason),
            Self::Broken(reason) => Check::failed(what, reason),
        }
    }
}

type Folder = Result<PathBuf, Unavailable>;

/// Folders with `<package>/bootstrap`, each built when it is first asked for.
#[derive(Debug)]
pub(crate) struct Bootstraps<'a> {
    options: &'a Common,
    built: RefCell<BTreeMap<[&'static str; 2], Folder>>,
}

impl<'a> Bootstraps<'a> {
    pub(crate) fn new(options: &'a Common) -> Self {
        Self {
            options,
            built: RefCell::default(),
        }
    }

    pub(crate) fn get(&self, build: &Build) -> Folder {
        let key = [build.folder, build.packages[0]];
        let find = || match (&self.options.bootstraps, build.features) {
            (None, _) => build.make(),
            (Some(folder), None) => build.named(folder),
            (Some(_), Some(_)) => {
                let reason = "--bootstraps names functions as they are deployed";
                Err(Unavailable::NotBuilt(reason.to_owned()))
            }
        };
        self.built
            .borrow_mut()
            .entry(key)
            .or_insert_with(find)
            .clone()
    }
}

impl Build {
    fn named(&self, folder: &Path) -> Folder {
        let missing = |missing| Unavailable::Broken(format!("{missing} is missing"));
        self.find(folder).map_err(missing)
    }

    /// Builds it. Without cargo-lambda, what an earlier build has left is used.
    fn make(&self) -> Folder {
        let arguments = self.arguments();
        let command = format!("cargo {}", arguments.join(" "));
        let Some(mut cargo) = cargo_lambda() else {
            let missing = |missing| {
                let reason = format!(
                    "{missing} is missing; `pip install cargo-lambda ziglang`, then `{command}`"
                );
                Unavailable::NotBuilt(reason)
            };
            return self.find(Path::new(self.folder)).map_err(missing);
        };
        eprintln!("{command} …");
        // Standard output is for the figures.
        match cargo.args(&arguments).stdout(Stdio::null()).status() {
            Ok(status) if status.success() => self.named(Path::new(self.folder)),
            Ok(status) => Err(Unavailable::Broken(format!("{command}: {status}"))),
            Err(error) => Err(Unavailable::Broken(format!("{command}: {error}"))),
        }
    }

    fn arguments(&self) -> Vec<&'static str> {
        let packages = self.packages.iter().flat_map(|name| ["--package", name]);
        let features = self.features.iter().flat_map(|names| ["--features", names]);
        ["lambda", "build", "--release", "--lambda-dir", self.folder]
            .into_iter()
            .chain(packages)
            .chain(features)
            .collect()
    }

    /// The folder, or the first file that is not there.
    fn find(&self, folder: &Path) -> Result<PathBuf, String> {
        let mut files = self.packages.iter().map(|name| bootstrap(folder, name));
        match files.find(|file| !file.is_file()) {
            Some(missing) => Err(missing.display().to_string()),
            None => Ok(folder.to_owned()),
        }
    }
}

/// A package's program in a folder that `cargo lambda build` filled.
pub(crate) fn bootstrap(folder: &Path, name: &str) -> PathBuf {
    folder.join(name).join("bootstrap")
}

/// Cargo with cargo-lambda, from `PATH` or from where the gate installs it.
fn cargo_lambda() -> Option<Command> {
    let own = env::current_dir().ok()?.join(TOOLS);
    let path = env::var_os("PATH").unwrap_or_default();
    let with_own = env::join_paths([own].into_iter().chain(env::split_paths(&path))).ok()?;
    [path, with_own]
        .into_iter()
        .find(has_lambda)
        .map(|path| cargo(&path))
}

fn has_lambda(path: &OsString) -> bool {
    let status = cargo(path)
        .args(["lambda", "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}

/// Without what `cargo run` sets for this program's own package: build scripts that read it would run again.
fn cargo(path: &OsString) -> Command {
    const OWN: [&str; 4] = [
        "CARGO_PKG_",
        "CARGO_MANIFEST_",
        "CARGO_BIN_NAME",
        "CARGO_CRATE_NAME",
    ];
    let mut command = Command::new("cargo");
    command.env("PATH", path);
    let names = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    for name in names.filter(|name| OWN.iter().any(|own| name.starts_with(own))) {
        command.env_remove(name);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_that_trust_another_root_never_land_where_others_are_deployed_from() {
        let folder = |build: &Build| build.arguments().join(" ");
        assert_eq!(
            folder(&EXTRA_ROOT),
            "lambda build --release --lambda-dir target/lambda-tls --package employee-sync --package certificate-sync \
             --features employee-sync/extra-root,certificate-sync/extra-root"
        );
        assert!(folder(&FUNCTIONS).contains("--lambda-dir target/lambda --package"));
    }

    #[test]
    fn a_named_folder_without_the_functions_is_a_failure() {
        let missing = FUNCTIONS.named(Path::new("/nowhere")).unwrap_err();
        assert!(missing.check("ticks").is_failure(false), "{missing:?}");
    }
}
