//! The matrix can fail: a product whose ledger is written in another order is caught.

use harness::faults::{Effect, Expect, loses_intents};
use shared::tenant::Via;
use simulators::{Behaviour, Fault};

use crate::case::{Baseline, Case};
use crate::cases::Tried;
use crate::execution::{Injection, Scenario};
use crate::scene::Scene;

/// A broken product, made by what stands between the right one and its ledger or its vendor.
pub(crate) struct BrokenProduct {
    pub(crate) name: &'static str,
    /// The failure of its cases.
    pub(crate) says: &'static str,
    scene: Scene,
    /// The struck calls.
    at: &'static str,
    fault: (&'static str, Behaviour),
    broken: Option<Fault>,
}

pub(crate) fn broken_products() -> [BrokenProduct; 3] {
    let upload = "Personio POST /v1/company/documents";
    [
        BrokenProduct {
            name: "the intent is written after the upload, whose reply is lost",
            says: "filed twice",
            scene: Scene::Certificates,
            at: upload,
            fault: ("lose-reply", Behaviour::LoseReply),
            broken: Some(loses_intents()),
        },
        BrokenProduct {
            name: "the intent is written after the upload, which hangs",
            says: "filed twice",
            scene: Scene::Certificates,
            at: upload,
            fault: ("hang-after-effect", Behaviour::HangReply),
            broken: Some(loses_intents()),
        },
        // The ledger has it before it happens, and then it does not: the process was killed in between.
        BrokenProduct {
            name: "the ledger says done before reteach has it",
            says: "expected\n  Customer",
            scene: Scene::Morning,
            at: "reteach PUT /customer/{customerIdentifier}",
            fault: ("done-before-effect", Behaviour::Pretend),
            broken: None,
        },
    ]
}

impl BrokenProduct {
    /// The cases that this product has to fail.
    pub(crate) fn cases<'a>(&self, baselines: &'a [Baseline]) -> Vec<Tried<'a>> {
        let scenario = Scenario {
            scene: self.scene,
            via: Via::Direct,
        };
        let (fault, behaviour) = &self.fault;
        let mut cases = Vec::new();
        for baseline in baselines {
            let calls = baseline.execution.calls.iter();
            for call in calls.filter(|call| baseline.scenario == scenario && call.name == self.at) {
                let effect = Effect::Behave(behaviour.clone());
                let case = Case {
                    scenario,
                    fault,
                    injection: Injection::Call(call.clone(), effect),
                    expect: Expect::Reported,
                    broken: self.broken.clone(),
                };
                cases.push((baseline, case));
            }
        }
        cases
    }
}
