//! The worlds can fail: products that are broken on purpose are found within a few seeds, with a short history.

use harness::pool;
use serde_json::{Value, json};
use shared::state::JobKind;
use shared::tenant::Via;
use simulators::Fault;

use crate::event::{Event, Place};
use crate::life::{Life, Setting};
use crate::seeds;

/// A defect of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// People are locked at the beginning of their last day, not at its end.
    LocksADayEarly,
    /// The ledger of certificates is not kept.
    ForgetsFilings,
    /// DynamoDB confirms what is meant to be uploaded, and does not keep it.
    ForgetsIntents,
    /// Writes a person's values to their first account, even if another person has it now.
    ChecksNoOwner,
    /// An approval is for the plan as a whole: one more part in it, and nothing is approved any more.
    ForgetsApprovals,
    /// Nothing is ever held, so anybody missing from Kombo's list is taken for gone.
    HoldsNothing,
}

/// A product, the histories that find it, and the most seeds and events that this takes.
struct BrokenProduct {
    broken: Broken,
    concerns: fn(Setting, &[Event]) -> bool,
    seeds: usize,
    events: usize,
    says: &'static str,
}

const PRODUCTS: [BrokenProduct; 6] = [
    BrokenProduct {
        broken: Broken::LocksADayEarly,
        concerns: |_, _| true,
        seeds: 2,
        events: 1,
        says: "traffic: a lock without a cause",
    },
    BrokenProduct {
        broken: Broken::ForgetsFilings,
        concerns: |_, history| history.iter().any(earns),
        seeds: 8,
        events: 4,
        says: "",
    },
    BrokenProduct {
        broken: Broken::ForgetsIntents,
        concerns: |_, history| history.iter().any(earns),
        seeds: 8,
        events: 4,
        says: "traffic: a certificate filed twice",
    },
    BrokenProduct {
        broken: Broken::ChecksNoOwner,
        concerns: |_, history| history.iter().any(moves_an_id),
        seeds: 8,
        events: 4,
        says: "traffic: a write without its owner",
    },
    BrokenProduct {
        broken: Broken::ForgetsApprovals,
        concerns: |_, history| history.contains(&Event::Approved),
        seeds: 16,
        events: 6,
        says: "an approval was forgotten",
    },
    BrokenProduct {
        broken: Broken::HoldsNothing,
        concerns: |setting, history| setting.via == Via::Kombo && history.iter().any(drops_people),
        seeds: 16,
        events: 4,
        says: "traffic: a lock without a cause",
    },
];

fn earns(event: &Event) -> bool {
    matches!(event, Event::Earned { late: false, .. })
}

fn drops_people(event: &Event) -> bool {
    matches!(event, Event::Fault(fault)
        if fault.fault == "fewer-rows" && fault.at == Place::People && fault.skip == 0 && fault.times == 0)
}

fn moves_an_id(event: &Event) -> bool {
    matches!(event, Event::AdminClearsId(_) | Event::AdminMovesId(_))
}

impl Broken {
    /// Lines of the tenant file.
    pub(crate) fn configuration(self) -> &'static str {
        match self {
            Self::LocksADayEarly => "[employees]\nlock_on = \"end-day\"\n",
            Self::ForgetsFilings
            | Self::ForgetsIntents
            | Self::ChecksNoOwner
            | Self::ForgetsApprovals
            | Self::HoldsNothing => "",
        }
    }

    /// The fault of its DynamoDB.
    pub(crate) fn fault(self) -> Option<Fault> {
        (self == Self::ForgetsIntents).then(harness::faults::loses_intents)
    }
}

impl Life {
    /// The defect's effect before a run.
    pub(crate) async fn breaks_before(&mut self, job: JobKind) {
        let has_more = || self.people_approved != self.people();
        let forgets = self.broken == Some(Broken::ForgetsApprovals);
        if forgets && job == JobKind::Employees && !self.consent.is_empty() && has_more() {
            self.harness.forget_decisions().await;
        }
    }

    /// The defect's effect after a run.
    pub(crate) async fn breaks(&mut self, job: JobKind) {
        match (self.broken, job) {
            (Some(Broken::ForgetsFilings), JobKind::Certificates) => {
                self.harness.lose_the_certificates().await
            }
            (Some(Broken::ChecksNoOwner), JobKind::Employees) => {
                let before = self.harness.company.reteach.customers();
                self.write_to_first_accounts().await;
                self.check(&before);
            }
            (Some(Broken::HoldsNothing), JobKind::Employees) if self.approves().await => {
                let before = self.harness.company.reteach.customers();
                self.fire(job, &harness::ignore_progress).await;
                self.check(&before);
            }
            _ => {}
        }
    }
}

impl Life {
    /// The write that the check of the owner prevents.
    async fn write_to_first_accounts(&mut self) {
        let reteach = self.harness.company.reteach.clone();
        for person in self.people() {
            if let Some(account) = self.harness.find(person.id) {
                self.first_accounts.entry(person.id).or_insert(account.id);
            }
            let first = self.first_accounts.get(&person.id);
            let first = first.and_then(|id| reteach.customer(id));
            let ours = oracle::external_id(person.id);
            if let Some(first) = first.filter(|it| it.external_id != Some(ours)) {
                self.write_position(&first.id).await;
            }
        }
    }

    /// As the product would, but for the check. A fault may strike it.
    async fn write_position(&self, account: &str) -> Option<()> {
        let reteach = &self.harness.company.reteach;
        reteach.add_credentials("broken", "broken", "broken");
        let (client, url) = (reqwest::Client::new(), reteach.base_url());
        let timeout = std::time::Duration::from_secs(30);
        let login = client.post(format!("{url}/oauth/authorize")).json(&json!({
            "grant_type": "authorization_code",
            "client_id": "broken",
            "client_secret": "broken",
            "code": "broken",
        }));
        let token: Value = login
            .timeout(timeout)
            .send()
            .await
            .ok()?
            .json()
            .await
            .ok()?;
        let update = client
            .put(format!("{url}/customer/{account}"))
            .bearer_auth(token["access_token"].as_str()?)
            .json(&json!({"position": "Stelle"}));
        update.timeout(timeout).send().await.ok().map(|_| ())
    }
}

/// A sample has the first of them.
const SAMPLE: usize = 2;

#[test]
fn broken_products_are_found_with_a_short_history() {
    let products = match crate::is_whole() {
        true => &PRODUCTS[..],
        false => &PRODUCTS[..SAMPLE],
    };
    let found = pool::all(products, |product| {
        let BrokenProduct {
            broken,
            concerns,
            seeds,
            events,
            says,
        } = product;
        let worlds = (0..)
            .map(seeds::of)
            .filter(|(setting, history)| concerns(*setting, history));
        let found = worlds.take(*seeds).find_map(|(setting, history)| {
            let setting = setting.broken(*broken);
            let failure = seeds::live(setting, &history).err()?;
            Some(seeds::shortest(setting, history, failure))
        });
        let (history, said) =
            found.ok_or_else(|| format!("{broken:?}: not found in {seeds} seeds"))?;
        let found = format!("{broken:?}: {history:?}: {said}");
        let is_short = history.len() <= *events && said.contains(says);
        if is_short { Ok(found) } else { Err(found) }
    });
    println!("{found:#?}");
    let missed: Vec<_> = found.into_iter().filter_map(Result::err).collect();
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}
