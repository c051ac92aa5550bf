//! A region of AWS on one machine, behind one endpoint: DynamoDB, Secrets Manager, EventBridge Scheduler with schedules
//! that fire, Lambda's Invoke, and the outputs of one deployed stack. A folder keeps its state.

mod dead_letters;
mod event;
mod gateway;
mod names;
mod runtime;
pub mod serve;
mod ticks;
mod watch;

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::join_all;
use jiff::Timestamp;
use reqwest::Url;
use serde::{Deserialize, Serialize};
use shared::domain::clock::{Clock, SystemClock};
use shared::http::RateLimiter;
use simulators::Aws;
use simulators::aws::Groups;
use thiserror::Error;
use tokio::sync::mpsc::UnboundedSender;

use crate::functions::{FunctionOptions, Functions};
use crate::stack::server::Server;
use crate::stack::{CALL_TIMEOUT, Options as StackOptions, Stack, StartError, State, Threads};
use crate::state_file::{FileError, StateFile};

pub use dead_letters::{DeadLetter, Queue};
pub use event::{Host, Invocation, InvocationResult, RegionEvent, Trigger};
pub use names::STACK;

use dead_letters::DeadLetters;
use gateway::Gateway;
use runtime::{Handle, Runtime};
use watch::Watch;

const PORT: u16 = 8410;
/// The default address of `cargo lambda watch`.
pub const LAMBDA_URL: &str = "http://127.0.0.1:9000";

#[derive(Clone, Debug)]
pub struct Options {
    /// The folder with the state, created if missing.
    pub folder: PathBuf,
    /// The endpoint's port from now on; 0 for any free port. `None`: the last one.
    pub port: Option<u16>,
    /// The address of `cargo lambda watch`, which need not run.
    pub lambda_url: Url,
    /// The time for schedules and functions.
    pub clock: Arc<dyn Clock>,
    /// Replaces the vendors' limits for functions in this process.
    pub pace: Option<RateLimiter>,
}

impl Options {
    /// The options of `cargo local`.
    #[must_use]
    pub fn new(folder: PathBuf, lambda_url: Url) -> Self {
        Self {
            folder,
            port: None,
            lambda_url,
            clock: Arc::new(SystemClock),
            pace: None,
        }
    }
}

/// Why a region did not start.
#[derive(Debug, Error)]
pub enum RegionError {
    /// The folder cannot be used.
    #[error("{}: {error}", .path.display())]
    Folder {
        /// The folder, or the file in it.
        path: PathBuf,
        error: io::Error,
    },
    /// Another process uses the folder.
    #[error("{} is in use by another `cargo local`: end it first, or take another folder with --state", .0.display())]
    InUse(PathBuf),
    #[error(
        "port {port} of 127.0.0.1 cannot be had ({error}): end what listens there, or choose another one with --port; it is \
         remembered"
    )]
    Port { port: u16, error: io::Error },
    #[error(transparent)]
    File(#[from] FileError),
    #[error(
        "{}: {problem}. Put back a copy, or delete it and start again: that loses all tenants with their ledgers",
        .path.display()
    )]
    Database {
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A part did not start.
    #[error(transparent)]
    Stack(#[from] StartError),
    /// No simulator could be started.
    #[error("no server could be started on 127.0.0.1: {0}")]
    Listen(io::Error),
    #[error("the HTTP client cannot be built")]
    Client(#[from] reqwest::Error),
}

/// The content of `endpoint.json`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Endpoint {
    port: u16,
}

/// A running region. It ends when this is dropped.
pub struct Region {
    stack: Stack,
    aws: Aws,
    gateway: Server,
    runtime: Arc<Runtime>,
    /// When the schedules were checked last.
    last_check: Mutex<Timestamp>,
    _lock: File,
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Region")
            .field("stack", &self.stack)
            .finish_non_exhaustive()
    }
}

