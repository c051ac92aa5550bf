use proptest::prelude::*;

use super::*;

/// What an account, or the academy, does with a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Account {
    Accepts,
    /// Refuses one field, where it is sent.
    Refuses(&'static str),
    /// Refuses the record without naming a field.
    RefusesAll,
    /// Takes the account, and refuses tags.
    ForbidsTags,
    Silent,
}

fn sent(names: &[&str]) -> BTreeSet<Sent> {
    let sent = names.iter().map(|name| Sent {
        name: (*name).to_owned(),
        form: Form::Value,
    });
    sent.collect()
}

fn outline(values: &[&str], locks: bool) -> Outline {
    Outline {
        values: sent(values),
        window: sent(if locks { &["setInactiveAt"] } else { &[] }),
        separable: locks,
        updates: true,
        was_silent: false,
        refused_alone: None,
    }
}

/// Everything that happened, by the end.
#[derive(Debug, Default)]
struct Run {
    begun: Vec<Step>,
    accepted: BTreeSet<usize>,
    windows: BTreeSet<usize>,
    refusals: usize,
    personal: BTreeSet<usize>,
    judgement: Judgement,
}

/// Runs against `accounts`. `pick` says which of the steps in flight ends next.
fn run(
    people: &[(Outline, Account)],
    concurrency: usize,
    mut pick: impl FnMut(usize) -> usize,
) -> Run {
    let outlines = people.iter().map(|(outline, _)| outline.clone()).collect();
    let mut blame = Blame::new(outlines, concurrency);
    let (mut run, mut in_flight) = (Run::default(), Vec::new());
    loop {
        while let Some(step) = blame.next() {
            run.begun.push(step);
            in_flight.push(step);
        }
        assert!(in_flight.len() <= concurrency);
        if in_flight.is_empty() {
            break;
        }
        let step = in_flight.remove(pick(in_flight.len()) % in_flight.len());
        let (outline, account) = &people[step.index];
        let refuses = |fields: Vec<String>| {
            Reply::Refused(Refusal {
                fields,
                problem: Problem::Status(422),
            })
        };
        let reply = match (account, step.part) {
            (Account::Silent, _) => Reply::Silent,
            (Account::RefusesAll, StepPart::Whole) => refuses(Vec::new()),
            (Account::ForbidsTags, StepPart::Whole) => Reply::Refused(Refusal {
                fields: vec!["tag".to_owned()],
                problem: Problem::Forbidden,
            }),
            (Account::Refuses(field), StepPart::Whole)
                if outline
                    .values
                    .contains(&sent(&[field]).pop_first().unwrap()) =>
            {
                refuses(vec![(*field).to_owned()])
            }
            _ => Reply::Accepted,
        };
        match (&reply, step.part) {
            (Reply::Accepted, StepPart::Whole) => drop(run.accepted.insert(step.index)),
            (Reply::Accepted, StepPart::Window) => drop(run.windows.insert(step.index)),
            (Reply::Refused(_), _) => run.refusals += 1,
            _ => {}
        }
        blame.record(step, reply);
        run.personal.extend(blame.take_personal());
    }
    run.judgement = blame.finish();
    run.personal.extend(blame.take_personal());
    run
}

fn first(_: usize) -> usize {
    0
}

fn field_of(run: &Run) -> Vec<Option<&str>> {
    let troubles = run.judgement.troubles.iter();
    troubles.map(|trouble| trouble.field.as_deref()).collect()
}

#[test]
fn accounts_that_gave_no_answer_before_say_nothing_about_the_vendor() {
    let healthy = outline(&["position"], false);
    for was_silent in [false, true] {
        let outline = Outline {
            was_silent,
            ..outline(&["position"], false)
        };
        let mut people = vec![(outline, Account::Silent); 12];
        let alone = run(&people, 8, first);
        assert_eq!(alone.judgement.vendor, !was_silent);
        assert!(alone.personal.is_empty());
        if was_silent {
            assert_eq!(alone.judgement.undecided.len(), 12);
        }
        people.push((healthy.clone(), Account::Accepts));
        let answered = run(&people, 8, first);
        assert!(!answered.judgement.vendor);
        if was_silent {
            assert_eq!(answered.personal.len(), 12);
        }
    }
}

