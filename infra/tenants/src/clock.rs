//! AWS's clock, from the header of an answer.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp};
use shared::state::JobKind;
use tokio::time::timeout;

use crate::aws;
use crate::context::CommandContext;
use crate::failure::{Failure, Result};

/// Leases are judged by this machine's clock. A run's lease ends a minute after its last write at the earliest.
const LEASES: SignedDuration = SignedDuration::from_secs(10);

/// AWS answers such a question at once.
const PATIENCE: Duration = Duration::from_secs(5);

/// The time by AWS's clock.
pub(crate) async fn of_aws(client: &aws_sdk_lambda::Client) -> Result<Timestamp> {
    let date = AnswerDate::default();
    let asked = client.get_account_settings().customize();
    let answered = asked.interceptor(date.clone()).send().await;
    // An answer that refuses has a date as well.
    match (date.get(), answered) {
        (Some(there), _) => Ok(there),
        (None, Err(error)) => Err(aws::failure("lambda:GetAccountSettings", &error)),
        (None, Ok(_)) => Err(Failure::attention("AWS's answer has no date")),
    }
}

/// Refuses a clock by which a run's lease would seem to be over. Where AWS's time cannot be had, nothing is refused.
pub(crate) async fn check_for_leases(context: &CommandContext<'_>, otherwise: &str) -> Result<()> {
    let finding = context.clock_finding.get_or_init(|| for_leases(context));
    match finding.await {
        Some(finding) => Err(Failure::attention(format!(
            "{finding}. A run that is under way could not be distinguished from one that is over: {otherwise}"
        ))),
        None => Ok(()),
    }
}

async fn for_leases(context: &CommandContext<'_>) -> Option<String> {
    context.deployment.functions.of(JobKind::Employees)?;
    let client = context.lambda().ok()?;
    let there = timeout(PATIENCE, of_aws(&client)).await.ok()?.ok()?;
    apart(context.now(), there, LEASES)
}

/// That the clocks are more than `limit` apart.
pub(crate) fn apart(here: Timestamp, there: Timestamp, limit: SignedDuration) -> Option<String> {
    let apart = here.duration_since(there);
    let direction = if apart.is_positive() {
        "ahead of"
    } else {
        "behind"
    };
    (apart.abs() > limit).then(|| {
        format!(
            "the clock of this machine is {} seconds {direction} AWS's: set it by NTP",
            apart.abs().as_secs()
        )
    })
}

/// Keeps the `Date` of the last answer.
#[derive(Clone, Debug, Default)]
struct AnswerDate(Arc<Mutex<Option<Timestamp>>>);

impl AnswerDate {
    fn get(&self) -> Option<Timestamp> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Intercept for AnswerDate {
    fn name(&self) -> &'static str {
        "AnswerDate"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> std::result::Result<(), BoxError> {
        let date = context.response().headers().get("date");
        let date = date.and_then(|text| rfc2822::parse(text).ok());
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = date.map(|date| date.timestamp());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_too_far_off_either_way() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let there = at("2026-05-11T08:00:00Z");
        let found = |here: &str| apart(at(here), there, SignedDuration::from_secs(60));
        assert_eq!(found("2026-05-11T08:01:00Z"), None);
        let ahead = found("2026-05-11T08:01:01Z").unwrap();
        assert!(ahead.contains("61 seconds ahead of"), "{ahead}");
        let behind = found("2026-05-11T07:55:00Z").unwrap();
        assert!(behind.contains("300 seconds behind"), "{behind}");
    }
}
