//! A function in a process of its own: the benchmark's executable, started once more. What it tells of each run is what
//! the run took of this machine.

mod function;
mod share;
mod tls;
mod usage;

use std::process::{Command, Stdio};

use local::Stack;
use serde::de::DeserializeOwned;
use shared::domain::id::TenantId;

pub use function::{MeasuredRun, run};
pub use share::Share;
pub use tls::Tls;
pub use usage::Usage;

/// Makes paths on a benchmark's command line those of the repository: `cargo bench` starts it in its package's folder.
pub fn in_repository() {
    std::env::set_current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).unwrap();
}

/// Starts this executable with `arguments` and `tenant`: it must call [`run`] for that tenant. Nothing but the stack's
/// environment reaches it. Returns its runs.
pub async fn apart<C: DeserializeOwned>(
    stack: &Stack,
    tenant: &TenantId,
    arguments: &[&str],
) -> Vec<MeasuredRun<C>> {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(arguments)
        .arg(tenant.as_str())
        .env_clear()
        .envs(stack.environment())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let output = tokio::task::spawn_blocking(move || command.output())
        .await
        .unwrap()
        .unwrap();
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.success(),
        "the function: {}\n{log}",
        output.status
    );
    serde_json::from_slice(&output.stdout).unwrap()
}
