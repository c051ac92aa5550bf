//! What the source has shown so far.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::history::{Call, Event, Page, Person};
use crate::{Rules, Terms};

/// How far the clock of a function may be off.
const SKEW: SignedDuration = SignedDuration::from_mins(15);

/// The people of all readings.
#[derive(Debug, Default)]
pub(crate) struct Source {
    people: BTreeMap<u64, Sighting>,
    reading: Reading,
    /// Complete readings so far.
    complete: u32,
    /// People whom the last reading of Kombo flags as deleted.
    flagged: BTreeSet<u64>,
}

#[derive(Debug)]
struct Sighting {
    /// As last shown.
    person: Person,
    first_seen: Timestamp,
    /// Complete readings when they were last shown.
    shown_until: u32,
}

/// A reading under way.
#[derive(Debug, Default)]
struct Reading {
    began: usize,
    places: BTreeSet<String>,
    ids: BTreeSet<u64>,
    totals: BTreeSet<Option<usize>>,
    is_complete: bool,
}

impl Source {
    /// Takes note of a call, if it is a page.
    pub(crate) fn see(&mut self, call: &Call) {
        let Event::Read(page) = &call.event else {
            return;
        };
        let reading = &mut self.reading;
        let is_new = reading.places.is_empty() || reading.places.contains(&page.place);
        if reading.is_complete || is_new {
            *reading = Reading {
                began: call.number,
                ..Reading::default()
            };
        }
        reading.add(page);
        self.flagged.extend(&page.flagged);
        for person in &page.people {
            self.flagged.remove(&person.id);
            let before = self.people.get(&person.id);
            let sighting = Sighting {
                person: person.clone(),
                first_seen: before.map_or(call.at, |before| before.first_seen),
                shown_until: self.complete,
            };
            self.people.insert(person.id, sighting);
        }
        if reading.is_complete {
            self.complete += 1;
            for id in &reading.ids {
                if let Some(sighting) = self.people.get_mut(id) {
                    sighting.shown_until = self.complete;
                }
            }
        }
    }

    /// The call with which the last reading began.
    pub(crate) fn began(&self) -> usize {
        self.reading.began
    }

    /// The person as last shown, if no complete reading has missed them since.
    pub(crate) fn present(&self, id: u64) -> Option<&Person> {
        (self.missed(id)? == 0).then_some(&self.people.get(&id)?.person)
    }

    /// Complete readings without the person since the last one that had them; `None` for whom nobody ever saw.
    fn missed(&self, id: u64) -> Option<u32> {
        Some(self.complete - self.people.get(&id)?.shown_until)
    }

    /// Whether the person is gone, or locked by what the source says.
    pub(crate) fn has_left(&self, id: u64, call: &Call, terms: &Terms) -> bool {
        let rules = terms.rules_at(call.number);
        self.present(id).is_none_or(|person| {
            let end = end_of(person, rules, &terms.zone);
            is_out(person, rules) || end.is_some_and(|end| end <= call.at + SKEW)
        })
    }

    /// Whether what was read explains that access ends at `end`, as this call writes.
    pub(crate) fn explains_end(&self, id: u64, end: Timestamp, call: &Call, terms: &Terms) -> bool {
        let (at, rules) = (call.at, terms.rules_at(call.number));
        let Some(sighting) = self.people.get(&id) else {
            return false;
        };
        let person = &sighting.person;
        // A lock without a date begins at a moment since they are known.
        let is_recent = (sighting.first_seen - SKEW..=at + SKEW).contains(&end);
        let is_missing = self.missed(id).is_some_and(|missed| missed >= 2);
        let says_who_is_gone = self.reading.totals.contains(&None);
        let is_told = !says_who_is_gone || self.flagged.contains(&id) || terms.is_approved(at);
        let is_gone = is_missing && is_told;
        end_of(person, rules, &terms.zone) == Some(end)
            || (is_recent && (is_gone || is_out(person, rules)))
    }

    /// Whether what was read explains that access begins at `start`.
    pub(crate) fn explains_start(&self, id: u64, start: Timestamp, zone: &TimeZone) -> bool {
        let hired = self.people.get(&id).and_then(|known| known.person.hired);
        hired.and_then(|day| midnight(day, zone)) == Some(start)
    }
}

impl Reading {
    fn add(&mut self, page: &Page) {
        self.places.insert(page.place.clone());
        self.totals.insert(page.total);
        self.ids.extend(page.people.iter().map(|person| person.id));
        self.is_complete = match page.total {
            Some(total) => self.totals.len() == 1 && self.ids.len() == total,
            None => page.is_last,
        };
    }
}

/// Inactive or out of scope: locked without a date.
fn is_out(person: &Person, rules: Rules) -> bool {
    let company = person.company.as_deref();
    person.is_inactive || (company.is_some() && company == rules.excluded_company)
}

fn end_of(person: &Person, rules: Rules, zone: &TimeZone) -> Option<Timestamp> {
    let last_day = person.ends?;
    let locked = if rules.locks_on_last_day {
        last_day
    } else {
        last_day.tomorrow().ok()?
    };
    midnight(locked, zone)
}

fn midnight(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    let start = day.to_zoned_datetime(zone.clone()).ok()?;
    Some(start.timestamp())
}
