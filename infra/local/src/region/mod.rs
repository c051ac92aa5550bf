//! A region of AWS on one machine, behind one endpoint: DynamoDB, Secrets Manager, EventBridge Scheduler with schedules
//! that fire, Lambda's Invoke, and the outputs of one deployed stack. A folder keeps its state.

mod dead_letters;
mod error;
mod event;
mod gateway;
mod names;
mod runtime;
pub mod serve;
mod startup;
mod ticks;
mod watch;

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
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
use tokio::sync::mpsc::UnboundedSender;

use crate::functions::{FunctionOptions, Functions};
use crate::stack::server::Server;
use crate::stack::{NOTICE_SENDER, NOTICE_TOPIC, Stack};
use crate::state_file::StateFile;

pub use dead_letters::{DeadLetter, Queue};
pub use error::RegionError;
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
        let lock = startup::lock(&folder)?;
        let endpoint = StateFile::new(&folder.join("endpoint.json"), "the endpoint's port");
        let remembered = endpoint
            .read::<Endpoint>()?
            .map_or(PORT, |endpoint| endpoint.port);
        let port = port.unwrap_or(remembered);
        let aws = startup::aws(&folder, &clock).await?;
        let stack = startup::stack(&folder, &clock, &aws).await?;
        let notices = events.clone();
        aws.on_message(move |message| {
            // Nobody may listen any more.
            let _ = notices.send(RegionEvent::message(message));
        });
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
    pub fn url(&self) -> String {
        self.gateway.url()
    }

    /// Direct access to DynamoDB and Secrets Manager.
    pub fn stack(&self) -> &Stack {
        &self.stack
    }

    /// The environment in which `tenants` and the functions use this region.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ENDPOINT_URL", self.url()),
            ("AWS_REGION", names::REGION.to_owned()),
            ("AWS_ACCESS_KEY_ID", "local".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
            ("TENANTS_STACK", STACK.to_owned()),
            ("TABLE_NAME", STACK.to_owned()),
            ("SECRET_PREFIX", STACK.to_owned()),
            ("NOTICE_TOPIC_ARN", NOTICE_TOPIC.to_owned()),
            ("NOTICE_SENDER", NOTICE_SENDER.to_owned()),
        ]
    }

    /// The schedules by name, as they were sent.
    pub fn schedules(&self) -> BTreeMap<String, serde_json::Value> {
        self.aws.schedules(STACK)
    }

    /// Failed events of callers that did not wait, the oldest first.
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

    pub fn in_flight(&self) -> usize {
        *self.runtime.in_flight.borrow()
    }

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