#[test]
fn a_field_that_everybody_is_refused_for_is_the_tenants_and_stops_early() {
    let people: Vec<_> = (0..300)
        .map(|id| match id % 3 {
            0 => (outline(&["company"], false), Account::Refuses("position")),
            1 => (outline(&["position"], true), Account::Refuses("position")),
            _ => (
                outline(&["email", "position"], false),
                Account::Refuses("position"),
            ),
        })
        .collect();
    let run = run(&people, 8, first);
    assert_eq!(field_of(&run), [Some("position")]);
    assert!(run.refusals <= 10, "{}", run.refusals);
    assert_eq!(run.accepted.len(), 100, "people without the field go on");
    assert_eq!(run.windows.len(), 100, "locks alone go on");
}

#[test]
fn a_field_that_some_are_refused_for_is_theirs() {
    let people: Vec<_> = (0..100)
        .map(|id| {
            let account = if id % 2 == 0 {
                Account::Refuses("position")
            } else {
                Account::Accepts
            };
            (outline(&["position"], false), account)
        })
        .collect();
    let run = run(&people, 8, first);
    let shown = (field_of(&run), run.accepted.len(), run.refusals);
    assert_eq!(shown, (vec![], 50, 50));
}

#[test]
fn people_who_alone_were_refused_are_not_the_tenants_trouble_once_nobody_else_is_written() {
    let person = |refused_alone: Option<String>| {
        let outline = Outline {
            refused_alone,
            ..outline(&["email"], false)
        };
        (outline, Account::Refuses("email"))
    };
    let mut people = vec![person(None); 2 * MAX_REFUSED];
    people.insert(0, (outline(&["email"], false), Account::Accepts));
    let with_others = run(&people, 8, first);
    assert!(field_of(&with_others).is_empty());
    let alone: BTreeSet<usize> = (1..people.len()).collect();
    assert_eq!(with_others.judgement.refused_alone, alone);
    // That the academy takes the field of new accounts says nothing of updates.
    people[0].0.updates = false;
    let with_new = run(&people, 8, first);
    assert!(with_new.judgement.refused_alone.is_empty());
    // The same again is theirs; another refusal is not.
    let refusal = |field: &str| {
        let refusal = Refusal {
            fields: vec![field.to_owned()],
            problem: Problem::Status(422),
        };
        Some(refusal.to_string())
    };
    for (before, is_theirs) in [
        (None, false),
        (refusal("position"), false),
        (refusal("email"), true),
    ] {
        let people = vec![person(before.clone()); 2 * MAX_REFUSED];
        let again = run(&people, 8, first);
        assert_eq!(field_of(&again).is_empty(), is_theirs, "{before:?}");
        assert_eq!(again.refusals == 2 * MAX_REFUSED, is_theirs, "{before:?}");
        assert!(again.judgement.refused_alone.is_empty());
    }
}

#[test]
fn a_refusal_without_a_field_stops_after_ten_writes() {
    let people: Vec<_> = (0..100)
        .map(|id| (outline(&["position"], id % 2 == 0), Account::RefusesAll))
        .collect();
    let run = run(&people, 8, first);
    assert_eq!((field_of(&run), run.windows.len()), (vec![None], 50));
    assert!(run.refusals <= 10, "{}", run.refusals);
}

#[test]
fn a_conflict_is_never_the_tenants_and_stops_nobody_who_can_be_written() {
    // Without one that can be written, ten show that it is of no use.
    for (accepted, expected) in [(Some(3), 40), (None, MAX_REFUSED)] {
        let people = vec![outline(&["email"], false); 40];
        let (begun, judgement) = one_by_one(people, |step| match accepted {
            Some(index) if index == step.index => Reply::Accepted,
            _ => refused(&[], Problem::Conflict),
        });
        assert_eq!((begun.len(), judgement.troubles), (expected, vec![]));
    }
}

#[test]
fn accounts_that_always_fail_stop_nobody_else() {
    let people: Vec<_> = (0..40)
        .map(|id| {
            let account = if id < 12 {
                Account::Silent
            } else {
                Account::Accepts
            };
            (outline(&["position"], false), account)
        })
        .collect();
    let run = run(&people, 8, first);
    assert_eq!(run.accepted, (12..40).collect());
    assert_eq!(run.personal, (0..12).collect());
    assert!(!run.judgement.vendor);
}

