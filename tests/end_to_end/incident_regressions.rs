//! Peers' worst days, each by the number of its thread: what happened there, and that it cannot happen here. Where a thread
//! could not be read, its test says so and shows the rule that it stands for.

use employee_sync::report::Report;
use harness::{Harness, ROUTES, by_hand, date, people, person};
use jiff::SignedDuration;
use shared::http::Deadline;
use shared::runtime::{Mode, Outcome};
use shared::state::{Brake, Decision};
use shared::tenant::Via;
use simulators::people::Status;
use simulators::reteach::{Customer, Endpoint};
use simulators::{Behaviour, Body, Fault};

use crate::brakes::PLAIN;

const A_DAY: SignedDuration = SignedDuration::from_hours(24);

/// Everybody who is in Personio has an open account, and nobody's account is gone.
fn all_are_at_work(harness: &Harness, everybody: u64, label: &str) {
    assert_eq!(harness.locked(1..=everybody), 0, "{label}");
    assert_eq!(
        harness.company.reteach.calls(Endpoint::DeleteCustomer),
        0,
        "{label}"
    );
}

async fn approve(harness: &Harness, report: &Report) {
    let hash = &report.held.as_ref().unwrap().hash;
    let decision = Decision::Approved {
        at: harness.moment(),
    };
    harness
        .world
        .stack
        .store()
        .decide(&harness.company.tenant, hash, decision)
        .await
        .unwrap();
}

/// awslabs/ssosync 88: a run deleted accounts and groups that the sync had never made: Control Tower had, and Google did not
/// know them. Here nobody but those we created or adopted is ours, whatever Personio knows.
#[tokio::test]
async fn ssosync_88_accounts_of_others_are_left_alone() {
    for via in ROUTES {
        let harness = Harness::new(via, "", people(3)).await;
        for number in 0..20 {
            harness
                .company
                .reteach
                .insert(by_hand(&format!("admin-{number}@tower.example")));
        }
        let other = Customer {
            external_id: Some("sap:1".to_owned()),
            ..by_hand("sap@tower.example")
        };
        harness.company.reteach.insert(other);
        let others = || {
            let all = harness.company.reteach.customers().into_iter();
            let is_ours = |account: &Customer| {
                account
                    .external_id
                    .as_ref()
                    .is_some_and(|id| id.starts_with("personio:"))
            };
            all.filter(|account| !is_ours(account)).collect::<Vec<_>>()
        };
        let before = others();
        harness.first_run().await;
        harness.tick().await;
        harness.after(A_DAY).await;
        assert_eq!((before.len(), others()), (21, before), "{via:?}");
    }
}

/// awslabs/ssosync 104: the thread could not be read. The rule it stands for: nothing is deleted, ever. A company that is gone
/// for good, and whose locks somebody approved, has all its accounts.
#[tokio::test]
async fn ssosync_104_nothing_is_ever_deleted() {
    for via in ROUTES {
        let harness = Harness::synced(via, PLAIN, people(12)).await;
        (2..=12).for_each(|id| assert!(harness.company.personio.remove(id)));
        harness.tick().await;
        let report = harness.tick().await;
        approve(&harness, &report).await;
        harness.tick().await;
        assert_eq!(
            (harness.locked(2..=12), harness.is_locked(1)),
            (11, false),
            "{via:?}"
        );
        assert_eq!(harness.company.reteach.customers().len(), 12, "{via:?}");
        assert_eq!(
            harness.company.reteach.calls(Endpoint::DeleteCustomer),
            0,
            "{via:?}"
        );
    }
}

/// awslabs/ssosync 159: users and groups that the command line had synced were deleted afterwards. Here a run by hand and the
/// schedule keep the same ledger, and whoever is not in what a run reads is first missed, then held by a brake where they are
/// many.
#[tokio::test]
async fn ssosync_159_the_schedule_does_not_undo_a_manual_sync() {
    for via in ROUTES {
        let harness = Harness::synced(via, "", people(20)).await;
        // The schedule's function is another process, and reads with a credential that sees less.
        harness.world.restart().unwrap();
        (2..=20).for_each(|id| assert!(harness.company.personio.remove(id)));
        for _ in 0..4 {
            harness.tick().await;
        }
        all_are_at_work(&harness, 20, &format!("{via:?}"));
        assert_eq!(
            harness.held().await.unwrap().counts[&Brake::UnexplainedLock],
            19
        );
    }
}

