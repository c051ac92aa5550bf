//! No failed, short or inconsistent reading makes anybody gone: whatever the source answers, run after run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use proptest::prelude::*;
use shared::fingerprint::{Shard, ShardNumber};
use shared::source::{EmployeeSource, Leaving, Reading, Take};
use shared::state::SyncState;

use super::*;
use crate::checkpoint::{Resolution, Selection, Sharding, classify, next_shard, select};
use crate::plan::builders::{config, employee, key, now};

const PEOPLE: u8 = 5;

/// One answer of the source to a request for everybody.
#[derive(Clone, Debug)]
enum Answer {
    Fails,
    /// These people (bit by bit) come, each once or twice, with these totals.
    Comes {
        who: u8,
        twice: bool,
        nameless: bool,
        totals: (Option<u64>, Option<u64>),
    },
}

impl Answer {
    fn ids(who: u8) -> BTreeSet<SourceId> {
        (0..PEOPLE)
            .filter(|bit| who & (1 << bit) != 0)
            .map(|bit| SourceId::new(bit.to_string()))
            .collect()
    }

    /// Whether this answer can be believed about who is missing.
    fn is_whole(&self) -> bool {
        match self {
            Self::Fails => false,
            Self::Comes {
                who,
                nameless,
                totals,
                ..
            } => {
                let count = Some(u64::from((who & ((1 << PEOPLE) - 1)).count_ones()));
                let agrees = |total: Option<u64>| total.is_none() || total == count;
                let announced = totals.0.or(totals.1).is_some();
                !nameless && count != Some(0) && announced && agrees(totals.0) && agrees(totals.1)
            }
        }
    }
}

fn answer() -> impl Strategy<Value = Answer> {
    let all: u8 = (1 << PEOPLE) - 1;
    // Mostly nearly everybody: people do not vanish all at once.
    let who = prop_oneof![3 => Just(all), 3 => (0..PEOPLE).prop_map(move |bit| all & !(1 << bit)), 1 => 0..=all];
    let total = |honest: u64| prop_oneof![5 => Just(Some(honest)), 1 => (0_u64..7).prop_map(Some), 1 => Just(None)];
    let comes =
        (who, any::<bool>(), prop::bool::weighted(0.1)).prop_flat_map(move |(who, twice, nameless)| {
            let honest = u64::from(who.count_ones());
            let totals =
                prop_oneof![3 => Just((Some(honest), Some(honest))), 1 => (total(honest), total(honest))];
            totals.prop_map(move |totals| Answer::Comes { who, twice, nameless, totals })
        });
    prop_oneof![1 => Just(Answer::Fails), 9 => comes]
}

/// Answers what the script says, the last of it again and again. Keeps the last answer, and the last one that came.
struct Script {
    left: Mutex<Vec<Answer>>,
    last: Mutex<Option<Answer>>,
    came: Mutex<Option<Answer>>,
}

impl EmployeeSource for Script {
    fn tool(&self) -> &'static str {
        "personio"
    }

    async fn read(&self, _: u64, take: &mut Take<'_>) -> Result<Reading, SourceError> {
        let next = self.left.lock().unwrap().pop();
        let mut last = self.last.lock().unwrap();
        if next.is_some() {
            *last = next;
        }
        if let Some(came @ Answer::Comes { .. }) = &*last {
            *self.came.lock().unwrap() = Some(came.clone());
        }
        match last.clone() {
            None | Some(Answer::Fails) => Err(SourceError::Unavailable("a page failed".into())),
            Some(Answer::Comes {
                who,
                twice,
                nameless,
                totals: (first_total, last_total),
            }) => {
                let ids = Answer::ids(who);
                let again = ids.iter().filter(|_| twice);
                let record =
                    |id: &SourceId| SourceRecord::Employee(Box::new(employee(id.as_str())));
                let mut records: Vec<_> = ids.iter().chain(again).map(record).collect();
                if nameless {
                    let (field, problem) = ("id".to_owned(), "is missing".to_owned());
                    records.push(SourceRecord::Rejected {
                        source_id: None,
                        field,
                        problem,
                        leaving: Leaving::default(),
                    });
                }
                records.into_iter().for_each(take);
                Ok(Reading {
                    first_total,
                    last_total,
                    marked: None,
                })
            }
        }
    }
}

/// What is remembered from run to run, and what must be concluded from it.
#[derive(Default)]
struct Memory {
    state: Option<SyncState>,
    shards: BTreeMap<ShardNumber, Shard>,
    /// For each person ever seen, how many believable readings in a row have lacked them.
    missed: BTreeMap<SourceId, u32>,
}

impl Memory {
    /// A run over what was read; returns who is taken for gone.
    fn run(&mut self, people: &People) -> BTreeSet<SourceId> {
        let now = now();
        let sharding = Sharding::new(&people.snapshot);
        let numbers: Vec<_> = match select(self.state.as_ref(), &sharding, "rules", false, now) {
            Selection::Nobody => return BTreeSet::new(),
            Selection::Everybody(_) => ShardNumber::all().collect(),
            Selection::Shards(numbers) => numbers.into_iter().collect(),
        };
        let shards: BTreeMap<_, _> = numbers
            .iter()
            .map(|number| {
                (
                    *number,
                    self.shards.get(number).cloned().unwrap_or_default(),
                )
            })
            .collect();
        let found = classify(&sharding, &shards, people.completeness, false, now);
        let settled = |id: &SourceId| (id.clone(), Resolution::Settled);
        let resolutions = found.due.union(&found.gone).map(settled).collect();
        let mut state = SyncState {
            mapping_version: shared::mapping::MAPPING_VERSION,
            configuration: "rules".into(),
            reconciled_at: now,
            ..self.state.take().unwrap_or_default()
        };
        for (number, old) in &shards {
            let next = next_shard(*number, old, &sharding, people.completeness, &resolutions);
            state.set_shard_digest(*number, next.digest());
            self.shards.insert(*number, next);
        }
        self.state = Some(state);
        found.gone
    }

    /// Who must be taken for gone after a reading of these people.
    fn expected(&mut self, there: &BTreeSet<SourceId>, whole: bool) -> BTreeSet<SourceId> {
        for (id, missed) in &mut self.missed {
            *missed = if there.contains(id) {
                0
            } else {
                *missed + u32::from(whole)
            };
        }
        self.missed.extend(there.iter().map(|id| (id.clone(), 0)));
        let gone: BTreeSet<_> = self
            .missed
            .iter()
            .filter(|(_, it)| **it >= 2)
            .map(|(id, _)| id.clone())
            .collect();
        self.missed.retain(|id, _| !gone.contains(id));
        gone
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn only_two_believable_readings_in_a_row_without_somebody_make_them_gone(
        runs in prop::collection::vec(prop::collection::vec(answer(), 1..4), 1..10),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (key, config) = (key(), config(""));
        let mut memory = Memory::default();
        for answers in runs {
            let script = Script {
                left: Mutex::new(answers.into_iter().rev().collect()),
                last: Mutex::default(),
                came: Mutex::default(),
            };
            let Ok(people) = runtime.block_on(read(&script, &config, &key, 0, None)) else { continue };
            let believed = script.came.lock().unwrap().clone().unwrap();
            prop_assert_eq!(people.completeness == Completeness::Complete, believed.is_whole(), "{:?}", believed);
            let there = people.snapshot.ids().cloned().collect();
            let expected = memory.expected(&there, believed.is_whole());
            prop_assert_eq!(memory.run(&people), expected);
        }
    }
}
