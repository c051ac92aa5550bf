//! Runs that are cut at a step of their way: killed there, or left without a reply.

use std::future::Future;

use futures::{StreamExt as _, future, stream};
use simulators::{Cut, CutRun, Moment, Point};

use crate::Harness;

/// Runs of one kind of cut under way at once. One less may be in vain: they are beyond the last step.
const AT_ONCE: usize = 2;

impl Harness {
    /// Cuts `run`, which must be one of this world's ([`to_be_cut`](Self::to_be_cut)). A killed one leaves its lease behind,
    /// and a new process takes over.
    pub async fn cut_at<T>(&self, point: Point, run: impl Future<Output = T>) -> CutRun<T> {
        let scissors = self
            .world
            .stack
            .scissors()
            .unwrap_or_else(|| panic!("there are no scissors here"));
        let cut = scissors.cut_at(point, run).await;
        if cut.ran.is_none() {
            self.world.restart().unwrap();
        }
        self.check_the_never_rules();
        cut
    }
}

/// Calls `check` for each step, on both sides of it and with both kinds of cut, until it says that the run ended before the
/// step: `false`. Returns how many cuts there were.
///
/// The points are checked side by side: `check` makes a world for each.
pub async fn at_every_point<F>(check: impl Fn(Point) -> F) -> usize
where
    F: Future<Output = bool> + Send + 'static,
{
    let kinds = [Moment::Before, Moment::After]
        .into_iter()
        .flat_map(|moment| {
            [Cut::Kill, Cut::CloseConnection].map(|cut| move |step| Point { step, moment, cut })
        });
    let check = &check;
    let cuts = kinds.map(|point| {
        stream::iter(0..)
            .map(move |step| tokio::spawn(check(point(step))))
            .buffered(AT_ONCE)
            .map(|checked| {
                checked.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
            })
            .take_while(|was_cut| future::ready(*was_cut))
            .count()
    });
    future::join_all(cuts).await.into_iter().sum()
}