/// awslabs/ssosync 194: Google answered without error and without anybody, in a company of one person, and everything was
/// deleted and made anew by the next run; the remedy was to stop at zero users. Here nobody at all is no reading, however often
/// it comes, in companies too small for a brake as well.
#[tokio::test]
async fn ssosync_194_an_empty_list_is_not_an_empty_company() {
    for via in ROUTES {
        for size in [1, 20] {
            let harness = Harness::synced(via, "", people(size)).await;
            harness.fail_reading(Behaviour::EmptyList, Fault::always);
            for _ in 0..4 {
                let report = harness.tick().await;
                assert_eq!(report.outcome, Outcome::Partly, "{via:?}");
                assert!(
                    report
                        .findings
                        .iter()
                        .any(|finding| finding.text.contains("reported nobody at all")),
                    "{via:?}"
                );
            }
            harness.after(A_DAY).await;
            all_are_at_work(&harness, size, &format!("{via:?} {size}"));
            harness.clear_faults();
            harness.forget_requests();
            harness.tick().await;
            assert_eq!(
                harness.writes().len(),
                0,
                "{via:?}: and nothing is made anew"
            );
        }
    }
}

/// awslabs/ssosync 234: the thread could not be read. The rule it stands for: one odd answer among good ones concludes nothing
/// about anybody, whichever run it falls into.
#[tokio::test]
async fn ssosync_234_one_odd_answer_among_good_ones_locks_nobody() {
    for via in ROUTES {
        let harness = Harness::synced(via, "", people(20)).await;
        for behaviour in [
            Behaviour::DropRows(4),
            Behaviour::EmptyList,
            Behaviour::TotalOff(-4),
            Behaviour::TruncateJson,
        ] {
            for _ in 0..2 {
                harness.fail_reading(behaviour.clone(), Fault::always);
                harness.tick().await;
                harness.clear_faults();
                harness.tick().await;
                all_are_at_work(&harness, 20, &format!("{via:?} {behaviour:?}"));
            }
        }
    }
}

/// awslabs/ssosync 278: the thread could not be read; it is told of as one more company emptied after answers of 200 with people
/// missing. Here fewer people than announced are no complete reading, on any number of runs in a row; Kombo announces no number,
/// but marks whom it deletes, and nobody is taken for gone without that mark.
#[tokio::test]
async fn ssosync_278_fewer_people_than_announced_are_not_missing() {
    for (via, missing) in ROUTES.into_iter().flat_map(|via| [(via, 1), (via, 15)]) {
        let harness = Harness::synced(via, "", people(20)).await;
        harness.fail_reading(Behaviour::DropRows(missing), Fault::always);
        for _ in 0..6 {
            let report = harness.tick().await;
            assert_eq!(
                report.outcome == Outcome::Partly,
                via != Via::Kombo,
                "{via:?}: {report:#?}"
            );
        }
        harness.after(A_DAY).await;
        all_are_at_work(&harness, 20, &format!("{via:?} {missing}"));
    }
}

/// keycloak 24669: people were deleted when LDAP's connection dropped, or when a query came back empty for whatever reason.
/// Here a reading that breaks off on any page is none at all, and the look-up of one person never takes anything away.
#[tokio::test]
async fn keycloak_24669_a_dropped_connection_locks_nobody() {
    for via in ROUTES {
        // Nobody waits between attempts there.
        let harness = Harness::in_turn(1, "2026-05-11T08:00:00Z", via, "", people(120)).await;
        harness.first_run().await;
        // Kombo's pages are longer.
        let pages = if via == Via::Kombo { 1..=1 } else { 1..=2 };
        for page in pages {
            for behaviour in [Behaviour::Close, Behaviour::CloseMidBody] {
                for _ in 0..3 {
                    harness.fail_reading(behaviour.clone(), |fault| fault.nth(page).times(20));
                    let report = harness.tick().await;
                    harness.clear_faults();
                    assert!(
                        !report.outcome.is_good(),
                        "{via:?} {page} {behaviour:?}: {report:#?}"
                    );
                }
                all_are_at_work(&harness, 120, &format!("{via:?} {page} {behaviour:?}"));
            }
        }
        // reteach's own look-ups, and its list, come back empty while somebody is new.
        let empty = || {
            Fault::new(Behaviour::EmptyList)
                .path("/customer")
                .method(http::Method::GET)
                .always()
        };
        harness.company.reteach.fail(empty());
        harness.company.personio.put(person(121));
        harness.tick().await;
        harness.after(A_DAY).await;
        harness.clear_faults();
        harness.tick().await;
        all_are_at_work(&harness, 121, &format!("{via:?}"));
        assert_eq!(harness.company.reteach.customers().len(), 121, "{via:?}");
    }
}

