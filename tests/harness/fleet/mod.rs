//! Many companies on one machine, by the machine's own clock, and their ticks in environments as Lambda has them: each on a
//! thread of its own, with a handler of its own, one event after another.

mod environment;
mod hostility;
mod rates;
mod round;

use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, StreamExt as _};
use jiff::Timestamp;
use judge::{LIMITS, Terms, judge};
use local::{Company, Options, Stack};
use oracle::{Difference, ExpectedAccounts};
use shared::domain::clock::SystemClock;
use shared::domain::id::TenantId;
use shared::secrets::{PersonioSecret, ReteachSecret, TenantSecret};
use shared::tenant::Via;
use simulators::{Personio, Reteach, Tape};

use crate::people;

pub use environment::{Environments, TickResult};
pub use hostility::Hostility;
pub use rates::CallRates;
pub use round::{Event, RoundOptions};

/// The local DynamoDB takes calls one after another: while a thousand companies come over at once, each waits.
const PATIENCE: Duration = Duration::from_secs(120);
/// Companies that are set up at the same time.
const AT_ONCE: usize = 32;

/// Companies on the direct route, each with a Personio and an academy of its own, on one stack.
#[derive(Debug)]
pub struct Fleet {
    pub stack: Stack,
    /// The companies. Their simulators go by the machine's clock and keep to the vendors' limits.
    pub companies: Vec<Company>,
    /// What all of them received.
    tape: Tape,
}

impl Fleet {
    /// `companies` of `size` people each, before their first run.
    pub async fn start(companies: usize, size: u64) -> Self {
        let options = Options {
            clock: Arc::new(SystemClock),
            patience: Some(PATIENCE),
            ..Options::default()
        };
        let stack = Stack::start(options).await.unwrap();
        let companies = stream::iter(0..companies)
            .map(|number| company(&stack, number, size))
            .buffered(AT_ONCE)
            .collect::<Vec<Company>>()
            .await;
        let tape = Tape::default();
        companies.iter().for_each(|company| company.record(&tape));
        Self {
            stack,
            companies,
            tape,
        }
    }

    /// How long each vendor takes to answer.
    pub fn set_latency(&self, latency: Duration) {
        for company in &self.companies {
            company.personio.set_latency(latency);
            company.reteach.set_latency(latency);
        }
    }

    /// In what a company's academy is not as an independent calculation wants it.
    #[must_use]
    pub fn differences(&self, company: usize) -> Vec<Difference> {
        let company = self.company(company);
        let mut expected = ExpectedAccounts::default();
        expected.complete_run(&company.personio.people(), &[].into(), Timestamp::now());
        expected.differences(&company.reteach.customers())
    }

    /// The promises that the traffic of all companies has broken so far.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        let terms = Terms {
            limits: &LIMITS,
            ..Terms::default()
        };
        let documents = self.companies.iter().map(|company| {
            let documents = company.personio.documents();
            (company.tenant.to_string(), documents)
        });
        let violations = judge(&self.tape.calls(), &documents.collect(), &terms);
        violations.iter().map(ToString::to_string).collect()
    }

    /// Whether nobody has the company's leases.
    pub async fn is_free(&self, company: usize) -> bool {
        let leases = self
            .stack
            .store()
            .leases(&self.company(company).tenant)
            .await
            .unwrap();
        leases.values().all(|lease| lease.until <= Timestamp::now())
    }

    #[must_use]
    pub fn company(&self, number: usize) -> &Company {
        self.companies.get(number).unwrap()
    }
}

async fn company(stack: &Stack, number: usize, size: u64) -> Company {
    let now: simulators::Clock = Arc::new(Timestamp::now);
    let tenant = TenantId::parse(&format!("company-{number:04}")).unwrap();
    let personio = Personio::start(Arc::clone(&now)).await.unwrap();
    let reteach = Reteach::start(now).await.unwrap();
    let company = Company {
        tenant,
        via: Via::Direct,
        personio,
        kombo: None,
        reteach,
    };
    // No two companies have the same secrets.
    let [papi, academy, code] =
        ["papi-secret", "reteach-secret", "reteach-code"].map(|text| format!("{text}-{number}"));
    let (papi_id, academy_id) = (
        format!("papi-client-{number}"),
        format!("reteach-client-{number}"),
    );
    company.personio.add_credentials(&papi_id, &papi);
    company
        .reteach
        .add_credentials(&academy_id, &academy, &code);
    let secret = TenantSecret {
        personio: Some(PersonioSecret {
            client_id: papi_id.into(),
            client_secret: papi.into(),
        }),
        reteach: Some(ReteachSecret {
            client_id: academy_id.into(),
            client_secret: academy.into(),
            client_code: code.into(),
        }),
        ..company.secret()
    };
    company.personio.put_all(people(size));
    company.personio.add_category("Bildungszertifikate");
    stack
        .store()
        .put_tenant(&company.tenant, &company.tenant_file(""))
        .await
        .unwrap();
    stack.secrets().put(&company.tenant, &secret).await.unwrap();
    company
}
