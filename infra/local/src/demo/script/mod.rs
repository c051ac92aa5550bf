//! The demo under way: its companies, and how a scene is played.

mod story;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use shared::domain::clock::Clock as _;
use shared::http::Deadline;
use shared::runtime::{Mode, Progress};
use shared::state::{JobKind, StateError};
use tokio::task::JoinError;

use super::acts::Act;
use super::check::{self, Due, Seen};
use super::play::{Cue, Must, Options, Part, Play, Scene, Told};
use super::stage::Cast;
use crate::world::{World, WorldError, route};
use terminal::{Bar, Bars};

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
        let world = Arc::new(World::start(options.ends_at - story::LENGTH).await?);
        let mut casts = Vec::new();
        for (seed, via) in (1..).zip(&options.routes) {
            casts.push(Cast::new(&world, *via, options.people, seed).await?);
        }
        Ok(Self {
            world,
            casts,
            scenes: Vec::new(),
            people: options.people,
        })
    }

    /// Plays everything.
    ///
    /// # Errors
    /// [`PlayError`]. What merely is not as it should be is in the result.
    pub async fn play(&mut self, audience: &mut dyn Audience) -> Result<Play, PlayError> {
        self.emit(audience).await?;
        let scenes = std::mem::take(&mut self.scenes);
        let problems = scenes.iter().flat_map(problems).collect();
        let certificates = self.casts.iter().map(|cast| cast.filing.filed()).sum();
        Ok(Play {
            people: self.people,
            certificates,
            scenes,
            problems,
        })
    }

    fn turn(&self, acts: impl Fn(&Cast) -> Vec<Act>) -> Turn {
        Turn {
            acts: self.casts.iter().map(acts).collect(),
            held: Vec::new(),
        }
    }

    /// One tick of every company, all at the same time.
    async fn scene(
        &mut self,
        cue: Cue,
        turn: Turn,
        audience: &mut dyn Audience,
    ) -> Result<(), PlayError> {
        let now = self.world.clock.now();
        let Turn { acts, held } = turn;
        let mut acts = acts.into_iter();
        let acts: Vec<Vec<Act>> = self
            .casts
            .iter()
            .map(|_| acts.next().unwrap_or_default())
            .collect();
        let named = self
            .casts
            .iter()
            .map(|cast| route(cast.company.via))
            .zip(acts.iter().cloned());
        audience.begins(&cue, &named.collect::<Vec<_>>());

        let mut held = held.into_iter();
        let bars = Bars::default();
        let mut runs = Vec::new();
        for (cast, acts) in self.casts.iter_mut().zip(&acts) {
            cast.perform(acts);
            let held = held.next().unwrap_or_default();
            let uploads = match (cue.job, cue.must) {
                (JobKind::Employees, _) => {
                    cast.expected
                        .complete_run(&cast.company.personio.people(), &held, now);
                    0
                }
                (JobKind::Certificates, Must::BeWaiting) => 0,
                (JobKind::Certificates, _) => cast.filing.complete_run(),
            };
            let bar = bars.bar(route(cast.company.via), cue.job);
            runs.push(tokio::spawn(run(
                Arc::clone(&self.world),
                cast.clone(),
                bar,
                cue.clone(),
                uploads,
            )));
        }
        let mut parts = Vec::new();
        for (run, acts) in runs.into_iter().zip(acts) {
            parts.push(Part { acts, ..run.await? });
        }
        let scene = Scene {
            cue,
            at: now,
            parts,
        };
        audience.ended(&scene);
        self.scenes.push(scene);
        Ok(())
    }
}

async fn run(world: Arc<World>, cast: Cast, bar: Bar, cue: Cue, uploads: usize) -> Part {
    let Cast {
        company,
        expected,
        filing,
        ..
    } = &cast;
    company.forget_calls();
    let started = Instant::now();
    let (mode, deadline) = (Mode::Scheduled, Deadline::never());
    let watch = |progress: Progress| bar.show(progress);
    let report = match cue.job {
        JobKind::Employees => {
            Told::Employees(world.run(company, mode, deadline, &watch).await.report)
        }
        JobKind::Certificates => Told::Certificates(
            world
                .run_certificates(company, mode, deadline, &watch)
                .await
                .report,
        ),
    };
    let took = started.elapsed();
    let due = Due {
        must: cue.must,
        uploads,
        accounts: expected,
        filing,
    };
    let problems = check::problems(&report, &Seen::of(company), due);
    company.forget_calls();
    Part {
        route: route(company.via),
        acts: Vec::new(),
        planned: bar.end(),
        took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        report,
        problems,
    }
}

fn problems(scene: &Scene) -> impl Iterator<Item = String> {
    scene.parts.iter().flat_map(|part| {
        part.problems
            .iter()
            .map(|problem| format!("{}, {}: {problem}", scene.cue.title, part.route))
    })
}
