use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + second).unwrap()
}

fn part(number: u64, brake: Brake, id: &str) -> (PartKey, HeldPart) {
    let part = HeldPart {
        person: Some(SourceId::new(id)),
        decision: None,
    };
    (PartKey::new(brake, number), part)
}

fn plan(parts: impl IntoIterator<Item = (PartKey, HeldPart)>) -> HeldPlan {
    HeldPlan {
        hash: "3fa9c27be104".to_owned(),
        since: at(0),
        parts: parts.into_iter().collect(),
        revision: 7,
        ..HeldPlan::default()
    }
}

fn small() -> HeldPlan {
    plan([
        part(1, Brake::MailChange, "4711"),
        part(2, Brake::Blank, "4711"),
        part(3, Brake::MailChange, "4712"),
    ])
}

fn choice(kinds: &[Brake], people: &[&str]) -> Choice {
    Choice {
        kinds: kinds.iter().copied().collect(),
        people: people.iter().map(|id| SourceId::new(*id)).collect(),
        ..Choice::default()
    }
}

fn approved(plan: &HeldPlan) -> Vec<u64> {
    let approved = plan
        .parts
        .iter()
        .filter(|(_, part)| part.decision == Some(approval()));
    let mut digests: Vec<u64> = approved.map(|(key, _)| key.digest()).collect();
    digests.sort_unstable();
    digests
}

fn approval() -> Decision {
    Decision::Approved { at: at(60) }
}

#[test]
fn a_person_is_taken_out_of_a_plan_with_parts_counts_and_sample() {
    let counted = HeldPlan {
        counts: [(Brake::MailChange, 2), (Brake::Blank, 1)].into(),
        sample: vec!["4711".to_owned(), "4712".to_owned()],
        ..small()
    };
    let person = |id: &str| BTreeSet::from([SourceId::new(id)]);
    let without = counted.without(&person("4711")).unwrap();
    assert_eq!(without.counts, [(Brake::MailChange, 1)].into());
    assert_eq!(without.sample, ["4712"]);
    assert_eq!(without.people(), [&SourceId::new("4712")].into());
    assert_eq!(without.without(&person("4711")), None);
    assert_eq!(counted.without(&person("9")), None);
}

#[test]
fn a_decision_is_about_the_named_kinds_and_people_and_about_all_without_them() {
    let cases = [
        (choice(&[], &[]), vec![1, 2, 3]),
        (choice(&[Brake::MailChange], &[]), vec![1, 3]),
        (choice(&[], &["4711"]), vec![1, 2]),
        (choice(&[Brake::MailChange], &["4711", "4712"]), vec![1, 3]),
    ];
    for (choice, expected) in cases {
        let decided = small().decide(&choice, approval()).unwrap();
        assert_eq!(approved(&decided), expected, "{choice:?}");
        assert_eq!(decided.revision, 8);
    }
}

#[test]
fn a_kind_or_person_that_is_not_held_is_refused_by_name() {
    for (choice, text) in [
        (choice(&[Brake::Unlock], &[]), "kind unlock"),
        (choice(&[], &["4711", "4713"]), "of 4713"),
        (choice(&[Brake::Blank], &["4712"]), "of 4712"),
    ] {
        let error = small().decide(&choice, approval()).unwrap_err();
        assert!(error.to_string().ends_with(text), "{error}");
    }
}

#[test]
fn kinds_with_some_parts_decided_and_some_not_are_known() {
    let kinds = |choice: Choice| {
        let decided = small().decide(&choice, approval()).unwrap();
        decided.partly_decided.into_iter().collect::<Vec<_>>()
    };
    assert_eq!(kinds(choice(&[], &["4712"])), [Brake::MailChange]);
    assert_eq!(kinds(choice(&[Brake::MailChange], &[])), []);
    assert_eq!(kinds(Choice::default()), []);
}

#[test]
fn what_was_dismissed_is_approved_by_name_or_once_all_is_decided() {
    let at = at(30);
    let dismissed = Decision::Dismissed { at };
    let plan = small().decide(&choice(&[], &["4711"]), dismissed).unwrap();
    let all = plan.decide(&Choice::default(), approval()).unwrap();
    assert_eq!(approved(&all), [3]);
    let the_rest = all.decide(&Choice::default(), approval()).unwrap();
    assert_eq!(approved(&the_rest), [1, 2, 3]);
    let again = all.decide(&choice(&[], &["4711"]), approval()).unwrap();
    assert_eq!(approved(&again), [1, 2, 3]);
}

