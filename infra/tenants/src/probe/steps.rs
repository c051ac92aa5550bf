//! The questions, asked one call after the other of a test account.

mod identifiers;
mod tags;

use std::sync::atomic::{AtomicBool, Ordering};

use jiff::{SignedDuration, Timestamp};
use shared::domain::employee::Field as Value;
use shared::domain::id::CustomerId;
use shared::reteach::{Client, Customer, CustomerInput, Error, TestAccount};
use shared::tenant::TenantConfig;

use super::observed::Observed;
use super::question::{Answer, Field, Question};
use super::record::{
    TEXT, cleared, completed, filled, has_all_of, is_empty, is_locked, kept, locked_as, open,
    record, written,
};

/// Calls in a row without an answer that end the probe.
const SILENT_IN_A_ROW: usize = 3;
const POSTED: &str = "Probe (POST)";

/// The identifiers that a probe may leave on accounts.
#[derive(Debug)]
pub(super) struct Names {
    pub(super) main: TestAccount,
    /// For a second account, if the academy makes one.
    pub(super) second: TestAccount,
    pub(super) without_mail: TestAccount,
    /// What the first account is called at the end.
    pub(super) other: TestAccount,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum ProbeError {
    #[error("interrupted")]
    Interrupted,
    #[error("the academy answered the creation with another account, which was not written to")]
    AnotherAccount,
    #[error(transparent)]
    Reteach(#[from] Error),
}

struct Probe<'a> {
    client: &'a Client,
    config: &'a TenantConfig,
    names: &'a Names,
    now: Timestamp,
    is_interrupted: &'a AtomicBool,
    id: CustomerId,
    /// Whether each update carries the whole record.
    whole: bool,
    silent: usize,
    /// Whether the account's id did not find it, and the list did.
    is_hidden: bool,
    answers: Vec<Answer>,
}

/// Creates a test account and asks every question of it.
///
/// # Errors
/// [`ProbeError`]; accounts with `names` may be there all the same.
pub(super) async fn ask(
    client: &Client,
    config: &TenantConfig,
    names: &Names,
    now: Timestamp,
    is_interrupted: &AtomicBool,
) -> Result<Vec<Answer>, ProbeError> {
    let mut created = client.create(&record(&names.main)).await?;
    if !carries(&created, &names.main) {
        // The reply may show less than the account holds.
        created = client.get(&created.id).await?;
    }
    if !carries(&created, &names.main) {
        return Err(ProbeError::AnotherAccount);
    }
    let mut probe = Probe {
        client,
        config,
        names,
        now,
        is_interrupted,
        id: created.id.clone(),
        whole: false,
        silent: 0,
        is_hidden: false,
        answers: Vec::new(),
    };
    probe.answer(Question::NewIsOpen, open(created.status.as_ref()));
    for field in Field::ALL {
        probe.write(field).await?;
    }
    // Once more, with both dates set: an update may clear them.
    probe.write(Field::FirstName).await?;
    probe.locks().await?;
    for field in Field::ALL {
        if !matches!(field, Field::FirstName | Field::LastName) {
            probe.clear(field).await?;
        }
    }
    probe.identity().await?;
    probe.tags().await?;
    probe.known_accounts().await?;
    probe.login();
    probe.rename().await?;
    Ok(probe.answers)
}

/// Logs in once more, as the next run will.
pub(super) async fn log_in_again(client: &Client) -> Answer {
    let observed = match client.log_in_as_next().await {
        Ok(false) => Observed::AsAssumed,
        Ok(true) => Observed::WithCode,
        Err(Error::Credential(_)) => Observed::LogInRefused,
        Err(_) => Observed::NoAnswer,
    };
    Answer {
        question: Question::LogInAgain,
        observed,
    }
}

/// Whether `customer` is the account with these identifiers, as far as the academy keeps them.
fn carries(customer: &Customer, names: &TestAccount) -> bool {
    let email = customer.email.as_ref();
    customer.external_id.as_ref() == Some(&names.external_id)
        || email.is_some_and(|email| email.eq_ignore_ascii_case(&names.email))
}

impl Probe<'_> {
    async fn write(&mut self, field: Field) -> Result<(), ProbeError> {
        let (start, end) = self.open_window();
        let input = filled(field, start, end);
        let before = self.get().await?;
        let mut after = self.put(&input).await?;
        if matches!(after, Err(Observed::Refused(400 | 409 | 422))) && !self.whole {
            self.whole = true;
            after = self.put(&input).await?;
            self.whole = after.is_ok();
        }
        match &after {
            Ok(after) if !self.whole || !self.is_answered(Question::KeepsOthers) => {
                let is_kept = !self.whole && has_all_of(after, &before, field);
                self.whole |= !is_kept;
                self.answer(Question::KeepsOthers, kept(is_kept, Observed::LostOthers));
            }
            _ => {}
        }
        let observed = match &after {
            Ok(after) => written(field, after, &input),
            Err(observed) => *observed,
        };
        self.answer(Question::Write(field), observed);
        if field == Field::SetInactiveAt {
            self.answer_lock(Question::FutureEndIsOpen, &after, false);
        }
        Ok(())
    }

