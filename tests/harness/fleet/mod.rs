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
use local::{Company, Options, Stack};
use oracle::{Difference, ExpectedAccounts};
use secrecy::ExposeSecret as _;
use shared::domain::clock::SystemClock;
use shared::domain::id::TenantId;
use shared::secrets::{PersonioSecret, ReteachSecret};
use shared::tenant::Via;
use simulators::{Personio, Reteach};

use crate::people;

pub use environment::{Environments, TickResult};
pub use hostility::Hostility;
pub use rates::{CallRates, LIMITS, most_within};
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
}

impl Fleet {
    /// So many companies with so many people each, before their first run.
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
            .collect()
            .await;
        Self { stack, companies }
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

    /// The company with this number.
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
    let secret = company.secret();
    let PersonioSecret {
        client_id,
        client_secret,
    } = secret.personio.as_ref().unwrap();
    company
        .personio
        .add_credentials(client_id.expose_secret(), client_secret.expose_secret());
    let ReteachSecret {
        client_id,
        client_secret,
        client_code,
    } = secret.reteach.as_ref().unwrap();
    let [id, password, code] =
        [client_id, client_secret, client_code].map(|text| text.expose_secret());
    company.reteach.add_credentials(id, password, code);
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
