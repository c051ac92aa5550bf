//! The story, scene by scene.

use jiff::SignedDuration;
use shared::domain::clock::Clock as _;
use shared::state::{Decision, JobKind, StateError};
use simulators::people::today;

use super::{Audience, PlayError, Theatre, Turn};
use crate::demo::acts::{Act, courses, people};
use crate::demo::play::{Cue, Must};

const TICK: SignedDuration = SignedDuration::from_mins(5);
const HALF_HOUR: SignedDuration = SignedDuration::from_mins(30);
const NIGHT: SignedDuration = SignedDuration::from_hours(24);
/// From the first scene to the last: a night, seven ticks of the employee job, and two of the certificate job.
pub(super) const LENGTH: SignedDuration = SignedDuration::from_mins(24 * 60 + 7 * 5 + 2 * 30);

impl Theatre {
    /// Tells all of it.
    pub(super) async fn emit(&mut self, audience: &mut dyn Audience) -> Result<(), PlayError> {
        self.certificates_wait(audience).await?;
        self.first_sync(audience).await?;
        self.backfill(audience).await?;
        self.day_of_changes(audience).await?;
        self.new_certificates(audience).await?;
        self.mistake(audience).await?;
        let quiet = employees(
            Must::BeQuiet,
            "At rest",
            "All is in step again: the next tick has nothing to do.",
        );
        self.scene(quiet, Turn::default(), audience).await
    }

    async fn first_sync(&mut self, audience: &mut dyn Audience) -> Result<(), PlayError> {
        let about = "Nobody is known yet. All accounts are listed once and matched by external id, then by mail \
                     address: one made by hand is adopted; one with another system's external id is in the way of \
                     somebody with the same mail address (a conflict); one has nothing to do with Personio.";
        self.scene(
            employees(Must::BeDone, "First sync", about),
            Turn::default(),
            audience,
        )
        .await?;
        let about = "Nothing has changed. Everybody is read from the HR system; reteach is not called, and DynamoDB is asked \
                     for as little as in a company of any other size.";
        self.world.clock.advance(TICK);
        self.scene(
            employees(Must::BeQuiet, "Unchanged tick", about),
            Turn::default(),
            audience,
        )
        .await
    }

    async fn certificates_wait(&mut self, audience: &mut dyn Audience) -> Result<(), PlayError> {
        let about = "The academies have been in use for years: there are accounts made by hand, and certificates. Whose is whose is \
                     known after the first employee sync; until then nothing is filed.";
        let waiting = certificates(Must::BeWaiting, "Certificates wait", about);
        self.scene(waiting, Turn::default(), audience).await
    }

    async fn backfill(&mut self, audience: &mut dyn Audience) -> Result<(), PlayError> {
        self.world.clock.advance(TICK);
        let about = "Everybody has an account now. All certificates ever issued are filed in Personio, old ones too, as documents of \
                     their employees: title, day, and the PDF as reteach has it. Accounts that are not from Personio have some as \
                     well: those are counted and left. Where a PDF is not made yet, the certificate is kept in mind.";
        self.scene(
            certificates(Must::BeDone, "Backfill", about),
            Turn::default(),
            audience,
        )
        .await?;

        self.world.clock.advance(HALF_HOUR);
        let about = "No certificate is new. reteach is asked for the last hours, and for the PDFs that are awaited; the HR system is \
                     not called, and nothing is uploaded.";
        let quiet = certificates(Must::BeQuiet, "Unchanged certificate tick", about);
        self.scene(quiet, Turn::default(), audience).await
    }

    async fn new_certificates(&mut self, audience: &mut dyn Audience) -> Result<(), PlayError> {
        let now = self.world.clock.now();
        let mut turn = Turn::default();
        for cast in &mut self.casts {
            let (people, awaited) = (cast.free_people(), cast.filing.waiting_for_pdf());
            turn.acts
                .push(courses::morning(&mut cast.registry, &people, &awaited, now));
        }
        if turn.acts.iter().any(Vec::is_empty) {
            // Nobody who could have one: nothing to show in so small a company.
            self.world.clock.advance(HALF_HOUR);
            return Ok(());
        }
        let about = "Personio has no key against duplicates, and its first API neither lists nor deletes documents. An upload without \
                     a reply may have taken effect: it is not sent again, but looked for, a while later.";
        self.scene(
            certificates(Must::BeInDoubt, "New certificates", about),
            turn,
            audience,
        )
        .await?;

        self.world.clock.advance(HALF_HOUR);
        let now = self.world.clock.now();
        let mut turn = Turn::default();
        for cast in &mut self.casts {
            let people = cast.free_people();
            turn.acts
                .push(courses::folder(&mut cast.registry, &people, now));
        }
        let about = "The document of the lost reply is found among the employee's documents (on Kombo's unified route through the \
                     passthrough) and noted as filed: no duplicate. Folders are looked up on every run; what was filed earlier stays \
                     where it is.";
        let verified = certificates(Must::BeVerified, "Found, not sent again", about);
        self.scene(verified, turn, audience).await
    }

