//! Reading people, and judging whether the reading is complete. A status code proves nothing: providers have answered
//! 200 with data missing, and peers then deleted whole companies (awslabs/ssosync 159, 194, 278; keycloak 24669;
//! firezone 9194).

use std::collections::BTreeSet;

use shared::domain::id::SourceId;
use shared::fingerprint::{FingerprintKey, Part};
use shared::mapping::DesiredAccount;
use shared::source::{Absence, EmployeeSource, SourceError, SourceRecord};
use shared::state::AgreedReading;
use shared::tenant::TenantConfig;

use super::completeness::{Completeness, judge};
use super::snapshot::{Person, Snapshot};
use super::unreadable::UnreadableAttributes;

/// How often people are read before an inconsistent reading is used.
const READINGS: u32 = 3;

/// Everybody the source reported, each once.
#[derive(Debug)]
pub struct People {
    pub snapshot: Snapshot,
    /// Whether anything may be concluded about who is missing.
    pub completeness: Completeness,
    pub readings: u32,
    /// The people whom the source flags as deleted; `None` where it flags nobody.
    pub marked: Option<BTreeSet<SourceId>>,
    /// Attributes that the tenant carries over and nobody's record has, by Personio's names.
    pub unreadable: Vec<&'static str>,
    /// Why no record at all can be used. Then nothing counts but who has left.
    pub unusable: Option<String>,
}

impl People {
    /// A complete reading that brought these people.
    #[cfg(test)]
    pub(crate) fn complete(people: impl IntoIterator<Item = (SourceId, Person)>) -> Self {
        let snapshot = people.into_iter().collect();
        let completeness = Completeness::Complete;
        Self {
            snapshot,
            completeness,
            readings: 1,
            marked: None,
            unreadable: Vec::new(),
            unusable: None,
        }
    }

    /// What it means that `id` is missing.
    #[must_use]
    pub fn absence(&self, id: &SourceId) -> Absence {
        match &self.marked {
            Some(marked) if !marked.contains(id) => Absence::Unmarked,
            Some(_) | None => Absence::Explained,
        }
    }
}

/// Reads everybody, `expected` people as far as is known, again if the numbers do not agree. Numbers that were `agreed` on
/// before are not read again.
///
/// # Errors
/// [`SourceError`] if a page of the first reading fails, or no record at all can be used: then nothing was read.
pub async fn read(
    source: &impl EmployeeSource,
    config: &TenantConfig,
    key: &FingerprintKey,
    expected: u64,
    agreed: Option<AgreedReading>,
) -> Result<People, SourceError> {
    let people = read_even_unusable(source, config, key, expected, agreed).await?;
    match &people.unusable {
        Some(reason) => Err(SourceError::Unreadable(reason.clone())),
        None => Ok(people),
    }
}

/// The same, where a first reading without a usable record is no error.
pub(crate) async fn read_even_unusable(
    source: &impl EmployeeSource,
    config: &TenantConfig,
    key: &FingerprintKey,
    expected: u64,
    agreed: Option<AgreedReading>,
) -> Result<People, SourceError> {
    let mut before: Option<People> = None;
    let mut all_agree = true;
    loop {
        let readings = before.as_ref().map_or(1, |before| before.readings + 1);
        let read = read_once(source, config, key, expected).await;
        let usable = read.map(|people| (people.unusable.is_none(), people));
        let people = match (usable, before) {
            (Ok((true, people)), before) => {
                all_agree &= before.is_none_or(|before| is_same(&before, &people));
                People { readings, ..people }
            }
            // An earlier reading is incomplete, and worth more than none.
            (Ok((false, _)) | Err(_), Some(before)) => return Ok(People { readings, ..before }),
            (Ok((false, people)), None) => return Ok(people),
            (Err(error), None) => return Err(error),
        };
        let Completeness::Incomplete(reason) = people.completeness else {
            return Ok(people);
        };
        let numbers = reason.numbers();
        let is_stable =
            numbers.is_some() && (numbers == agreed || readings == READINGS && all_agree);
        if is_stable {
            let completeness = Completeness::Agreeing(reason);
            return Ok(People {
                completeness,
                ..people
            });
        }
        if readings == READINGS {
            return Ok(people);
        }
        before = Some(people);
    }
}