    async fn clear(&mut self, field: Field) -> Result<(), ProbeError> {
        if !self.answers.contains(&Answer {
            question: Question::Write(field),
            observed: Observed::AsAssumed,
        }) {
            return Ok(());
        }
        let (start, end) = self.open_window();
        self.put(&filled(field, start, end)).await?.ok();
        let after = self.put(&cleared(field)).await?;
        self.answer_by(Question::Clear(field), &after, |after| {
            is_empty(field, after)
        });
        Ok(())
    }

    async fn locks(&mut self) -> Result<(), ProbeError> {
        let (past, future) = self.open_window();
        for (question, start, end, locks) in [
            (Question::EndLocks, None, Some(past), true),
            (Question::StartLocks, Some(future), None, true),
            (Question::LiftOpens, None, None, false),
        ] {
            let input = CustomerInput {
                set_active_at: start.map_or(Value::Null, Value::Value),
                set_inactive_at: end.map_or(Value::Null, Value::Value),
                ..CustomerInput::default()
            };
            let after = self.put(&input).await?;
            self.answer_lock(question, &after, locks);
            if question == Question::EndLocks && after.as_ref().is_ok_and(is_locked) {
                let is_found = !self.is_hidden;
                self.answer(Question::LockedIsFound, kept(is_found, Observed::NotFound));
            }
        }
        Ok(())
    }

    async fn identity(&mut self) -> Result<(), ProbeError> {
        let id = &self.names.main.external_id;
        let input = if self.whole {
            record(&self.names.main)
        } else {
            CustomerInput {
                company: Value::Value(TEXT.to_owned()),
                ..CustomerInput::default()
            }
        };
        let by_external_id = self.client.update_by_external_id(id, &input).await;
        let is_same = self.heard(by_external_id)?.map(|reply| reply.id == self.id);
        let observed = match is_same {
            Ok(is_same) => kept(is_same, Observed::NotFound),
            // If the record was the reason, nothing is known of the id.
            Err(Observed::Refused(400 | 422)) if self.refuses(&input).await? => Observed::NoAnswer,
            Err(observed) => observed,
        };
        self.answer(Question::ExternalIdIdentifies, observed);

        let written = &self.names.main.email;
        let observed = match self.get().await?.email {
            Some(email) if email == *written => Observed::AsAssumed,
            Some(email) if email == written.to_lowercase() => Observed::LowerCase,
            _ => Observed::NotKept,
        };
        self.answer(Question::KeepsMail, observed);
        Ok(())
    }

    /// What `POST /customer` does with identifiers that are taken.
    async fn known_accounts(&mut self) -> Result<(), ProbeError> {
        let Names {
            main,
            second,
            without_mail,
            other: _,
        } = self.names;
        let by_external_id = CustomerInput {
            external_id: Value::Value(main.external_id.clone()),
            ..record(second)
        };
        self.post(Question::KnownExternalId, by_external_id, &self.id.clone())
            .await?;
        // The call before may have changed the address.
        let email = self.get().await?.email;
        let by_mail = CustomerInput {
            email: email.map_or(Value::Absent, Value::Value),
            ..record(second)
        };
        self.post(Question::KnownMail, by_mail, &self.id.clone())
            .await?;

        let alone = CustomerInput {
            email: Value::Absent,
            user_name: Value::Value(without_mail.user_name.clone()),
            ..record(without_mail)
        };
        let made = self.client.create(&alone).await;
        match self.heard(made)? {
            Err(observed) => self.answer(Question::UserNameAlone, observed),
            Ok(made) => {
                let is_own = made.id != self.id;
                self.answer(Question::UserNameAlone, kept(is_own, Observed::NotKept));
                let by_user_name = CustomerInput {
                    external_id: Value::Value(second.external_id.clone()),
                    ..alone
                };
                self.post(Question::KnownUserName, by_user_name, &made.id)
                    .await?;
            }
        }
        Ok(())
    }