/// owncloud/core 28039: asked for a page of 500 it got 498 and took it for the last one; everybody after that was unknown to it.
/// Here the list ends at the announced total. After a first page that is short the next one begins where it ended, so nobody is
/// missed; a later one that is short makes the reading incomplete, and whoever comes after it is known all the same. (Kombo's
/// pages have no total; there the end is where there is no further cursor.)
#[tokio::test]
async fn owncloud_28039_a_short_page_is_not_the_last_one() {
    for (offset, came, outcome) in [("0", 251, Outcome::Done), ("100", 249, Outcome::Partly)] {
        for via in [Via::Direct, Via::KomboPassthrough] {
            let label = format!("{via:?} {offset}");
            let harness = Harness::synced(via, PLAIN, people(250)).await;
            harness.company.personio.put(person(251));
            harness.fail_reading(Behaviour::DropRows(2), |fault| {
                fault.query("offset", offset).always()
            });
            let report = harness.tick().await;
            assert_eq!(
                (report.counts.people, report.outcome),
                (came, outcome),
                "{label}: {report:#?}"
            );
            assert!(
                harness.find(251).is_some(),
                "{label}: the last page was read"
            );
            for _ in 0..2 {
                harness.tick().await;
            }
            harness.after(A_DAY).await;
            all_are_at_work(&harness, 251, &label);
            harness.clear_faults();
            harness.tick().await;
            all_are_at_work(&harness, 251, &label);
        }
    }
}

/// owncloud/core 29547: the thread could not be read. Its neighbours tell of accounts removed by a sync while LDAP could not be
/// reached; here a source that refuses, or answers a page of HTML, leaves everything as it is, and says so.
#[tokio::test]
async fn owncloud_29547_an_unreachable_source_locks_nobody() {
    let answers = [
        Behaviour::Status(200, Body::Html),
        Behaviour::Status(401, Body::Vendor),
        Behaviour::Status(403, Body::Vendor),
        Behaviour::Status(404, Body::Vendor),
        Behaviour::Redirect("http://127.0.0.1:9/".to_owned()),
    ];
    for via in ROUTES {
        let harness = Harness::synced(via, "", people(20)).await;
        for answer in &answers {
            harness.fail_reading(answer.clone(), Fault::always);
            for _ in 0..3 {
                let report = harness.tick().await;
                assert!(
                    !report.outcome.is_good() && !report.message.is_empty(),
                    "{via:?} {answer:?}"
                );
            }
            harness.clear_faults();
            all_are_at_work(&harness, 20, &format!("{via:?} {answer:?}"));
        }
    }
}

/// firezone 9194: Google's answers were 200, and the data was not in them; all groups and identities seemed deleted. Here an
/// answer without its list is unreadable, and one with a list of null as well.
#[tokio::test]
async fn firezone_9194_a_200_without_data_is_no_reading() {
    let bodies = [
        r#"{"success":true}"#,
        r#"{"success":true,"data":null,"metadata":{"total_elements":0}}"#,
        r#"{"status":"success","data":{}}"#,
        r#"{"status":"success","data":{"results":null,"next":null}}"#,
        "{}",
        "null",
    ];
    for via in ROUTES {
        let harness = Harness::synced(via, "", people(20)).await;
        for body in bodies {
            harness.fail_reading(Behaviour::Status(200, Body::Json(body)), Fault::always);
            for _ in 0..3 {
                let report = harness.tick().await;
                assert!(!report.outcome.is_good(), "{via:?} {body}: {report:#?}");
            }
            harness.clear_faults();
            all_are_at_work(&harness, 20, &format!("{via:?} {body}"));
        }
    }
}

