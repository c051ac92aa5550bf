//! A company with some of everybody, and a week in it.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use harness::{Harness, by_hand, completed, date, person};
use jiff::{SignedDuration, Timestamp};
use oracle::{AccessRules, Difference, ExpectedAccounts};
use shared::tenant::Via;
use simulators::dialects::Dialect;
use simulators::people::Status;
use simulators::personio::Document;
use simulators::reteach::{Account, Customer, Participation, ParticipationStatus};
use simulators::{Kombo, Origin, Person};

/// Somebody of every kind: at least six of each kind that an academy may refuse.
fn people() -> Vec<Person> {
    let of = |id| match id {
        1 | 2 => Person {
            email: None,
            ..person(id)
        },
        3..=8 => Person {
            status: Status::Inactive,
            ..person(id)
        },
        9 => Person {
            status: Status::Onboarding,
            hire_date: date("2026-07-01"),
            ..person(id)
        },
        10 => Person {
            status: Status::Inactive,
            termination_date: date("2026-04-30"),
            ..person(id)
        },
        11 => Person {
            termination_date: date("2026-05-12"),
            ..person(id)
        },
        14 => Person {
            email: Some(CAPITALS.to_owned()),
            ..person(id)
        },
        12 => Person {
            position: None,
            office: None,
            gender: None,
            employment_type: None,
            ..person(id)
        },
        _ => person(id),
    };
    (1..=40).map(of).collect()
}

/// A mail address as HR writes it.
const CAPITALS: &str = "Person-14@Muster.example";
/// People who come back.
const RETURNERS: RangeInclusive<u64> = 3..=8;
/// Who comes, and is invited by an admin at the same time.
const NEW: u64 = 41;
/// Who gets a new mail address, and an admin gives it to another account at the same time.
const MOVED: u64 = 33;
const RACED: &str = "new-33@muster.example";
/// Who is deleted in the HR system.
const GONE: u64 = 35;
/// Accounts that an admin made, of people who are in the HR system.
const ADOPTED: [u64; 2] = [39, 40];
/// Leavers who may have used their accounts.
const LOGGED_IN: [u64; 2] = [13, 14];
const CERTIFIED: [u64; 3] = [36, 37, 38];

fn certificate(person: u64) -> String {
    format!("90{person}")
}

/// The company, and how its academy should be.
pub(crate) struct Company {
    pub(crate) harness: Harness,
    pub(crate) expected: ExpectedAccounts,
    /// The accounts that an admin made, as they were.
    by_hand: Vec<Customer>,
    /// The accounts that an admin makes during a run, as they are then.
    raced: Vec<Customer>,
}

/// An account that an admin made for `person`, with everything filled that is not ours.
fn filled(person: u64, email: &str) -> Customer {
    Customer {
        birth_date: Some("1990-04-01T00:00:00.000Z".to_owned()),
        expired_notification_mail: Some("office@muster.example".to_owned()),
        authentication_method: Some("SSO".to_owned()),
        user_name: Some(format!("user-{person}")),
        ..by_hand(email)
    }
}

impl Company {
    pub(crate) async fn new(via: Via, more: &str) -> Self {
        let file = format!("{more}[employees]\ndepartment = true\n[brake]\nat_least = 100\n");
        let harness = Harness::new(via, &file, people()).await;
        // No tick begins with a minute.
        harness.advance(SignedDuration::from_secs(27));
        Self {
            harness,
            expected: ExpectedAccounts::new(AccessRules::default()).with_departments(),
            by_hand: Vec::new(),
            raced: Vec::new(),
        }
    }

    /// From now on it is noted whether a dialect changes anything.
    pub(crate) fn watch(&self) {
        let harness = &self.harness;
        harness.reteach.watch_quirks();
        harness.personio.watch_quirks();
        let kombo = harness.company.kombo.iter();
        kombo.for_each(Kombo::watch_quirks);
    }

