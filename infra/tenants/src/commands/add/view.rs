//! The results of `tenants add`.

use serde::Serialize;
use shared::domain::id::TenantId;
use shared::state::{JobKind, TenantStatus};
use shared::tenant::TenantConfig;

use super::Desired;
use super::current_state::CurrentState;
use crate::check::CheckView;
use crate::context::CommandContext;
use crate::format;
use crate::output::View;
use crate::schedule::{Firing, ScheduleChange, is_connected};

#[derive(Serialize)]
pub(super) struct RefusedView<'a> {
    pub(super) tenant_id: &'a TenantId,
    pub(super) written: bool,
    pub(super) check: CheckView,
    pub(super) refused: Option<String>,
}

impl View for RefusedView<'_> {
    fn text(&self) -> String {
        let refused = self.refused.as_ref().map(|text| format::point(text));
        let advice = format::paragraph(&format!(
            "Nothing was written for {}. Correct what is missing and repeat, or give --unchecked.",
            self.tenant_id
        ));
        self.check.text() + &refused.unwrap_or_default() + &advice
    }

    fn needs_attention(&self) -> bool {
        true
    }
}

#[derive(Serialize)]
pub(super) struct AddedView<'a> {
    tenant_id: &'a TenantId,
    written: bool,
    new: bool,
    /// Stored parts that are replaced: `[reteach]`, `credentials`.
    replaced: Vec<&'static str>,
    status: TenantStatus,
    schedules: ScheduleChanges,
    firing: Vec<FiringView>,
    certificates_from_before: Option<u64>,
    next: Vec<String>,
    check: Option<CheckView>,
    #[serde(skip)]
    has_scheduler: bool,
}

#[derive(Serialize)]
struct ScheduleChanges {
    created: usize,
    updated: usize,
    unchanged: usize,
}

#[derive(Serialize)]
struct FiringView {
    job: JobKind,
    expression: String,
    fires: bool,
    first_after: Option<String>,
}

impl<'a> AddedView<'a> {
    pub(super) fn new(
        context: &CommandContext<'_>,
        desired: &'a Desired,
        current: &CurrentState,
        changes: &[ScheduleChange],
        check: Option<CheckView>,
    ) -> Self {
        let Desired {
            config,
            secret,
            status,
            ..
        } = desired;
        let new = current.record.is_none();
        let count = |kind| changes.iter().filter(|change| **change == kind).count();
        let schedules = context.schedules.as_ref();
        let schedules =
            schedules.map(|schedules| schedules.desired(config, *status, context.now()));
        let firing = schedules.into_iter().flatten().map(|(job, schedule)| {
            let fires = schedule.firing == Firing::On;
            FiringView {
                job,
                expression: schedule.expression,
                fires,
                first_after: fires.then(|| format::moment(schedule.start)),
            }
        });
        Self {
            tenant_id: &config.tenant_id,
            written: true,
            new,
            replaced: current.replaced(config, secret),
            status: *status,
            schedules: ScheduleChanges {
                created: count(ScheduleChange::Created),
                updated: count(ScheduleChange::Updated),
                unchanged: count(ScheduleChange::Unchanged),
            },
            firing: firing.collect(),
            certificates_from_before: current.ledger.filter(|_| new),
            next: next_steps(config, *status, new),
            check,
            has_scheduler: context.schedules.is_some(),
        }
    }

    fn points(&self) -> Vec<String> {
        let mut points = Vec::new();
        let ScheduleChanges {
            created, updated, ..
        } = self.schedules;
        if created + updated > 0 && !self.new {
            points.push(format!("schedules created: {created}, repaired: {updated}"));
        }
        for FiringView {
            job,
            expression,
            first_after,
            ..
        } in &self.firing
        {
            points.push(match first_after {
                Some(first) => format!("{job}: {expression}, first after {first}"),
                None => format!("{job}: off for now"),
            });
        }
        if !self.has_scheduler {
            points.push("no schedules: this deployment has no scheduler".to_owned());
        }
        points.extend(self.certificates_from_before.map(|certificates| {
            let certificates = format::number(certificates, "certificate", "certificates");
            format!(
                "its ledger of {certificates} from before is still there: these are not filed again"
            )
        }));
        if self.check.is_none() && self.replaced.contains(&"credentials") {
            points.push(format!(
                "the new credentials are not checked: warm functions use the old ones for up to 15 minutes. `tenants check {}` \
                 tries them now",
                self.tenant_id
            ));
        }
        points.extend(self.next.iter().cloned());
        points
    }
}

impl View for AddedView<'_> {
    fn text(&self) -> String {
        let check = self.check.as_ref().map(CheckView::text);
        let state = match (self.new, self.replaced.join(", ")) {
            (true, _) => "is added".to_owned(),
            (false, replaced) if !replaced.is_empty() => {
                format!("is updated, replaced: {replaced}")
            }
            _ if self.needs_attention() => "is stored as before".to_owned(),
            _ => "is as it should be".to_owned(),
        };
        let points = self.points();
        let points: String = points.iter().map(|point| format::point(point)).collect();
        let check = check.unwrap_or_default();
        let state = format::paragraph(&format!("{} {state}.", self.tenant_id));
        format!("{check}{state}{points}")
    }

    fn needs_attention(&self) -> bool {
        self.check.as_ref().is_some_and(CheckView::needs_attention)
    }
}

fn next_steps(config: &TenantConfig, status: TenantStatus, is_new: bool) -> Vec<String> {
    let tenant = &config.tenant_id;
    let mut steps = Vec::new();
    if !is_connected(config) {
        steps.push(format!(
            "next: `tenants connect {tenant} --email HR-ADMIN --company NAME`; nothing runs before the company has connected"
        ));
    } else if status != TenantStatus::Active {
        steps.push(format!(
            "it is paused: `tenants plan {tenant}` shows what the first run would do, `tenants resume {tenant}` lets it begin"
        ));
    } else if is_new {
        steps.push(format!(
            "next: `tenants plan {tenant}` shows what the first run does, `tenants sync {tenant}` does it"
        ));
    }
    if let (Some(academy), true) = (&config.reteach.academy, is_new) {
        steps.push(format!(
            "put the academy's address on the Personio dashboard: https://{academy}"
        ));
    }
    steps
}
