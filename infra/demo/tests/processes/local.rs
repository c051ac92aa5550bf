use std::io::BufReader;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use crate::page;

/// One at a time: a folder's ports are nobody's while nothing runs with it, and another's first start might choose them.
static TURN: Mutex<()> = Mutex::new(());

/// A folder for the state that goes with the test.
struct Folder {
    path: PathBuf,
    _turn: MutexGuard<'static, ()>,
}

impl Folder {
    fn new() -> Self {
        static FOLDERS: AtomicU64 = AtomicU64::new(0);
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let name = format!("local-process-{}-{number}", std::process::id());
        Self {
            path: std::env::temp_dir().join(name),
            _turn: TURN.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

/// `cargo local` itself, running.
struct Running(Child);

impl Running {
    /// Waits until it has printed where everything is.
    fn start(folder: &Folder, args: &[&str]) -> (Self, Value) {
        let mut child = local(folder, args)
            .args(["--people", "5"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let mut documents = serde_json::Deserializer::from_reader(out).into_iter::<Value>();
        (Self(child), documents.next().unwrap().unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

const VENDORS: [&str; 1] = ["--vendors-only"];

fn local(folder: &Folder, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local"));
    command
        .args(args)
        .arg("--json")
        .arg("--state")
        .arg(folder.path());
    command
}

fn run(folder: &Folder, args: &[&str]) -> Output {
    local(folder, args).output().unwrap()
}

#[test]
fn actions_survive_a_killed_process() {
    let folder = Folder::new();
    let (running, before) = Running::start(&folder, &VENDORS);
    let hired = run(
        &folder,
        &["act", "hire", "Erika", "Muster", "--tenant", "local-kombo"],
    );
    let hired: Value = serde_json::from_slice(&hired.stdout).unwrap();
    drop(running);
    let (_running, mut after) = Running::start(&folder, &VENDORS);
    assert_eq!(after["tenants"][2]["people"], 6);
    after["tenants"][2]["people"] = 5.into();
    assert_eq!(after, before, "ports, files and the rest are the same");
    let shown = run(&folder, &["show", "people", "--tenant", "local-kombo"]);
    let shown: Vec<Value> = serde_json::from_slice(&shown.stdout).unwrap();
    assert!(
        shown
            .iter()
            .any(|row| row["id"] == hired["person"] && row["last_name"] == "Muster")
    );
}

#[cfg(unix)]
#[test]
fn sigterm_exits_with_success() {
    let folder = Folder::new();
    let (mut running, _) = Running::start(&folder, &VENDORS);
    let pid = running.0.id().to_string();
    // The signal is taken from the moment the announcement is made.
    assert!(
        Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(running.0.wait().unwrap().code(), Some(0));
}

#[test]
fn exit_codes_distinguish_failures_from_usage_errors() {
    let folder = Folder::new();
    assert_eq!(
        run(&folder, &["show", "people"]).status.code(),
        Some(2),
        "nothing runs"
    );
    assert_eq!(run(&folder, &["show", "nonsense"]).status.code(), Some(2));
    let (_running, _) = Running::start(&folder, &VENDORS);
    let left = run(&folder, &["act", "leave", "77"]);
    assert_eq!(left.status.code(), Some(1));
    assert!(
        String::from_utf8(left.stderr)
            .unwrap()
            .contains("no employee 77")
    );
    assert_eq!(
        run(&folder, &["--vendors-only"]).status.code(),
        Some(2),
        "it runs already"
    );
}

#[test]
fn the_console_is_at_the_printed_address() {
    let folder = Folder::new();
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port().to_string();
    drop(free);
    let (_running, started) = Running::start(&folder, &["--port", &port]);
    let page = page::first(started["aws"]["console"].as_str().unwrap());
    assert!(page.contains("No companies yet"), "{page}");
}
