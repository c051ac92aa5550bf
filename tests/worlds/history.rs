//! Histories of a company, from a seed or from bytes.

use harness::faults::{self, Call, Effect};
use shared::state::JobKind;

use crate::choices::Choices;
use crate::event::{Config, Event, Pass, Place, VendorFault, Way, Whose};

const SCENES: std::ops::Range<usize> = 3..8;

/// Calls that a run of so small a company makes, or a few more.
const MOST_STEPS: u8 = 32;

/// A history: scenes in which something happens, perhaps while something fails, and runs follow.
pub(crate) fn history(random: &mut Choices<'_>) -> Vec<Event> {
    let mut events = Vec::new();
    let scenes = random.usize(SCENES);
    // Half of the worlds quiesce in between as well.
    let quiesce_before = if random.bool() { scenes / 2 } else { scenes };
    for scene in 0..scenes {
        if scene == quiesce_before {
            events.push(Event::Quiesce);
        }
        for _ in 0..random.usize(1..5) {
            events.push(action(random));
        }
        if random.u8(0..5) < 3 {
            events.push(Event::Fault(vendor_fault(random)));
        }
        for _ in 0..random.usize(1..3) {
            let is_odd = random.u8(0..4) == 0;
            events.push(if is_odd {
                Event::Run(job(random), way(random))
            } else {
                Event::Pass(pass(random))
            });
        }
        if random.u8(0..4) == 0 {
            events.push(Event::Cleared);
        }
    }
    events
}

/// The same history, in which certificates are filed or completed without the ledger knowing.
pub(crate) fn with_lost_knowledge(mut events: Vec<Event>, random: &mut Choices<'_>) -> Vec<Event> {
    for _ in 0..random.usize(0..3) {
        let event = Event::Backdated {
            who: random.u8(..),
            days: random.u8(2..31),
        };
        events.insert(random.usize(0..=events.len()), event);
    }
    if random.bool() {
        let copied = random.usize(0..=events.len());
        events.insert(copied, Event::TableCopied);
        let restored = random.usize(copied + 1..=events.len());
        events.insert(restored, Event::TableRestored);
    }
    for _ in 0..random.usize(0..3) {
        events.insert(0, Event::FiledByAnother(random.u8(..)));
    }
    events
}

/// The same history, in which the operator approves what a mistake of HR's leaves to decide about, and HR goes on.
pub(crate) fn with_approvals(events: Vec<Event>, random: &mut Choices<'_>) -> Vec<Event> {
    let mut with_approvals = Vec::with_capacity(events.len());
    for event in events {
        with_approvals.push(event);
        if matches!(event, Event::Mistake(_)) && random.bool() {
            with_approvals.extend([Event::Pass(Pass::Tick), Event::Approved]);
            if random.bool() {
                with_approvals.push(Event::Inactive(random.u8(..)));
            }
        }
    }
    with_approvals
}

fn action(random: &mut Choices<'_>) -> Event {
    match random.u8(0..20) {
        0..5 => certificate(random),
        5..8 => academy(random),
        8 | 9 => operation(random),
        _ => people(random),
    }
}

fn people(random: &mut Choices<'_>) -> Event {
    let who = random.u8(..);
    match random.u8(0..24) {
        0 | 1 => Event::Hire {
            in_days: random.i8(-3..10),
        },
        2 => Event::HireWithAccount,
        3 => Event::Rename(who),
        4 => Event::Move(who),
        5 => Event::Emptied(who),
        6 => Event::NewMail(who),
        7 => Event::NoMail(who),
        8..11 => Event::Ends {
            who,
            in_days: random.i8(-4..5),
        },
        11 | 12 => Event::Inactive(who),
        13 => Event::OnLeave(who),
        14 | 15 => Event::Returns(who),
        16 | 17 => Event::Deleted(who),
        18 => Event::Restored,
        19 => Event::Rehired {
            who,
            same_name: random.bool(),
        },
        20 => Event::TakesMail(who),
        21 => Event::Mistake(random.u8(2..12)),
        22 => Event::Merged(random.u8(5..30)),
        _ => Event::MistakeUndone,
    }
}

fn certificate(random: &mut Choices<'_>) -> Event {
    match random.u8(0..8) {
        0..5 => Event::Earned {
            who: random.u8(..),
            hours_ago: random.u8(0..40),
            late: random.u8(0..4) == 0,
        },
        5 => Event::Reissued(random.u8(..)),
        6 => Event::PdfsMade,
        _ => Event::Folder(random.u8(..)),
    }
}

fn academy(random: &mut Choices<'_>) -> Event {
    let who = random.u8(..);
    match random.u8(0..11) {
        0 | 1 => Event::AdminEdits(who),
        2 => Event::AdminNotes(who),
        3 => Event::AdminUnlocks(who),
        4 | 5 => Event::AdminClearsId(who),
        6 => Event::AdminMovesId(who),
        7 => Event::AdminReopens(who),
        8 => Event::BackedUp,
        9 => Event::RestoredFromBackup,
        _ => Event::AdminDeletes(who),
    }
}

fn operation(random: &mut Choices<'_>) -> Event {
    match random.u8(0..6) {
        0 => Event::TokensRevoked,
        5 => Event::Migrated {
            killed_at: random.bool().then(|| random.u8(0..MOST_STEPS)),
        },
        4 => Event::Swapped(random.u8(1..4)),
        1 => Event::Configured(*random.choice(Config::ALL).unwrap_or(&Config::Usual)),
        _ => {
            let whose = *random.choice(Whose::ALL).unwrap_or(&Whose::Personio);
            Event::SecretRotated {
                whose,
                is_known: random.bool(),
            }
        }
    }
}

fn pass(random: &mut Choices<'_>) -> Pass {
    match random.u8(0..10) {
        0..4 => Pass::Tick,
        4..6 => Pass::HalfHour,
        6 | 7 => Pass::Night,
        8 => Pass::Days(random.u8(1..4)),
        _ => Pass::Silence(random.u8(1..60)),
    }
}

fn job(random: &mut Choices<'_>) -> JobKind {
    if random.bool() {
        JobKind::Employees
    } else {
        JobKind::Certificates
    }
}

fn way(random: &mut Choices<'_>) -> Way {
    let (step, after) = (random.u8(0..MOST_STEPS), random.bool());
    match random.u8(0..8) {
        0 => Way::Twice,
        1 => Way::Frozen(random.u8(0..5)),
        2..5 => Way::Killed { step, after },
        5 => Way::OutOfTime(None),
        6 => Way::OutOfTime(Some(random.u8(0..5))),
        _ => Way::Closed { step, after },
    }
}

fn vendor_fault(random: &mut Choices<'_>) -> VendorFault {
    let at = *random.choice(Place::ALL).unwrap_or(&Place::People);
    let call = Call::named(at.calls());
    let mut faults = faults::table();
    faults.retain(|fault| matches!(fault.effect, Effect::Behave(_)) && call.meets(fault));
    VendorFault {
        at,
        fault: random.choice(faults).map_or("hang", |fault| fault.name),
        skip: if random.bool() { 0 } else { random.u8(0..4) },
        times: random.u8(0..6),
    }
}
