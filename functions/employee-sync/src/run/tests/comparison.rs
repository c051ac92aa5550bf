//! What only a comparison with the academy finds, and a brake holds.

use shared::domain::employee::{Field, Status};
use shared::domain::id::SourceId;
use shared::reteach::Customer;
use shared::state::{Brake, Decision};

use super::world::{End, World};

const PEOPLE: usize = 100;
const CHANGED: usize = 40;

fn accounts(world: &World) -> impl Iterator<Item = &Customer> {
    let ids = (0..CHANGED).map(|id| SourceId::new(id.to_string()));
    ids.filter_map(|id| world.academy.account_of(&id))
}

/// An admin edits the accounts of the first people.
fn edit_accounts(world: &mut World, edit: fn(&mut Customer)) {
    let ids: Vec<_> = accounts(world).map(|account| account.id.clone()).collect();
    for id in ids {
        edit(world.academy.customers.get_mut(&id).unwrap());
    }
}

struct Scene {
    kind: Brake,
    hr: fn(&mut World),
    academy: fn(&mut World),
    /// How many accounts are as the HR system says.
    in_step: fn(&World) -> usize,
}

const SCENES: [Scene; 4] = [
    Scene {
        kind: Brake::Create,
        hr: |_| {},
        academy: |world| {
            let ids: Vec<_> = accounts(world).map(|account| account.id.clone()).collect();
            ids.iter()
                .for_each(|id| drop(world.academy.customers.remove(id)));
        },
        in_step: |world| accounts(world).count(),
    },
    Scene {
        kind: Brake::UnexplainedLock,
        hr: |world| {
            for id in 0..CHANGED {
                world.edit(id, |it| it.status = Field::Value(Status::Inactive));
            }
        },
        academy: |world| edit_accounts(world, |account| account.set_inactive_at = None),
        in_step: World::locked,
    },
    Scene {
        kind: Brake::Blank,
        hr: |world| {
            for id in 0..CHANGED {
                world.edit(id, |it| it.position = Field::Null);
            }
        },
        academy: |world| edit_accounts(world, |account| account.position = Some("Chef".to_owned())),
        in_step: |world| accounts(world).filter(|it| it.position.is_none()).count(),
    },
    Scene {
        kind: Brake::MailChange,
        hr: |_| {},
        academy: |world| {
            edit_accounts(world, |account| {
                account.email = account.email.as_ref().map(|mail| format!("alt.{mail}"));
            });
        },
        in_step: |world| {
            let mails = accounts(world).filter_map(|account| account.email.as_deref());
            mails.filter(|mail| !mail.starts_with("alt.")).count()
        },
    },
];

#[test]
fn what_a_comparison_finds_is_held_until_somebody_decides() {
    for scene in &SCENES {
        for (is_approved, is_alone) in [(true, true), (true, false), (false, true), (false, false)]
        {
            let mut world = World::before(PEOPLE, "[brake]\nat_least = 5\n");
            (scene.hr)(&mut world);
            world.ticks_and_pauses(3, 5);
            assert_eq!(((scene.in_step)(&world), world.hash()), (CHANGED, None));
            if !is_alone {
                // Another difference, which no brake holds.
                edit_accounts(&mut world, |it| it.last_name = Some("von Hand".to_owned()));
            }
            (scene.academy)(&mut world);
            world.after(24 * 60).tick(End::Well);
            let held = |world: &World| {
                let held = world.academy.held.as_ref()?;
                Some((held.hash.clone(), *held.counts.get(&scene.kind)?))
            };
            let found = held(&world);
            assert_eq!(found.as_ref().unwrap().1 as usize, CHANGED);
            for _ in 0..5 {
                world.after(5).tick(End::Well);
                assert_eq!(held(&world), found, "{:?}", scene.kind);
            }
            world.decide(if is_approved {
                |at| Decision::Approved { at }
            } else {
                |at| Decision::Dismissed { at }
            });
            world.ticks(3, 5);
            let expected = if is_approved {
                (CHANGED, None)
            } else {
                (0, found)
            };
            assert_eq!(((scene.in_step)(&world), held(&world)), expected);
            let is_repaired = |it: &Customer| it.last_name.as_deref() == Some("Weiß");
            assert!(accounts(&world).all(is_repaired), "{:?}", scene.kind);
        }
    }
}