#[test]
fn what_was_decided_is_known_by_part_and_by_person() {
    let plan = small();
    assert_eq!(
        plan.undecided(),
        [(Brake::MailChange, 2), (Brake::Blank, 1)].into()
    );
    let dismissed = Decision::Dismissed { at: at(30) };
    let decided = plan.decide(&choice(&[], &["4711"]), dismissed).unwrap();
    let decided = decided.decide(&Choice::default(), approval()).unwrap();
    let person = SourceId::new("4711");
    assert_eq!((decided.approved(), decided.dismissed()), (1, 2));
    assert_eq!((plan.approved(), plan.dismissed()), (0, 0));
    assert_eq!(decided.decisions_about(&person), [Some(dismissed); 2]);
    let key = PartKey::new(Brake::MailChange, 3);
    let both = (plan.decision(key), decided.decision(key));
    assert_eq!(both, (None, Some(approval())));
    // What is approved is held no more, what is dismissed is.
    let held = decided.people();
    assert!(held.contains(&person) && !held.contains(&SourceId::new("4712")));
    let later = plan.clone().with_decisions_of(&decided);
    assert_eq!(later, decided);
    assert!(HeldParts::default().is_empty() && !plan.parts.is_empty());
}

#[test]
fn a_decision_about_what_is_undecided_alone_changes_nothing_that_is_decided() {
    let undecided = Choice {
        is_undecided_alone: true,
        ..Choice::default()
    };
    let dismissed = Decision::Dismissed { at: at(30) };
    let plan = small().decide(&choice(&[], &["4711"]), dismissed).unwrap();
    let all = plan.decide(&undecided, approval()).unwrap();
    assert_eq!(approved(&all), [3]);
    let expected = Err(ChoiceError::Decided);
    assert_eq!(all.decide(&undecided, approval()), expected);
}

#[test]
fn operators_are_kept_with_their_decisions_and_no_longer() {
    let (one, other) = (OperatorId::new("Operators/1"), OperatorId::new("user/2"));
    let dismissed = Decision::Dismissed { at: at(30) };
    let person = choice(&[], &["4711"]);
    let plan = small().decide(&person, dismissed).unwrap();
    let plan = plan.signed(dismissed, Some(&one));
    let plan = plan.decide(&Choice::default(), approval()).unwrap();
    let plan = plan.signed(approval(), Some(&other));
    let operators = |plan: &HeldPlan| {
        let found = [dismissed, approval()].map(|decision| plan.operator_of(decision).cloned());
        (found, plan.decided_by.len())
    };
    let both = [Some(one.clone()), Some(other.clone())];
    assert_eq!(operators(&plan), (both.clone(), 2));
    assert_eq!(operators(&stored(&plan).0), (both.clone(), 2));
    // A run that knew of neither decision.
    let later = small().with_decisions_of(&plan);
    assert_eq!(operators(&later), (both, 2));
    let again = plan.decide(&person, approval()).unwrap();
    let again = again.signed(approval(), Some(&other));
    assert_eq!(operators(&again), ([None, Some(other)], 1));
    // Who of two decided in this second is not known, and neither is who decides without a name.
    let same_second = again.clone().signed(approval(), Some(&one));
    assert_eq!(operators(&same_second), ([None, None], 2));
    let unknown = again.decide(&Choice::default(), dismissed).unwrap();
    let unknown = unknown.signed(dismissed, None);
    assert_eq!(operators(&unknown), ([None, None], 0));
}

#[test]
fn operators_of_the_newest_hundred_decisions_are_kept() {
    let operator = OperatorId::new("Operators/3f9a1c02");
    let parts = (0..120).map(|number| part(number, Brake::MailChange, &number.to_string()));
    let mut plan = plan(parts);
    let approvals: Vec<Decision> = (0..120)
        .map(|second| Decision::Approved { at: at(second) })
        .collect();
    for (number, approval) in approvals.iter().enumerate() {
        let person = choice(&[], &[&number.to_string()]);
        plan = plan.decide(&person, *approval).unwrap();
        plan = plan.signed(*approval, Some(&operator));
    }
    let known = approvals.iter().map(|one| plan.operator_of(*one));
    assert_eq!(known.flatten().count(), 100);
    assert_eq!(plan.operator_of(approvals[119]), Some(&operator));
}

/// What a release reads that knows no operators.
#[derive(serde::Deserialize)]
struct Before {
    hash: String,
    parts: HeldParts,
}

