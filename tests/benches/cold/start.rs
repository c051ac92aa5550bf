//! One start after the other.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use harness::process::{Share, Usage};
use harness::{Harness, people};
use jiff::Timestamp;
use local::{Answer, Function};
use serde::Serialize;
use serde_json::{Value, json};
use shared::tenant::Via;

use crate::Args;

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
    event: Value,
}

pub(crate) async fn measure(args: &Args) -> Vec<Starts> {
    let harness = Harness::at(&Timestamp::now().to_string(), Via::Direct, "", people(10)).await;
    harness.settle().await;
    harness.certificates_now().await;
    let tick = json!({"tenant_id": "acme"});
    let ours =
        |name| Program { name, file: args.bootstraps.join(name).join("bootstrap"), event: tick.clone() };
    let bare = Program { name: "bare", file: args.bare.clone(), event: json!({}) };
    let programs = [bare, ours("employee-sync"), ours("certificate-sync")];
    let share = Share::of_megabytes(MEMORY);
    if share.is_none() {
        eprintln!("control groups cannot be made here: full speed only");
    }
    let mut all = Vec::new();
    for share in [None, share.as_ref()].into_iter().take(1 + usize::from(share.is_some())) {
        for program in &programs {
            eprintln!("{} …", program.name);
            all.push(starts(&harness, program, share, args.starts).await);
        }
    }
    all
}

async fn starts(harness: &Harness, program: &Program, share: Option<&Share>, times: usize) -> Starts {
    let file = share.map_or_else(|| program.file.clone(), |share| share.wrap(&program.file));
    let (mut questions, mut answers) = (Vec::new(), Vec::new());
    for _ in 0..times {
        let [question, answer] = start(harness, program, &file).await;
        questions.push(question);
        answers.push(answer);
    }
    let size = std::fs::metadata(&program.file).unwrap().len();
    let (first_question, first_answer) = (median(&questions), median(&answers));
    Starts { name: program.name, size, shared: share.is_some(), first_question, first_answer }
}

async fn start(harness: &Harness, program: &Program, file: &Path) -> [Took; 2] {
    let began = Instant::now();
    let mut function = Function::start(program.name, file, &harness.world.stack).await.unwrap();
    let took = |function: &Function| {
        let wall = began.elapsed();
        let usage = Usage::of_process(function.id().unwrap());
        Took { wall, processor: usage.processor.unwrap_or_default(), peak: usage.peak.unwrap_or_default() }
    };
    function.ready().await.unwrap();
    let question = took(&function);
    let Answer::Reply(_) = function.invoke(program.event.clone()).await.unwrap() else {
        panic!("{} answers with an error", program.name)
    };
    let answer = took(&function);
    function.stop().await.unwrap();
    [question, answer]
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
