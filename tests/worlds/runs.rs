//! Runs, plain and odd, and what no run may ever do.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use harness::{RunSummary, ignore_progress, time_limit};
use jiff::SignedDuration;
use shared::http::Deadline;
use shared::runtime::{Mode, Progress, ProgressFn};
use shared::state::JobKind;
use simulators::reteach::Customer;
use simulators::{Behaviour, Fault, Moment, Person};

use crate::backup;
use crate::event::Way;
use crate::life::Life;

/// The runtime's clock jumps.
fn skip(time: Duration) {
    // It jumps when it is first asked; then it would wait for nobody but itself.
    let mut jump = pin!(tokio::time::advance(time));
    let _ = jump.as_mut().poll(&mut Context::from_waker(Waker::noop()));
}

impl Life {
    pub(crate) async fn run(&mut self, job: JobKind) -> RunSummary {
        self.breaks_before(job).await;
        let before = self.harness.company.reteach.customers();
        let ran = self.fire(job, &ignore_progress).await;
        self.trace.note((job, &ran));
        self.runs += 1;
        self.was_good |= job == JobKind::Employees && ran.outcome.is_good();
        self.check(&before);
        self.check_consent().await;
        self.breaks(job).await;
        ran
    }

    /// One run that does not simply go.
    pub(crate) async fn run_oddly(&mut self, job: JobKind, way: Way) {
        let before = self.harness.company.reteach.customers();
        match way {
            // How two runs that begin together get on would be the machine's choice: the second begins at a sign of the first.
            Way::Twice => self.freeze(job, 0, SignedDuration::ZERO).await,
            Way::Frozen(at) => self.freeze(job, at, SignedDuration::from_mins(6)).await,
            Way::Killed { step, after } => {
                let moment = if after { Moment::After } else { Moment::Before };
                self.interrupt(job, Behaviour::Kill(moment), step).await;
            }
            Way::Closed { step, after: false } => self.interrupt(job, Behaviour::Close, step).await,
            Way::Closed { step, after: true } => {
                self.interrupt(job, Behaviour::LoseReply, step).await;
            }
            Way::OutOfTime(at) => self.out_of_time(job, at).await,
        }
        self.check(&before);
        self.check_consent().await;
    }

    pub(crate) async fn fire(&self, job: JobKind, progress: ProgressFn<'_>) -> RunSummary {
        let deadline = Deadline::after(time_limit(job));
        let job = (job, Mode::Scheduled);
        self.harness.run_job(job, deadline, progress).await
    }

    /// At a sign of progress the machine is held up for this long, perhaps for longer than the lease lasts, and another run comes
    /// and goes.
    async fn freeze(&mut self, job: JobKind, at: u8, time: SignedDuration) {
        let signs = AtomicUsize::new(0);
        let watch = |_: Progress| {
            signs.fetch_add(1, Ordering::SeqCst);
        };
        let (other, first) = {
            let mut first = pin!(self.fire(job, &watch));
            let early = poll_fn(|context| match first.as_mut().poll(context) {
                Poll::Ready(ran) => Poll::Ready(Some(ran)),
                Poll::Pending if signs.load(Ordering::SeqCst) > usize::from(at) => {
                    Poll::Ready(None)
                }
                Poll::Pending => Poll::Pending,
            })
            .await;
            match early {
                Some(first) => (None, first),
                None => {
                    self.harness.world.clock.advance(time);
                    // The held-up process is another one: it must not keep locks that this run waits for.
                    self.harness.world.restart().unwrap();
                    (Some(self.fire(job, &ignore_progress).await), first.await)
                }
            }
        };
        self.runs += 1 + usize::from(other.is_some());
        self.trace.note((job, other, first));
    }

    /// At a sign of progress the time is over; without one, before the run begins.
    async fn out_of_time(&mut self, job: JobKind, at: Option<u8>) {
        let signs = AtomicUsize::new(0);
        let watch = |_: Progress| {
            if at.is_some_and(|at| signs.fetch_add(1, Ordering::SeqCst) == usize::from(at)) {
                skip(time_limit(job));
            }
        };
        let time = if at.is_some() {
            time_limit(job)
        } else {
            Duration::ZERO
        };
        let ran = self
            .harness
            .run_job((job, Mode::Scheduled), Deadline::after(time), &watch)
            .await;
        self.runs += 1;
        self.cut_short += usize::from(!ran.outcome.is_good());
        self.trace.note((job, ran));
    }