#[test]
fn an_academy_that_answers_nobody_is_left_alone_after_a_few_accounts() {
    let people = vec![(outline(&["position"], true), Account::Silent); 100];
    let run = run(&people, 8, first);
    assert!(run.judgement.vendor && run.personal.is_empty());
    assert!(run.begun.len() <= 7, "{:?}", run.begun);
    let last: Vec<_> = run
        .begun
        .iter()
        .rev()
        .take(3)
        .map(|step| step.index)
        .collect();
    assert_eq!(last, [97, 98, 99], "three from the end");
}

#[test]
fn a_single_silent_account_is_undecided_where_nothing_else_was_written() {
    let run = run(
        &[(outline(&["position"], false), Account::Silent)],
        8,
        first,
    );
    assert_eq!(run.judgement.undecided, [0]);
    assert!(!run.judgement.vendor && !run.judgement.answered);
}

#[test]
fn what_is_refused_without_a_field_keeps_no_write_of_the_other_kind_waiting() {
    // New accounts go before updates.
    for (creates, accepted) in [(true, 30..40), (false, 0..10)] {
        let person = |updates, account| {
            let outline = Outline {
                updates,
                ..outline(&["email", "position"], false)
            };
            (outline, account)
        };
        let mut people = vec![person(!creates, Account::RefusesAll); 30];
        people.extend(vec![person(creates, Account::Accepts); 10]);
        if !creates {
            people.reverse();
        }
        let run = run(&people, 8, first);
        assert_eq!(run.accepted, accepted.collect());
        assert!(run.refusals <= MAX_REFUSED, "{}", run.refusals);
        let [trouble] = run.judgement.troubles.as_slice() else {
            panic!("{:?}", run.judgement)
        };
        assert!(trouble.creates == creates && trouble.field.is_none());
    }
}

#[test]
fn accounts_whose_tags_alone_are_refused_count_as_taken() {
    let person = |account| {
        let outline = Outline {
            updates: false,
            ..outline(&["email", "tag"], false)
        };
        (outline, account)
    };
    let mut people = vec![person(Account::ForbidsTags); 3];
    people.extend(vec![person(Account::RefusesAll); MAX_REFUSED + 1]);
    people.extend(vec![person(Account::ForbidsTags); 20]);
    let run = run(&people, 8, first);
    assert_eq!(run.begun.len(), people.len());
    let [trouble] = run.judgement.troubles.as_slice() else {
        panic!("{:?}", run.judgement)
    };
    assert_eq!(trouble.field.as_deref(), Some("tag"));
}

fn refused(fields: &[&str], problem: Problem) -> Reply {
    let fields = fields.iter().map(|field| (*field).to_owned()).collect();
    Reply::Refused(Refusal { fields, problem })
}

/// One write after the other: which were begun, and the judgement.
fn one_by_one(
    outlines: Vec<Outline>,
    reply: impl Fn(Step) -> Reply,
) -> (Vec<(usize, StepPart)>, Judgement) {
    let mut blame = Blame::new(outlines, 8);
    let mut begun = Vec::new();
    while let Some(step) = blame.next() {
        begun.push((step.index, step.part));
        blame.record(step, reply(step));
    }
    (begun, blame.finish())
}

#[test]
fn few_writes_begin_at_once_until_the_academy_has_accepted_what_the_next_one_sends() {
    let update = |values: &[&str]| outline(values, false);
    let create = |values: &[&str]| Outline {
        updates: false,
        ..outline(values, false)
    };
    let position = || update(&["position"]);
    let tagged = || update(&["position", "tag"]);
    let taken = || (position(), Reply::Accepted);
    let no_place = refused(&[], Problem::Status(422));
    let no_place = (create(&["position"]), no_place);
    let no_tag = || (tagged(), refused(&["tag"], Problem::Forbidden));
    let (more, other) = (["position", "company"], ["company", "tag"]);
    // The first writes with their replies, the others, and how many of these begin at once.
    let cases = [
        ("nothing was accepted", vec![], position(), CAREFUL),
        ("all was accepted", vec![taken()], position(), 8),
        ("a field is new", vec![taken()], update(&more), CAREFUL),
        (
            "new accounts are refused",
            vec![taken(), no_place],
            position(),
            CAREFUL,
        ),
        ("only tags are refused", vec![no_tag()], tagged(), 8),
        (
            "tags are refused, and a field is new",
            vec![no_tag()],
            update(&other),
            CAREFUL,
        ),
    ];
    for (name, first, others, expected) in cases {
        let mut outlines: Vec<_> = first.iter().map(|(outline, _)| outline.clone()).collect();
        outlines.extend(vec![others; 10]);
        let mut blame = Blame::new(outlines, 8);
        for (_, reply) in first {
            let step = blame.next().unwrap();
            blame.record(step, reply);
        }
        let begun = std::iter::from_fn(|| blame.next()).count();
        assert_eq!(begun, expected, "{name}");
    }
}

