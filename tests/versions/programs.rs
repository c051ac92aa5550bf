//! A version's programs, as they are deployed, in the world of the demo.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_dynamodb::types::AttributeValue;
use demo::{JobReport, JobRunner, Run};
use jiff::SignedDuration;
use local::{Answer, Company, Fixture, Function};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use shared::domain::clock::Clock as _;
use shared::domain::id::TenantId;
use shared::runtime::ProgressFn;
use shared::state::{JobKind, STATE_VERSION};
use tokio::process::Command;

/// Several processes share this machine, at the vendors' own pace.
const TIMEOUT: SignedDuration = SignedDuration::from_mins(5);

/// What programs of any version run on: the stack, the companies' clock, and a file for plans.
#[derive(Clone, Debug)]
pub(crate) struct Programs {
    fixture: Arc<Fixture>,
    /// The library that replaces the machine's clock.
    clock: String,
    plans: String,
}

impl Programs {
    pub(crate) fn new(fixture: Arc<Fixture>) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let (folder, process) = (env!("CARGO_TARGET_TMPDIR"), std::process::id());
        Self {
            fixture,
            clock: env::var("CLOCK").unwrap(),
            plans: format!("{folder}/plans-{process}-{number}.json"),
        }
    }

    /// The stack's environment. The clock stands still, as the companies' does during a run.
    fn environment(&self) -> Vec<(String, String)> {
        let seconds = self.fixture.clock.now().as_second().to_string();
        let clock = [
            ("LD_PRELOAD".to_owned(), self.clock.clone()),
            ("CLOCK_SECONDS".to_owned(), seconds),
        ];
        let stack = self.fixture.stack.environment().into_iter();
        stack.chain(clock).collect()
    }

    /// One run of a job by the program in `folder`: its report.
    pub(crate) async fn run(&self, folder: &Path, job: JobKind, tenant: &TenantId) -> Value {
        let program = folder.join(job.function());
        assert!(program.is_file(), "{} is missing", program.display());
        let function = Function::start_in(job.function(), &program, self.environment());
        let mut function = function.await.unwrap();
        let event = json!({"tenant_id": tenant.as_str()});
        let answer = function.invoke_within(event, TIMEOUT).await.unwrap();
        function.stop().await.unwrap();
        match answer {
            Answer::Reply(report) => report,
            Answer::Error(error) => panic!("{}: {error}", program.display()),
        }
    }

    /// A command of `tenants`: its exit status, and what it prints.
    pub(crate) async fn tenants(&self, folder: &Path, words: &[&str]) -> (i32, Value) {
        let mut command = Command::new(folder.join("tenants"));
        command
            .args(words)
            .arg("--json")
            .env_clear()
            .envs(self.environment())
            .stdin(Stdio::null());
        let output = command.output().await.unwrap();
        let printed = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
            let errors = String::from_utf8_lossy(&output.stderr);
            panic!("{words:?}: {error}: {errors}")
        });
        (output.status.code().unwrap(), printed)
    }

    /// Has `tenants` of a version save the plans of all tenants.
    pub(crate) async fn save(&self, folder: &Path) -> Value {
        let words = ["plan", "--save", self.plans.as_str()];
        let (status, saved) = self.tenants(folder, &words).await;
        assert_eq!(status, 0, "{saved:#}");
        saved
    }

    /// Has `tenants` of a version compare the saved plans with its own: its exit status, and each tenant's differences.
    pub(crate) async fn compare(&self, folder: &Path) -> (i32, Value) {
        let words = ["plan", "--against", self.plans.as_str()];
        let (status, mut compared) = self.tenants(folder, &words).await;
        (status, compared["tenants"].take())
    }

    /// Marks the table and these tenants as a later version of the state.
    pub(crate) async fn mark_newer(&self, tenants: &[String]) {
        let records = tenants
            .iter()
            .map(|id| (format!("TENANT#{id}"), "CONFIG".to_owned()));
        let table = ("SCHEMA".to_owned(), "VERSION".to_owned());
        for (pk, sk) in records.chain([table]) {
            let newer = AttributeValue::N((STATE_VERSION + 1).to_string());
            let update = self.fixture.stack.aws().dynamodb().update_item();
            update
                .table_name("reteach-personio")
                .key("pk", AttributeValue::S(pk))
                .key("sk", AttributeValue::S(sk))
                .update_expression("SET state_version = :version")
                .expression_attribute_values(":version", newer)
                .send()
                .await
                .unwrap();
        }
    }
}

/// Functions of two versions, which take turns from step to step. Each run is a process of its own.
#[derive(Debug)]
pub(crate) struct Alternating {
    pub(crate) programs: Programs,
    /// The folder of the version that runs the first step.
    pub(crate) first: PathBuf,
    pub(crate) second: PathBuf,
}

impl JobRunner for Alternating {
    fn run_job<'a>(
        &'a self,
        step: usize,
        job: JobKind,
        company: &'a Company,
        _: ProgressFn<'a>,
    ) -> Run<'a> {
        let folder = if step.is_multiple_of(2) {
            &self.first
        } else {
            &self.second
        };
        Box::pin(async move {
            let report = self.programs.run(folder, job, &company.tenant).await;
            match job {
                JobKind::Employees => JobReport::Employees(read(report)),
                JobKind::Certificates => JobReport::Certificates(read(report)),
            }
        })
    }
}

/// A report as this version reads it.
fn read<T: DeserializeOwned>(report: Value) -> T {
    serde_json::from_value(report).unwrap()
}
