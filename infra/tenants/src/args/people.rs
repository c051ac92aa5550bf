//! Commands about people.

use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;
use shared::domain::id::{SourceId, TenantId};

use super::help;

#[derive(Clone, Debug, Subcommand)]
pub enum People {
    /// Show each person's state and the reason
    ///
    /// From the state alone: no vendor is called. People appear by their id in Personio; names are not stored.
    #[command(after_long_help = help::PEOPLE_LIST)]
    List(ListPeople),
    /// Find people by mail address or name
    ///
    /// The people of the HR system are read now, and nothing of them is kept. They appear by their id: names and mail addresses
    /// are shown with --details only.
    #[command(after_long_help = help::PEOPLE_FIND)]
    Find(FindPerson),
    /// Try people again who were refused, without waiting for their pause
    ///
    /// Ends the pause and starts a reconcile at once. Use it once the cause is gone.
    #[command(after_long_help = help::PEOPLE_RETRY)]
    Retry(RetryPeople),
    /// Give one person's account to another of their profiles in Personio
    ///
    /// For a rehire or a transfer under a new id. Courses and certificates stay with the account. The old profile never gets an
    /// account again.
    #[command(after_long_help = help::PEOPLE_HANDOVER)]
    Handover(Handover),
    /// Show everything that is stored of one person
    ///
    /// From the state alone: no vendor is called. With `--json` it is the copy for a person who asks for their data.
    #[command(after_long_help = help::PEOPLE_EXPORT)]
    Export(ExportPerson),
    /// Erase what is stored of a person who has left
    ///
    /// Of certificates their ids alone are kept, so that none is filed again. Personio and reteach erase their own data.
    #[command(after_long_help = help::PEOPLE_FORGET)]
    Forget(ForgetPerson),
}

#[derive(Clone, Debug, Args)]
pub struct ListPeople {
    /// The tenant
    pub tenant: TenantId,
    /// Only people in this state; can be repeated
    #[arg(long, value_enum, value_name = "STATE")]
    pub state: Vec<PersonState>,
    /// The most people to show
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub limit: u32,
    /// Only people after this one: the last id of the page before
    #[arg(long, value_name = "ID", value_parser = person)]
    pub after: Option<SourceId>,
}

#[derive(Clone, Debug, Args)]
pub struct FindPerson {
    /// The tenant
    pub tenant: TenantId,
    /// The mail address, or a part of the name; an id is not looked up
    pub who: String,
    /// Show names and mail addresses: personal data
    #[arg(long)]
    pub details: bool,
}

/// What a person's account is like, as far as the state knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum PersonState {
    /// reteach holds what Personio says, or nothing is to be done
    InSync,
    /// The next run looks at them
    Due,
    /// The academy refused a value; tried again later
    Refused,
    /// The account, or its mail address, is somebody else's; tried again later
    Conflict,
    /// Left alone until a moment: the academy does not answer for the account, or the record does not fit
    Waiting,
    /// A brake holds a change
    Held,
    /// Missing from the last complete reading
    MissingOnce,
    /// Not in Personio any more
    Gone,
    /// Another profile of the same person has the account
    HandedOver,
    /// An account with our external id that belongs to nobody in Personio
    Orphaned,
}

#[derive(Clone, Debug, Args)]
pub struct RetryPeople {
    /// The tenant
    pub tenant: TenantId,
    /// Only these people; by default everybody who was refused
    #[arg(long, value_name = "ID,…", value_delimiter = ',', value_parser = person)]
    pub only: Vec<SourceId>,
    /// Run in this process, with your own AWS rights and a progress bar, instead of calling the function
    #[arg(long)]
    pub here: bool,
}

#[derive(Clone, Debug, Args)]
pub struct Handover {
    /// The tenant
    pub tenant: TenantId,
    /// The old profile, whose account it is
    #[arg(long, value_name = "ID", value_parser = person)]
    pub from: SourceId,
    /// The new profile
    #[arg(long, value_name = "ID", value_parser = person)]
    pub to: SourceId,
    /// Also if Personio says that the old profile is still employed
    #[arg(long)]
    pub force: bool,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
    /// Seconds to wait for a run that is under way
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub wait: u32,
}

#[derive(Clone, Debug, Args)]
pub struct ExportPerson {
    /// The tenant
    pub tenant: TenantId,
    /// The person's id in Personio
    #[arg(value_parser = person)]
    pub person: SourceId,
}

#[derive(Clone, Debug, Args)]
pub struct ForgetPerson {
    /// The tenant
    pub tenant: TenantId,
    /// The person's id in Personio
    #[arg(value_parser = person)]
    pub person: SourceId,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
    /// Seconds to wait for a run that is under way
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub wait: u32,
}

pub(super) fn person(text: &str) -> Result<SourceId, &'static str> {
    let text = text.trim();
    if text.is_empty() || text.contains('@') {
        return Err(
            "give the person's id in Personio, the number at the end of their profile's address",
        );
    }
    Ok(SourceId::new(
        text.strip_prefix("personio:").unwrap_or(text),
    ))
}
