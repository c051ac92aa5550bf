//! What can happen in a company. Every event is independent of the others, so a history can be shortened anywhere.

use shared::state::JobKind;

macro_rules! listed {
    ($(#[$doc:meta])* $name:ident: $($(#[$each:meta])* $variant:ident,)*) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $name { $($(#[$each])* $variant,)* }
        impl $name {
            pub(crate) const ALL: &[Self] = &[$(Self::$variant,)*];
        }
    };
}

/// Something that happens. `u8`s choose somebody, or something, among those there are at that moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// HR hires somebody who begins in so many days.
    Hire {
        in_days: i8,
    },
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
    Ends {
        who: u8,
        in_days: i8,
    },
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
    /// Somebody who has left is hired again under another id, with the same mail address. Without `same_name` the
    /// address is recycled: somebody else gets it.
    Rehired {
        who: u8,
        same_name: bool,
    },
    /// Has the mail address of somebody who has left.
    TakesMail(u8),
    /// Another company's people join.
    Merged(u8),
    /// HR sets this many people inactive by mistake.
    Mistake(u8),
    /// HR takes the last mistake back.
    MistakeUndone,
    /// A course is completed so many hours ago; its PDF is there, or late.
    Earned {
        who: u8,
        hours_ago: u8,
        late: bool,
    },
    /// A course was completed so many days ago, and is entered only now.
    Backdated {
        who: u8,
        days: u8,
    },
    /// Another integration has filed a certificate before our first run.
    FiledByAnother(u8),
    TableCopied,
    /// The table goes back to its last copy, and is put to use as after a restore.
    TableRestored,
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
    /// An admin takes the external id off an account.
    AdminClearsId(u8),
    /// An admin gives somebody another account, and their external id with it.
    AdminMovesId(u8),
    /// An admin unlocks the account of somebody who is gone.
    AdminReopens(u8),
    /// The academy makes a backup of its accounts.
    BackedUp,
    /// The academy goes back to the last backup.
    RestoredFromBackup,
    /// The folder for certificates is made, or has another name.
    Folder(u8),
    /// A vendor gets another secret; the operator knows, or does not know yet.
    SecretRotated {
        whose: Whose,
        is_known: bool,
    },
    /// The operator writes another tenant file. The usual one returns when the world quiesces.
    Configured(Config),
    /// The operator approves what a brake holds.
    Approved,
    /// For so many ticks, the credentials read another company's people.
    Swapped(u8),
    /// The company moves to a new Personio account, and the operator migrates. The first attempt is killed at this call.
    Migrated {
        killed_at: Option<u8>,
    },
    /// Every token ends.
    TokensRevoked,
    /// Nothing fails or changes for a while. Every history ends with it.
    Quiesce,
    /// Something fails from now on.
    Fault(VendorFault),
    /// Nothing fails any more.
    Cleared,
    /// Time passes, and the schedules fire.
    Pass(Pass),
    /// A schedule fires in an odd way.
    Run(JobKind, Way),
}

impl Event {
    /// Whether it changes something that somebody can see, if there is somebody to do it to.
    pub(crate) fn is_action(self) -> bool {
        !matches!(
            self,
            Self::BackedUp
                | Self::TokensRevoked
                | Self::Quiesce
                | Self::Fault(_)
                | Self::Cleared
                | Self::Pass(_)
                | Self::Run(..)
        )
    }

    pub(crate) fn name(self) -> String {
        let text = format!("{self:?}");
        let name = text.split(|it: char| !it.is_alphanumeric()).next();
        name.unwrap_or_default().to_owned()
    }
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
    /// This number of days, with a tick of both on each.
    Days(u8),
    /// This number of hours in which no schedule fires.
    Silence(u8),
}

/// How a run goes that does not simply go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// A second one begins while it is under way.
    Twice,
    /// Held up at this sign of progress for longer than the lease lasts, while another one runs.
    Frozen(u8),
    /// Killed at this call of a vendor or of AWS, before or after its effect.
    Killed { step: u8, after: bool },
    /// The connection of this call is closed, before or after its effect.
    Closed { step: u8, after: bool },
    /// Its time is over at this sign of progress; without one, before it begins.
    OutOfTime(Option<u8>),
}

listed! {
    /// Whose secret it is.
    Whose:
    /// Personio's, which Kombo has where the way leads through it.
    Personio,
    /// Kombo's key; nobody's on the direct route.
    Kombo,
    /// The academy's.
    Reteach,
}

listed! {
    /// A tenant file.
    Config:
    /// The one a tenant begins with.
    Usual,
    /// People of the Austrian company are out of scope, and locked.
    WithoutAustria,
    /// The same, and left as they are.
    LeavesAustria,
    /// People are locked when their last day begins.
    LocksOnLastDay,
}

/// A fault of the table at calls of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct VendorFault {
    pub(crate) at: Place,
    /// Its name in the table.
    pub(crate) fault: &'static str,
    /// Calls that go well first.
    pub(crate) skip: u8,
    /// Struck calls; 0: all until the faults are cleared.
    pub(crate) times: u8,
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
    /// A call of DynamoDB.
    Table,
    /// A batch call of DynamoDB.
    Batches,
    /// A call of Secrets Manager.
    Secrets,
    /// A call of the security token service.
    Session,
}