    /// Whether the vendor speaks the dialect, and nothing has come of it.
    pub(crate) fn is_idle(&self, dialect: &Dialect) -> bool {
        let harness = &self.harness;
        match dialect {
            Dialect::Reteach(_) => !harness.reteach.quirks_differ(),
            Dialect::Personio(_) => !harness.personio.quirks_differ(),
            Dialect::Kombo(_) => !harness.kombo().quirks_differ(),
            // Each of them leads downloads elsewhere.
            Dialect::Files(_) => false,
        }
    }

    /// The vendors speak this dialect from now on.
    pub(crate) fn speak(&self, dialect: &Dialect) {
        let harness = &self.harness;
        dialect.set(
            &harness.reteach,
            &harness.personio,
            harness.company.kombo.as_ref(),
        );
    }

    /// The vendors do what we believe from now on.
    pub(crate) fn speak_as_assumed(&self) {
        let harness = &self.harness;
        let kombo = harness.company.kombo.as_ref();
        Dialect::clear(&harness.reteach, &harness.personio, kombo);
    }

    /// An admin has made accounts: two of people who are employed, one of a guest.
    pub(crate) fn invite(&mut self) {
        let guest = by_hand("guest@elsewhere.example");
        let adopted = ADOPTED.map(|id| filled(id, &format!("person-{id}@muster.example")));
        for (person, account) in [None]
            .into_iter()
            .chain(ADOPTED.map(Some))
            .zip(std::iter::once(guest).chain(adopted))
        {
            let id = self.harness.reteach.insert(account);
            let account = self.harness.reteach.customer(&id).unwrap();
            match person {
                Some(person) => self.expected.add_adoptable(person, account.clone()),
                None => self.expected.add_foreign(account.clone()),
            }
            self.by_hand.push(account);
        }
    }

    /// The academy has so many accounts of others that a new person is looked up rather than found in the list.
    pub(crate) fn crowd(&mut self) {
        for guest in 1..=760 {
            let id = self.harness.reteach.insert(Customer {
                email: Some(format!("guest-{guest}@elsewhere.example")),
                ..Customer::default()
            });
            let account = self.harness.reteach.customer(&id);
            account
                .into_iter()
                .for_each(|it| self.expected.add_foreign(it));
        }
    }

    /// HR has a folder for certificates and has filed a contract, and somebody has begun a course.
    pub(crate) fn open_files(&self) {
        let (harness, [person, ..]) = (&self.harness, CERTIFIED);
        harness.personio.add_category("Bildungszertifikate");
        harness.personio.add_document(Document {
            id: 0,
            employee_id: person,
            category_id: 1,
            category: Some("Arbeitsvertrag".to_owned()),
            title: "Arbeitsvertrag".to_owned(),
            date: None,
            comment: Some("unterschrieben".to_owned()),
            file_name: "Arbeitsvertrag.pdf".to_owned(),
            size: 1_000,
            sha256: "contract".to_owned(),
            head: b"%PDF-1.7".to_vec(),
            created_at: harness.moment() - SignedDuration::from_hours(24),
            origin: Origin::Direct,
        });
        harness.issue([Participation {
            id: "begun".to_owned(),
            customer: Some(format!("personio:{person}")),
            course_name: Some("Brandschutz".to_owned()),
            status: ParticipationStatus::Started,
            ..Participation::default()
        }]);
    }

    /// The courses that were completed before the connection was made.
    pub(crate) fn complete_courses(&self) {
        self.harness.issue(CERTIFIED.map(|person| {
            let at = format!("2026-05-0{}T09:30:00Z", person - 30);
            completed(&certificate(person), person, "Erste Hilfe", &at)
        }));
    }