/// firezone 9373: the brake counted what was already deleted among what was to be deleted, and stopped syncs that were
/// harmless. Here whoever is locked already is no harm a second time, however they go; nor do they make room for more, as the
/// share is one of the accounts that are open.
#[tokio::test]
async fn firezone_9373_locked_people_count_on_neither_side() {
    for via in ROUTES {
        let mut everybody = people(60);
        everybody
            .iter_mut()
            .take(20)
            .for_each(|person| person.termination_date = date("2026-04-30"));
        let harness = Harness::synced(via, PLAIN, everybody).await;
        (1..=20).for_each(|id| assert!(harness.company.personio.remove(id)));
        (21..=25).for_each(|id| harness.change(id, |person| person.status = Status::Inactive));
        for _ in 0..3 {
            assert_eq!(harness.tick().await.held, None, "{via:?}");
        }
        assert_eq!(harness.locked(1..=60), 25, "{via:?}");

        let mut everybody = people(200);
        everybody
            .iter_mut()
            .take(160)
            .for_each(|person| person.termination_date = date("2026-04-30"));
        let harness = Harness::synced(via, PLAIN, everybody).await;
        assert_eq!(harness.locked(1..=200), 160);
        // Six: 3 % of all, more than the five of a company of forty.
        (161..=166).for_each(|id| harness.change(id, |person| person.status = Status::Inactive));
        let report = harness.tick().await;
        assert_eq!(
            (harness.locked(161..=200), report.counts.held),
            (0, 6),
            "{via:?}"
        );
    }
}

/// firezone 10898: the brake stopped changes that were meant, there was no way to approve one, and so the limit went from 25 to
/// 75 % for everybody and everything that followed. Here an approval lets one plan through and leaves the limit where it is.
#[tokio::test]
async fn firezone_10898_an_approval_does_not_widen_a_limit() {
    for via in ROUTES {
        let harness = Harness::synced(via, PLAIN, people(30)).await;
        (1..=8).for_each(|id| harness.change(id, |person| person.status = Status::Inactive));
        let report = harness.tick().await;
        assert_eq!(
            (harness.locked(1..=30), report.counts.held),
            (0, 8),
            "{via:?}"
        );
        approve(&harness, &report).await;
        harness.tick().await;
        assert_eq!(
            (harness.locked(1..=30), harness.held().await),
            (8, None),
            "{via:?}"
        );
        for later in [SignedDuration::from_mins(5), A_DAY * 2] {
            harness.world.clock.advance(later);
            (9..=14).for_each(|id| harness.change(id, |person| person.status = Status::Inactive));
            assert_eq!(harness.now().await.counts.held, 6, "{via:?} {later}");
            assert_eq!(harness.locked(9..=30), 0, "{via:?} {later}");
        }
    }
}

/// zammad 4674: the dry run of a source that was not even switched on disabled accounts. Here a dry run has no lease to write
/// under: what it says would be locked is open, in reteach and in the state nothing has changed.
#[tokio::test]
async fn zammad_4674_a_dry_run_writes_nothing() {
    for via in ROUTES {
        let left = simulators::Person {
            termination_date: date("2026-04-30"),
            ..person(1)
        };
        let harness = Harness::new(via, "", [left, person(2)]).await;
        harness
            .company
            .reteach
            .insert(by_hand("person-1@muster.example"));
        let (accounts, items) = (harness.company.reteach.customers(), harness.items().await);
        for _ in 0..3 {
            let report = harness.run(Mode::DryRun, Deadline::never()).await.report;
            let counts = &report.counts;
            assert_eq!(
                (report.outcome, counts.adopted, counts.created),
                (Outcome::Planned, 1, 1),
                "{via:?}"
            );
        }
        assert_eq!(harness.company.reteach.customers(), accounts, "{via:?}");
        assert_eq!(
            (harness.items().await, harness.writes().len()),
            (items, 0),
            "{via:?}"
        );
    }
}

