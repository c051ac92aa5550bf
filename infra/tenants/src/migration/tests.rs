use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use shared::access::AccessWindow;

use super::*;
use crate::transfer::{Seen, Step, steps};

const TOOL: &str = "personio";

fn account(id: &str, external_id: Option<&str>, mail: Option<&str>) -> Account {
    Account {
        id: CustomerId::new(id),
        external_id: external_id.map(ExternalId::new),
        mail: mail.and_then(Mail::new),
        is_open: true,
        is_unreadable: false,
    }
}

/// An account whose row in the list cannot be read.
fn unreadable(id: &str, external_id: Option<&str>, mail: Option<&str>) -> Account {
    Account {
        is_unreadable: true,
        ..account(id, external_id, mail)
    }
}

fn person(id: &str, mail: Option<&str>) -> NewPerson {
    NewPerson {
        id: SourceId::new(id),
        mail: mail.and_then(Mail::new),
    }
}

fn owner(id: &str, account: &str) -> (SourceId, EmployeeEntry) {
    let entry = EmployeeEntry {
        customer_id: Some(CustomerId::new(account)),
        ..EmployeeEntry::new(SourceId::new(id))
    };
    (entry.source_id.clone(), entry)
}

fn texts(ids: &[SourceId]) -> Vec<&str> {
    ids.iter().map(SourceId::as_str).collect()
}

fn row(unmatched: &Unmatched) -> (Why, Vec<&str>, Vec<&str>) {
    let Unmatched { why, old, new, .. } = unmatched;
    (*why, texts(old), texts(new))
}

#[test]
fn ids_are_matched_by_mail_in_any_case_and_the_rest_is_named_with_its_reason() {
    let accounts = [
        account("c1", Some("personio:1"), Some("A@acme.example")),
        account("c2", Some("personio:2"), Some("twice@acme.example")),
        account("c3", Some("personio:3"), Some("Twice@acme.example")),
        account("c4", Some("personio:4"), None),
        account("c5", Some("personio:5"), Some("left@acme.example")),
        account("c6", Some("personio:6"), Some("double@acme.example")),
        account("c7", None, Some("lost@acme.example")),
        account("c8", Some("sap:8"), Some("sap@acme.example")),
        account("c9", Some("personio:901"), Some("same@acme.example")),
        account("c11", Some("personio:11"), Some("same@acme.example")),
    ];
    let people = [
        person("101", Some("a@ACME.example")),
        person("102", Some("twice@acme.example")),
        person("104", None),
        person("106", Some("double@acme.example")),
        person("116", Some("DOUBLE@acme.example")),
        person("107", Some("lost@acme.example")),
        person("108", Some("sap@acme.example")),
        person("901", Some("same@acme.example")),
    ];
    let entries = HashMap::from([owner("1", "c1"), owner("7", "c7"), owner("10", "c10")]);
    let migration = match_ids(TOOL, &accounts, &entries, &people);
    let moves: Vec<_> = migration
        .moves
        .iter()
        .map(|transfer| (transfer.from.as_str(), transfer.to.as_str()))
        .collect();
    assert_eq!(moves, [("1", "101"), ("7", "107")]);
    assert_eq!(migration.in_place, 1);
    let rows: Vec<_> = migration.unmatched.iter().map(row).collect();
    assert_eq!(
        rows,
        [
            (Why::SeveralOldIds, vec!["2", "3"], vec!["102"]),
            (Why::SeveralNewIds, vec!["6"], vec!["106", "116"]),
            (Why::NewIdTaken, vec!["11"], vec!["901"]),
            (Why::OldWithoutMail, vec!["4"], vec![]),
            (Why::OldAlone, vec!["5"], vec![]),
            (Why::AccountGone, vec!["10"], vec![]),
            (Why::NewWithoutMail, vec![], vec!["104"]),
            (Why::NewAlone, vec![], vec!["108"]),
        ]
    );
    let open: Vec<_> = migration.left_open.iter().map(SourceId::as_str).collect();
    assert_eq!(open, ["11", "2", "3", "4", "5", "6"]);
}

