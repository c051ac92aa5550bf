//! The calls to EventBridge Scheduler.

use aws_sdk_scheduler::Client;
use aws_sdk_scheduler::operation::get_schedule::GetScheduleOutput;
use aws_sdk_scheduler::types::{
    DeadLetterConfig, FlexibleTimeWindow, FlexibleTimeWindowMode, RetryPolicy, ScheduleState,
    Target,
};
use aws_smithy_types::DateTime;
use shared::domain::id::TenantId;
use shared::state::{JobKind, TenantStatus};
use shared::tenant::TenantConfig;

use super::desired::{DesiredSchedule, Firing, name};
use crate::aws;
use crate::failure::{Failure, Result};
use crate::stack::Scheduler;

/// The shortest life of an event that EventBridge Scheduler takes, in seconds: the next tick is the retry.
const EVENT_AGE: i32 = 60;

/// The code for a group or a schedule that is not there.
const MISSING: &str = "ResourceNotFoundException";

pub(crate) const JOBS: [JobKind; 2] = [JobKind::Employees, JobKind::Certificates];

#[derive(Clone, Debug)]
pub(crate) struct Schedules {
    client: Client,
    parts: Scheduler,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScheduleChange {
    Created,
    Updated,
    Unchanged,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListedSchedule {
    pub(crate) name: String,
    pub(crate) firing: Firing,
}

impl Schedules {
    pub(crate) fn new(client: Client, parts: Scheduler) -> Self {
        Self { client, parts }
    }

    /// What the schedules of a tenant should be, seen at `now`.
    pub(crate) fn desired(
        &self,
        config: &TenantConfig,
        status: TenantStatus,
        now: jiff::Timestamp,
    ) -> [(JobKind, DesiredSchedule); 2] {
        JOBS.map(|job| {
            (
                job,
                DesiredSchedule::new(config, status, job, &self.parts, now),
            )
        })
    }

    /// What is different from `desired`, in words; `None` if there is no such schedule.
    pub(crate) async fn differences(
        &self,
        desired: &DesiredSchedule,
    ) -> Result<Option<Vec<String>>> {
        Ok(self
            .get(&desired.name)
            .await?
            .map(|found| differences(&found, desired)))
    }

    /// Whether the tenant has a schedule for `job`.
    pub(crate) async fn exists(&self, tenant: &TenantId, job: JobKind) -> Result<bool> {
        Ok(self.get(&name(tenant, job)).await?.is_some())
    }

    async fn get(&self, name: &str) -> Result<Option<GetScheduleOutput>> {
        let get = self
            .client
            .get_schedule()
            .group_name(&self.parts.group)
            .name(name);
        match get.send().await {
            Ok(found) => Ok(Some(found)),
            Err(error) if aws::code(&error) == Some(MISSING) => Ok(None),
            Err(error) => Err(aws::failure("scheduler:GetSchedule", &error)),
        }
    }

    /// Makes the schedule what it should be. Safe to repeat.
    pub(crate) async fn put(&self, desired: &DesiredSchedule) -> Result<ScheduleChange> {
        match self.get(&desired.name).await? {
            None => self.create(desired).await.map(|()| ScheduleChange::Created),
            Some(found) if differences(&found, desired).is_empty() => Ok(ScheduleChange::Unchanged),
            Some(_) => self.update(desired).await.map(|()| ScheduleChange::Updated),
        }
    }

    async fn create(&self, desired: &DesiredSchedule) -> Result<()> {
        let create = self
            .client
            .create_schedule()
            .group_name(&self.parts.group)
            .name(&desired.name)
            .schedule_expression(&desired.expression)
            .start_date(DateTime::from_secs(desired.start.as_second()))
            .state(state(desired.firing))
            .flexible_time_window(window(desired)?)
            .target(target(desired)?);
        match create.send().await {
            Ok(_) => Ok(()),
            // Made meanwhile, perhaps by an attempt of ours whose reply was lost.
            Err(error) if aws::code(&error) == Some("ConflictException") => {
                self.update(desired).await
            }
            Err(error) if aws::code(&error) == Some(MISSING) => Err(Failure::attention(format!(
                "there is no schedule group {}: deploy the stack again",
                self.parts.group
            ))),
            Err(error) => Err(aws::failure("scheduler:CreateSchedule", &error)),
        }
    }

    /// An update replaces everything: what is not sent falls back to a default.
    async fn update(&self, desired: &DesiredSchedule) -> Result<()> {
        let update = self
            .client
            .update_schedule()
            .group_name(&self.parts.group)
            .name(&desired.name)
            .schedule_expression(&desired.expression)
            .start_date(DateTime::from_secs(desired.start.as_second()))
            .state(state(desired.firing))
            .flexible_time_window(window(desired)?)
            .target(target(desired)?);
        update
            .send()
            .await
            .map(|_| ())
            .map_err(|error| aws::failure("scheduler:UpdateSchedule", &error))
    }

    /// Deletes a tenant's schedule. Returns whether there was one.
    pub(crate) async fn delete(&self, tenant: &TenantId, job: JobKind) -> Result<bool> {
        let delete = self
            .client
            .delete_schedule()
            .group_name(&self.parts.group)
            .name(name(tenant, job));
        match delete.send().await {
            Ok(_) => Ok(true),
            Err(error) if aws::code(&error) == Some(MISSING) => Ok(false),
            Err(error) => Err(aws::failure("scheduler:DeleteSchedule", &error)),
        }
    }

    pub(crate) async fn list(&self) -> Result<Vec<ListedSchedule>> {
        let pages = self
            .client
            .list_schedules()
            .group_name(&self.parts.group)
            .into_paginator();
        let mut pages = pages.send();
        let mut listed = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| aws::failure("scheduler:ListSchedules", &error))?;
            listed.extend(page.schedules().iter().filter_map(|schedule| {
                let firing = if schedule.state() == Some(&ScheduleState::Disabled) {
                    Firing::Off
                } else {
                    Firing::On
                };
                Some(ListedSchedule {
                    name: schedule.name()?.to_owned(),
                    firing,
                })
            }));
        }
        Ok(listed)
    }
}

