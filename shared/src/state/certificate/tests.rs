use super::*;
use crate::state::table::{attributes, record};

fn at(time: &str) -> Timestamp {
    format!("2026-03-31T{time}Z").parse().unwrap()
}

fn intent(on_unverifiable: OnUnverifiable) -> Intent {
    let failing_since = Some(at("06:00:00.123456789"));
    Intent {
        at: at("08:00:00"),
        size: Some(u64::MAX),
        failures: 2,
        refusals: 1,
        failing_since,
        on_unverifiable,
        decided_at: None,
    }
}

fn first_intent() -> Intent {
    Intent {
        size: None,
        failures: 0,
        refusals: 0,
        failing_since: None,
        ..intent(OnUnverifiable::Park)
    }
}

fn failed(failures: u32) -> CertificateState {
    let (since, retry_at) = (at("06:00:00"), at("10:00:00"));
    CertificateState::Failed(RetryState {
        reason: "Personio: 503".to_owned(),
        failures,
        refusals: failures.min(1),
        unlisted: true,
        unverified_at: Some(at("06:00:00")),
        since,
        retry_at,
    })
}

fn parked(unverified: Option<Intent>) -> CertificateState {
    CertificateState::Parked {
        at: at("09:00:00"),
        reason: "no reply".to_owned(),
        unverified,
    }
}

fn uploaded(document: Option<&str>) -> CertificateState {
    CertificateState::Uploaded {
        at: at("08:00:05"),
        document: document.map(DocumentId::new),
    }
}

fn dismissed(time: &str) -> CertificateState {
    CertificateState::Dismissed { at: at(time) }
}

fn entry(state: CertificateState) -> CertificateEntry {
    CertificateEntry::new(CertificateId::new("cert-1"), SourceId::new("4711"), state)
}

#[test]
fn the_operator_is_known_of_a_dismissal_alone() {
    let operator = OperatorId::new("Operators/3f9a1c02");
    let decided_by = DecidedBy::new(at("09:30:00"), Some(&operator));
    for (state, by) in [
        (dismissed("09:30:00"), Some(&operator)),
        (dismissed("10:30:00"), None),
        (uploaded(None), None),
    ] {
        let entry = CertificateEntry {
            decided_by: decided_by.clone(),
            ..entry(state)
        };
        assert_eq!(entry.operator(), by, "{entry:?}");
    }
    let once = entry(failed(1)).dismissed(at("10:00:00"), Some(&operator));
    let once = once.unwrap();
    assert_eq!(once.operator(), Some(&operator));
    let other = OperatorId::new("Operators/77aa0c02");
    let again = once.dismissed(at("11:00:00"), Some(&other)).unwrap();
    assert_eq!(again.operator(), Some(&operator));
}