#[test]
fn a_plan_is_stored_as_before_without_operators_and_read_by_earlier_releases_with_them() {
    let operator = OperatorId::new("Operators/3f9a1c02");
    let plan = small().decide(&Choice::default(), approval()).unwrap();
    let signed = plan.clone().signed(approval(), Some(&operator));
    for (plan, is_stored) in [(plan, false), (signed, true)] {
        let item: serde_dynamo::Item = serde_dynamo::to_item(&plan).unwrap();
        assert_eq!(item.inner().contains_key("decided_by"), is_stored);
        let before: Before = serde_dynamo::from_item(item).unwrap();
        assert_eq!((before.hash, before.parts), (plan.hash, plan.parts));
    }
}

#[test]
fn a_pattern_is_shown_with_its_number_in_groups_of_three_digits() {
    for (parts, text, shown) in [
        (1, None, "1 other"),
        (2, None, "2 others"),
        (999, Some("x"), "999 × x"),
        (1_000, Some("x"), "1,000 × x"),
        (1_012_345, Some("x"), "1,012,345 × x"),
    ] {
        let text = text.map(str::to_owned);
        assert_eq!(HeldPattern { text, parts }.to_string(), shown);
    }
}

#[test]
fn who_is_in_a_plan_is_kept_up_to_370_000_bytes_and_for_ids_of_255() {
    // A part has 7 bytes besides its id of 28, a group 14, and all of them 1.
    for (parts, is_kept) in [(10_571, true), (10_572, false)] {
        let part = |number| part(number, Brake::MailChange, &format!("{number:028}"));
        assert_eq!(plan((0..parts).map(part)).parts.names_people(), is_kept);
    }
    for (length, is_kept) in [(255, true), (256, false)] {
        let long = plan([part(1, Brake::MailChange, &"x".repeat(length))]);
        assert_eq!(long.parts.names_people(), is_kept);
    }
}

/// Through the bytes of an item.
fn stored(plan: &HeldPlan) -> (HeldPlan, usize) {
    let item: serde_dynamo::Item = serde_dynamo::to_item(plan).unwrap();
    let size: usize = item.inner().values().map(size_of).sum();
    (serde_dynamo::from_item(item).unwrap(), size)
}

fn size_of(value: &serde_dynamo::AttributeValue) -> usize {
    match value {
        serde_dynamo::AttributeValue::B(bytes) => bytes.len(),
        _ => 0,
    }
}

#[test]
fn parts_of_10_000_people_with_long_ids_fit_into_an_item() {
    let id = |number: u64| format!("26vafvWSRmbhNcxJ{number:08}");
    let plan = plan((0..10_000).map(|number| part(number, Brake::MailChange, &id(number))));
    let plan = plan.decide(&choice(&[], &[&id(4711)]), approval()).unwrap();
    let (read, size) = stored(&plan);
    assert_eq!(read, plan);
    assert!(size < 380_000, "{size}");
}

#[test]
fn a_larger_plan_is_decided_by_kind_and_as_a_whole() {
    for (parts, kept) in [(50_000, 50_000), (70_000, 61_664)] {
        let plan = plan((0..parts).map(|number| part(number, Brake::Create, "12345678")));
        assert_eq!(plan.parts.len(), kept);
        let by_person = plan.decide(&choice(&[], &["12345678"]), approval());
        assert_eq!(by_person, Err(ChoiceError::TooLargeForPeople));
        for choice in [Choice::default(), choice(&[Brake::Create], &[])] {
            let (read, size) = stored(&plan.decide(&choice, approval()).unwrap());
            assert_eq!(approved(&read).len(), kept);
            assert!(size < 380_000, "{size}");
        }
    }
}

#[test]
fn parts_that_are_cut_off_are_not_read() {
    let bytes = small().parts;
    let serde_dynamo::AttributeValue::B(bytes) = serde_dynamo::to_attribute_value(bytes).unwrap()
    else {
        unreachable!()
    };
    for length in 2..bytes.len() {
        let cut = serde_dynamo::AttributeValue::B(bytes[..length].to_vec());
        let read = serde_dynamo::from_attribute_value::<_, HeldParts>(cut);
        assert_ne!(read.ok(), Some(small().parts), "{length}");
    }
}

#[test]
fn parts_of_no_bytes_are_none() {
    let parts: HeldParts = serde_json::from_str("[]").unwrap();
    assert_eq!(parts, HeldParts::default());
    assert!(serde_json::from_str::<HeldParts>("[0, 0]").is_err());
}
