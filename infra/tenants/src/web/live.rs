//! Runs that buttons start, `sync now` or a backfill's first: server-sent events show how far they are.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Extension;
use axum::extract::Path;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse as _, Redirect, Response};
use futures::stream;
use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::{Value, json};
use shared::domain::id::TenantId;
use shared::runtime::{Progress, Report};
use shared::state::JobKind;
use tokio::sync::watch;

use super::guard::Fields;
use super::layout::{self, Place};
use super::pages::{not_found, runs};
use super::visit::{Button, Company, Visit};
use crate::args::{Sync, SyncJob, SyncMode};
use crate::commands::sync as command;
use crate::failure::Result;

const MAX_RUNS: usize = 100;

/// How often a page hears of a run without news.
const BEAT: Duration = Duration::from_secs(1);

#[derive(Default)]
pub(super) struct Runs {
    started: AtomicU64,
    runs: Mutex<BTreeMap<u64, Arc<LiveRun>>>,
}

struct LiveRun {
    tenant: TenantId,
    job: JobKind,
    began: Timestamp,
    state: watch::Sender<State>,
}

#[derive(Clone, Debug, Default)]
struct State {
    read: usize,
    planned: Option<usize>,
    applied: usize,
    result: Option<Result<Report<Value>>>,
}

impl State {
    fn see(&mut self, progress: Progress) {
        match progress {
            Progress::Read(number) => self.read = number,
            Progress::Planned(number) => self.planned = Some(number),
            Progress::Applied => self.applied += 1,
        }
    }

    /// `3 of 12 changes`
    fn sentence(&self, visit: &Visit, job: JobKind, seconds: u64) -> String {
        let count = |number: usize| visit.language.number(number as u64);
        match (self.planned, self.read) {
            (Some(planned), _) => {
                let (applied, planned) = (count(self.applied.min(planned)), count(planned));
                visit.pick(
                    format!("{applied} von {planned} Änderungen"),
                    format!("{applied} of {planned} changes"),
                )
            }
            (None, 0) => {
                let seconds =
                    visit
                        .language
                        .counted(seconds, ("Sekunde", "Sekunden"), ("second", "seconds"));
                visit.pick(
                    format!("läuft seit {seconds}"),
                    format!("running for {seconds}"),
                )
            }
            (None, read) => {
                let (german, english) = match job {
                    JobKind::Employees => (("Person", "Personen"), ("person", "people")),
                    JobKind::Certificates => (
                        ("Zertifikat", "Zertifikate"),
                        ("certificate", "certificates"),
                    ),
                };
                let read = visit.language.counted(read as u64, german, english);
                visit.pick(format!("{read} gelesen"), format!("{read} read"))
            }
        }
    }
}

impl Runs {
    fn get(&self, tenant: &TenantId, number: u64) -> Option<Arc<LiveRun>> {
        let runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        runs.get(&number)
            .filter(|run| run.tenant == *tenant)
            .cloned()
    }

    fn add(&self, run: Arc<LiveRun>) -> u64 {
        let number = self.started.fetch_add(1, Ordering::Relaxed) + 1;
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        runs.insert(number, run);
        while runs.len() > MAX_RUNS {
            runs.pop_first();
        }
        number
    }
}

/// The button that starts a run of `job`.
pub(super) fn sync_button(
    visit: &Visit,
    tenant: &TenantId,
    job: JobKind,
    class: &'static str,
) -> Markup {
    let (value, label) = match job {
        JobKind::Employees => (
            "employees",
            visit.pick("Personen jetzt abgleichen", "Sync people now"),
        ),
        JobKind::Certificates => (
            "certificates",
            visit.pick("Zertifikate jetzt ablegen", "File certificates now"),
        ),
    };
    let button = Button {
        action: "sync",
        label,
        class,
    };
    let field = html! { input type="hidden" name="job" value=(value); };
    visit.form(tenant, button, &field)
}

pub(super) async fn sync(
    visit: Visit,
    Company(tenant): Company,
    Extension(fields): Extension<Fields>,
) -> Response {
    if let Err(failure) = visit.context().tenant(&tenant).await {
        return visit.unread(&tenant, &failure);
    }
    match fields.text("job") {
        Some("employees") => begin(&visit, &tenant, SyncJob::Employees),
        Some("certificates") => begin(&visit, &tenant, SyncJob::Certificates),
        _ => not_found(visit).await,
    }
}