/// Taken for gone, their accounts would be locked.
#[test]
fn people_whose_rows_cannot_be_read_are_left_open_and_nobody_gets_their_account() {
    let entries = HashMap::from([owner("1", "c1"), owner("2", "c2"), owner("3", "c3")]);
    let people = [person("101", Some("a@x.example")), person("103", None)];
    let accounts = [
        unreadable("c1", Some("personio:1"), Some("a@x.example")),
        unreadable("", Some("personio:2"), None),
        account("c3", Some("personio:3"), None),
    ];
    let rows = |accounts: &[Account]| {
        let migration = match_ids(TOOL, accounts, &entries, &people);
        assert_eq!(migration.moves, []);
        let left_open: Vec<_> = migration.left_open.into_iter().collect();
        assert_eq!(texts(&left_open), ["1", "2", "3"]);
        let rows = migration.unmatched.iter().map(row);
        let rows = rows.filter(|(why, ..)| *why == Why::AccountUnreadable);
        rows.map(|(_, old, new)| format!("{old:?} {new:?}"))
            .collect::<Vec<_>>()
    };
    let named = [r#"["1"] ["101"]"#, r#"["2"] []"#];
    assert_eq!(rows(&accounts), named);
    // The account of the third is not listed, but a row that names nobody is.
    let [one, two, _] = accounts;
    let accounts = [one, two, unreadable("", None, None)];
    assert_eq!(rows(&accounts), [named[0], named[1], r#"["3"] []"#]);
}

/// An academy and a company: old ids 1…, new ids 101…, a few mail addresses.
#[derive(Clone, Debug)]
struct World {
    accounts: Vec<Account>,
    entries: HashMap<SourceId, EmployeeEntry>,
    people: Vec<NewPerson>,
}

fn mail() -> impl Strategy<Value = Option<&'static str>> {
    option::of(prop_oneof![
        Just("a@x.example"),
        Just("A@x.example"),
        Just("b@x.example"),
        Just("c@x.example"),
        Just("d@x.example"),
        Just("e@x.example"),
    ])
}

/// Whether an account carries our id, none, or another system's.
fn carries() -> impl Strategy<Value = u8> {
    prop_oneof![6 => Just(0_u8), 1 => Just(1), 1 => Just(2)]
}

fn worlds() -> impl Strategy<Value = World> {
    let accounts = vec((mail(), carries(), any::<bool>()), 0..8);
    let people = btree_map(101_u32..108, mail(), 0..7);
    (accounts, people).prop_map(|(accounts, people)| {
        let mut world = World {
            accounts: Vec::new(),
            entries: HashMap::new(),
            people: people
                .into_iter()
                .map(|(id, mail)| person(&id.to_string(), mail))
                .collect(),
        };
        for (number, (mail, carries, in_ledger)) in accounts.into_iter().enumerate() {
            let (old, id) = (number + 1, format!("c{number}"));
            let external_id = match carries {
                0 => Some(format!("personio:{old}")),
                1 => None,
                _ => Some(format!("sap:{old}")),
            };
            if in_ledger {
                world.entries.extend([owner(&old.to_string(), &id)]);
            }
            world
                .accounts
                .push(account(&id, external_id.as_deref(), mail));
        }
        world
    })
}

impl World {
    fn migration(&self) -> Migration {
        match_ids(TOOL, &self.accounts, &self.entries, &self.people)
    }

    fn steps(&self, transfer: &Transfer) -> Vec<Step> {
        let account = self
            .accounts
            .iter()
            .find(|account| account.id == transfer.account)
            .unwrap();
        let seen = Seen {
            external_id: account.external_id.as_ref(),
            window: AccessWindow::default(),
            digests: &BTreeMap::new(),
            from: self.entries.get(&transfer.from),
            to: self.entries.get(&transfer.to),
        };
        steps(transfer, seen, TOOL)
    }

    fn take(&mut self, transfer: &Transfer, step: Step) {
        match step {
            Step::Rekey => {
                let account = self.accounts.iter_mut();
                let account = account.filter(|account| account.id == transfer.account);
                for account in account {
                    account.external_id = Some(ExternalId::of(TOOL, &transfer.to));
                }
            }
            Step::Claim(entry) | Step::Give(entry) | Step::Close(entry) => {
                self.entries.insert(entry.source_id.clone(), entry);
            }
        }
    }
}

proptest! {
    #[test]
    fn every_id_is_in_the_table_once(world in worlds()) {
        let migration = world.migration();
        let moved = migration.moves.iter();
        let mut old: Vec<_> = moved.clone().map(|transfer| &transfer.from).collect();
        let mut new: Vec<_> = moved.map(|transfer| &transfer.to).collect();
        old.extend(migration.unmatched.iter().flat_map(|row| &row.old));
        new.extend(migration.unmatched.iter().flat_map(|row| &row.new));
        for ids in [&mut old, &mut new] {
            let all = ids.len();
            ids.sort();
            ids.dedup();
            prop_assert_eq!(ids.len(), all, "an id is there twice");
        }
        prop_assert_eq!(new.len(), world.people.len());
        let ours = world.accounts.iter().filter(|account| match &account.external_id {
            Some(id) => id.source_id(TOOL).is_some(),
            None => world.entries.values().any(|entry| entry.customer_id.as_ref() == Some(&account.id)),
        });
        for account in ours {
            let owns = |id: &&SourceId| {
                account.external_id == Some(ExternalId::of(TOOL, id))
                    || world.entries.get(*id).is_some_and(|entry| entry.customer_id.as_ref() == Some(&account.id))
            };
            prop_assert!(old.iter().any(owns), "{:?} is in no row", account);
        }
    }

    #[test]
    fn an_interruption_changes_neither_the_moves_nor_their_hash(world in worlds(), writes in 0_usize..32) {
        let mut world = world;
        let before = world.migration();
        let mut left = writes;
        for transfer in &before.moves {
            for step in world.steps(transfer) {
                if left == 0 {
                    break;
                }
                left -= 1;
                world.take(transfer, step);
            }
        }
        let after = world.migration();
        prop_assert_eq!(&after.moves, &before.moves);
        prop_assert_eq!(after.hash(), before.hash());
        prop_assert_eq!(&after.unmatched, &before.unmatched);
        prop_assert_eq!(&after.left_open, &before.left_open);
    }
}
