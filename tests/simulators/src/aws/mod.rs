//! EventBridge Scheduler, Lambda's invocations, CloudFormation's outputs, SNS, SES and STS: as much of them as an operator's command
//! line and the functions' notices ask.
//!
//! A schedule is kept as it was sent. From EventBridge Scheduler's pages: an update replaces everything; a StartDate more than five
//! minutes ago is refused (`ValidationException`), on an update too. Expressions other than `rate(…)` and an EndDate are not
//! simulated, and refused. A flexible window may begin at once, and does. Nothing is fired of itself; [`period`] and [`Runtime`] are for those who do.
//!
//! A function is called by its ARN or its name, with `RequestResponse`, `Event` or `DryRun`.

mod api;
pub mod deployment;
mod function;
mod lookups;
mod messages;
mod schedules;
mod state;
mod sts;

use std::collections::BTreeMap;
use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use jiff::SignedDuration;
use serde_json::Value;

use crate::Clock;
use crate::engine::lock;
use crate::engine::route::endpoints;
use crate::engine::server::{self, Running, common_handle};

use api::Region;
use function::Function;
use state::State;

pub use function::{Answer, Call, Runtime};
pub use messages::{Channel, SentMessage};
pub use schedules::period;
pub use state::Groups;
pub use sts::{AssumeRole, OPERATOR, Sts};

endpoints! {
    /// The endpoints, for [`Aws::calls`].
    Endpoint {
        CreateSchedule: POST "/schedules/{name}",
        GetSchedule: GET "/schedules/{name}",
        UpdateSchedule: PUT "/schedules/{name}",
        DeleteSchedule: DELETE "/schedules/{name}",
        ListSchedules: GET "/schedules",
        Invoke: POST "/2015-03-31/functions/{name}/invocations",
        GetAccountSettings: GET "/2016-08-19/account-settings",
        GetFunctionConcurrency: GET "/2019-09-30/functions/{name}/concurrency",
        GetFunctionConfiguration: GET "/2015-03-31/functions/{name}/configuration",
        DescribeStacks: POST "/",
        SendEmail: POST "/v2/email/outbound-emails",
    }
}

/// A running region. Clones share it; it stops with the last one.
#[derive(Clone)]
pub struct Aws {
    running: Running<Region>,
}

common_handle!(Aws, Endpoint);

impl Aws {
    /// Starts a region without stacks, schedule groups or functions on a free port.
    pub async fn start(clock: Clock) -> io::Result<Self> {
        let region = Region {
            state: Mutex::new(State::default()),
            clock: Arc::clone(&clock),
        };
        Ok(Self {
            running: server::start(region, clock, (Ipv4Addr::LOCALHOST, 0).into()).await?,
        })
    }

    /// Adds an empty schedule group.
    pub fn add_group(&self, name: &str) {
        self.state(|state| state.groups.insert(name.to_owned(), BTreeMap::new()));
    }

    /// The schedules of a group by their names, each as it was sent.
    #[must_use]
    pub fn schedules(&self, group: &str) -> BTreeMap<String, Value> {
        self.state(|state| state.groups.get(group).cloned().unwrap_or_default())
    }

    /// Puts a schedule there by hand, or changes one.
    pub fn put_schedule(&self, group: &str, name: &str, schedule: Value) {
        self.state(|state| {
            state
                .groups
                .entry(group.to_owned())
                .or_default()
                .insert(name.to_owned(), schedule)
        });
    }

    /// Lists this many schedules a page. AWS has up to 100; here it is a few, so that a handful of tenants takes several.
    pub fn list_schedules_by(&self, number: usize) {
        self.state(|state| state.schedules_per_page = Some(number));
    }

    /// Deletes a schedule by hand.
    pub fn delete_schedule(&self, group: &str, name: &str) {
        self.state(|state| {
            state
                .groups
                .get_mut(group)
                .and_then(|group| group.remove(name))
        });
    }

    pub fn add_stack(&self, name: &str, outputs: &[(&str, &str)]) {
        let outputs = outputs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let outputs = outputs.collect();
        self.state(|state| state.stacks.insert(name.to_owned(), outputs));
    }

    /// Deploys a function that answers every event with `reply`.
    pub fn add_function(&self, arn: &str, reply: Value) {
        self.deploy(arn, Function::Fixed(Answer::Reply(reply)));
    }

    /// Deploys a function that fails, with `error` as Lambda's words for it.
    pub fn add_failing_function(&self, arn: &str, error: Value) {
        self.deploy(arn, Function::Fixed(Answer::Error(error)));
    }

    /// Deploys a function that `runtime` runs.
    pub fn add_runtime(&self, arn: &str, runtime: Arc<dyn Runtime>) {
        self.deploy(arn, Function::Run(runtime));
    }

    fn deploy(&self, arn: &str, function: Function) {
        self.state(|state| state.functions.insert(arn.to_owned(), function));
    }

    /// Calls `keep` with all schedules after every change that was asked for by a request, before it is answered. Where it
    /// fails, the change is taken back and the request refused.
    pub fn keep_schedules(&self, keep: impl Fn(&Groups) -> io::Result<()> + Send + Sync + 'static) {
        self.state(|state| state.keep = Some(Box::new(keep)));
    }

    /// What was published on topics and sent as mail, in order.
    #[must_use]
    pub fn messages(&self) -> Vec<SentMessage> {
        self.state(|state| state.messages.clone())
    }

    /// Calls `tell` with every message from now on.
    pub fn on_message(&self, tell: impl Fn(&SentMessage) + Send + Sync + 'static) {
        self.state(|state| state.tell = Some(Box::new(tell)));
    }

    /// Lambda lets the account run so many functions at once from now on.
    pub fn limit_concurrency(&self, runs: u32) {
        self.state(|state| state.concurrency = Some(runs));
    }

    /// AWS's clock is behind the operator's by so much from now on.
    pub fn set_behind(&self, by: SignedDuration) {
        self.state(|state| state.behind = by);
    }

    /// The function is for this architecture from now on, not for arm64.
    pub fn set_architecture(&self, arn: &str, architecture: &str) {
        let (arn, architecture) = (arn.to_owned(), architecture.to_owned());
        self.state(|state| state.architectures.insert(arn, architecture));
    }

    /// Subscribes somebody to a topic: their subscription's ARN, or `PendingConfirmation`.
    pub fn subscribe(&self, topic: &str, subscription: &str) {
        let (topic, subscription) = (topic.to_owned(), subscription.to_owned());
        self.state(|state| {
            state
                .subscriptions
                .entry(topic)
                .or_default()
                .push(subscription)
        });
    }

    /// STS says from now on that this is who calls.
    pub fn set_caller(&self, arn: &str) {
        self.state(|state| state.caller = Some(arn.to_owned()));
    }

    /// SES refuses mail to this address from now on, as in the sandbox.
    pub fn reject_mail_to(&self, address: &str) {
        self.state(|state| state.rejected.insert(address.to_owned()));
    }

    /// What the functions with fixed answers were sent, in order.
    #[must_use]
    pub fn events(&self) -> Vec<(String, Value)> {
        self.state(|state| state.events.clone())
    }

    fn state<T>(&self, access: impl FnOnce(&mut State) -> T) -> T {
        access(&mut lock(&self.running.pipeline.vendor.state))
    }
}