/// A drip: one per cent a tick stays under every limit that counts runs, and empties a company by the afternoon. Here a day
/// counts.
#[tokio::test]
async fn a_drip_of_one_per_cent_a_tick_is_stopped_by_the_24_hour_window() {
    for via in ROUTES {
        let harness = Harness::synced(via, PLAIN, people(200)).await;
        for pair in (1..=200).step_by(2) {
            (pair..=pair + 1)
                .for_each(|id| harness.change(id, |person| person.status = Status::Inactive));
            harness.tick().await;
        }
        // A hundred ticks are eight hours. Whoever is locked makes no room for the next: of 192 open accounts 5 % are nine.
        assert_eq!(
            (harness.locked(1..=8), harness.locked(9..=200)),
            (8, 0),
            "{via:?}"
        );
        harness.after(SignedDuration::from_hours(25)).await;
        assert_eq!(harness.locked(9..=200), 0, "{via:?}");
    }
}

/// Mass unlock: an import resets statuses and end dates, and everybody who ever left could log in again. Here it is held, and
/// who joins meanwhile is not.
#[tokio::test]
async fn a_mass_unlock_is_held() {
    for via in ROUTES {
        let mut everybody = people(20);
        everybody
            .iter_mut()
            .take(10)
            .for_each(|person| person.termination_date = date("2026-04-30"));
        let harness = Harness::synced(via, PLAIN, everybody).await;
        (1..=10).for_each(|id| harness.change(id, |person| person.termination_date = None));
        harness.company.personio.put(person(21));
        for _ in 0..3 {
            assert_eq!(harness.tick().await.counts.held, 10, "{via:?}");
        }
        harness.after(A_DAY).await;
        assert_eq!(
            (harness.locked(1..=10), harness.is_locked(21)),
            (10, false),
            "{via:?}"
        );
        assert_eq!(
            harness.held().await.unwrap().counts[&Brake::Unlock],
            10,
            "{via:?}"
        );
    }
}

/// Mass blanking: somebody withdraws the right to an attribute, and the fields are empty for everybody. On the direct routes
/// the attribute is absent then, and absent clears nothing; Kombo shows null, which a brake holds.
#[tokio::test]
async fn a_withdrawn_right_blanks_nobody() {
    for via in ROUTES {
        let harness = Harness::synced(via, PLAIN, people(20)).await;
        let held = || {
            let all = harness.company.reteach.customers().into_iter();
            all.map(|account| (account.email, account.position, account.location))
                .collect::<Vec<_>>()
        };
        let before = held();
        harness
            .company
            .personio
            .revoke(&["position", "office", "email"]);
        for _ in 0..2 {
            let report = harness.tick().await;
            assert_eq!(
                report.counts.held,
                if via == Via::Kombo { 20 } else { 0 },
                "{via:?}"
            );
        }
        harness.after(A_DAY).await;
        assert_eq!(held(), before, "{via:?}");
        harness
            .company
            .personio
            .grant(&["position", "office", "email"]);
        harness.tick().await;
        assert_eq!((held(), harness.held().await), (before, None), "{via:?}");
    }
}

/// Mass mail change: a domain is renamed with a slip, and nobody can log in, nor be told so by mail. Here it is held until
/// somebody approves it.
#[tokio::test]
async fn a_mass_mail_change_is_held() {
    for via in ROUTES {
        let harness = Harness::synced(via, PLAIN, people(20)).await;
        (1..=20).for_each(|id| {
            harness.change(id, |person| {
                person.email = Some(format!("person-{id}@mutser.example"))
            })
        });
        let report = harness.tick().await;
        harness.after(A_DAY).await;
        let mail = |id| harness.account(id).email.unwrap_or_default();
        assert_eq!(
            (1..=20)
                .filter(|id| mail(*id).ends_with("@muster.example"))
                .count(),
            20,
            "{via:?}"
        );
        approve(&harness, &report).await;
        harness.tick().await;
        assert_eq!(
            (1..=20)
                .filter(|id| mail(*id).ends_with("@mutser.example"))
                .count(),
            20,
            "{via:?}"
        );
    }
}
