//! Each rule, broken on purpose.

use jiff::{Timestamp, ToSpan as _};
use shared::access::AccessWindow;
use shared::domain::employee::{Field, Status};
use shared::domain::id::{CustomerId, ExternalId, SourceId};
use shared::mapping::{Attribute, DesiredAccount};
use shared::source::{Absence, Leaving};

use crate::lint::{Violation, examine};
use crate::plan::builders::{
    account_of, candidate, config, day, edited, employee, key, now, of_status, plan, trusted,
};
use crate::plan::{
    Account, AccountView, Action, Before, Candidate, Holder, MatchedBy, Plan, SkipReason,
    SourceState, ValueChange, WindowCause, WindowChange,
};

/// Person 1 has moved, person 2 is new, person 3 is as they were.
fn three() -> Vec<Candidate> {
    let config = config("");
    let moved = edited("1", |person| person.position = Field::Null);
    vec![
        // Another account has the address that person 1 keeps.
        Candidate {
            mail_holder: Some(CustomerId::new("c9")),
            ..trusted(&moved, &employee("1"), &config)
        },
        Candidate {
            account: Account::NotFetched,
            ..candidate(&employee("2"), &config)
        },
        trusted(&employee("3"), &employee("3"), &config),
    ]
}

fn lock(active_at: Option<Timestamp>, inactive_at: Option<Timestamp>) -> Option<WindowChange> {
    Some(WindowChange {
        before: AccessWindow::default(),
        after: AccessWindow {
            active_at,
            inactive_at,
        },
        cause: WindowCause::Inactive,
    })
}

/// A rule, a way to break it, and whose change is then reported.
type Breach = (
    &'static str,
    Option<&'static str>,
    fn(&mut Plan, &mut Vec<Candidate>),
);

const VERDICTS: &str = "everybody has exactly one verdict";
const TWICE: &str = "nobody is changed twice";
const ACCOUNT: &str = "no account is changed for two people";
const EXTERNAL_ID: &str = "the external id is the person's";
const EFFECT: &str = "a change changes something";
const LOOKED_AT: &str = "everybody changed was looked at";
const OURS: &str = "no account is written that is not the person's";
const MAIL: &str = "no account gets a mail address that another one has";
const NULLS: &str = "nothing is cleared that the source did not report empty";
const CAUSE: &str = "nobody is locked without a cause";
const CREATION: &str = "nobody out of scope, gone or with an account is created";