/// Whether two readings brought the same people, and announced the same number.
fn is_same(one: &People, other: &People) -> bool {
    one.completeness == other.completeness && one.snapshot.ids().eq(other.snapshot.ids())
}

async fn read_once(
    source: &impl EmployeeSource,
    config: &TenantConfig,
    key: &FingerprintKey,
    expected: u64,
) -> Result<People, SourceError> {
    let mut taken = Taken {
        people: Vec::new(),
        employees: 0,
        nameless: 0,
        misfit: None,
        unreadable: UnreadableAttributes::of(config),
    };
    let reading = source
        .read(expected, &mut |record| {
            taken.take(record, source.tool(), config, key)
        })
        .await?;
    let Taken {
        people,
        employees,
        nameless,
        misfit,
        unreadable,
    } = taken;
    let records = people.len() as u64 + nameless;
    let misfit = misfit.filter(|_| employees == 0);
    let unusable = misfit.map(|(field, problem)| {
        format!(
            "none of {records} records can be used (the first one: {field} {problem}): the HR system may have changed the attribute"
        )
    });
    let snapshot: Snapshot = people.into_iter().collect();
    Ok(People {
        completeness: judge(nameless, snapshot.len() as u64, &reading),
        snapshot,
        readings: 1,
        marked: reading.marked,
        unreadable: unreadable.names(),
        unusable,
    })
}

/// What has come of a reading so far.
struct Taken {
    people: Vec<(SourceId, Person)>,
    employees: u64,
    nameless: u64,
    /// Field and problem of the first record that does not fit.
    misfit: Option<(String, String)>,
    unreadable: UnreadableAttributes,
}

