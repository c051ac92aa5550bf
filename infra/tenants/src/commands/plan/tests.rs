use std::collections::BTreeMap;

use proptest::prelude::*;
use shared::domain::id::SourceId;
use shared::runtime::Outcome;

use super::differences::{What, differences};
use super::saved::{FileError, PlanFile, SavedChange, SavedPlan};

fn change() -> impl Strategy<Value = SavedChange> {
    let kinds = prop::sample::select(vec!["update", "lock"]);
    let parts = prop::collection::btree_map("account|position|window", 0_u64..3, 0..3);
    let causes = prop::option::of(Just("gone".to_owned()));
    (kinds, causes, parts).prop_map(|(kind, cause, parts)| SavedChange {
        kind: kind.to_owned(),
        cause,
        parts: parts
            .into_iter()
            .map(|(part, digest)| (part, digest.into()))
            .collect(),
    })
}

fn plan() -> impl Strategy<Value = SavedPlan> {
    let people = || prop::collection::btree_map("[1-5]".prop_map(SourceId::new), change(), 0..4);
    (people(), people()).prop_map(|(changes, held)| SavedPlan {
        changes,
        held,
        ..SavedPlan::none(Outcome::Planned)
    })
}

proptest! {
    #[test]
    fn a_plan_does_not_differ_from_itself(plan in plan()) {
        prop_assert_eq!(differences(&plan, &plan), vec![]);
        let file = PlanFile::new(BTreeMap::from([("acme".to_owned().try_into().unwrap(), plan)]));
        let text = serde_json::to_string(&file).unwrap();
        prop_assert_eq!(PlanFile::parse(&text), Ok(file));
    }

    #[test]
    fn what_appears_one_way_disappears_the_other_way(one in plan(), other in plan()) {
        let there = differences(&one, &other);
        let back = differences(&other, &one);
        prop_assert_eq!(there.is_empty(), one == other);
        prop_assert_eq!(there.len(), back.len());
        for (there, back) in there.iter().zip(&back) {
            prop_assert_eq!((&there.id, &there.before), (&back.id, &back.after));
            let mirrored = match there.what {
                What::Appeared => What::Disappeared,
                What::Disappeared => What::Appeared,
                What::Changed => What::Changed,
            };
            prop_assert_eq!(back.what, mirrored);
        }
    }
}

#[test]
fn a_file_of_another_format_is_refused() {
    let other = r#"{"format": 2, "plans": []}"#;
    assert_eq!(PlanFile::parse(other), Err(FileError::OtherFormat(2)));
    for text in ["", "[]", r#"{"format": 1}"#, r#"{"format": "x"}"#] {
        let parsed = PlanFile::parse(text);
        let is_foreign = matches!(parsed, Err(FileError::Foreign(_)));
        assert!(is_foreign, "{text}: {parsed:?}");
    }
}