#[test]
fn accounts_without_an_answer_are_alone_with_it_if_a_later_write_got_one() {
    let mut blame = Blame::new(vec![outline(&["position"], false); 5], 8);
    let first = blame.next().unwrap();
    blame.record(first, Reply::Accepted);
    let steps: Vec<Step> = std::iter::from_fn(|| blame.next()).collect();
    let (last, silent) = steps.split_last().unwrap();
    blame.record(*last, Reply::Accepted);
    for step in silent {
        blame.record(*step, Reply::Silent);
    }
    assert_eq!(blame.take_personal(), [1, 2, 3]);
    assert!(blame.finish().undecided.is_empty());
}

#[test]
fn the_last_accounts_without_an_answer_are_undecided_from_three_on_and_the_vendors_after_a_probe() {
    for (silent, undecided, is_vendor) in [
        (2, Vec::<usize>::new(), false),
        (3, vec![1, 2, 3], false),
        (4, vec![1, 2, 3, 4], true),
    ] {
        let people = vec![outline(&["position"], false); 1 + silent];
        let (_, judgement) = one_by_one(people, |step| match step.index {
            0 => Reply::Accepted,
            _ => Reply::Silent,
        });
        assert_eq!(judgement.undecided, undecided, "{silent}");
        assert_eq!(judgement.vendor, is_vendor, "{silent}");
    }
}

#[test]
fn what_was_accepted_of_some_is_nobody_elses_trouble_and_another_form_of_it_is() {
    let status = Problem::Status(422);
    let (no_field, position): (&[&str], &[&str]) = (&[], &["position"]);
    for updates in [true, false] {
        let person = |form| Outline {
            values: BTreeSet::from([Sent {
                name: "position".to_owned(),
                form,
            }]),
            updates,
            ..outline(&[], false)
        };
        for (others, fields, problem, goes_on) in [
            (Form::Value, no_field, status, true),
            (Form::Value, position, status, true),
            (Form::Value, no_field, Problem::Lost, updates),
            (Form::Null, position, status, false),
        ] {
            let mut people = vec![person(Form::Value); 2];
            people.extend(vec![person(others); 20]);
            let all = people.len();
            let (begun, judgement) = one_by_one(people, |step| match step.index {
                0 | 1 => Reply::Accepted,
                _ => refused(fields, problem),
            });
            let case = format!("{updates} {others:?} {fields:?} {problem:?}");
            assert_eq!(judgement.troubles.is_empty(), goes_on, "{case}");
            if problem != Problem::Lost {
                let few = if others == Form::Value {
                    all
                } else {
                    2 + SAME_REFUSAL
                };
                assert_eq!(begun.len(), few, "{case}");
            }
            // Without a field it may be about all new accounts, or all updates.
            let is_alone = goes_on && !fields.is_empty();
            assert_eq!(judgement.refused_alone.is_empty(), !is_alone, "{case}");
        }
    }
}

#[test]
fn five_refusals_for_one_field_say_nothing_of_another_field() {
    let mut people = vec![outline(&["position"], false); SAME_REFUSAL];
    people.push(outline(&["company"], false));
    let (_, judgement) = one_by_one(people, |step| {
        let field = if step.index < SAME_REFUSAL {
            "position"
        } else {
            "company"
        };
        refused(&[field], Problem::Status(422))
    });
    let fields = judgement.troubles.iter().map(|it| it.field.as_deref());
    assert_eq!(fields.collect::<Vec<_>>(), [Some("position")]);
}