    /// Posts a record whose identifier belongs to the account `known`.
    async fn post(
        &mut self,
        question: Question,
        input: CustomerInput,
        known: &CustomerId,
    ) -> Result<(), ProbeError> {
        let input = CustomerInput {
            first_name: Value::Value(POSTED.to_owned()),
            ..input
        };
        let posted = self.client.create(&input).await;
        let observed = match self.heard(posted)? {
            Ok(reply) if reply.id != *known => Observed::MadeSecond,
            Ok(reply) if reply.first_name.as_deref() == Some(POSTED) => Observed::FoundAndWritten,
            Ok(_) => Observed::Found,
            Err(observed) => observed,
        };
        self.answer(question, observed);
        Ok(())
    }

    async fn put(
        &mut self,
        input: &CustomerInput,
    ) -> Result<Result<Customer, Observed>, ProbeError> {
        let input = if self.whole {
            completed(input, &record(&self.names.main))
        } else {
            input.clone()
        };
        let put = self.client.update(&self.id, &input).await;
        Ok(match self.heard(put)? {
            Ok(_) => Ok(self.get().await?),
            Err(observed) => Err(observed),
        })
    }

    /// Reads the account, in the list where its id does not find it.
    async fn get(&mut self) -> Result<Customer, ProbeError> {
        let error = match self.client.get(&self.id).await {
            Ok(account) => return Ok(account),
            Err(error @ Error::NotFound { .. }) => error,
            Err(error) => return Err(error.into()),
        };
        let id = &self.names.main.external_id;
        let listed = self.client.find_by_external_id(id).await?;
        let listed = listed.filter(|account| account.id == self.id);
        let account = listed.ok_or(error)?;
        self.is_hidden = true;
        Ok(account)
    }

    /// Whether an update by reteach's own id does not take `input` either.
    async fn refuses(&mut self, input: &CustomerInput) -> Result<bool, ProbeError> {
        let by_own_id = self.client.update(&self.id, input).await;
        Ok(self.heard(by_own_id)?.is_err())
    }

    /// Takes the result of a call, unless the probe has to end here.
    fn heard<T>(&mut self, result: Result<T, Error>) -> Result<Result<T, Observed>, ProbeError> {
        if self.is_interrupted.load(Ordering::Relaxed) {
            return Err(ProbeError::Interrupted);
        }
        let error = match result {
            Ok(value) => {
                self.silent = 0;
                return Ok(Ok(value));
            }
            Err(error) => error,
        };
        let observed = match &error {
            Error::Rejected { status, .. } => Observed::Refused(*status),
            Error::Conflict { .. } => Observed::Refused(409),
            Error::Forbidden(_) => Observed::Refused(403),
            Error::NotFound { .. } => Observed::NotFound,
            Error::Unavailable { .. } | Error::TooLarge { .. } | Error::Unreadable { .. } => {
                Observed::NoAnswer
            }
            Error::Credential(_) | Error::Limited(_) | Error::OutOfTime { .. } => {
                return Err(error.into());
            }
        };
        if observed == Observed::NoAnswer {
            self.silent += 1;
            if self.silent >= SILENT_IN_A_ROW {
                return Err(error.into());
            }
        }
        Ok(Err(observed))
    }

    fn is_answered(&self, question: Question) -> bool {
        self.answers
            .iter()
            .any(|answer| answer.question == question)
    }

    /// Notes the answer, in place of an earlier one to the same question.
    fn answer(&mut self, question: Question, observed: Observed) {
        let answer = Answer { question, observed };
        let earlier = self.answers.iter_mut().find(|it| it.question == question);
        match earlier {
            Some(earlier) => *earlier = answer,
            None => self.answers.push(answer),
        }
    }

    fn answer_lock(&mut self, question: Question, after: &Result<Customer, Observed>, locks: bool) {
        let observed = match after {
            Ok(after) => locked_as(locks, after),
            Err(observed) => *observed,
        };
        self.answer(question, observed);
    }

    fn answer_by(
        &mut self,
        question: Question,
        after: &Result<Customer, Observed>,
        is_as_assumed: impl Fn(&Customer) -> bool,
    ) {
        let observed = match after {
            Ok(after) => kept(is_as_assumed(after), Observed::NotKept),
            Err(observed) => *observed,
        };
        self.answer(question, observed);
    }

    /// Midnights in the tenant's time zone, one long past and one far ahead.
    fn open_window(&self) -> (Timestamp, Timestamp) {
        let midnight = |days: i64| {
            let moment = self.now + SignedDuration::from_hours(24 * days);
            let day = self.config.time_zone.to_datetime(moment).date();
            let day = self.config.time_zone.to_timestamp(day.into());
            day.unwrap_or(moment)
        };
        (midnight(-30), midnight(400))
    }
}
