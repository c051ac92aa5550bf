//! The story, scene by scene.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use jiff::SignedDuration;
use shared::clock::Clock as _;
use shared::http::Deadline;
use shared::job::Mode;
use shared::state::{Decision, StateError};
use tokio::task::JoinError;

use super::acts::{self, Act};
use super::check::{self, Seen};
use super::play::{Cue, Must, Options, Part, Play, Scene};
use super::stage::{Cast, today};
use crate::world::{World, WorldError, route};
use terminal::Bars;

/// From the first scene to the last: a night and six ticks.
const LENGTH: SignedDuration = SignedDuration::from_mins(24 * 60 + 6 * 5);
const TICK: SignedDuration = SignedDuration::from_mins(5);
const NIGHT: SignedDuration = SignedDuration::from_hours(24);

/// Why the demo could not be played to the end.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    /// The stack or a company could not be set up.
    #[error(transparent)]
    World(#[from] WorldError),
    /// A decision could not be written.
    #[error(transparent)]
    State(#[from] StateError),
    /// A run panicked.
    #[error("a run ended in a panic")]
    Panic(#[from] JoinError),
}

/// Sees the scenes as they are played.
pub trait Audience {
    /// A scene begins.
    fn begins(&mut self, cue: &Cue, acts: &[(&'static str, Vec<Act>)]);
    /// A scene is over.
    fn ended(&mut self, scene: &Scene);
}

/// The demo under way.
#[derive(Debug)]
pub struct Theatre {
    /// Where it plays.
    pub world: Arc<World>,
    /// The companies.
    pub casts: Vec<Cast>,
    scenes: Vec<Scene>,
    people: usize,
}

/// What is particular about a scene.
#[derive(Debug, Default)]
struct Turn {
    acts: Vec<Vec<Act>>,
    held: Vec<BTreeSet<u64>>,
}

impl Theatre {
    /// Sets up the world and its companies, so that the story ends when `options` says.
    ///
    /// # Errors
    /// [`WorldError`].
    pub async fn open(options: &Options) -> Result<Self, WorldError> {
        let world = Arc::new(World::start(options.ends_at - LENGTH).await?);
        let mut casts = Vec::new();
        for (seed, via) in (1..).zip(&options.routes) {
            casts.push(Cast::new(&world, *via, options.people, seed).await?);
        }
        Ok(Self { world, casts, scenes: Vec::new(), people: options.people })
    }

    /// Plays everything.
    ///
    /// # Errors
    /// [`PlayError`]. What merely is not as it should be is in the result.
    pub async fn play(&mut self, audience: &mut dyn Audience) -> Result<Play, PlayError> {
        self.first_sync(audience).await?;
        self.day_of_changes(audience).await?;
        self.mistake(audience).await?;
        let quiet = cue(Must::BeQuiet, "At rest", "All is in step again: the next tick has nothing to do.");
        self.scene(quiet, Turn::default(), audience).await?;
        let scenes = std::mem::take(&mut self.scenes);
        let problems = scenes.iter().flat_map(problems).collect();
        Ok(Play { people: self.people, scenes, problems })
    }

    async fn first_sync(&mut self, audience: &mut dyn Audience) -> Result<(), PlayError> {
        let about = "Nobody is known yet. All accounts are listed once and matched by external id, then by mail \
                     address: one made by hand is adopted; one with another system's external id is in the way of \
                     somebody with the same mail address (a conflict); one has nothing to do with Personio.";
        self.scene(cue(Must::BeDone, "First sync", about), Turn::default(), audience).await?;
        let about = "Nothing has changed. Everybody is read from the HR system; reteach is not called, and DynamoDB is asked \
                     for as little as in a company of any other size.";
        self.world.clock.advance(TICK);
        self.scene(cue(Must::BeQuiet, "Unchanged tick", about), Turn::default(), audience).await
    }

    async fn day_of_changes(&mut self, audience: &mut dyn Audience) -> Result<(), PlayError> {
        let now = self.world.clock.now();
        let turn = self.turn(|cast| acts::day(&cast.company.personio.people(), &cast.taken, today(now)));
        let about = "HR is at work; each change is carried over by the next tick. Who is missing for the first time stays as is.";
        self.world.clock.advance(TICK);
        let is_anybody_deleted = turn.acts.iter().flatten().any(Act::deletes);
        self.scene(cue(Must::BeDone, "A day of changes", about), turn, audience).await?;

        self.world.clock.advance(TICK);
        let about = "Whoever was deleted is missing from a second complete reading, and is locked now; accounts are never deleted.";
        if is_anybody_deleted {
            let deleted = cue(Must::BeDone, "Deleted in Personio", about);
            self.scene(deleted, Turn::default(), audience).await?;
        }

        self.world.clock.advance(NIGHT);
        for cast in &mut self.casts {
            cast.company.personio.settle();
            cast.meddle();
        }
        let about = "Whose last day was yesterday has been locked since midnight, by the date that reteach was given. An admin has \
                     edited a synced field by hand, and added a tag: the daily reconcile repairs the one and leaves the other.";
        self.scene(cue(Must::BeDone, "The next morning", about), Turn::default(), audience).await
    }

    async fn mistake(&mut self, audience: &mut dyn Audience) -> Result<(), PlayError> {
        let day = today(self.world.clock.now());
        let mut turn = self.turn(|cast| acts::mistake(&cast.company.personio.people(), &cast.taken, day));
        if turn.acts.iter().any(Vec::is_empty) {
            // Up to five people are locked unasked: nothing to show in so small a company.
            self.world.clock.advance(TICK + TICK + TICK);
            return Ok(());
        }
        turn.held = turn.acts.iter().map(|acts| acts.iter().map(|act| act.person).collect()).collect();
        for ((cast, acts), held) in self.casts.iter().zip(&mut turn.acts).zip(&turn.held) {
            let taken = held | &cast.taken;
            acts.extend(acts::promotion(&cast.company.personio.people(), &taken, day));
        }
        let about = "Almost a third of the company is set inactive at once. That is over the brake's limit: these locks are held, \
                     everything else goes on.";
        self.world.clock.advance(TICK);
        self.scene(cue(Must::BeHeld, "A brake", about), turn, audience).await?;

        self.approve().await?;
        self.world.clock.advance(TICK);
        let about =
            "Somebody has looked at the held plan and approved exactly this one: the next tick applies it.";
        self.scene(cue(Must::BeDone, "Approved", about), Turn::default(), audience).await?;
        self.world.clock.advance(TICK);
        Ok(())
    }

    /// Approves what each company's last run holds.
    async fn approve(&self) -> Result<(), StateError> {
        let store = self.world.stack.store();
        let parts = self.scenes.last().map(|scene| scene.parts.as_slice()).unwrap_or_default();
        for report in parts.iter().map(|part| &part.report) {
            if let Some(held) = &report.held {
                let at = self.world.clock.now();
                store.decide(&report.tenant_id, &held.hash, Decision::Approved { at }).await?;
            }
        }
        Ok(())
    }

    fn turn(&self, acts: impl Fn(&Cast) -> Vec<Act>) -> Turn {
        Turn { acts: self.casts.iter().map(acts).collect(), held: Vec::new() }
    }

    /// One tick of every company, all at the same time.
    async fn scene(&mut self, cue: Cue, turn: Turn, audience: &mut dyn Audience) -> Result<(), PlayError> {
        let now = self.world.clock.now();
        let Turn { acts, held } = turn;
        let mut acts = acts.into_iter();
        let acts: Vec<Vec<Act>> = self.casts.iter().map(|_| acts.next().unwrap_or_default()).collect();
        let named = self.casts.iter().map(|cast| route(cast.company.via)).zip(acts.iter().cloned());
        audience.begins(&cue, &named.collect::<Vec<_>>());

        let mut held = held.into_iter();
        let bars = Bars::default();
        let mut runs = Vec::new();
        for (cast, acts) in self.casts.iter_mut().zip(&acts) {
            acts::perform(acts, &cast.company.personio);
            let held = held.next().unwrap_or_default();
            cast.expected.ran(&cast.company.personio.people(), &held, now);
            let cast = cast.clone();
            let bar = bars.bar(route(cast.company.via));
            runs.push(tokio::spawn(run(Arc::clone(&self.world), cast, bar, cue.must)));
        }
        let mut parts = Vec::new();
        for (run, acts) in runs.into_iter().zip(acts) {
            parts.push(Part { acts, ..run.await? });
        }
        let scene = Scene { cue, at: now, parts };
        audience.ended(&scene);
        self.scenes.push(scene);
        Ok(())
    }
}

async fn run(world: Arc<World>, cast: Cast, bar: terminal::Bar, must: Must) -> Part {
    let Cast { company, expected, .. } = &cast;
    company.forget_calls();
    let started = Instant::now();
    let ran = world.run(company, Mode::Scheduled, Deadline::never(), &|progress| bar.show(progress)).await;
    let took = started.elapsed();
    let customers = company.reteach.customers();
    let seen = Seen { report: &ran.report, calls: company.reteach.requests().len(), customers: &customers };
    let problems = check::problems(seen, must, expected);
    company.forget_calls();
    Part {
        route: route(company.via),
        acts: Vec::new(),
        planned: bar.end(),
        took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        report: ran.report,
        problems,
    }
}

fn cue(must: Must, title: &str, about: &str) -> Cue {
    Cue { title: title.to_owned(), about: about.to_owned(), must }
}

fn problems(scene: &Scene) -> impl Iterator<Item = String> {
    scene.parts.iter().flat_map(|part| {
        part.problems.iter().map(|problem| format!("{}, {}: {problem}", scene.cue.title, part.route))
    })
}