impl Region {
    /// Starts the region with what its folder has kept, and tells `events` what happens in it.
    pub async fn start(
        options: Options,
        events: UnboundedSender<RegionEvent>,
    ) -> Result<Self, RegionError> {
        let Options {
            folder,
            port,
            lambda_url,
            clock,
            pace,
        } = options;
        let lock = lock(&folder)?;
        let endpoint = StateFile::new(&folder.join("endpoint.json"), "the endpoint's port");
        let remembered = endpoint
            .read::<Endpoint>()?
            .map_or(PORT, |endpoint| endpoint.port);
        let port = port.unwrap_or(remembered);
        let stack = stack(&folder, &clock).await?;
        let aws = aws(&folder, &clock).await?;
        let functions = FunctionOptions {
            clock: Arc::clone(&clock),
            limits: pace,
            sleeper: None,
        };
        let runtime = Arc::new(Runtime {
            functions: Functions::new(&stack, &functions)?,
            watch: Watch::new(lambda_url)?,
            dead_letters: DeadLetters::open(&folder.join("dead-letters.json"))?,
            events,
            host: Mutex::default(),
            runs: AtomicU64::default(),
            in_flight: tokio::sync::watch::Sender::new(0),
            clock,
        });
        for function in names::functions() {
            aws.add_runtime(&function, Arc::new(Handle(Arc::clone(&runtime))));
        }
        let (dynamodb, secrets_manager) = stack.endpoints();
        let client = reqwest::Client::builder().no_proxy().no_gzip().build()?;
        let gateway = Gateway {
            dynamodb,
            secrets_manager,
            others: aws.base_url(),
            client,
        };
        let gateway = Server::start_on(port, |listener| gateway.serve(listener)).await;
        let gateway = gateway.map_err(|error| RegionError::Port { port, error })?;
        endpoint.write(&Endpoint {
            port: gateway.port(),
        })?;
        let last_check = Mutex::new(runtime.clock.now());
        let region = Self {
            stack,
            aws,
            gateway,
            runtime,
            last_check,
            _lock: lock,
        };
        region.write_environment(&folder)?;
        region.runtime.current_host().await;
        Ok(region)
    }

    /// What `AWS_ENDPOINT_URL` has to be.
    #[must_use]
    pub fn url(&self) -> String {
        self.gateway.url()
    }

    /// Direct access to DynamoDB and Secrets Manager.
    #[must_use]
    pub fn stack(&self) -> &Stack {
        &self.stack
    }

    /// The environment in which `tenants` and the functions use this region.
    #[must_use]
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ENDPOINT_URL", self.url()),
            ("AWS_REGION", names::REGION.to_owned()),
            ("AWS_ACCESS_KEY_ID", "local".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
            ("TENANTS_STACK", STACK.to_owned()),
            ("TABLE_NAME", STACK.to_owned()),
            ("SECRET_PREFIX", STACK.to_owned()),
        ]
    }

    /// The schedules by name, as they were sent.
    #[must_use]
    pub fn schedules(&self) -> BTreeMap<String, serde_json::Value> {
        self.aws.schedules(STACK)
    }

    /// Failed events of callers that did not wait, the oldest first.
    #[must_use]
    pub fn dead_letters(&self) -> Vec<DeadLetter> {
        self.runtime.dead_letters.all()
    }

    /// Fires the schedules that have come due since the last check. The runs are tasks of their own; the future ends with them.
    pub fn fire(&self) -> impl Future<Output = ()> + use<> {
        // The log is not read here and would grow without limit.
        self.aws.reset_log();
        let now = self.runtime.clock.now();
        let mut last_check = self
            .last_check
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let groups = Groups::from([(STACK.to_owned(), self.schedules())]);
        let due = ticks::due(&groups, *last_check, now);
        *last_check = now;
        let fired = due.into_iter().map(|tick| {
            let runtime = Arc::clone(&self.runtime);
            tokio::spawn(async move {
                runtime
                    .invoke(&tick.function, tick.event, Trigger::Schedule)
                    .await
            })
        });
        let fired: Vec<_> = fired.collect();
        async move {
            join_all(fired).await;
        }
    }

    /// How many invocations are running.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        *self.runtime.in_flight.borrow()
    }

    /// Waits until no invocation is running.
    pub async fn idle(&self) {
        // Waiting fails only if the sender is dropped, but it belongs to `self`.
        let _ = self
            .runtime
            .in_flight
            .subscribe()
            .wait_for(|count| *count == 0)
            .await;
    }

    /// Stops the endpoint and waits until its port is free. Running invocations continue.
    pub async fn stop(self) {
        self.gateway.stop().await;
    }

    fn write_environment(&self, folder: &Path) -> Result<(), RegionError> {
        let lines = self
            .environment()
            .into_iter()
            .map(|(name, value)| format!("export {name}={value}\n"));
        let path = folder.join("environment");
        crate::state_file::replace(&path, lines.collect::<String>().as_bytes())
            .map_err(|error| RegionError::Folder { path, error })
    }
}

/// Creates the folder and locks it against other processes.
fn lock(folder: &Path) -> Result<File, RegionError> {
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

async fn stack(folder: &Path, clock: &Arc<dyn Clock>) -> Result<Stack, RegionError> {
    let path = folder.join("dynamodb.sqlite");
    let options = StackOptions {
        state: State::File(path.clone()),
        secrets: State::File(folder.join("secrets.json")),
        table: STACK.to_owned(),
        secret_prefix: STACK.to_owned(),
        clock: Arc::clone(clock),
        faults: None,
        sts: None,
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
async fn aws(folder: &Path, clock: &Arc<dyn Clock>) -> Result<Aws, RegionError> {
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
