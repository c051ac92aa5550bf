//! What can happen in a company, and histories of it from a seed. Every event stands for itself: whatever is taken out of a
//! history, the rest can still happen.

use fastrand::Rng;

/// Something that happens. `u8`s choose somebody, or something, among those there are at that moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// HR hires somebody who begins in so many days.
    Hire { in_days: i8 },
    /// An admin has made the account by hand before HR hires somebody.
    HireWithAccount,
    /// A new last name.
    Rename(u8),
    /// Another position, company and office.
    Move(u8),
    /// A field is emptied.
    Emptied(u8),
    /// Another mail address.
    NewMail(u8),
    /// No mail address any more.
    NoMail(u8),
    /// Leaves in so many days.
    Ends { who: u8, in_days: i8 },
    /// Inactive, without an end date.
    Inactive(u8),
    /// On leave, which locks nobody.
    OnLeave(u8),
    /// Back at work, without an end date.
    Returns(u8),
    /// The profile is deleted.
    Deleted(u8),
    /// The last deleted profile is there again.
    Restored,
    /// Somebody who has left is hired again: another profile with the same mail address.
    Rehired(u8),
    /// Has the mail address of somebody who has left.
    TakesMail(u8),
    /// HR sets this many people inactive by mistake.
    Mistake(u8),
    /// HR takes the last mistake back.
    MistakeUndone,
    /// A course is completed so many hours ago; its PDF is there, or late.
    Earned { who: u8, hours_ago: u8, late: bool },
    /// A certificate is issued again.
    Reissued(u8),
    /// Late PDFs are made.
    PdfsMade,
    /// An admin changes synced fields in reteach.
    AdminEdits(u8),
    /// An admin changes what is not ours to touch.
    AdminNotes(u8),
    /// An admin unlocks somebody by hand.
    AdminUnlocks(u8),
    /// An admin deletes an account in reteach.
    AdminDeletes(u8),
    /// The folder for certificates is made, or has another name.
    Folder(u8),
    /// Personio's secret is another one; the operator knows, or does not know yet.
    SecretRotated { told: bool },
    /// Every token ends.
    TokensRevoked,
    /// All is quiet for a while. A history ends like that too.
    Rest,
    /// Something fails from now on.
    Fault(Trouble),
    /// Nothing fails any more.
    Cleared,
    /// Time passes, and the schedules fire.
    Pass(Pass),
    /// A schedule fires in an odd way.
    Run(Job, Way),
}

/// How time passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pass {
    /// Five minutes, and a tick of the employee job.
    Tick,
    /// Half an hour, and a tick of both.
    HalfHour,
    /// Eight hours, and a tick of both.
    Night,
    /// So many days with a tick of both on each.
    Days(u8),
    /// So many hours in which no schedule fires.
    Silence(u8),
}

/// Which job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Job {
    /// From Personio to reteach.
    Employees,
    /// From reteach to Personio.
    Certificates,
}

/// How a run goes that does not simply go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// A second one begins while it is under way.
    Twice,
    /// Held up at this sign of progress for longer than the lease lasts, while another one runs.
    Frozen(u8),
    /// Killed at this call of a vendor, before or after its effect.
    Killed { step: u8, after: bool },
    /// The connection of this call is closed, before or after its effect.
    Closed { step: u8, after: bool },
}

/// A fault: where, what, and how often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// Which call.
    pub(crate) at: Place,
    /// Which behaviour.
    pub(crate) what: Mishap,
    /// The first calls that go well.
    pub(crate) skip: u8,
    /// How many calls are struck; 0: all until it is cleared.
    pub(crate) times: u8,
}