#[test]
fn a_lock_follows_alone_where_the_values_may_be_what_was_refused() {
    let status = Problem::Status(422);
    let (no_field, position): (&[&str], &[&str]) = (&[], &["position"]);
    for (separable, fields, problem, follows) in [
        (true, no_field, status, true),
        (true, position, status, true),
        (true, &["position", "setInactiveAt"], status, true),
        (true, &["setInactiveAt"], status, false),
        (true, no_field, Problem::Conflict, true),
        (true, position, Problem::NotKept, false),
        (true, no_field, Problem::NoAnswer, false),
        // A new account: its window is written with it or not at all.
        (false, position, status, false),
    ] {
        let person = Outline {
            separable,
            ..outline(&["position"], true)
        };
        let (begun, _) = one_by_one(vec![person], |step| match step.part {
            StepPart::Whole => refused(fields, problem),
            StepPart::Window => Reply::Accepted,
        });
        let mut expected = vec![(0, StepPart::Whole)];
        expected.extend(follows.then_some((0, StepPart::Window)));
        assert_eq!(begun, expected, "{separable} {fields:?} {problem:?}");
    }
}

#[test]
fn a_window_that_cannot_be_written_alone_never_is() {
    let person = Outline {
        separable: false,
        ..outline(&["position"], true)
    };
    let people = vec![(person, Account::Refuses("position")); 2 * MAX_REFUSED];
    let run = run(&people, 8, first);
    assert_eq!(field_of(&run), [Some("position")]);
    assert!(run.windows.is_empty(), "{run:?}");
}

#[test]
fn who_waits_for_a_field_is_written_once_it_is_accepted_after_all() {
    let with = |account| (outline(&["position"], false), account);
    let mut people = vec![(outline(&["email"], false), Account::Accepts)];
    people.extend(vec![with(Account::Refuses("position")); SAME_REFUSAL]);
    // The first is under way with the last one who is refused.
    people.extend([with(Account::Accepts), with(Account::Accepts)]);
    let run = run(&people, CAREFUL, first);
    assert!(field_of(&run).is_empty(), "{run:?}");
    assert_eq!(run.accepted, BTreeSet::from([0, 6, 7]));
}

fn account() -> impl Strategy<Value = Account> {
    prop_oneof![
        4 => Just(Account::Accepts),
        2 => Just(Account::Silent),
        2 => Just(Account::Refuses("position")),
        1 => Just(Account::RefusesAll),
    ]
}

fn person() -> impl Strategy<Value = (Outline, Account)> {
    let fields = prop::sample::subsequence(vec!["position", "company", "email"], 1..=3);
    (fields, any::<bool>(), account())
        .prop_map(|(fields, locks, account)| (outline(&fields, locks), account))
}

proptest! {
    #[test]
    fn nobody_is_written_twice_and_everybody_is_reached_unless_somebody_is_to_blame(
        people in prop::collection::vec(person(), 0..60),
        concurrency in 1_usize..9,
        picks in prop::collection::vec(0_usize..9, 200),
    ) {
        let mut picks = picks.into_iter().cycle();
        let run = run(&people, concurrency, |_| picks.next().unwrap_or_default());
        let mut seen = BTreeSet::new();
        for step in &run.begun {
            prop_assert!(seen.insert((step.index, step.part == StepPart::Whole)), "{step:?}");
        }
        let reached: BTreeSet<_> = run.begun.iter().map(|step| step.index).collect();
        let troubled = !run.judgement.troubles.is_empty() || run.refusals >= MAX_REFUSED;
        if !run.judgement.vendor && !troubled {
            prop_assert_eq!(reached.len(), people.len());
        }
        if run.judgement.vendor {
            let silent = run.begun.iter().filter(|step| people[step.index].1 == Account::Silent);
            prop_assert!(silent.count() >= SILENT_IN_A_ROW);
        }
        for (index, (_, account)) in people.iter().enumerate() {
            prop_assert!(*account == Account::Silent || !run.personal.contains(&index));
        }
        // Nobody who can be written is kept from it by those who cannot.
        if people.iter().all(|(_, account)| matches!(account, Account::Accepts | Account::Silent)) {
            let last = people.iter().rev().take(3).filter(|(_, it)| *it == Account::Accepts);
            if last.count() > 0 && !run.judgement.vendor {
                let good = people.iter().enumerate().filter(|(_, (_, it))| *it == Account::Accepts);
                for (index, _) in good {
                    prop_assert!(run.accepted.contains(&index), "{index}");
                }
            }
        }
    }
}
