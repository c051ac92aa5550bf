//! Accounts of other systems and of former profiles.

use super::*;

/// `employee` with the mail address of an account that `external_id` numbers.
fn numbered(employee: &Employee, external_id: &str) -> Candidate {
    let config = config("");
    let account = AccountView {
        external_id: Some(ExternalId::new(external_id)),
        ..account_of(employee, &config)
    };
    Candidate {
        account: Account::Conflicting(Box::new(account), Holder::Foreign),
        ..candidate(employee, &config)
    }
}

#[test]
fn an_account_of_another_system_is_taken_over_only_after_approval_even_with_the_same_name() {
    for external_id in ["sap:77", "hibob:1", "4711"] {
        let candidates = [numbered(&employee("1"), external_id)];
        let plan = plan(&candidates, &config(""));
        let expected = Action::Handover {
            account: CustomerId::new("c1"),
            from: ExternalId::new(external_id),
            former: None,
        };
        assert_eq!(plan.changes[0].action, expected);
        assert_eq!(examine(&plan, &candidates, "personio", now()), Ok(()));
        let risky = risky_changes(
            &plan,
            &candidates,
            &config(""),
            now(),
            NewAccounts::Uncounted,
        );
        let kinds: Vec<_> = risky.iter().map(|risky| risky.brake).collect();
        assert_eq!(kinds, [Brake::TakeOver], "{external_id}");
    }
}

#[test]
fn an_account_of_another_system_is_not_taken_over_for_somebody_who_has_left() {
    let left = of_status("1", Status::Inactive);
    let text = words(numbered(&left, "sap:77"), &config(""));
    assert!(text.starts_with("skip    1  conflict"), "{text}");
    assert!(text.contains("the person has left"), "{text}");
}

#[test]
fn two_people_with_the_address_of_an_account_of_another_system_do_not_get_it() {
    let other = edited("2", |person| person.email = employee("1").email);
    let second = Candidate {
        account: numbered(&employee("1"), "sap:77").account,
        ..candidate(&other, &config(""))
    };
    let plan = plan(&[numbered(&employee("1"), "sap:77"), second], &config(""));
    assert_eq!((plan.changes.len(), plan.skipped.len()), (0, 2));
}

#[test]
fn somebody_who_has_left_keeps_no_account_from_another_with_the_same_address() {
    let left = Employee {
        status: Field::Value(Status::Inactive),
        ..employee("1")
    };
    let present = Employee {
        email: left.email.clone(),
        ..employee("2")
    };
    let second = Candidate {
        account: numbered(&left, "sap:77").account,
        ..candidate(&present, &config(""))
    };
    let plan = plan(&[numbered(&left, "sap:77"), second], &config(""));
    assert_eq!(changed_people(&plan), ["2"], "{plan:?}");
}

#[test]
fn somebody_out_of_scope_keeps_no_account_from_another_with_the_same_address() {
    let config = config("[scope]\ninclude_companies = [\"Muster GmbH\"]\n");
    let outside = Employee {
        company: Field::Value("Andere GmbH".into()),
        ..employee("1")
    };
    let inside = Employee {
        email: outside.email.clone(),
        ..employee("2")
    };
    let account = || AccountView {
        external_id: None,
        ..account_of(&inside, &config)
    };
    let seen = |person| seen(person, account(), MatchedBy::Mail, &config);
    let plan = plan(&[seen(&outside), seen(&inside)], &config);
    assert_eq!(changed_people(&plan), ["2"], "{plan:?}");
}

#[test]
fn an_account_without_its_external_id_goes_to_the_profile_that_has_not_left() {
    let config = config("");
    let former = of_status("1", Status::Inactive);
    let present = edited("2", |person| person.email = former.email.clone());
    let account = || unnumbered(&employee("1"), &config);
    let by_mail = seen(&present, account(), MatchedBy::Mail, &config);
    let known = |employee: &Employee| Candidate {
        account: Account::Fetched(Box::new(account()), MatchedBy::Ledger),
        ..trusted(employee, employee, &config)
    };
    let gone = known(&former).gone(Absence::Explained);
    // Who has not left keeps the account: the id may have been cleared by mistake.
    for (holder, owner) in [
        (known(&former), "2"),
        (gone, "2"),
        (known(&employee("1")), "1"),
    ] {
        let candidates = [holder, by_mail.clone()];
        let plan = plan(&candidates, &config);
        assert_eq!(examine(&plan, &candidates, "personio", now()), Ok(()));
        assert_eq!(changed_people(&plan), [owner], "{plan:?}");
    }
    // Where the account was not read, it may have its id still.
    let unread = trusted(&former, &former, &config);
    let plan = plan(&[unread, by_mail], &config);
    assert!(changed_people(&plan).is_empty(), "{plan:?}");
}
