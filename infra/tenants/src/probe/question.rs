//! What a write probe asks of an academy, and what each answer means for the tenant's file. Pure.

use std::fmt;

use serde::{Deserialize, Serialize};
use shared::tenant::{EmploymentTypeAs, Placement, TenantConfig, UpdateWith};

use super::observed::Observed;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Question {
    Write(Field),
    Clear(Field),
    /// An update leaves alone what it does not name.
    KeepsOthers,
    EndLocks,
    /// A locked account can be read by its id.
    LockedIsFound,
    /// A future end does not lock yet.
    FutureEndIsOpen,
    StartLocks,
    LiftOpens,
    KeepsMail,
    ExternalIdIdentifies,
    KnownExternalId,
    KnownMail,
    KnownUserName,
    UserNameAlone,
    TagByName,
    OtherTagsStay,
    UpdateKeepsTags,
    TagRemoval,
    /// A log-in says how long its token lives.
    TokenLife,
    RefreshToken,
    /// A new account is open, and nobody was invited.
    NewIsOpen,
    ChangeMail,
    ChangeUserName,
    ChangeExternalId,
    /// An account takes an external id after its own was cleared.
    ExternalIdAgain,
    /// A second log-in succeeds, made as each process of a run makes its own.
    LogInAgain,
    /// No call is answered 429.
    CallLimit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Field {
    FirstName,
    LastName,
    Position,
    Company,
    Department,
    Location,
    Gender,
    SetActiveAt,
    SetInactiveAt,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub(crate) question: Question,
    pub(crate) observed: Observed,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Consequence {
    None,
    /// Runs cope with it.
    Note(&'static str),
    /// The tenant's file says so already.
    Respected(Line),
    /// The tenant's file should have this line.
    Change(Line),
    /// Only the academy can change it.
    Ask(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Line {
    pub(crate) section: &'static str,
    pub(crate) line: &'static str,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {}", self.section, self.line)
    }
}

impl Field {
    pub(crate) const ALL: [Self; 9] = [
        Self::FirstName,
        Self::LastName,
        Self::Position,
        Self::Company,
        Self::Department,
        Self::Location,
        Self::Gender,
        Self::SetActiveAt,
        Self::SetInactiveAt,
    ];

    /// The field's name in reteach's document.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::FirstName => "firstName",
            Self::LastName => "lastName",
            Self::Position => "position",
            Self::Company => "company",
            Self::Department => "department",
            Self::Location => "location",
            Self::Gender => "gender",
            Self::SetActiveAt => "setActiveAt",
            Self::SetInactiveAt => "setInactiveAt",
        }
    }

    /// Whether runs of this tenant write the field.
    pub(crate) fn is_used(self, config: &TenantConfig) -> bool {
        let options = &config.employees;
        match self {
            Self::Position => options.position == Placement::Field,
            Self::Location => options.location == Placement::Field,
            Self::Department => options.department,
            _ => true,
        }
    }

    /// What follows where the academy does not take the field.
    pub(crate) fn without(self, config: &TenantConfig) -> Consequence {
        let line = match self {
            Self::Position => r#"position = "tag""#,
            Self::Location => r#"location = "tag""#,
            Self::Department => "department = false",
            Self::SetActiveAt | Self::SetInactiveAt => {
                return Consequence::Ask(
                    "accounts cannot be locked by date: ask reteach's support before the first run",
                );
            }
            Self::FirstName | Self::LastName | Self::Company | Self::Gender => {
                return Consequence::Ask(
                    "ask reteach's support to let these credentials write the field",
                );
            }
        };
        Line::employees(line).unless(!self.is_used(config))
    }
}

impl Line {
    fn employees(line: &'static str) -> Self {
        Self {
            section: "employees",
            line,
        }
    }

    /// The consequence, where the tenant's file says so already if `is_respected`.
    fn unless(self, is_respected: bool) -> Consequence {
        if is_respected {
            Consequence::Respected(self)
        } else {
            Consequence::Change(self)
        }
    }
}

impl Answer {
    pub(crate) fn assumption(self) -> String {
        match self.question {
            Question::Write(field) => format!("{} can be written", field.name()),
            Question::Clear(field) => format!("null clears {}", field.name()),
            question => match question {
                Question::KeepsOthers => "an update keeps the fields that it does not name",
                Question::EndLocks => "a past setInactiveAt locks",
                Question::LockedIsFound => "a locked account is found by its id",
                Question::FutureEndIsOpen => "a future setInactiveAt does not lock yet",
                Question::StartLocks => "a future setActiveAt locks",
                Question::LiftOpens => "an account without both dates is open",
                Question::KeepsMail => "a mail address is kept as written",
                Question::ExternalIdIdentifies => "an external id identifies an account in a path",
                Question::KnownExternalId => {
                    "POST with a known external id makes no second account"
                }
                Question::KnownMail => "POST with a known mail address makes no second account",
                Question::KnownUserName => "POST with a known user name makes no second account",
                Question::UserNameAlone => "an account needs no mail address",
                Question::TagByName => "a tag is added by its name",
                Question::OtherTagsStay => "adding a tag keeps the others",
                Question::UpdateKeepsTags => "an update keeps the tags",
                Question::TagRemoval => "a tag is removed by its id",
                Question::TokenLife => "a log-in says how long its token lives",
                Question::RefreshToken => "a log-in brings a refresh token",
                Question::NewIsOpen => "a new account is open, and nobody was invited",
                Question::ChangeMail => "an update writes another mail address",
                Question::ChangeUserName => "an update writes another user name",
                Question::ChangeExternalId => "an update writes another external id",
                Question::ExternalIdAgain => "an account without an external id takes one",
                Question::LogInAgain => "a second log-in succeeds",
                Question::CallLimit => "no call is answered 429",
                Question::Write(_) | Question::Clear(_) => "",
            }
            .to_owned(),
        }
    }

    pub(crate) fn consequence(self, config: &TenantConfig) -> Consequence {
        use {Observed as O, Question as Q};
        match (self.question, self.observed) {
            (_, O::AsAssumed | O::Found | O::NeverLimited(_)) => Consequence::None,
            (_, O::NoAnswer) => Consequence::Note("no answer: run the probe again"),
            (_, O::NotShown) => Consequence::Note(
                "runs cannot tell either: see in the academy whether an account with a past end is locked",
            ),
            (Q::Write(Field::SetActiveAt | Field::SetInactiveAt), O::OtherTime) => {
                Consequence::Ask(
                    "runs take such a date for refused, and a first run does not end: ask reteach's support",
                )
            }
            (Q::Write(field) | Q::Clear(field), _) => field.without(config),
            (Q::KeepsOthers, _) => Line {
                section: "reteach",
                line: r#"update = "replace""#,
            }
            .unless(config.reteach.update == UpdateWith::Replace),
            (Q::EndLocks | Q::StartLocks, _) => Consequence::Ask(
                "people who have left or not begun keep access: ask reteach's support",
            ),
            (Q::FutureEndIsOpen | Q::LiftOpens, _) => {
                Consequence::Ask("people who should have access are locked: ask reteach's support")
            }
            (Q::KeepsMail, _) => Consequence::Note("addresses are compared without letter case"),
            (Q::ExternalIdIdentifies, O::Refused(status)) if !matches!(status, 400 | 422) => {
                Consequence::Ask("updates by external id are refused: ask reteach's support")
            }
            (Q::ExternalIdIdentifies, _) => {
                Consequence::Note("an update names the account by reteach's id, and reads it first")
            }
            (Q::KnownExternalId | Q::KnownMail | Q::KnownUserName, O::MadeSecond) => {
                Consequence::Ask(
                    "a person may get a second account after a lost reply: ask reteach's support for unique identifiers",
                )
            }
            (Q::KnownExternalId | Q::KnownMail | Q::KnownUserName, O::FoundAndWritten) => {
                Consequence::Note(
                    "if somebody makes the account of a new person while a run is under way, POST writes to it: a finding names it",
                )
            }
            (Q::KnownExternalId | Q::KnownMail | Q::KnownUserName, _) => {
                Consequence::Note("a refusal is read as a conflict, and the account is looked up")
            }
            (Q::LockedIsFound, _) => {
                Consequence::Note("the list shows it: runs look for locked accounts there")
            }
            (Q::UpdateKeepsTags, _) => {
                Consequence::Note("runs add the lost tags again: one call more for each update")
            }
            (Q::UserNameAlone, _) => {
                Consequence::Note("people without a mail address get no account")
            }
            (Q::TokenLife, _) => {
                Consequence::Note("runs take an hour for granted, and log in again after a 401")
            }
            (Q::RefreshToken, _) => {
                Consequence::Note("runs use the one that they have, else the client code")
            }
            (Q::LogInAgain, O::WithCode) => {
                Consequence::Note("nothing replaces the client code: it must not be revoked")
            }
            (Q::LogInAgain, _) => Consequence::Ask(
                "runs lose access once their token ends: ask reteach's support for refresh tokens, or for a client code that \
                 is good more than once",
            ),
            (Q::CallLimit, _) => Consequence::Note(
                "runs find the pace that the academy takes, from the first 429 on",
            ),
            (Q::NewIsOpen, O::Locked) => Consequence::Ask(
                "new people have no access until somebody opens their account: ask reteach's support",
            ),
            (Q::NewIsOpen, _) => Consequence::Note(
                "see in the academy's settings whether a new account gets an invitation mail",
            ),
            (Q::ChangeMail, _) => {
                Consequence::Ask("people keep their first mail address: ask reteach's support")
            }
            (Q::ChangeUserName, _) => {
                Consequence::Note("runs write user names of new accounts alone")
            }
            (Q::ChangeExternalId, _) => Consequence::Ask(
                "handovers and `tenants migrate` are refused: ask reteach's support",
            ),
            (Q::ExternalIdAgain, _) => {
                Consequence::Ask("accounts made by hand cannot be adopted: ask reteach's support")
            }
            (Q::TagByName | Q::OtherTagsStay | Q::TagRemoval, _) => {
                let uses_tags = config.employees.employment_type == EmploymentTypeAs::Tag;
                Line::employees(r#"employment_type = "off""#).unless(!uses_tags)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use shared::http::LimitsSeen;

    use super::*;

    const SMALLEST: &str =
        "tenant_id = \"acme\"\ntime_zone = \"Europe/Berlin\"\n[personio]\nvia = \"direct\"\n";

    #[test]
    fn an_answer_becomes_a_line_until_the_tenants_file_has_it() {
        let off = "[employees]\nposition = \"tag\"\nlocation = \"off\"\ndepartment = false\nemployment_type = \"off\"\n[reteach]\nupdate = \"replace\"\n";
        let on = "[employees]\ndepartment = true\n";
        let (write, clear) = (Question::Write, Question::Clear);
        for (question, observed, line) in [
            (
                write(Field::Position),
                Observed::Refused(422),
                r#"[employees] position = "tag""#,
            ),
            (
                write(Field::Location),
                Observed::NotKept,
                r#"[employees] location = "tag""#,
            ),
            (
                clear(Field::Location),
                Observed::NotKept,
                r#"[employees] location = "tag""#,
            ),
            (
                write(Field::Department),
                Observed::Refused(400),
                "[employees] department = false",
            ),
            (
                Question::KeepsOthers,
                Observed::LostOthers,
                r#"[reteach] update = "replace""#,
            ),
            (
                Question::TagByName,
                Observed::Refused(404),
                r#"[employees] employment_type = "off""#,
            ),
        ] {
            let answer = Answer { question, observed };
            let consequence = |more: &str| {
                let config = TenantConfig::parse(&format!("{SMALLEST}{more}")).unwrap();
                answer.consequence(&config)
            };
            let Consequence::Change(change) = consequence(on) else {
                panic!("{answer:?}")
            };
            assert_eq!(change.to_string(), line);
            assert_eq!(consequence(off), Consequence::Respected(change));
        }
    }

    #[test]
    fn a_limit_that_is_met_or_named_is_noted() {
        let config = TenantConfig::parse(SMALLEST).unwrap();
        for (refused, named, says, is_noted) in [
            (
                0,
                None,
                "yes, none of 112 calls, one after the other",
                false,
            ),
            (3, None, "3 of the probe's calls were", true),
            (3, Some(60), "its replies name a limit of 60 calls", true),
        ] {
            let observed = Observed::of_limits(LimitsSeen { refused, named }, 112);
            assert_eq!(observed.to_string(), says);
            let question = Question::CallLimit;
            let consequence = Answer { question, observed }.consequence(&config);
            let is_note = matches!(consequence, Consequence::Note(_));
            assert_eq!(is_note, is_noted, "{says}: {consequence:?}");
        }
    }

    #[test]
    fn what_no_line_mends_is_a_question_for_reteach() {
        let config = TenantConfig::parse(SMALLEST).unwrap();
        for (question, observed) in [
            (Question::EndLocks, Observed::NotKept),
            (Question::StartLocks, Observed::NotKept),
            (Question::LiftOpens, Observed::NotKept),
            (
                Question::Write(Field::SetInactiveAt),
                Observed::Refused(422),
            ),
            (Question::Write(Field::LastName), Observed::NotKept),
            (Question::KnownMail, Observed::MadeSecond),
            (Question::LogInAgain, Observed::LogInRefused),
            (Question::ExternalIdIdentifies, Observed::Refused(403)),
        ] {
            let consequence = Answer { question, observed }.consequence(&config);
            let is_ask = matches!(consequence, Consequence::Ask(_));
            assert!(is_ask, "{question:?}: {consequence:?}");
        }
    }
}
