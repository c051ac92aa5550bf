//! Opens the parts of a region with the state in its folder.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;
use std::sync::Arc;

use shared::domain::clock::Clock;
use simulators::Aws;
use simulators::aws::Groups;

use super::RegionError;
use super::names::{self, STACK};
use crate::stack::{CALL_TIMEOUT, Options, Stack, StartError, State, Threads};
use crate::state_file::StateFile;

/// Creates the folder and locks it against other processes.
pub(super) fn lock(folder: &Path) -> Result<File, RegionError> {
    let broken = |path: &Path| {
        let path = path.to_owned();
        move |error| RegionError::Folder { path, error }
    };
    fs::create_dir_all(folder).map_err(broken(folder))?;
    let path = folder.join("lock");
    let file = File::create(&path).map_err(broken(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(RegionError::InUse(folder.to_owned())),
        Err(TryLockError::Error(error)) => Err(broken(&path)(error)),
    }
}

pub(super) async fn stack(
    folder: &Path,
    clock: &Arc<dyn Clock>,
    aws: &Aws,
) -> Result<Stack, RegionError> {
    let path = folder.join("dynamodb.sqlite");
    let options = Options {
        state: State::File(path.clone()),
        secrets: State::File(folder.join("secrets.json")),
        table: STACK.to_owned(),
        secret_prefix: STACK.to_owned(),
        clock: Arc::clone(clock),
        faults: None,
        sts: None,
        notices: Some(aws.clone()),
        patience: Some(CALL_TIMEOUT),
        threads: Threads::Own,
    };
    Stack::start(options).await.map_err(|error| match error {
        StartError::Secrets(error) => RegionError::File(error),
        StartError::Database(problem) => RegionError::Database { path, problem },
        error => RegionError::Stack(error),
    })
}

/// Scheduler, Lambda and CloudFormation, with the saved schedules.
pub(super) async fn aws(folder: &Path, clock: &Arc<dyn Clock>) -> Result<Aws, RegionError> {
    let file = StateFile::new(
        &folder.join("schedules.json"),
        "all schedules; `tenants add` with a tenant's files creates them again",
    );
    let groups = file.read::<Groups>()?.unwrap_or_default();
    let now = Arc::clone(clock);
    let aws = Aws::start(Arc::new(move || now.now()))
        .await
        .map_err(RegionError::Listen)?;
    aws.add_group(STACK);
    for (name, schedule) in groups.get(STACK).into_iter().flatten() {
        aws.put_schedule(STACK, name, schedule.clone());
    }
    aws.keep_schedules(move |groups| file.write(groups).map_err(io::Error::other));
    let outputs = names::outputs();
    let outputs: Vec<(&str, &str)> = outputs
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    aws.add_stack(STACK, &outputs);
    Ok(aws)
}
