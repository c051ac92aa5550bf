//! What holds for whatever reteach lists and the ledger knows. Few values each, so that equal ones are frequent.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use shared::state::CertificateEntry;

use super::*;

fn a_moment() -> impl Strategy<Value = Timestamp> {
    prop::sample::select(vec![-24 * 60, -16, -15, -14, 0, 1, 60])
        .prop_map(|minutes: i64| now() + minutes.minutes())
}

fn an_owner() -> impl Strategy<Value = Owner> {
    prop_oneof![
        3 => prop::sample::select(vec!["1", "2"]).prop_map(|id| Owner::Employee(SourceId::new(id))),
        1 => Just(Owner::NotFromHr),
        1 => Just(Owner::NoCustomer),
    ]
}

fn a_listing() -> impl Strategy<Value = Listed> {
    let url = prop::option::weighted(0.7, Just("https://files.example/x.pdf"));
    (an_owner(), url, prop::option::of(a_moment())).prop_map(|(owner, url, completed_at)| Listed {
        completed_at,
        ..listed(owner, url)
    })
}

fn an_intent() -> impl Strategy<Value = Intent> {
    let on_unverifiable = prop::sample::select(vec![OnUnverifiable::Park, OnUnverifiable::Send]);
    (
        a_moment(),
        0_u32..7,
        prop::option::of(a_moment()),
        on_unverifiable,
    )
        .prop_map(|(at, failures, failing_since, on_unverifiable)| Intent {
            at,
            size: None,
            failures,
            refusals: failures,
            failing_since,
            on_unverifiable,
            decided_at: None,
        })
}

fn a_state() -> impl Strategy<Value = CertificateState> {
    prop_oneof![
        an_intent().prop_map(CertificateState::Intended),
        a_moment().prop_map(|at| CertificateState::Uploaded { at, document: None }),
        (0_u32..7, a_moment()).prop_map(|(failures, retry_at)| failed(failures, retry_at)),
        (a_moment(), prop::option::of(an_intent())).prop_map(|(at, unverified)| {
            CertificateState::Parked {
                at,
                reason: "why".to_owned(),
                unverified,
            }
        }),
        a_moment().prop_map(|at| CertificateState::Dismissed { at }),
    ]
}

prop_compose! {
    fn candidates()(
        parts in prop::collection::btree_map(0_u8..40, (prop::option::weighted(0.8, a_listing()), prop::option::of(a_state())), 0..20),
    ) -> Vec<Candidate> {
        let candidate = |(number, (listed, state)): (u8, (Option<Listed>, Option<CertificateState>))| {
            let id = CertificateId::new(format!("c-{number}"));
            let entry = state.map(|state| CertificateEntry { certificate_id: id.clone(), ..entry(state) });
            Candidate { id, listed, entry }
        };
        parts.into_iter().map(candidate).collect()
    }
}

/// Every id that a plan names, as often as it does.
fn named(plan: &Plan) -> Vec<CertificateId> {
    let uploads = plan.uploads.iter().map(|upload| upload.id.clone());
    let checks = plan.checks.iter().map(|check| check.id.clone());
    let mut named: Vec<_> = uploads
        .chain(checks)
        .chain(plan.skipped.keys().cloned())
        .collect();
    named.sort();
    named
}

fn uploaded_by(plan: &Plan) -> BTreeSet<CertificateId> {
    plan.uploads
        .iter()
        .map(|upload| upload.id.clone())
        .collect()
}

fn checked_by(plan: &Plan) -> BTreeSet<CertificateId> {
    plan.checks.iter().map(|check| check.id.clone()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_certificate_gets_exactly_one_decision(candidates in candidates()) {
        let mut ids: Vec<_> = candidates.iter().map(|candidate| candidate.id.clone()).collect();
        ids.sort();
        prop_assert_eq!(named(&Plan::build(candidates, &policy(), now())), ids);
    }

    #[test]
    fn nothing_is_filed_that_is_or_may_be_filed_or_that_somebody_decided_about(candidates in candidates()) {
        let plan = Plan::build(candidates.clone(), &policy(), now());
        let (uploads, checks) = (uploaded_by(&plan), checked_by(&plan));
        for Candidate { id, entry, .. } in &candidates {
            let (is_uploaded, is_checked) = (uploads.contains(id), checks.contains(id));
            match entry.as_ref().map(|entry| &entry.state) {
                Some(CertificateState::Intended(intent)) => {
                    prop_assert!(!is_uploaded);
                    prop_assert_eq!(is_checked, now().duration_since(intent.at) >= VERIFY_AFTER);
                }
                Some(CertificateState::Failed(retry)) => {
                    prop_assert!(!is_checked && (!is_uploaded || retry.retry_at <= now()));
                }
                None => prop_assert!(!is_checked),
                Some(_) => prop_assert!(!is_uploaded && !is_checked),
            }
        }
    }

    #[test]
    fn what_is_filed_is_what_reteach_lists_for_an_employee(candidates in candidates()) {
        let plan = Plan::build(candidates.clone(), &policy(), now());
        let known: BTreeMap<_, _> = candidates.iter().map(|candidate| (&candidate.id, candidate)).collect();
        for upload in &plan.uploads {
            let listed = known[&upload.id].listed.as_ref().unwrap();
            prop_assert_eq!(&listed.owner, &Owner::Employee(upload.employee.clone()));
            prop_assert!(listed.url.is_some());
            prop_assert_eq!((&listed.course, listed.completed_at), (&upload.course, upload.completed_at));
        }
    }

    #[test]
    fn the_newest_come_first(candidates in candidates()) {
        let plan = Plan::build(candidates, &policy(), now());
        let moments: Vec<_> = plan.uploads.iter().map(|upload| upload.completed_at).collect();
        prop_assert!(moments.is_sorted_by(|one, other| one >= other), "{:?}", moments);
    }

    #[test]
    fn the_order_of_the_input_does_not_matter(
        (candidates, shuffled) in candidates().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
    ) {
        let (plan, again) = (Plan::build(candidates, &policy(), now()), Plan::build(shuffled, &policy(), now()));
        prop_assert_eq!(format!("{plan:?}"), format!("{again:?}"));
    }
}
