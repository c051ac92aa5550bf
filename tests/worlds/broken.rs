//! The worlds can fail: products that are broken on purpose are found within a few seeds, and told with a short history.

use shared::tenant::Via;
use simulators::{Behaviour, Body, Rule};

use crate::event::{Event, JobKind, Mishap, Place};
use crate::life::{Life, Setting};
use crate::seeds;

/// What is wrong with a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// People are locked at the beginning of their last day, not at its end.
    LocksADayEarly,
    /// The ledger of certificates is not kept.
    ForgetsFilings,
    /// DynamoDB confirms what is meant to be uploaded, and does not keep it.
    ForgetsIntents,
    /// Nothing is ever held, so whom Kombo leaves out of its list is taken for gone.
    HoldsNothing,
}

/// A product, what has to happen for it to be found, within how many such seeds, and in how few events.
struct Case {
    broken: Broken,
    concerns: fn(Setting, &[Event]) -> bool,
    seeds: usize,
    events: usize,
    says: &'static str,
}

const CASES: [Case; 4] = [
    Case {
        broken: Broken::LocksADayEarly,
        concerns: |_, _| true,
        seeds: 2,
        events: 1,
        says: "setInactiveAt",
    },
    Case {
        broken: Broken::ForgetsFilings,
        concerns: |_, history| {
            history
                .iter()
                .any(|it| matches!(it, Event::Earned { late: false, .. }))
        },
        seeds: 8,
        events: 4,
        says: "",
    },
    Case {
        broken: Broken::ForgetsIntents,
        concerns: |_, history| {
            history
                .iter()
                .any(|it| matches!(it, Event::Earned { late: false, .. }))
        },
        seeds: 8,
        events: 4,
        says: "filed twice",
    },
    Case {
        broken: Broken::HoldsNothing,
        concerns: |setting, history| {
            setting.via == Via::Kombo && history.iter().any(leaves_people_out)
        },
        seeds: 8,
        events: 4,
        says: "was wrongly locked",
    },
];

fn leaves_people_out(event: &Event) -> bool {
    matches!(event, Event::Fault(it)
        if it.what == Mishap::DroppedRows && it.times != 1 && matches!(it.at, Place::People | Place::AnyHr))
}

impl Broken {
    /// What it adds to the tenant file.
    pub(crate) fn configuration(self) -> &'static str {
        match self {
            Self::LocksADayEarly => "[employees]\nlock_on = \"end-day\"\n",
            Self::ForgetsFilings | Self::ForgetsIntents | Self::HoldsNothing => "",
        }
    }

    /// How its DynamoDB behaves.
    pub(crate) fn rule(self) -> Option<Rule> {
        (self == Self::ForgetsIntents).then_some(Rule {
            name: "DynamoDB PutItem",
            body: &["CERTIFICATE#", "intended"],
            behaviour: Behaviour::Status(200, Body::Json("{}")),
        })
    }
}

impl Life {
    /// What a broken product does wrong after a run.
    pub(crate) async fn breaks(&mut self, job: JobKind) {
        match (self.broken, job) {
            (Some(Broken::ForgetsFilings), JobKind::Certificates) => {
                self.harness.lose_the_certificates().await
            }
            (Some(Broken::HoldsNothing), JobKind::Employees) if self.approves().await => {
                let before = self.harness.company.reteach.customers();
                self.fire(job, &harness::unwatched).await;
                self.check(&before);
            }
            _ => {}
        }
    }
}

#[test]
fn products_that_are_broken_on_purpose_are_found_and_told_in_short() {
    for Case {
        broken,
        concerns,
        seeds,
        events,
        says,
    } in CASES
    {
        let worlds = (0..)
            .map(seeds::of)
            .filter(|(setting, history)| concerns(*setting, history));
        let found = worlds.take(seeds).find_map(|(setting, history)| {
            let setting = setting.broken(broken);
            let failure = seeds::roomy(|| seeds::live(setting, &history)).err()?;
            Some(seeds::roomy(|| seeds::shortest(setting, history, failure)))
        });
        let (history, said) =
            found.unwrap_or_else(|| panic!("{broken:?}: not found in {seeds} seeds"));
        println!("{broken:?}: {history:?}: {said}");
        assert!(
            history.len() <= events && said.contains(says),
            "{broken:?}: {history:?}: {said}"
        );
    }
}