    /// A morning in HR, and an admin who invites the new colleague while a run has looked for the account and not made it.
    pub(crate) fn change(&mut self) {
        let harness = &self.harness;
        let invited = Customer {
            id: "invited".to_owned(),
            ..filled(NEW, &format!("person-{NEW}@muster.example"))
        };
        self.raced.push(invited.clone());
        self.expected.add_adoptable(NEW, invited);
        if harness.find(MOVED).is_some() {
            self.raced.push(Customer {
                id: "faster".to_owned(),
                ..filled(MOVED, RACED)
            });
        }
        for account in &self.raced {
            harness.reteach.insert_first(account.clone());
        }
        let every = |ids: RangeInclusive<u64>, change: fn(&mut Person)| {
            ids.for_each(|id| harness.change(id, change));
        };
        every(RETURNERS, |person| person.status = Status::Active);
        every(13..=18, |person| person.status = Status::Inactive);
        every(17..=22, |person| {
            person.termination_date = date("2026-05-10");
        });
        every(23..=28, |person| person.position = None);
        every(26..=31, |person| person.office = None);
        every(32..=40, |person| {
            person.office = Some("Ulm".to_owned());
            person.department = Some("Vertrieb".to_owned());
        });
        harness.change(32, |person| person.last_name = "Neumann".to_owned());
        harness.change(MOVED, |person| {
            person.email = Some(RACED.to_owned());
        });
        harness.change(34, |person| {
            person.termination_date = date("2026-12-31");
        });
        harness.personio.put(person(NEW));
        harness.personio.remove(GONE);
    }

    /// Two leavers had used their accounts: only such accounts show that an academy locks nobody.
    pub(crate) fn log_in(&self) {
        for id in LOGGED_IN {
            let id = format!("personio:{id}");
            let is_there = self.harness.reteach.edit(&id, |account| {
                account.account = Account::Active;
            });
            assert!(is_there, "{id}");
        }
    }

    /// A change of somebody whose account is locked, and of nobody else.
    pub(crate) fn change_locked(&self) {
        let (harness, id) = (&self.harness, 13);
        harness.change(id, |person| person.last_name = "Neumann".to_owned());
    }

    /// The admin deletes the account that took somebody's new mail address, or makes none any more.
    pub(crate) fn make_room(&self) {
        self.harness.reteach.remove("faster");
    }

    /// A complete run, as the oracle sees it.
    pub(crate) fn ran(&mut self) {
        let people = self.harness.personio.people();
        let now = self.harness.moment();
        self.expected.complete_run(&people, &BTreeSet::new(), now);
    }

    /// People who must not be locked now and are.
    pub(crate) fn wrongly_locked(&self) -> Vec<u64> {
        let (rules, now) = (AccessRules::default(), self.harness.moment());
        let people = self.harness.personio.people().into_iter();
        let open = people.filter(|person| !rules.is_locked(person, now));
        let locked = open.filter(|person| {
            let account = self.harness.find(person.id);
            account.is_some_and(|account| account.is_locked(now))
        });
        // Returners stay locked until the academy lets us unlock them.
        let ids = locked.map(|person| person.id);
        ids.filter(|id| !RETURNERS.contains(id)).collect()
    }

    /// What an admin's accounts have lost of what is not ours.
    pub(crate) fn lost(&self) -> Vec<String> {
        let after = |before: &Customer| self.harness.reteach.customer(&before.id);
        let mut lost = Vec::new();
        // A dialect may keep a run from the write that an admin comes before.
        let made = self.raced.iter().filter(|before| after(before).is_some());
        for before in self.by_hand.iter().chain(made) {
            let Some(after) = after(before) else {
                lost.push("an account".to_owned());
                continue;
            };
            let pairs = [
                ("note", &before.note, &after.note),
                ("team", &before.team, &after.team),
                ("displayName", &before.display_name, &after.display_name),
                ("language", &before.language, &after.language),
                ("birthDate", &before.birth_date, &after.birth_date),
                ("userName", &before.user_name, &after.user_name),
                (
                    "expiredNotificationMail",
                    &before.expired_notification_mail,
                    &after.expired_notification_mail,
                ),
                (
                    "authenticationMethod",
                    &before.authentication_method,
                    &after.authentication_method,
                ),
            ];
            let changed = pairs.iter().filter(|(_, before, after)| before != after);
            lost.extend(changed.map(|(name, ..)| (*name).to_owned()));
            if !before.tags.iter().all(|tag| after.tags.contains(tag)) {
                lost.push("tags".to_owned());
            }
        }
        lost
    }