#[test]
fn an_item_has_the_state_by_name_and_its_detail_and_no_names_of_people() {
    let states = [
        CertificateState::Intended(first_intent()),
        CertificateState::Intended(Intent {
            decided_at: Some(at("10:00:00")),
            ..intent(OnUnverifiable::Send)
        }),
        uploaded(Some("d-7")),
        uploaded(None),
        failed(3),
        parked(Some(intent(OnUnverifiable::Park))),
        parked(None),
        dismissed("09:30:00"),
    ];
    let items = states.map(|state| {
        let entry = entry(state);
        let item = attributes(&entry, "item").unwrap();
        assert_eq!(record::<CertificateEntry>(item.clone(), "item"), Ok(entry));
        serde_dynamo::from_item::<_, serde_json::Value>(item)
            .unwrap()
            .to_string()
    });
    insta::assert_snapshot!(items.join("\n"), @r#"
    {"certificate_id":"cert-1","detail":{"at":"2026-03-31T08:00:00Z","failing_since":null,"failures":0,"on_unverifiable":"park","size":null},"employee":"4711","state":"intended"}
    {"certificate_id":"cert-1","detail":{"at":"2026-03-31T08:00:00Z","decided_at":"2026-03-31T10:00:00Z","failing_since":"2026-03-31T06:00:00.123456789Z","failures":2,"on_unverifiable":"send","refusals":1,"size":18446744073709551615},"employee":"4711","state":"intended"}
    {"certificate_id":"cert-1","detail":{"at":"2026-03-31T08:00:05Z","document":"d-7"},"employee":"4711","state":"uploaded"}
    {"certificate_id":"cert-1","detail":{"at":"2026-03-31T08:00:05Z","document":null},"employee":"4711","state":"uploaded"}
    {"certificate_id":"cert-1","detail":{"failures":3,"reason":"Personio: 503","refusals":1,"retry_at":"2026-03-31T10:00:00Z","since":"2026-03-31T06:00:00Z","unlisted":true,"unverified_at":"2026-03-31T06:00:00Z"},"employee":"4711","state":"failed"}
    {"certificate_id":"cert-1","detail":{"at":"2026-03-31T09:00:00Z","reason":"no reply","unverified":{"at":"2026-03-31T08:00:00Z","failing_since":"2026-03-31T06:00:00.123456789Z","failures":2,"on_unverifiable":"park","refusals":1,"size":18446744073709551615}},"employee":"4711","state":"parked"}
    {"certificate_id":"cert-1","detail":{"at":"2026-03-31T09:00:00Z","reason":"no reply","unverified":null},"employee":"4711","state":"parked"}
    {"certificate_id":"cert-1","detail":{"at":"2026-03-31T09:30:00Z"},"employee":"4711","state":"dismissed"}
    "#);
}

#[test]
fn the_key_and_the_fence_do_not_disturb_an_entry() {
    let entry = entry(failed(1));
    let mut item = attributes(&entry, "item").unwrap();
    for (name, value) in [
        ("pk", "TENANT#acme"),
        ("sk", "CERTIFICATE#cert-1"),
        ("fence", "7"),
    ] {
        item.insert(
            name.to_owned(),
            serde_dynamo::to_attribute_value(value).unwrap(),
        );
    }
    assert_eq!(record(item, "item"), Ok(entry));
}

#[test]
fn a_state_of_another_version_is_damage() {
    let mut item = attributes(&entry(failed(1)), "item").unwrap();
    item.insert(
        "state".to_owned(),
        serde_dynamo::to_attribute_value("archived").unwrap(),
    );
    assert!(record::<CertificateEntry>(item, "item").is_err());
}

#[test]
fn the_operator_decides_about_what_waits_and_may_say_so_twice() {
    let now = at("12:00:00");
    let park = OnUnverifiable::Park;
    let decided = |on_unverifiable| {
        CertificateState::Intended(Intent {
            decided_at: Some(now),
            ..intent(on_unverifiable)
        })
    };
    let (look, again) = (decided(park), decided(OnUnverifiable::Send));
    // The moment stays: in a restored table it says that the certificate may have been filed since.
    let fresh = |state: &CertificateState| {
        let (reason, since, unverified_at) = match state {
            CertificateState::Parked { reason, at, .. } => (reason.clone(), *at, None),
            CertificateState::Failed(retry) => {
                (retry.reason.clone(), retry.since, retry.unverified_at)
            }
            other => panic!("{other:?}"),
        };
        Some(CertificateState::Failed(RetryState {
            reason,
            failures: 0,
            refusals: 0,
            // Its documents are still to be listed first.
            unlisted: matches!(state, CertificateState::Failed(_)),
            unverified_at,
            since,
            retry_at: now,
        }))
    };
    let gone = Some(dismissed("12:00:00"));
    let first = CertificateState::Intended(first_intent());
    let cases = [
        (
            parked(Some(intent(park))),
            [Some(again.clone()), Some(look.clone())],
            gone.clone(),
        ),
        (
            parked(Some(intent(OnUnverifiable::Send))),
            [Some(again.clone()), Some(look.clone())],
            gone.clone(),
        ),
        (
            parked(None),
            [fresh(&parked(None)), fresh(&parked(None))],
            gone.clone(),
        ),
        (again.clone(), [Some(again), None], None),
        (look.clone(), [None, Some(look)], None),
        (failed(0), [Some(failed(0)), Some(failed(0))], gone.clone()),
        (failed(1), [fresh(&failed(1)), fresh(&failed(1))], gone),
        (first.clone(), [None, Some(first)], None),
        (uploaded(None), [None, None], None),
        (
            CertificateState::Held { at: at("09:00:00") },
            [None, None],
            Some(dismissed("12:00:00")),
        ),
        (
            dismissed("09:30:00"),
            [None, None],
            Some(dismissed("09:30:00")),
        ),
    ];
    for (state, [sent, looked_for], dismissed) in cases {
        assert_eq!(state.retried(OnUnverifiable::Send, now), sent, "{state:?}");
        assert_eq!(state.retried(park, now), looked_for, "{state:?}");
        assert_eq!(state.dismissed(now), dismissed, "{state:?}");
    }
}

fn issue(day: &str) -> Issue {
    let key = crate::fingerprint::FingerprintKey::from_bytes(&[7; 32]);
    let id = CertificateId::new("cert-1");
    Issue::new(&key, &id, [Some(day.to_owned()), None, None])
}

/// Filed as of the first day, and issued again as of the second.
fn reissued() -> CertificateEntry {
    CertificateEntry {
        issue: issue("2026-03-30"),
        reissued: Some(Reissued {
            at: at("09:00:00"),
            issue: issue("2026-03-31"),
        }),
        ..entry(uploaded(Some("d-7")))
    }
}

#[test]
fn a_decision_about_an_entry_keeps_what_it_does_not_decide() {
    let now = at("12:00:00");
    let park = OnUnverifiable::Park;
    let known = |state| CertificateEntry {
        issue: issue("2026-03-31"),
        ..entry(state)
    };
    let again = known(failed(1)).state.retried(park, now).unwrap();
    assert_eq!(known(failed(1)).retried(park, now), Some(known(again)));
    let gone = known(dismissed("12:00:00"));
    assert_eq!(known(failed(1)).dismissed(now, None), Some(gone));
    assert_eq!(known(uploaded(None)).dismissed(now, None), None);
    // The document that is out of date stays, and counts as the one of the new issue.
    let stays = CertificateEntry {
        issue: issue("2026-03-31"),
        reissued: None,
        ..reissued()
    };
    assert_eq!(reissued().dismissed(now, None), Some(stays));
}

#[test]
fn only_a_document_that_was_issued_again_is_filed_again_and_the_earlier_ones_are_known() {
    let now = at("12:00:00");
    let again = reissued().to_file_again(now).unwrap();
    let CertificateState::Failed(retry) = &again.state else {
        panic!("{again:?}")
    };
    let (failures, since, retry_at) = (retry.failures, retry.since, retry.retry_at);
    assert_eq!((failures, since, retry_at), (0, at("08:00:05"), now));
    assert_eq!((again.issue, again.reissued), (issue("2026-03-31"), None));
    let refiled = |documents: &[&str]| Refiled {
        at: now,
        filed_at: at("08:00:05"),
        documents: documents.iter().copied().map(DocumentId::new).collect(),
    };
    assert_eq!(again.refiled, Some(refiled(&["d-7"])));
    // Asked twice, it is asked once.
    assert_eq!(again.to_file_again(at("13:00:00")), Some(again.clone()));
    let second = CertificateEntry {
        refiled: Some(refiled(&["d-5"])),
        ..reissued()
    };
    let second = second.to_file_again(now).unwrap();
    assert_eq!(second.refiled, Some(refiled(&["d-5", "d-7"])));
    for (other, about) in [
        (entry(uploaded(None)), "not issued again"),
        (entry(failed(0)), "never filed"),
        (entry(parked(None)), "parked"),
    ] {
        assert_eq!(other.to_file_again(now), None, "{about}");
    }
}
