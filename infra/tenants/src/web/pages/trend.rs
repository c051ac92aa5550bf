//! The last day of a company in a cell: a bar an hour, in the colour of its worst run, as high as what changed.

use maud::Markup;

use super::runs::class;
use crate::commands::status::last_day::{Hour, LastDay};
use crate::web::plots::{self, Bar};
use crate::web::visit::Visit;

pub(super) fn plot(visit: &Visit, day: &LastDay) -> Markup {
    let bar = |hour: &Hour| Bar {
        label: String::new(),
        value: hour.changes as f64,
        shown: String::new(),
        class: hour.worst.map_or("none", class),
        outcome: String::new(),
    };
    let bars: Vec<Bar> = day.hours.iter().map(bar).collect();
    plots::strip(&text(visit, day), &bars)
}

fn text(visit: &Visit, day: &LastDay) -> String {
    let changed = visit.language.counted(
        day.changes,
        ("Änderung", "Änderungen"),
        ("change", "changes"),
    );
    let failed = visit.language.counted(
        day.failed,
        ("Lauf misslang", "Läufe misslangen"),
        ("run failed", "runs failed"),
    );
    format!("{changed}, {failed}")
}