    /// The run is interrupted at its call with this number, counted from 0.
    async fn interrupt(&mut self, job: JobKind, behaviour: Behaviour, call: u8) {
        let fault = Fault::new(behaviour).nth(usize::from(call) + 1);
        let engine = self.harness.fault_engine();
        let run = engine
            .interrupt(fault, self.fire(job, &ignore_progress))
            .await;
        if run.ran.is_none() {
            self.trace.is_killed = true;
            self.harness.world.restart().unwrap();
        }
        self.runs += 1;
        self.trace.note((job, run.at, run.ran));
    }

    /// What holds after every run, whatever happened in it.
    pub(crate) fn check(&mut self, before: &[Customer]) {
        self.harness.check_the_never_rules();
        self.trace.take_calls(&self.harness);
        let after = self.harness.company.reteach.customers();
        for old in before {
            match after.iter().find(|it| it.id == old.id) {
                None => self
                    .wrong
                    .push(format!("the account {} was deleted", old.id)),
                Some(new) => self.check_account(Some(old), new),
            }
        }
        for new in after
            .iter()
            .filter(|new| before.iter().all(|old| old.id != new.id))
        {
            self.check_account(None, new);
        }
    }

    fn check_account(&mut self, old: Option<&Customer>, new: &Customer) {
        let now = self.now();
        let owner = |it: &Customer| it.external_id.as_deref().and_then(backup::person);
        if let Some(old) = old {
            self.check_owner(old, (owner(old), owner(new)));
        }
        let Some(id) = owner(new) else {
            if old != Some(new) && !self.is_lock_of_leaver(old, new) {
                self.wrong
                    .push(format!("not ours, and touched: {old:?} is now {new:?}"));
            }
            return;
        };
        let (was, is) = (old.map(|it| it.is_locked(now)), new.is_locked(now));
        if was == Some(is) {
            return;
        }
        let person = self.person(id);
        if was.is_some()
            && person
                .as_ref()
                .is_some_and(|it| self.model.is_left_alone(it))
        {
            self.wrong.push(format!(
                "personio:{id} is out of scope, to be left alone, and was locked or unlocked"
            ));
            return;
        }
        if person.is_none() && was.is_none() {
            self.wrong.push(format!(
                "personio:{id} is nobody of ours, and has a new account"
            ));
            return;
        }
        let should = match person {
            Some(person) => self.model.is_to_be_locked(&person, now),
            None => true,
        };
        // Somebody new is created as the last reading had them: there is none more recent than this run's own.
        if is != should {
            self.wrong.push(format!(
                "personio:{id} was wrongly {}",
                if is { "locked" } else { "unlocked" }
            ));
        }
    }

    /// An admin has cleared the external id of an account that was ours; its person is gone, so it is locked all the same.
    fn is_lock_of_leaver(&mut self, old: Option<&Customer>, new: &Customer) -> bool {
        let released = self.model.expected.released(&new.id);
        let Some((person, old)) = released.filter(|id| self.person(*id).is_none()).zip(old) else {
            return false;
        };
        let locked = Customer {
            set_inactive_at: new.set_inactive_at,
            ..old.clone()
        };
        self.model
            .expected
            .lock_released(person, new.set_inactive_at);
        locked == *new && new.is_locked(self.now())
    }

    /// An account changes its owner only by adoption, or from somebody who has left to somebody with the same mail address.
    fn check_owner(&mut self, account: &Customer, owners: (Option<u64>, Option<u64>)) {
        let has_mail = |id: u64| {
            let mail = self.person(id).and_then(|it| it.email);
            let lower = |mail: &String| mail.to_lowercase();
            mail.is_some() && mail.as_ref().map(lower) == account.email.as_ref().map(lower)
        };
        let has_left = |id: u64| {
            let person = self.person(id);
            person.is_none_or(|it| self.model.is_to_be_locked(&it, self.now()))
        };
        match owners {
            (from, to) if from == to => {}
            (None, Some(to)) if account.external_id.is_none() && has_mail(to) => {}
            (Some(from), Some(to)) if has_left(from) && has_mail(to) => {
                self.model.hand_over(from, to);
            }
            (from, to) => self.wrong.push(format!(
                "account {} went from {from:?} to {to:?}",
                account.id
            )),
        }
    }

    /// Our person with this id, whatever the credentials read.
    fn person(&self, id: u64) -> Option<Person> {
        match &self.own_people {
            Some(people) => people.iter().find(|it| it.id == id).cloned(),
            None => self.harness.company.personio.person(id),
        }
    }
}