impl Taken {
    fn take(
        &mut self,
        record: SourceRecord,
        tool: &str,
        config: &TenantConfig,
        key: &FingerprintKey,
    ) {
        match record {
            SourceRecord::Employee(employee) => {
                self.employees += 1;
                self.unreadable.observe(&employee);
                let fingerprint = DesiredAccount::of(&employee, tool, config).fingerprint(key);
                let id = employee.source_id.clone();
                self.people
                    .push((id, Person::Employee(employee, fingerprint)));
            }
            SourceRecord::Rejected {
                source_id: Some(id),
                field,
                problem,
                leaving,
            } => {
                let employee = leaving.clone().employee(id.clone());
                let read = DesiredAccount::of(&employee, tool, config).fingerprint(key);
                let parts = ["rejected", id.as_str(), &field, &problem, &read.to_string()];
                let fingerprint = key.fingerprint(parts.map(Part::Value));
                self.misfit
                    .get_or_insert_with(|| (field.clone(), problem.clone()));
                self.people.push((
                    id,
                    Person::Rejected {
                        fingerprint,
                        field,
                        problem,
                        leaving,
                    },
                ));
            }
            SourceRecord::Rejected {
                source_id: None,
                field,
                problem,
                leaving: _,
            } => {
                self.nameless += 1;
                self.misfit.get_or_insert((field, problem));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use shared::source::{Leaving, Reading, Take};

    use super::*;
    use crate::plan::builders::{config, employee, key};
    use crate::source::IncompleteReason;

    type Came = (Vec<SourceRecord>, Reading);

    struct Script(Mutex<Vec<Came>>);

    impl EmployeeSource for Script {
        fn tool(&self) -> &'static str {
            "personio"
        }

        async fn read(&self, _: u64, take: &mut Take<'_>) -> Result<Reading, SourceError> {
            let failed = SourceError::Unavailable("a page failed".into());
            let (records, reading) = self.0.lock().unwrap().pop().ok_or(failed)?;
            records.into_iter().for_each(take);
            Ok(reading)
        }
    }

    fn reading(ids: &[&str], first: Option<u64>, last: Option<u64>) -> Came {
        let records = ids
            .iter()
            .map(|id| SourceRecord::Employee(Box::new(employee(id))))
            .collect();
        (
            records,
            Reading {
                first_total: first,
                last_total: last,
                marked: None,
            },
        )
    }

    async fn outcome(mut readings: Vec<Came>) -> (usize, Completeness, u32) {
        readings.reverse();
        let script = Script(Mutex::new(readings));
        let people = read(&script, &config(""), &key(), 0, None).await.unwrap();
        (people.snapshot.len(), people.completeness, people.readings)
    }

    fn miscounted(announced: u64, received: u64) -> IncompleteReason {
        IncompleteReason::Miscounted {
            announced,
            received,
        }
    }

    #[tokio::test]
    async fn a_reading_is_complete_only_if_all_numbers_agree() {
        use Completeness::{Agreeing, Complete, Incomplete};
        let nameless = || SourceRecord::Rejected {
            source_id: None,
            field: "id".into(),
            problem: "is missing".into(),
            leaving: Leaving::default(),
        };
        let with_nameless = |total| {
            let mut reading = reading(&["1", "2"], total, total);
            reading.0.push(nameless());
            reading
        };
        let nobody = Incomplete(IncompleteReason::Nobody);
        let no_total = Agreeing(IncompleteReason::NoTotal { received: 2 });
        let moved = Incomplete(IncompleteReason::TotalMoved { first: 3, last: 2 });
        let (two, twice) = (&["1", "2"][..], &["1", "2", "2"][..]);
        for (ids, first, last, flags, expected) in [
            (two, Some(2), Some(2), false, Complete),
            (twice, Some(2), Some(2), false, Complete),
            // Personio announces a total, Kombo flags deleted people instead.
            (two, None, None, false, no_total),
            (two, None, None, true, Complete),
            // owncloud/core 28039: asked for 500, got 498, took it for the last page.
            (two, Some(3), Some(3), false, Agreeing(miscounted(3, 2))),
            (two, Some(1), Some(1), false, Agreeing(miscounted(1, 2))),
            (two, Some(3), Some(2), false, moved),
            (&[], Some(0), Some(0), false, nobody),
            (&[], None, None, false, nobody),
            // A credential without the right to employees sees how many there are.
            (&[], Some(900), Some(900), false, nobody),
            (&[], Some(900), Some(901), false, nobody),
        ] {
            let came = || {
                let (records, reading) = reading(ids, first, last);
                let marked = flags.then(BTreeSet::new);
                (records, Reading { marked, ..reading })
            };
            let (_, completeness, readings) = outcome(vec![came(), came(), came()]).await;
            assert_eq!(completeness, expected);
            assert_eq!(readings, if expected == Complete { 1 } else { 3 });
        }
        for total in [Some(3), None] {
            let came = || with_nameless(total);
            let (people, completeness, _) = outcome(vec![came(), came(), came()]).await;
            let nameless = IncompleteReason::Nameless {
                records: 1,
                announced: Some(3),
                received: 2,
            };
            assert_eq!((people, completeness), (2, Agreeing(nameless)));
        }
    }

    #[test]
    fn readings_with_more_than_a_few_records_without_an_id_never_agree() {
        for (records, received, agree) in [
            (1, 2, true),
            (4, 5, true),
            (5, 99, false),
            (5, 100, true),
            (400, 500, false),
        ] {
            let reason = IncompleteReason::Nameless {
                records,
                announced: None,
                received,
            };
            assert_eq!(reason.numbers().is_some(), agree, "{reason:?}");
        }
    }

    #[tokio::test]
    async fn an_inconsistent_reading_is_repeated_until_it_is_consistent() {
        let short = reading(&["1"], Some(2), Some(2));
        let whole = reading(&["1", "2"], Some(2), Some(2));
        let expected = (2, Completeness::Complete, 2);
        assert_eq!(outcome(vec![short, whole]).await, expected);
    }

    #[tokio::test]
    async fn readings_that_differ_do_not_agree() {
        let two = || reading(&["1", "2"], Some(3), Some(3));
        let others = || reading(&["1", "4"], Some(3), Some(3));
        let higher = || reading(&["1", "2"], Some(4), Some(4));
        for readings in [
            [two(), two(), others()],
            [two(), others(), two()],
            [others(), two(), two()],
            [higher(), two(), two()],
        ] {
            let (_, completeness, readings) = outcome(readings.into()).await;
            let both = (completeness, readings);
            assert_eq!(both, (Completeness::Incomplete(miscounted(3, 2)), 3));
        }
    }

    #[tokio::test]
    async fn numbers_that_were_agreed_on_are_read_once() {
        let agreed = AgreedReading {
            announced: Some(3),
            received: 2,
        };
        for (total, agreed, readings) in [(3, Some(agreed), 1), (3, None, 3), (4, Some(agreed), 3)]
        {
            let came = || reading(&["1", "2"], Some(total), Some(total));
            let script = Script(Mutex::new(vec![came(), came(), came()]));
            let people = read(&script, &config(""), &key(), 0, agreed).await.unwrap();
            let expected = (Completeness::Agreeing(miscounted(total, 2)), readings);
            assert_eq!((people.completeness, people.readings), expected);
        }
    }

    #[tokio::test]
    async fn a_reading_of_nobody_is_never_agreed_on() {
        let agreed = AgreedReading {
            announced: Some(900),
            received: 0,
        };
        let came = || reading(&[], Some(900), Some(900));
        let script = Script(Mutex::new(vec![came(), came(), came()]));
        let people = read(&script, &config(""), &key(), 0, Some(agreed))
            .await
            .unwrap();
        let expected = (Completeness::Incomplete(IncompleteReason::Nobody), 3);
        assert_eq!((people.completeness, people.readings), expected);
        assert!(!people.completeness.is_good());
    }

    #[test]
    fn an_agreed_reading_has_most_people_with_half_of_the_announced_ones() {
        let agreeing =
            |announced, received| Completeness::Agreeing(miscounted(announced, received));
        let no_total = IncompleteReason::NoTotal { received: 3 };
        for (completeness, has_most) in [
            (Completeness::Complete, true),
            (agreeing(900, 450), true),
            (agreeing(900, 449), false),
            (agreeing(900, 3), false),
            (agreeing(1, 2), true),
            (agreeing(u64::MAX, u64::MAX - 1), true),
            (Completeness::Agreeing(no_total), true),
            (Completeness::Incomplete(miscounted(900, 899)), false),
            (Completeness::Incomplete(no_total), false),
            (Completeness::Incomplete(IncompleteReason::Nobody), false),
        ] {
            assert_eq!(completeness.has_most(), has_most, "{completeness:?}");
        }
    }

    #[tokio::test]
    async fn a_failing_second_reading_leaves_the_first_as_incomplete() {
        let short = || reading(&["1"], Some(2), Some(2));
        for (readings, attempts) in [(vec![short()], 2), (vec![short(), short()], 3)] {
            let expected = (1, Completeness::Incomplete(miscounted(2, 1)), attempts);
            assert_eq!(outcome(readings).await, expected);
        }
    }

    #[tokio::test]
    async fn a_failing_first_reading_is_an_error() {
        let result = read(&Script(Mutex::default()), &config(""), &key(), 0, None).await;
        assert_eq!(
            result.unwrap_err(),
            SourceError::Unavailable("a page failed".into())
        );
    }

    #[tokio::test]
    async fn a_reading_without_a_single_usable_record_is_an_error() {
        let rejected = |id: Option<&str>| SourceRecord::Rejected {
            source_id: id.map(SourceId::new),
            field: "hire_date".into(),
            problem: "is not a date".into(),
            leaving: Leaving::default(),
        };
        let count = Reading {
            first_total: Some(2),
            last_total: Some(2),
            marked: None,
        };
        let records = vec![rejected(Some("1")), rejected(None)];
        let script = Script(Mutex::new(vec![(records, count)]));
        let error = read(&script, &config(""), &key(), 0, None)
            .await
            .unwrap_err();
        assert!(
            matches!(&error, SourceError::Unreadable(text) if text.contains("none of 2 records")
                && text.contains("hire_date is not a date")),
            "{error:?}"
        );
    }
}

#[cfg(test)]
mod properties;