macro_rules! listed {
    ($(#[$doc:meta])* $name:ident: $($(#[$each:meta])* $variant:ident,)*) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $name { $($(#[$each])* $variant,)* }
        impl $name {
            const ALL: &[Self] = &[$(Self::$variant,)*];
        }
    };
}

listed! {
    /// A call of a vendor.
    Place:
    /// People are read.
    People,
    /// reteach's accounts are listed.
    Accounts,
    /// An account is created.
    Create,
    /// An account is updated.
    Update,
    /// Tags are added.
    Tags,
    /// Participations are listed.
    Participations,
    /// A PDF is downloaded.
    Download,
    /// Folders are listed.
    Folders,
    /// A document is uploaded, behind Kombo where there is one.
    Upload,
    /// Documents are listed.
    Documents,
    /// A log-in at reteach.
    LogIn,
    /// Any call of Kombo, or of Personio where there is none.
    AnyHr,
    /// Any call of reteach.
    AnyReteach,
}

listed! {
    /// What a call comes to.
    Mishap:
    /// Closed before anything happened.
    Close,
    /// Took effect, and the reply is lost.
    LoseReply,
    /// Took effect, and a gateway answers 502 with a page.
    LateGateway,
    /// Takes effect ten minutes later, and the connection is closed.
    LateEffect,
    /// The body breaks off.
    CloseMidBody,
    /// JSON that ends in the middle.
    Truncated,
    /// Fewer rows than announced.
    DroppedRows,
    /// An empty list.
    EmptyList,
    /// Another total than there are rows.
    WrongTotal,
    /// Rows of the page before once more.
    RepeatedRows,
    /// Elsewhere.
    Redirect,
    /// 429.
    Limited,
    /// 429, to come back in two minutes.
    LimitedForLong,
    /// 401.
    Unauthorized,
    /// 403.
    Forbidden,
    /// 404.
    NotFound,
    /// 409.
    Conflict,
    /// 422.
    Refused,
    /// 500.
    Failed,
    /// 503 with a page.
    Unavailable,
    /// 200 with a page.
    Page,
}

/// Scenes of a history.
const SCENES: std::ops::Range<usize> = 3..8;

/// A history: scenes in which something happens, perhaps while something fails, and runs follow.
pub(crate) fn history(random: &mut Rng) -> Vec<Event> {
    let mut events = Vec::new();
    let scenes = random.usize(SCENES);
    // Half of the worlds come to rest in between as well.
    let rest_before = if random.bool() { scenes / 2 } else { scenes };
    for scene in 0..scenes {
        if scene == rest_before {
            events.push(Event::Rest);
        }
        for _ in 0..random.usize(1..5) {
            events.push(deed(random));
        }
        if random.u8(0..5) < 3 {
            events.push(Event::Fault(trouble(random)));
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

fn deed(random: &mut Rng) -> Event {
    match random.u8(0..20) {
        0..5 => certificate(random),
        5..7 => academy(random),
        7 => operation(random),
        _ => people(random),
    }
}

fn people(random: &mut Rng) -> Event {
    let who = random.u8(..);
    match random.u8(0..23) {
        0 | 1 => Event::Hire { in_days: random.i8(-3..10) },
        2 => Event::HireWithAccount,
        3 => Event::Rename(who),
        4 => Event::Move(who),
        5 => Event::Emptied(who),
        6 => Event::NewMail(who),
        7 => Event::NoMail(who),
        8..11 => Event::Ends { who, in_days: random.i8(-4..5) },
        11 | 12 => Event::Inactive(who),
        13 => Event::OnLeave(who),
        14 | 15 => Event::Returns(who),
        16 | 17 => Event::Deleted(who),
        18 => Event::Restored,
        19 => Event::Rehired(who),
        20 => Event::TakesMail(who),
        21 => Event::Mistake(random.u8(2..12)),
        _ => Event::MistakeUndone,
    }
}

fn certificate(random: &mut Rng) -> Event {
    match random.u8(0..8) {
        0..5 => Event::Earned { who: random.u8(..), hours_ago: random.u8(0..40), late: random.u8(0..4) == 0 },
        5 => Event::Reissued(random.u8(..)),
        6 => Event::PdfsMade,
        _ => Event::Folder(random.u8(..)),
    }
}

fn academy(random: &mut Rng) -> Event {
    let who = random.u8(..);
    match random.u8(0..5) {
        0 | 1 => Event::AdminEdits(who),
        2 => Event::AdminNotes(who),
        3 => Event::AdminUnlocks(who),
        _ => Event::AdminDeletes(who),
    }
}

fn operation(random: &mut Rng) -> Event {
    if random.bool() { Event::TokensRevoked } else { Event::SecretRotated { told: random.bool() } }
}

fn pass(random: &mut Rng) -> Pass {
    match random.u8(0..10) {
        0..4 => Pass::Tick,
        4..6 => Pass::HalfHour,
        6 | 7 => Pass::Night,
        8 => Pass::Days(random.u8(1..4)),
        _ => Pass::Silence(random.u8(1..60)),
    }
}

fn job(random: &mut Rng) -> Job {
    if random.bool() { Job::Employees } else { Job::Certificates }
}

fn way(random: &mut Rng) -> Way {
    let (step, after) = (random.u8(0..14), random.bool());
    match random.u8(0..6) {
        0 => Way::Twice,
        1 => Way::Frozen(random.u8(0..5)),
        2..5 => Way::Killed { step, after },
        _ => Way::Closed { step, after },
    }
}

fn trouble(random: &mut Rng) -> Trouble {
    Trouble {
        at: *random.choice(Place::ALL).unwrap_or(&Place::People),
        what: *random.choice(Mishap::ALL).unwrap_or(&Mishap::Close),
        skip: if random.bool() { 0 } else { random.u8(0..4) },
        times: random.u8(0..6),
    }
}
