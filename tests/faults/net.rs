//! The matrix can fail: a product whose ledger is written in another order is caught.

use shared::tenant::Via;
use simulators::{Behaviour, Body, CallId, Rule};

use crate::case::{Baseline, Case, What};
use crate::play::Lane;
use crate::scene::Scene;
use crate::table::{Blow, Expect};

/// A broken product.
pub(crate) struct Mutant {
    /// What is wrong with it.
    pub(crate) name: &'static str,
    /// What the matrix says of it.
    pub(crate) says: &'static str,
    scene: Scene,
    /// The calls that are struck.
    at: &'static str,
    fault: (&'static str, Behaviour),
    broken: Option<Rule>,
}

/// The broken products, each made by what stands between the right one and its ledger, or its vendor.
pub(crate) fn mutants() -> [Mutant; 3] {
    // The write is confirmed and never made: what is uploaded next has no intent in the ledger.
    let no_intent = Rule {
        name: "DynamoDB PutItem",
        body: &["CERTIFICATE#", "intended"],
        behaviour: Behaviour::Status(200, Body::Json("{}")),
    };
    let upload = "Personio POST /v1/company/documents";
    // The ledger has it before it happens, and then it does not: the process was killed in between.
    let pretend = ("done-before-effect", Behaviour::Pretend);
    let put = "reteach PUT /customer/{customerIdentifier}";
    [
        Mutant {
            name: "the intent is written after the upload, whose reply is lost",
            says: "filed twice",
            scene: Scene::Certificates,
            at: upload,
            fault: ("lose-reply", Behaviour::LoseReply),
            broken: Some(no_intent.clone()),
        },
        Mutant {
            name: "the intent is written after the upload, which hangs",
            says: "filed twice",
            scene: Scene::Certificates,
            at: upload,
            fault: ("hang-after-effect", Behaviour::HangReply),
            broken: Some(no_intent),
        },
        Mutant {
            name: "the ledger says done before reteach has it",
            says: "expected\n  Customer",
            scene: Scene::Morning,
            at: put,
            fault: pretend,
            broken: None,
        },
    ]
}

impl Mutant {
    /// The cases that a mutant of this kind has to fail.
    pub(crate) fn cases<'a>(&self, baselines: &'a [Baseline]) -> Vec<(&'a Baseline, Case)> {
        let lane = Lane {
            scene: self.scene,
            via: Via::Direct,
        };
        let baselines = baselines.iter().filter(|it| it.lane == lane);
        let is_struck = |call: &&CallId| call.name == self.at;
        baselines
            .flat_map(|baseline| {
                baseline
                    .played
                    .calls
                    .iter()
                    .filter(is_struck)
                    .map(move |call| (baseline, self.case(lane, call)))
            })
            .collect()
    }

    fn case(&self, lane: Lane, call: &CallId) -> Case {
        let (fault, behaviour) = self.fault.clone();
        let what = What::Call(call.clone(), Blow::Behave(behaviour));
        Case {
            lane,
            fault,
            what,
            expect: Expect::Told,
            broken: self.broken.clone(),
        }
    }
}