fn state(firing: Firing) -> ScheduleState {
    match firing {
        Firing::On => ScheduleState::Enabled,
        Firing::Off => ScheduleState::Disabled,
    }
}

fn window(desired: &DesiredSchedule) -> Result<FlexibleTimeWindow> {
    let mode = match desired.window {
        Some(_) => FlexibleTimeWindowMode::Flexible,
        None => FlexibleTimeWindowMode::Off,
    };
    FlexibleTimeWindow::builder()
        .mode(mode)
        .set_maximum_window_in_minutes(desired.window)
        .build()
        .map_err(incomplete)
}

fn target(desired: &DesiredSchedule) -> Result<Target> {
    Target::builder()
        .arn(&desired.function)
        .role_arn(&desired.role)
        .input(&desired.input)
        .retry_policy(
            RetryPolicy::builder()
                .maximum_retry_attempts(0)
                .maximum_event_age_in_seconds(EVENT_AGE)
                .build(),
        )
        .dead_letter_config(DeadLetterConfig::builder().arn(&desired.queue).build())
        .build()
        .map_err(incomplete)
}

fn incomplete(error: impl std::fmt::Display) -> Failure {
    Failure::attention(format!("the schedule cannot be described: {error}"))
}

fn differences(found: &GetScheduleOutput, desired: &DesiredSchedule) -> Vec<String> {
    let target = found.target();
    let wanted_state = state(desired.firing);
    let checks = [
        (
            "runs at",
            found.schedule_expression(),
            desired.expression.as_str(),
        ),
        (
            "is",
            found.state().map(ScheduleState::as_str),
            wanted_state.as_str(),
        ),
        ("fires", target.map(Target::arn), &desired.function),
        ("uses the role", target.map(Target::role_arn), &desired.role),
        ("sends", target.and_then(Target::input), &desired.input),
        (
            "puts lost events in",
            target
                .and_then(Target::dead_letter_config)
                .and_then(DeadLetterConfig::arn),
            &desired.queue,
        ),
    ];
    let mut differences: Vec<String> = checks
        .into_iter()
        .filter(|(_, found, desired)| *found != Some(*desired))
        .map(|(what, found, desired)| {
            format!("{what} {} instead of {desired}", found.unwrap_or("nothing"))
        })
        .collect();
    let retries = target
        .and_then(Target::retry_policy)
        .and_then(RetryPolicy::maximum_retry_attempts);
    if retries != Some(0) {
        differences.push("retries, although the next tick is the retry".to_owned());
    }
    let window = found.flexible_time_window();
    if window.and_then(FlexibleTimeWindow::maximum_window_in_minutes) != desired.window {
        differences.push("has another flexible window".to_owned());
    }
    differences
}
