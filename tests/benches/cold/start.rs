//! One start after the other.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use harness::process::{Share, Usage};
use serde::Serialize;

use crate::Args;
use crate::stage::Stage;

/// What Lambda gives 128 MB.
const MEMORY: f64 = 128.0;

/// A function's starts.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Starts {
    pub(crate) name: &'static str,
    /// Of the program, in bytes.
    pub(crate) size: u64,
    /// Whether it had the share of a processor that comes with 128 MB.
    pub(crate) shared: bool,
    /// Medians.
    pub(crate) first_question: Took,
    pub(crate) first_answer: Took,
    /// Of the program that is built for it.
    pub(crate) over_tls: Option<OverTls>,
}

/// The first answer over TLS.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct OverTls {
    pub(crate) first_answer: Took,
    pub(crate) handshakes: u64,
    /// What the answer takes more than the same without TLS, for each handshake: packing the bytes is in it.
    pub(crate) processor_each: Duration,
}

/// Since the process was made.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Took {
    pub(crate) wall: Duration,
    pub(crate) processor: Duration,
    /// Resident at most, in bytes.
    pub(crate) peak: u64,
}

struct Program {
    name: &'static str,
    file: PathBuf,
}

/// Where programs are started, and with how much of a processor.
struct Scene<'a> {
    plain: &'a Stage,
    tls: Option<&'a Stage>,
    share: Option<&'a Share>,
}

pub(crate) async fn measure(args: &Args) -> Vec<Starts> {
    let plain = Stage::plain(&args.bootstraps).await;
    let tls = match &args.tls {
        Some(bootstraps) => Some(Stage::over_tls(bootstraps).await),
        None => None,
    };
    let bare = args.bare.clone().unwrap_or_else(|| plain.bootstrap("bare"));
    let ours = |name| Program {
        name,
        file: plain.bootstrap(name),
    };
    let programs = [
        Program {
            name: "bare",
            file: bare,
        },
        ours("employee-sync"),
        ours("certificate-sync"),
    ];
    let share = Share::of_megabytes(MEMORY);
    if share.is_none() {
        eprintln!("control groups cannot be made here: full speed only");
    }
    let mut all = Vec::new();
    for share in [None, share.as_ref()]
        .into_iter()
        .take(1 + usize::from(share.is_some()))
    {
        let scene = Scene {
            plain: &plain,
            tls: tls.as_ref(),
            share,
        };
        for program in &programs {
            eprintln!("{} …", program.name);
            all.push(scene.starts(program, args.starts).await);
        }
    }
    all
}

impl Scene<'_> {
    async fn starts(&self, program: &Program, times: usize) -> Starts {
        let tls = self.tls.filter(|_| program.name != "bare");
        let (mut questions, mut answers, mut answers_over_tls) =
            (Vec::new(), Vec::new(), Vec::new());
        let before = self.tls.map_or(0, Stage::handshakes);
        // In turn, so that what else the machine does befalls both.
        for _ in 0..times {
            let [question, answer] = self
                .start(self.plain, program.name, program.file.clone())
                .await;
            questions.push(question);
            answers.push(answer);
            if let Some(stage) = tls {
                let [_, answer] = self
                    .start(stage, program.name, stage.bootstrap(program.name))
                    .await;
                answers_over_tls.push(answer);
            }
        }
        let (first_question, first_answer) = (median(&questions), median(&answers));
        let over_tls = tls.map(|stage| {
            let handshakes = (stage.handshakes() - before) / times as u64;
            let over_tls = median(&answers_over_tls);
            let more = over_tls.processor.saturating_sub(first_answer.processor);
            let each = more / u32::try_from(handshakes).unwrap();
            OverTls {
                first_answer: over_tls,
                handshakes,
                processor_each: each,
            }
        });
        let size = std::fs::metadata(&program.file).unwrap().len();
        let shared = self.share.is_some();
        Starts {
            name: program.name,
            size,
            shared,
            first_question,
            first_answer,
            over_tls,
        }
    }

    async fn start(&self, stage: &Stage, name: &str, file: PathBuf) -> [Took; 2] {
        let began = Instant::now();
        let mut function = stage.start(name, &file).await;
        let id = function.id().unwrap();
        if let Some(share) = self.share {
            share.hold(id);
        }
        let took = || {
            let (wall, usage) = (began.elapsed(), Usage::of_process(id));
            Took {
                wall,
                processor: usage.processor.unwrap_or_default(),
                peak: usage.peak.unwrap_or_default(),
            }
        };
        function.ready().await.unwrap();
        let question = took();
        stage.answer(&mut function).await;
        let answer = took();
        function.stop().await.unwrap();
        [question, answer]
    }
}

fn median(all: &[Took]) -> Took {
    let middle = |of: &dyn Fn(&Took) -> u128| {
        let mut figures: Vec<_> = all.iter().map(of).collect();
        figures.sort_unstable();
        u64::try_from(figures[figures.len() / 2]).unwrap()
    };
    Took {
        wall: Duration::from_nanos(middle(&|took| took.wall.as_nanos())),
        processor: Duration::from_nanos(middle(&|took| took.processor.as_nanos())),
        peak: middle(&|took| u128::from(took.peak)),
    }
}