const BREACHES: [Breach; 39] = [
    (VERDICTS, None, |plan, _| plan.unchanged.clear()),
    (VERDICTS, None, |plan, _| {
        plan.skipped
            .push((SourceId::new("9"), SkipReason::OutOfScope))
    }),
    (VERDICTS, None, |plan, _| drop(plan.changes.pop())),
    (VERDICTS, None, |_, candidates| {
        candidates[2] = candidates[0].clone()
    }),
    (TWICE, Some("1"), |plan, _| {
        plan.changes[1] = plan.changes[0].clone();
    }),
    (ACCOUNT, Some("2"), |plan, _| {
        plan.changes[1].action = plan.changes[0].action.clone()
    }),
    (EXTERNAL_ID, Some("1"), |plan, _| {
        plan.changes[0].external_id = ExternalId::new("personio:7")
    }),
    (EXTERNAL_ID, Some("1"), |plan, _| {
        plan.changes[0].external_id = ExternalId::new("hibob:1")
    }),
    (EXTERNAL_ID, Some("1"), |plan, _| {
        plan.changes[0].external_id = ExternalId::new("1")
    }),
    (EFFECT, Some("1"), |plan, _| plan.changes[0].values.clear()),
    (LOOKED_AT, Some("7"), |plan, _| {
        plan.changes[1].source_id = SourceId::new("7");
        plan.changes[1].external_id = ExternalId::new("personio:7");
    }),
    (OURS, Some("1"), |plan, _| {
        plan.changes[0].action = Action::Update(CustomerId::new("c9"))
    }),
    (OURS, Some("1"), |plan, _| {
        plan.changes[0].action = Action::Adopt(CustomerId::new("c1"))
    }),
    (OURS, Some("1"), |_, candidates| {
        let account = AccountView {
            id: CustomerId::new("c1"),
            ..account_of(&employee("7"), &config(""))
        };
        candidates[0].account = Account::Conflicting(Box::new(account), Holder::Other)
    }),
    // An account of our own numbering is nobody else's to take over.
    (OURS, Some("1"), |plan, candidates| {
        take_over(plan, candidates, "personio:7", Holder::Foreign)
    }),
    (OURS, Some("1"), |plan, candidates| {
        take_over(plan, candidates, "sap:7", Holder::Other)
    }),
    // The account of another former profile than the plan names, and one's own.
    (OURS, Some("1"), |plan, candidates| {
        hand_over(plan, candidates, "7", "8")
    }),
    (OURS, Some("1"), |plan, candidates| {
        hand_over(plan, candidates, "1", "1")
    }),
    (OURS, Some("1"), |_, candidates| {
        found(
            &mut candidates[0],
            Some("personio:7"),
            MatchedBy::ExternalId,
        )
    }),
    (OURS, Some("1"), |_, candidates| {
        found(&mut candidates[0], None, MatchedBy::Mail)
    }),
    (OURS, Some("1"), |_, candidates| {
        found(&mut candidates[0], None, MatchedBy::Ledger)
    }),
    (OURS, Some("1"), |plan, candidates| {
        plan.changes[0].action = Action::Adopt(CustomerId::new("c1"));
        found(&mut candidates[0], Some("hibob:1"), MatchedBy::Mail);
    }),
    (OURS, Some("1"), |plan, candidates| {
        // The account's mail address is another one.
        plan.changes[0].action = Action::Adopt(CustomerId::new("c1"));
        let other = account_of(&employee("8"), &config(""));
        let account = AccountView {
            id: CustomerId::new("c1"),
            external_id: None,
            ..other
        };
        candidates[0].account = Account::Fetched(Box::new(account), MatchedBy::Mail);
    }),
    (OURS, Some("1"), |plan, candidates| {
        // The ledger knows another account.
        plan.changes[0].action = Action::Adopt(CustomerId::new("c1"));
        found(&mut candidates[0], None, MatchedBy::Ledger);
        candidates[0].entry.as_mut().unwrap().customer_id = None;
    }),
    (MAIL, Some("2"), |_, candidates| {
        candidates[1].mail_holder = Some(CustomerId::new("c9"))
    }),
    (NULLS, Some("1"), |plan, _| {
        // The source said nothing of the kind.
        clear(plan, Attribute::Department);
    }),
    (NULLS, Some("1"), |plan, _| {
        // The source says something else.
        clear(plan, Attribute::LastName);
    }),
    (NULLS, Some("1"), |_, candidates| {
        candidates[0] = candidates[0].clone().gone(Absence::Explained);
    }),
    (CAUSE, Some("1"), |plan, _| {
        plan.changes[0].window = lock(None, Some(now()));
    }),
    (CAUSE, Some("1"), |plan, _| {
        plan.changes[0].window = lock(None, Some(now() + 24.hours()));
    }),
    (CAUSE, Some("1"), |plan, candidates| {
        if let SourceState::Present { record, .. } = &mut candidates[0].source {
            record.employment.end_date = day("2020-03-31");
        }
        plan.changes[0].window = lock(None, Some(now()));
    }),
    (CAUSE, Some("1"), |plan, candidates| {
        *candidates = subjects_without_hire_date(candidates);
        plan.changes[0].window = lock(Some(now() + 1.second()), None);
    }),
    (CAUSE, Some("1"), |plan, candidates| {
        candidates[0].source = rejected(Leaving::default());
        plan.changes[0].window = lock(None, Some(now()));
    }),
    (CAUSE, Some("1"), |plan, candidates| {
        // Of such a record an end may be read, and no beginning.
        candidates[0].source = rejected(Leaving {
            hire_date: day("2026-06-01"),
            ..inactive()
        });
        plan.changes[0].window = lock(Some(now() + 1.second()), Some(now()));
    }),
    (CAUSE, Some("1"), |plan, candidates| {
        // Nor does it open an account.
        candidates[0].source = rejected(inactive());
        plan.changes[0].window = lock(None, None);
    }),
    (CREATION, Some("2"), |_, candidates| {
        candidates[1] = trusted(&employee("2"), &employee("2"), &config(""))
    }),
    (CREATION, Some("2"), |_, candidates| {
        // Nobody asked, and the ledger knows an account.
        candidates[1] = Candidate {
            account: Account::NotFetched,
            ..trusted(&employee("2"), &employee("2"), &config(""))
        };
    }),
    (CREATION, Some("2"), |_, candidates| {
        let scope = config("[scope]\ninclude_companies = [\"Muster AG\"]\n");
        candidates[1] = candidate(&employee("2"), &scope);
    }),
    (CREATION, Some("2"), |_, candidates| {
        candidates[1] = candidates[1].clone().gone(Absence::Explained);
    }),
];

fn clear(plan: &mut Plan, attribute: Attribute) {
    plan.changes[0].values.push(ValueChange {
        attribute,
        before: Before::Unknown,
        after: None,
    });
}