    async fn day_of_changes(&mut self, audience: &mut dyn Audience) -> Result<(), PlayError> {
        let now = self.world.clock.now();
        let turn =
            self.turn(|cast| people::day(&cast.company.personio.people(), &cast.taken, today(now)));
        let about = "HR is at work; each change is carried over by the next tick. Who is missing for the first time stays as is.";
        self.world.clock.advance(TICK);
        let is_anybody_deleted = turn.acts.iter().flatten().any(Act::deletes);
        self.scene(
            employees(Must::BeDone, "A day of changes", about),
            turn,
            audience,
        )
        .await?;

        self.world.clock.advance(TICK);
        let about = "Whoever was deleted is missing from a second complete reading, and is locked now; accounts are never deleted.";
        if is_anybody_deleted {
            let deleted = employees(Must::BeDone, "Deleted in Personio", about);
            self.scene(deleted, Turn::default(), audience).await?;
        }

        self.world.clock.advance(NIGHT);
        for cast in &mut self.casts {
            cast.company.personio.settle();
            cast.meddle();
        }
        let about = "Whose last day was yesterday has been locked since midnight, by the date that reteach was given. An admin has \
                     edited a synced field by hand, and added a tag: the daily reconcile repairs the one and leaves the other.";
        self.scene(
            employees(Must::BeDone, "The next morning", about),
            Turn::default(),
            audience,
        )
        .await
    }

    async fn mistake(&mut self, audience: &mut dyn Audience) -> Result<(), PlayError> {
        let day = today(self.world.clock.now());
        let mut turn =
            self.turn(|cast| people::mistake(&cast.company.personio.people(), &cast.taken, day));
        if turn.acts.iter().any(Vec::is_empty) {
            // Up to five people are locked unasked: nothing to show in so small a company.
            self.world.clock.advance(TICK + TICK + TICK);
            return Ok(());
        }
        turn.held = turn
            .acts
            .iter()
            .map(|acts| acts.iter().filter_map(|act| act.person).collect())
            .collect();
        for ((cast, acts), held) in self.casts.iter().zip(&mut turn.acts).zip(&turn.held) {
            let taken = held | &cast.taken;
            acts.extend(people::promotion(
                &cast.company.personio.people(),
                &taken,
                day,
            ));
        }
        let about = "Almost a third of the company is set inactive at once. That is over the brake's limit: these locks are held, \
                     everything else goes on.";
        self.world.clock.advance(TICK);
        self.scene(employees(Must::BeHeld, "A brake", about), turn, audience)
            .await?;

        self.approve().await?;
        self.world.clock.advance(TICK);
        let about = "Somebody has looked at the held plan and approved exactly this one: the next tick applies it.";
        self.scene(
            employees(Must::BeDone, "Approved", about),
            Turn::default(),
            audience,
        )
        .await?;
        self.world.clock.advance(TICK);
        Ok(())
    }

    /// Approves what each company's last run holds.
    async fn approve(&self) -> Result<(), StateError> {
        let store = self.world.stack.store();
        let parts = self
            .scenes
            .last()
            .map(|scene| scene.parts.as_slice())
            .unwrap_or_default();
        for (cast, part) in self.casts.iter().zip(parts) {
            if let Some(held) = part.report.common().held {
                let at = self.world.clock.now();
                store
                    .decide(&cast.company.tenant, &held.hash, Decision::Approved { at })
                    .await?;
            }
        }
        Ok(())
    }
}

fn employees(must: Must, title: &str, about: &str) -> Cue {
    Cue {
        job: JobKind::Employees,
        title: title.to_owned(),
        about: about.to_owned(),
        must,
    }
}

fn certificates(must: Must, title: &str, about: &str) -> Cue {
    Cue {
        job: JobKind::Certificates,
        ..employees(must, title, about)
    }
}
