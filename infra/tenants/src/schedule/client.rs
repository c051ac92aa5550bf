//! EventBridge Scheduler, as far as it is needed.

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

use super::wanted::{Firing, Wanted, name};
use crate::aws;
use crate::failure::Failure;
use crate::stack::Scheduler;

/// The shortest life of an event that EventBridge Scheduler takes, in seconds: the next tick is the retry.
const EVENT_AGE: i32 = 60;

const JOBS: [JobKind; 2] = [JobKind::Employees, JobKind::Certificates];

/// The group's schedules.
#[derive(Clone, Debug)]
pub(crate) struct Schedules {
    client: Client,
    parts: Scheduler,
}

/// What writing a schedule came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// There was none.
    Created,
    /// It was another one.
    Updated,
    /// It was as it should be.
    Unchanged,
}

/// A line of the group's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    /// Its name.
    pub(crate) name: String,
    /// Whether it fires.
    pub(crate) firing: Firing,
}

impl Schedules {
    pub(crate) fn new(client: Client, parts: Scheduler) -> Self {
        Self { client, parts }
    }

    /// What the schedules of a tenant should be, seen at `now`.
    pub(crate) fn wanted(
        &self,
        config: &TenantConfig,
        status: TenantStatus,
        now: jiff::Timestamp,
    ) -> [(JobKind, Wanted); 2] {
        JOBS.map(|job| (job, Wanted::new(config, status, job, &self.parts, now)))
    }

    /// What is different from `wanted`, in words; `None` if there is no such schedule.
    pub(crate) async fn differences(
        &self,
        wanted: &Wanted,
    ) -> Result<Option<Vec<String>>, Failure> {
        Ok(self
            .get(&wanted.name)
            .await?
            .map(|found| differences(&found, wanted)))
    }

    async fn get(&self, name: &str) -> Result<Option<GetScheduleOutput>, Failure> {
        let get = self
            .client
            .get_schedule()
            .group_name(&self.parts.group)
            .name(name);
        match get.send().await {
            Ok(found) => Ok(Some(found)),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|it| it.is_resource_not_found_exception()) =>
            {
                Ok(None)
            }
            Err(error) => Err(aws::failure("scheduler:GetSchedule", &error)),
        }
    }

    /// Makes the schedule what it should be. Safe to repeat.
    pub(crate) async fn put(&self, wanted: &Wanted) -> Result<Written, Failure> {
        match self.get(&wanted.name).await? {
            None => self.create(wanted).await.map(|()| Written::Created),
            Some(found) if differences(&found, wanted).is_empty() => Ok(Written::Unchanged),
            Some(_) => self.update(wanted).await.map(|()| Written::Updated),
        }
    }

    async fn create(&self, wanted: &Wanted) -> Result<(), Failure> {
        let create = self
            .client
            .create_schedule()
            .group_name(&self.parts.group)
            .name(&wanted.name)
            .schedule_expression(&wanted.expression)
            .start_date(DateTime::from_secs(wanted.start.as_second()))
            .state(state(wanted.firing))
            .flexible_time_window(exactly()?)
            .target(target(wanted)?);
        match create.send().await {
            Ok(_) => Ok(()),
            // Made meanwhile, perhaps by an attempt of ours whose reply was lost.
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|it| it.is_conflict_exception()) =>
            {
                self.update(wanted).await
            }
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|it| it.is_resource_not_found_exception()) =>
            {
                Err(Failure::look(format!(
                    "there is no schedule group {}: deploy the stack again",
                    self.parts.group
                )))
            }
            Err(error) => Err(aws::failure("scheduler:CreateSchedule", &error)),
        }
    }

    /// An update replaces everything: what is not sent falls back to a default.
    async fn update(&self, wanted: &Wanted) -> Result<(), Failure> {
        let update = self
            .client
            .update_schedule()
            .group_name(&self.parts.group)
            .name(&wanted.name)
            .schedule_expression(&wanted.expression)
            .start_date(DateTime::from_secs(wanted.start.as_second()))
            .state(state(wanted.firing))
            .flexible_time_window(exactly()?)
            .target(target(wanted)?);
        update
            .send()
            .await
            .map(|_| ())
            .map_err(|error| aws::failure("scheduler:UpdateSchedule", &error))
    }

    /// Deletes a tenant's schedule. Returns whether there was one.
    pub(crate) async fn delete(&self, tenant: &TenantId, job: JobKind) -> Result<bool, Failure> {
        let delete = self
            .client
            .delete_schedule()
            .group_name(&self.parts.group)
            .name(name(tenant, job));
        match delete.send().await {
            Ok(_) => Ok(true),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|it| it.is_resource_not_found_exception()) =>
            {
                Ok(false)
            }
            Err(error) => Err(aws::failure("scheduler:DeleteSchedule", &error)),
        }
    }

    /// All schedules of the group.
    pub(crate) async fn list(&self) -> Result<Vec<Listed>, Failure> {
        let pages = self
            .client
            .list_schedules()
            .group_name(&self.parts.group)
            .into_paginator();
        let mut pages = pages.send();
        let mut listed = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| aws::failure("scheduler:ListSchedules", &error))?;
            listed.extend(page.schedules().iter().filter_map(|it| {
                let firing = if it.state() == Some(&ScheduleState::Disabled) {
                    Firing::Off
                } else {
                    Firing::On
                };
                Some(Listed {
                    name: it.name()?.to_owned(),
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

fn exactly() -> Result<FlexibleTimeWindow, Failure> {
    FlexibleTimeWindow::builder()
        .mode(FlexibleTimeWindowMode::Off)
        .build()
        .map_err(incomplete)
}

fn target(wanted: &Wanted) -> Result<Target, Failure> {
    Target::builder()
        .arn(&wanted.function)
        .role_arn(&wanted.role)
        .input(&wanted.input)
        .retry_policy(
            RetryPolicy::builder()
                .maximum_retry_attempts(0)
                .maximum_event_age_in_seconds(EVENT_AGE)
                .build(),
        )
        .dead_letter_config(DeadLetterConfig::builder().arn(&wanted.queue).build())
        .build()
        .map_err(incomplete)
}

fn incomplete(error: impl std::fmt::Display) -> Failure {
    Failure::look(format!("the schedule cannot be described: {error}"))
}

fn differences(found: &GetScheduleOutput, wanted: &Wanted) -> Vec<String> {
    let target = found.target();
    let wanted_state = state(wanted.firing);
    let checks = [
        (
            "runs at",
            found.schedule_expression(),
            wanted.expression.as_str(),
        ),
        (
            "is",
            found.state().map(ScheduleState::as_str),
            wanted_state.as_str(),
        ),
        ("fires", target.map(Target::arn), &wanted.function),
        ("uses the role", target.map(Target::role_arn), &wanted.role),
        ("sends", target.and_then(Target::input), &wanted.input),
        (
            "puts lost events in",
            target
                .and_then(Target::dead_letter_config)
                .and_then(DeadLetterConfig::arn),
            &wanted.queue,
        ),
    ];
    let mut differences: Vec<String> = checks
        .into_iter()
        .filter(|(_, found, wanted)| *found != Some(*wanted))
        .map(|(what, found, wanted)| {
            format!("{what} {} instead of {wanted}", found.unwrap_or("nothing"))
        })
        .collect();
    let retries = target
        .and_then(Target::retry_policy)
        .and_then(RetryPolicy::maximum_retry_attempts);
    if retries != Some(0) {
        differences.push("retries, although the next tick is the retry".to_owned());
    }
    differences
}