fn found(candidate: &mut Candidate, external_id: Option<&str>, link: MatchedBy) {
    let config = config("");
    let account = AccountView {
        external_id: external_id.map(ExternalId::new),
        ..account_of(&employee("1"), &config)
    };
    candidate.account = Account::Fetched(Box::new(account), link);
}

fn take_over(plan: &mut Plan, candidates: &mut [Candidate], external_id: &str, holder: Holder) {
    let from = ExternalId::new(external_id);
    let account = AccountView {
        external_id: Some(from.clone()),
        ..account_of(&employee("1"), &config(""))
    };
    plan.changes[0].action = Action::Handover {
        account: account.id.clone(),
        from,
        former: None,
    };
    candidates[0].account = Account::Conflicting(Box::new(account), holder);
}

/// The account of the profile `holder`, where the plan names `former`.
fn hand_over(plan: &mut Plan, candidates: &mut [Candidate], former: &str, holder: &str) {
    let holder = Holder::Former(SourceId::new(holder));
    take_over(plan, candidates, "personio:7", holder);
    if let Action::Handover { former: named, .. } = &mut plan.changes[0].action {
        *named = Some(SourceId::new(former));
    }
}

fn subjects_without_hire_date(candidates: &[Candidate]) -> Vec<Candidate> {
    let mut candidates = candidates.to_vec();
    if let SourceState::Present { record, .. } = &mut candidates[0].source {
        record.employment.hire_date = Field::Null;
    }
    candidates
}

#[test]
fn every_broken_rule_is_reported_with_the_person() {
    for (number, (rule, person, breach)) in BREACHES.into_iter().enumerate() {
        let mut candidates = three();
        let mut plan = plan(&candidates, &config(""));
        assert_eq!(examine(&plan, &candidates, "personio", now()), Ok(()));
        breach(&mut plan, &mut candidates);
        let violations = examine(&plan, &candidates, "personio", now()).unwrap_err();
        let expected = Violation {
            source_id: person.map(SourceId::new),
            rule,
        };
        assert!(
            violations.contains(&expected),
            "{number} {rule}: {violations:?}"
        );
    }
}

/// Person 1 with a record of which nothing else can be read.
fn rejected(leaving: Leaving) -> SourceState {
    let employee = leaving.employee(SourceId::new("1"));
    SourceState::Rejected {
        fingerprint: key().fingerprint([]),
        field: "id".into(),
        problem: "is odd".into(),
        record: Box::new(DesiredAccount::of(&employee, "personio", &config(""))),
    }
}

fn inactive() -> Leaving {
    Leaving {
        status: Field::Value(Status::Inactive),
        ..Leaving::default()
    }
}

#[test]
fn an_end_may_be_all_that_counts_of_a_record() {
    let config = config("");
    let hired = edited("1", |person| person.hire_date = day("2026-06-01"));
    let left = of_status("1", Status::Inactive);
    let reopened = AccountView {
        window: AccessWindow::default(),
        ..account_of(&left, &config)
    };
    let cases = [
        ("a hire that was withdrawn", &hired, inactive(), None),
        (
            "an account that was opened again",
            &left,
            Leaving::default(),
            Some(reopened),
        ),
    ];
    for (case, before, leaving, account) in cases {
        let mut candidate = trusted(before, before, &config);
        candidate.source = rejected(leaving);
        if let Some(account) = account {
            candidate.account = Account::Fetched(Box::new(account), MatchedBy::ExternalId);
        }
        let candidates = [candidate];
        let plan = plan(&candidates, &config);
        assert!(plan.changes[0].window.is_some(), "{case}");
        let examined = examine(&plan, &candidates, "personio", now());
        assert_eq!(examined, Ok(()), "{case}");
    }
}

#[test]
fn a_violation_is_shown_with_the_person_if_it_is_somebodys() {
    let shown = |source_id| {
        let rule = TWICE;
        Violation { source_id, rule }.to_string()
    };
    assert_eq!(shown(None), TWICE);
    assert_eq!(shown(Some(SourceId::new("1"))), format!("1: {TWICE}"));
}

#[test]
fn an_account_that_opens_now_needs_no_hire_date() {
    let candidates = three();
    let mut plan = plan(&candidates, &config(""));
    let candidates = subjects_without_hire_date(&candidates);
    for (minutes, is_fine) in [(0_i64, true), (1, false)] {
        plan.changes[0].window = lock(Some(now() + minutes.minutes()), None);
        let examined = examine(&plan, &candidates, "personio", now());
        assert_eq!(examined.is_ok(), is_fine, "{examined:?}");
    }
}