    fn accounts(&self) -> Vec<Customer> {
        let mut accounts = self.harness.reteach.customers();
        let used = LOGGED_IN.map(|id| Some(format!("personio:{id}")));
        for account in &mut accounts {
            // Nobody but the person logs in.
            if used.contains(&account.external_id) {
                account.account = Account::Added;
            }
            // What an account shows that has none.
            account.authentication_method.take_if(|it| it == "DEFAULT");
            // An address in other letters is the same address.
            let email = account.email.as_mut();
            if let Some(email) = email.filter(|it| it.eq_ignore_ascii_case(CAPITALS)) {
                CAPITALS.clone_into(email);
            }
        }
        accounts
    }

    /// How the academy's accounts are not as they should be, and which accounts stay open although their dates lock them.
    pub(crate) fn differences(&self) -> Vec<String> {
        let (reteach, now) = (&self.harness.reteach, self.harness.moment());
        let actual = self.accounts();
        let differences = self.expected.differences(&actual);
        let open = actual.iter().filter(|account| {
            account.is_locked(now) && reteach.status(&account.id) != Some("INACTIVE")
        });
        let open = open.map(|account| format!("{} is open in spite of its dates", account.id));
        let differences = differences.iter().map(ToString::to_string);
        differences.chain(open).collect()
    }

    /// The differences that a dialect leaves behind which has ended. A lock that came late counts from then, and the account
    /// of a person who went meanwhile stays as it was, locked.
    pub(crate) fn left_behind(&self) -> Vec<String> {
        let now = self.harness.moment();
        let is_past = |text: &str| text.parse::<Timestamp>().is_ok_and(|at| at <= now);
        let gone = self.harness.find(GONE);
        let is_gone = gone.is_none_or(|account| account.is_locked(now));
        let gone = format!("personio:{GONE}");
        let differences = self.expected.differences(&self.accounts()).into_iter();
        let counts = |difference: &Difference| match difference {
            Difference::Field {
                field: "setInactiveAt",
                expected,
                actual,
                ..
            } if is_past(expected) && is_past(actual) => false,
            difference => !is_gone || difference.account() != Some(&gone),
        };
        differences
            .filter(counts)
            .map(|difference| difference.to_string())
            .collect()
    }

    /// Whether each certificate is in its person's file, and nothing else is filed but the contract.
    pub(crate) fn is_filed(&self) -> bool {
        let is_filed = |person: u64| {
            let document = self.harness.document_of(&certificate(person));
            document.is_some_and(|document| document.employee_id == person)
        };
        CERTIFIED.into_iter().all(is_filed)
            && self.harness.personio.documents().len() == CERTIFIED.len() + 1
    }

    /// Writes to the academy, and uploads, that the last run was refused.
    pub(crate) fn refused_writes(&self) -> usize {
        let harness = &self.harness;
        let kombo = harness.company.kombo.iter().flat_map(Kombo::requests);
        let uploads = harness.personio.requests().into_iter().chain(kombo);
        let uploads = uploads.filter(|call| {
            let template = call.template.unwrap_or_default();
            call.method.as_str() != "GET" && template.contains("/documents")
        });
        let writes = harness.writes().into_iter().chain(uploads);
        let is_refused = |status: u16| (400..500).contains(&status);
        writes
            .filter(|call| call.status.is_some_and(is_refused))
            .count()
    }

    pub(crate) fn advance(&self, minutes: i64) {
        self.harness.advance(SignedDuration::from_mins(minutes));
    }
}
