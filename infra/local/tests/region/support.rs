//! A region in a folder of its own, a company, and somebody who calls AWS.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::{SignedDuration, Timestamp};
use local::region::{Invocation, Options, Region, RegionError, RegionEvent, STACK};
use local::{Company, Fixture};
use reqwest::{Client, Response, Url};
use serde_json::{Value, json};
use shared::domain::clock::ManualClock;
use shared::http::RateLimiter;
use shared::tenant::Via;
use simulators::Person;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

pub(crate) const EMPLOYEES: &str =
    "arn:aws:lambda:eu-central-1:123456789012:function:reteach-personio-employee-sync:live";

/// Nobody listens there.
pub(crate) const NO_WATCH: &str = "http://127.0.0.1:1";

pub(crate) struct TestRegion {
    pub(crate) vendors: Fixture,
    pub(crate) folder: PathBuf,
    pub(crate) lambda_url: String,
}

/// A running region and its events.
pub(crate) struct Running {
    pub(crate) region: Region,
    events: UnboundedReceiver<RegionEvent>,
}

impl TestRegion {
    pub(crate) async fn new() -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("region-{}-{number}", std::process::id());
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&folder);
        let vendors = Fixture::start("2026-05-11T08:00:00Z".parse().unwrap());
        Self {
            vendors: Box::pin(vendors).await.unwrap(),
            folder,
            lambda_url: NO_WATCH.to_owned(),
        }
    }

    pub(crate) fn clock(&self) -> &ManualClock {
        &self.vendors.clock
    }

    pub(crate) fn options(&self) -> Options {
        Options {
            port: Some(0),
            clock: Arc::new(self.clock().clone()),
            pace: Some(RateLimiter::new(&[])),
            ..Options::new(self.folder.clone(), Url::parse(&self.lambda_url).unwrap())
        }
    }

    pub(crate) async fn region(&self) -> Running {
        self.start(self.options()).await.unwrap()
    }

    pub(crate) async fn start(&self, options: Options) -> Result<Running, RegionError> {
        let (sender, events) = unbounded_channel();
        Ok(Running {
            region: Box::pin(Region::start(options, sender)).await?,
            events,
        })
    }

    pub(crate) async fn refusal(&self, options: Options) -> String {
        match self.start(options).await {
            Err(error) => error.to_string(),
            Ok(_) => panic!("it started"),
        }
    }

    /// A company of three people called `acme`, a tenant of the region.
    pub(crate) async fn tenant(&self, running: &Running) -> Company {
        let company = self.vendors.company("acme", Via::Direct, "").await.unwrap();
        company
            .personio
            .put_all((1..=3).map(|id| Person::new(id, "Käthe", &format!("Groß-{id}"))));
        let (stack, file) = (running.region.stack(), company.tenant_file(""));
        let registered = stack.store().put_tenant(&company.tenant, &file).await;
        assert_eq!(registered, Ok(()));
        let secrets = stack.secrets();
        secrets
            .put(&company.tenant, &company.secret())
            .await
            .unwrap();
        company
    }
}

impl Running {
    pub(crate) async fn post(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Response {
        let mut call = Client::new()
            .post(format!("{}{path}", self.region.url()))
            .body(body);
        for (name, value) in headers {
            call = call.header(*name, *value);
        }
        call.send().await.unwrap()
    }

    pub(crate) async fn invoke(&self, function: &str, kind: &str, event: &Value) -> Response {
        let path = format!("/2015-03-31/functions/{function}/invocations");
        self.post(&path, &[("x-amz-invocation-type", kind)], event.to_string())
            .await
    }

    pub(crate) async fn reply(&self, function: &str, event: &Value) -> Value {
        let reply = self.invoke(function, "RequestResponse", event).await;
        reply.json().await.unwrap()
    }

    /// The error that a call ends with.
    pub(crate) async fn error(&self, function: &str, event: &Value) -> Value {
        let reply = self.invoke(function, "RequestResponse", event).await;
        assert_eq!(reply.status(), 200);
        assert_eq!(reply.headers()["x-amz-function-error"], "Unhandled");
        reply.json().await.unwrap()
    }

    /// Makes a schedule of `acme`; `changes` on top of what `tenants` makes.
    pub(crate) async fn schedule(&self, name: &str, start: Timestamp, changes: Value) -> Response {
        let mut schedule = json!({
            "GroupName": STACK, "ScheduleExpression": "rate(5 minutes)", "StartDate": start.as_second(),
            "State": "ENABLED", "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {"Arn": EMPLOYEES, "Input": "{\"tenant_id\":\"acme\"}"},
        });
        for (name, value) in changes.as_object().unwrap() {
            schedule[name] = value.clone();
        }
        let json = [("content-type", "application/json")];
        self.post(&format!("/schedules/{name}"), &json, schedule.to_string())
            .await
    }

    /// Lets `seconds` pass second by second, and waits for what was fired.
    pub(crate) async fn pass(&self, clock: &ManualClock, seconds: i64) {
        for _ in 0..seconds {
            clock.advance(SignedDuration::from_secs(1));
            self.region.fire().await;
        }
    }

    /// The events since the last call.
    pub(crate) fn events(&mut self) -> Vec<RegionEvent> {
        std::iter::from_fn(|| self.events.try_recv().ok()).collect()
    }

    pub(crate) fn invocations(&mut self) -> Vec<Invocation> {
        let invocation = |event| match event {
            RegionEvent::Invocation(invocation) => Some(*invocation),
            _ => None,
        };
        self.events().into_iter().filter_map(invocation).collect()
    }
}