/// Starts a run, and leads to its page.
pub(super) fn begin(visit: &Visit, tenant: &TenantId, job: SyncJob) -> Response {
    let run = Arc::new(LiveRun {
        tenant: tenant.clone(),
        job: job.into(),
        began: visit.now(),
        state: watch::Sender::default(),
    });
    let number = visit.runs().add(Arc::clone(&run));
    let shared = visit.shared().clone();
    tokio::spawn(async move {
        let context = &shared.context;
        let args = Sync {
            tenant: run.tenant.clone(),
            job,
            mode: SyncMode::Scheduled,
            here: context.deployment.functions.of(run.job).is_none(),
        };
        let watch = |progress| run.state.send_modify(|state| state.see(progress));
        let result = Box::pin(command::watched(context, &args, &watch)).await;
        shared.readings.outdate();
        run.state.send_modify(|state| state.result = Some(result));
    });
    Redirect::to(&format!("/tenants/{tenant}/sync/{number}")).into_response()
}

/// How far a run is, or its report.
pub(super) async fn page(
    visit: Visit,
    Company(tenant): Company,
    Path((_, number)): Path<(String, u64)>,
) -> Response {
    let Some(run) = visit.runs().get(&tenant, number) else {
        return not_found(visit).await;
    };
    let state = run.state.borrow().clone();
    let path = format!("/tenants/{tenant}/sync/{number}");
    let title = match run.job {
        JobKind::Employees => visit.pick("Abgleich der Personen", "Sync of people"),
        JobKind::Certificates => visit.pick("Ablage der Zertifikate", "Filing of certificates"),
    };
    let body = match &state.result {
        Some(Ok(report)) => {
            let zone = visit.context().tenant(&tenant).await;
            let zone = zone.map_or(jiff::tz::TimeZone::UTC, |stored| stored.config.time_zone);
            runs::shown(&visit, &tenant, report, &zone)
        }
        Some(Err(failure)) => html! {
            h1 { (title) }
            p.lead.bad lang="en" { (layout::code(&failure.text)) }
        },
        None => html! {
            h1 { (title) }
            p.lead id="progress" role="timer" data-events=(format!("{path}/events")) {
                (state.sentence(&visit, run.job, seconds(&visit, &run)))
            }
            progress id="bar" aria-label=(title) max="1" {}
            p.small { a href=(path) { (visit.pick("Seite neu laden", "Load this page again")) } }
        },
    };
    let body = html! {
        (body)
        div.actions {
            a.button href=(format!("/tenants/{tenant}")) { (visit.pick("Zurück zu ", "Back to ")) (tenant) }
        }
    };
    layout::page(&visit, Place::Other(Some(&tenant)), title, &body).into_response()
}

fn seconds(visit: &Visit, run: &LiveRun) -> u64 {
    let seconds = visit.now().duration_since(run.began).as_secs();
    u64::try_from(seconds).unwrap_or_default()
}

/// The progress of a run, until it ends.
pub(super) async fn events(
    visit: Visit,
    Company(tenant): Company,
    Path((_, number)): Path<(String, u64)>,
) -> Response {
    let Some(run) = visit.runs().get(&tenant, number) else {
        return not_found(visit).await;
    };
    let heard = (visit, run.state.subscribe(), run, false);
    let events = stream::unfold(heard, |(visit, mut heard, run, is_over)| async move {
        if is_over {
            return None;
        }
        // The page shows the state as of its making: wait for news, or say that it still runs.
        let _ = tokio::time::timeout(BEAT, heard.changed()).await;
        let state = heard.borrow_and_update().clone();
        let is_over = state.result.is_some();
        let message = json!({
            "text": state.sentence(&visit, run.job, seconds(&visit, &run)),
            "part": state.planned.filter(|planned| *planned > 0).map(|planned| state.applied as f64 / planned as f64),
            "done": is_over,
        });
        let event = Event::default().data(message.to_string());
        Some((Ok::<_, Infallible>(event), (visit, heard, run, is_over)))
    });
    Sse::new(events).into_response()
}
