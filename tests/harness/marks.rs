//! Marks in everything personal and secret, and a witness of all that anybody but the operator gets to see.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex};

use employee_sync::EmployeeSync;
use shared::http::Deadline;
use shared::runtime::{Counts, Job, Mode, Ran};
use shared::tenant::Via;
use simulators::Person;
use simulators::people::Gender;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::{CERTIFICATE_TICK, Credentials, Harness, TICK, ignore_progress, person};

/// Part of every personal value and of every secret, and of nothing else.
pub const MARK: &str = "zwetschge";

/// What must not be seen either: the keys of signed addresses, and what comes before a token.
const ALSO: [&str; 4] = ["x-signature", "x-expires", "/certificates/", "bearer "];

#[derive(Clone, Debug, Default)]
pub struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Everything that anybody but the operator gets to see of a company.
#[derive(Debug)]
pub struct Witness {
    pub harness: Harness,
    /// Everything besides the log, as text.
    pub texts: Vec<String>,
    log: Lines,
    _capturing: tracing::subscriber::DefaultGuard,
}

impl Witness {
    /// Watches `harness` from now on; what this thread logs is captured.
    #[must_use]
    pub fn new(harness: Harness) -> Self {
        let log = Lines::default();
        let writer = log.clone();
        // Our own lines down to the last one; libraries as in production, where they see requests and replies.
        let ours = "warn,shared=trace,employee_sync=trace,certificate_sync=trace";
        let ours: tracing_subscriber::filter::Targets = ours.parse().unwrap();
        let lines = tracing_subscriber::fmt::layer()
            .json()
            .with_writer(move || writer.clone());
        let subscriber = tracing_subscriber::registry().with(lines).with(ours);
        let capturing = tracing::subscriber::set_default(subscriber);
        Self {
            harness,
            texts: Vec::new(),
            log,
            _capturing: capturing,
        }
    }

    /// A run of the employee job, a tick later.
    pub async fn run(&mut self, mode: Mode) -> Ran<EmployeeSync> {
        self.harness.advance(TICK);
        let (world, company) = (&self.harness.world, &self.harness.company);
        let ran = world
            .run(company, mode, Deadline::never(), &ignore_progress)
            .await;
        self.see(&ran).await;
        ran
    }

    /// A run of the certificate job, a tick later.
    pub async fn run_certificates(&mut self, mode: Mode) {
        self.harness.advance(CERTIFICATE_TICK);
        let (world, company) = (&self.harness.world, &self.harness.company);
        let ran = world
            .run_certificates(company, mode, Deadline::never(), &ignore_progress)
            .await;
        self.see(&ran).await;
    }

    /// Looks at a run: log line, metrics, report, Debug output, and everything in the state.
    pub async fn see<W: Job<Counts: Counts, Plan: fmt::Debug>>(&mut self, ran: &Ran<W>) {
        shared::runtime::emit(&ran.report, "reteach-personio", &mut self.log.clone());
        self.texts.push(serde_json::to_string(&ran.report).unwrap());
        self.texts.push(format!(
            "{ran:?} {:?} {:?}",
            self.harness.world,
            self.harness.held().await
        ));
        let items = self.harness.all_items().await;
        // The tenant's own file is the operator's.
        self.texts
            .extend(items.into_iter().filter(|it| !it.contains("S(\"CONFIG\")")));
    }

    /// No mark is in any of it.
    pub fn check(&self) {
        let log = self.log.text();
        assert!(
            log.contains("\"acme\"") && log.contains("finding"),
            "the log was captured: {log}"
        );
        for text in self
            .texts
            .iter()
            .flat_map(|it| it.lines())
            .chain(log.lines())
        {
            let lower = text.to_lowercase();
            let found = ALSO
                .into_iter()
                .chain([MARK])
                .find(|mark| lower.contains(mark));
            assert!(
                found.is_none(),
                "{:?}: {found:?} in {text}",
                self.harness.company.via
            );
        }
    }
}

/// Somebody whose every value bears the mark.
#[must_use]
pub fn marked(id: u64) -> Person {
    Person {
        first_name: "Zwetschge".into(),
        last_name: format!("von Zwetschge-{id}"),
        email: Some(format!("zwetschge.{id}@obst.example")),
        gender: Some(Gender::Male),
        position: Some("Zwetschgenbauer".into()),
        subcompany: Some("Zwetschge GmbH".into()),
        department: Some("Zwetschgen".into()),
        office: Some("Zwetschgental".into()),
        ..person(id)
    }
}

/// A company of twenty marked people with marked secrets, before its first run.
pub async fn marked_company(via: Via) -> Harness {
    let harness = Harness::new(
        via,
        "[employees]\ndepartment = true\nposition = \"tag\"\n",
        (1..=20).map(marked),
    )
    .await;
    let company = &harness.company;
    company
        .personio
        .add_credentials("id-zwetschge", "zwetschge-1");
    company
        .reteach
        .add_credentials("rid-zwetschge", "zwetschge-3", "zwetschge-4");
    if let Some(kombo) = &company.kombo {
        kombo.add_api_key("zwetschge-2");
        kombo.revoke_api_key("kombo-key");
    }
    let credentials = Credentials {
        personio: ["id-zwetschge", "zwetschge-1"],
        kombo: "zwetschge-2",
        reteach: ["rid-zwetschge", "zwetschge-3", "zwetschge-4"],
    };
    harness.store_credentials(&credentials).await;
    harness
}
