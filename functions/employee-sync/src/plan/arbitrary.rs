//! Random companies around a moment, from few values each, with everything that may have happened to them before.

use jiff::ToSpan as _;
use jiff::civil::Date;
use proptest::prelude::*;
use shared::domain::employee::{Employee, EmploymentType, Field, Gender, Status};
use shared::domain::id::SourceId;
use shared::tenant::TenantConfig;

use super::builders::config;

/// In every value that is personal, and in nothing else.
pub(crate) const PERSONAL: char = '§';

fn field<T: std::fmt::Debug + Clone + 'static>(
    value: impl Strategy<Value = T> + 'static,
) -> BoxedStrategy<Field<T>> {
    prop_oneof![1 => Just(Field::Absent), 1 => Just(Field::Null), 6 => value.prop_map(Field::Value)]
        .boxed()
}

fn text() -> BoxedStrategy<Field<String>> {
    field(prop::sample::select(vec!["A§", "B§", " A§"]).prop_map(str::to_owned))
}

/// Days around 2026-05-10, close ones more often.
fn day() -> impl Strategy<Value = Date> {
    let ahead =
        prop_oneof![3 => -3_i32..=3, 1 => -40_i32..=40, 1 => Just(-2_000), 1 => Just(2_000)];
    ahead.prop_map(|days| Date::constant(2026, 5, 10) + days.days())
}

fn mail(number: usize) -> BoxedStrategy<Field<String>> {
    prop_oneof![
        8 => Just(Field::Value(format!("p{number}§@muster.example"))),
        1 => Just(Field::Value(format!("P{number}§@Muster.example"))),
        1 => Just(Field::Value("shared§@muster.example".to_owned())),
        1 => Just(Field::Null),
        1 => Just(Field::Absent),
    ]
    .boxed()
}

pub(crate) fn person(number: usize) -> BoxedStrategy<Employee> {
    let kinds = prop_oneof![
        Just(EmploymentType::Internal),
        Just(EmploymentType::External),
        Just(EmploymentType::Other("Azubi§".to_owned()))
    ];
    let states = prop_oneof![
        6 => Just(Status::Active),
        1 => Just(Status::Onboarding),
        1 => Just(Status::Leave),
        3 => Just(Status::Inactive),
        1 => Just(Status::Other("paused".to_owned())),
    ];
    let texts = (text(), text(), text(), text(), text(), text());
    let genders = prop::sample::select(vec![Gender::Male, Gender::Female, Gender::Diverse]);
    let days = (
        field(day()),
        prop_oneof![1 => Just(Field::Null), 2 => field(day())],
    );
    let rest = (
        mail(number),
        field(genders),
        field(kinds),
        field(states),
        days,
    );
    (texts, rest)
        .prop_map(
            move |(texts, (email, gender, employment_type, status, (hire_date, end_date)))| {
                let (first_name, last_name, position, company, department, location) = texts;
                Employee {
                    source_id: SourceId::new(number.to_string()),
                    first_name,
                    last_name,
                    email,
                    position,
                    company,
                    department,
                    location,
                    gender,
                    employment_type,
                    hire_date,
                    end_date,
                    status,
                }
            },
        )
        .boxed()
}

/// A tenant with any combination of options.
pub(crate) fn tenant() -> BoxedStrategy<TenantConfig> {
    let place = || prop::sample::select(vec!["field", "tag", "off"]);
    let lists = prop::sample::select(vec![
        "",
        "include_companies = [\"A§\", \" A§\"]",
        "exclude_departments = [\"B§\"]",
        "exclude_statuses = [\"onboarding\"]",
        "include_locations = [\"A§\"]\nexclude_employment_types = [\"external\"]",
    ]);
    let policy = prop::sample::select(vec!["lock", "leave"]);
    let lock_on = prop::sample::select(vec!["day-after-end", "end-day"]);
    let zone = prop::sample::select(vec![
        "Europe/Berlin",
        "America/Los_Angeles",
        "Pacific/Kiritimati",
    ]);
    let kind = prop::sample::select(vec!["tag", "off"]);
    (any::<bool>(), place(), place(), kind, lock_on, lists, policy, zone)
        .prop_map(|(department, position, location, kind, lock_on, lists, policy, zone)| {
            let text = format!(
                "[employees]\ndepartment = {department}\nposition = \"{position}\"\nlocation = \"{location}\"\n\
                 employment_type = \"{kind}\"\nlock_on = \"{lock_on}\"\n[scope]\n{lists}\nout_of_scope = \"{policy}\"\n"
            );
            let time_zone = jiff::tz::TimeZone::get(zone).unwrap();
            TenantConfig { time_zone, ..config(&text) }
        })
        .boxed()
}

/// What somebody did to an account, or to the ledger, since the last run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Drift {
    None,
    Delete,
    ClearExternalId,
    Unlock,
    Lock,
    Rename,
    Tag,
    Forget,
}

fn drift() -> impl Strategy<Value = Drift> {
    use Drift::{ClearExternalId, Delete, Forget, Lock, None, Rename, Tag, Unlock};
    prop_oneof![
        8 => Just(None),
        7 => prop::sample::select(vec![Delete, ClearExternalId, Unlock, Lock, Rename, Tag, Forget]),
    ]
}

#[derive(Clone, Debug)]
pub(crate) struct Story {
    /// As the run before this one saw them.
    pub(crate) before: Option<Employee>,
    pub(crate) drift: Drift,
    /// As this run sees them.
    pub(crate) after: Option<Employee>,
    /// Whether this run can read no more of their record than whether they leave.
    pub(crate) is_rejected: bool,
}

/// A company, its academy's accounts before the first run, and its tenant before and after a change of rules.
#[derive(Clone, Debug)]
pub(crate) struct Company {
    pub(crate) stories: Vec<Story>,
    /// Accounts from before: the number of the person whose mail address they have, and whether they are another
    /// system's.
    pub(crate) accounts: Vec<(usize, bool)>,
    pub(crate) folds_mail: bool,
    pub(crate) tenants: [TenantConfig; 2],
}

fn story(number: usize) -> impl Strategy<Value = Story> {
    let after = prop_oneof![1 => Just(None), 2 => Just(Some(None)), 4 => person(number).prop_map(|it| Some(Some(it)))];
    let before = prop::option::weighted(0.7, person(number));
    (before, drift(), after, prop::bool::weighted(0.2)).prop_map(
        |(before, drift, after, is_rejected)| {
            // Nobody; as before; somebody else.
            let after = match after {
                None => None,
                Some(None) => before.clone(),
                Some(after) => after,
            };
            Story {
                before,
                drift,
                after,
                is_rejected,
            }
        },
    )
}

pub(crate) fn company() -> impl Strategy<Value = Company> {
    let stories =
        (story(1), story(2), story(3), story(4)).prop_map(|(a, b, c, d)| vec![a, b, c, d]);
    let accounts = prop::collection::vec((1_usize..=4, any::<bool>()), 0..3);
    let tenants = prop_oneof![
        3 => tenant().prop_map(|it| [it.clone(), it]),
        1 => (tenant(), tenant()).prop_map(|(before, after)| [before, after]),
    ];
    (stories, accounts, any::<bool>(), tenants).prop_map(
        |(stories, accounts, folds_mail, tenants)| Company {
            stories,
            accounts,
            folds_mail,
            tenants,
        },
    )
}
