//! Values that somebody else changes in the academy day by day.

use shared::domain::employee::Field;
use shared::domain::id::{CustomerId, SourceId};
use shared::runtime::{FindingKind, Mode};

use super::world::{End, World};

/// Somebody changes these people's positions in the academy.
fn meddle(world: &mut World, ids: &[usize]) {
    for id in ids {
        let person = SourceId::new(id.to_string());
        let account: CustomerId = world.academy.account_of(&person).unwrap().id.clone();
        world.customer(&account).position = Some("Aus dem anderen System".to_owned());
    }
}

/// Who is reported by a comparison a day later, with the values.
fn reported(world: &mut World) -> Vec<(String, String)> {
    let tick = world.after(24 * 60).tick(End::Well);
    let findings = tick.findings.into_iter();
    let contested = findings.filter(|finding| finding.kind == FindingKind::Contested);
    contested
        .map(|finding| (finding.person.unwrap(), finding.text))
        .collect()
}

#[test]
fn a_value_that_is_changed_on_three_days_is_reported_as_contested_and_written_back() {
    let mut world = World::new(10, "");
    for day in 1..=5 {
        // Person 5 once, person 3 every day; the position of person 6 changes in the HR system.
        let ids: &[usize] = if day == 1 { &[3, 5] } else { &[3] };
        meddle(&mut world, ids);
        world.edit(6, |it| {
            it.position = Field::Value(format!("Stufe {day}"));
        });
        let reported = reported(&mut world);
        if day < 3 {
            assert_eq!(reported, [], "{day}");
        } else {
            assert_eq!(reported.len(), 1, "{day}");
            let (person, text) = &reported[0];
            assert_eq!(person, "3");
            let says = format!("position was changed in reteach on {day} days");
            assert!(text.contains(&says), "{text}");
        }
        let account = world.academy.account_of(&SourceId::new("3")).unwrap();
        assert_eq!(account.position.as_deref(), Some("Schlosser"), "{day}");
    }
    assert_eq!(reported(&mut world), []);
}

#[test]
fn an_account_that_somebody_locks_on_three_days_is_reported_as_contested_and_opened() {
    let mut world = World::new(10, "");
    let person = SourceId::new("3");
    for day in 1..=3 {
        let account = world.academy.account_of(&person).unwrap().id.clone();
        world.customer(&account).set_inactive_at = Some(world.now);
        let reported = reported(&mut world);
        assert_eq!(reported.len(), usize::from(day == 3), "{day}");
        for (reported, text) in reported {
            let says = "setInactiveAt was changed in reteach on 3 days";
            assert!(reported == "3" && text.contains(says), "{text}");
        }
        assert!(!world.is_locked(3), "{day}");
    }
}

#[test]
fn comparisons_of_one_day_count_once_and_a_week_of_peace_ends_it() {
    let mut world = World::new(10, "");
    world.mode = Mode::Reconcile;
    for _ in 0..4 {
        meddle(&mut world, &[3]);
        let tick = world.after(60).tick(End::Well);
        assert_eq!(tick.found(FindingKind::Contested), 0);
    }
    world.mode = Mode::Scheduled;
    meddle(&mut world, &[3]);
    assert_eq!(reported(&mut world), []);
    for _ in 0..7 {
        assert_eq!(reported(&mut world), []);
    }
    meddle(&mut world, &[3]);
    assert_eq!(reported(&mut world), []);
}
