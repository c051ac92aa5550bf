//! What the answers mean, and what to do. Pure.

use jiff::{SignedDuration, Timestamp};
use shared::domain::id::TenantId;
use shared::state::TableShape;

use crate::stack::Deployment;

/// The version of this program. A deployment has the one it was built from.
const RELEASE: &str = env!("CARGO_PKG_VERSION");

/// Credentials this old were probably forgotten.
const OLD: SignedDuration = SignedDuration::from_hours(365 * 24);

/// AWS refuses calls that are signed five minutes off; leases count on less.
pub(super) const SKEW: SignedDuration = SignedDuration::from_secs(60);

/// Quotas of an account in a region, by what they limit, and how many of them a tenant needs. Defaults, as of 2026.
const QUOTAS: [(&str, usize, usize); 2] = [
    ("schedules of EventBridge Scheduler", 2, 10_000_000),
    ("secrets of Secrets Manager", 1, 500_000),
];

pub(super) fn release(deployment: &Deployment) -> Vec<String> {
    let finding = match deployment.release.as_deref() {
        Some(RELEASE) => return Vec::new(),
        Some(other) => format!(
            "the stack has release {other}, and this `tenants` is {RELEASE}: install the one of the stack, or deploy this one"
        ),
        None => "the stack does not say its release: `sam build && sam deploy`".to_owned(),
    };
    vec![finding]
}

/// How often employee-sync may run at once, and how often the tenants may need that: a quarter of them in the worst
/// second, and ten for first transfers.
pub(super) fn concurrency(tenants: usize, available: i32) -> Vec<String> {
    let needed = tenants.div_ceil(4) + 10;
    let is_enough = usize::try_from(available).is_ok_and(|available| available >= needed);
    if is_enough {
        return Vec::new();
    }
    vec![format!(
        "employee-sync can run {available} times at once, and {tenants} tenants may need {needed}: request more of Lambda's \
         quota *Concurrent executions* in Service Quotas, or reserve: `sam deploy --parameter-overrides \
         EmployeeSyncConcurrency={needed}`"
    )]
}

pub(super) fn architectures(employees: &str, certificates: &str) -> Vec<String> {
    if employees == certificates {
        return Vec::new();
    }
    vec![format!(
        "employee-sync is for {employees}, certificate-sync for {certificates}: `sam build && sam deploy` builds both again"
    )]
}

fn is_heard(subscriptions: &[String]) -> bool {
    subscriptions.iter().any(|arn| arn.starts_with("arn:"))
}

/// The subscriptions of the topic of alarms, as SNS lists them.
pub(super) fn alarms(subscriptions: &[String]) -> Vec<String> {
    let finding = match subscriptions {
        [] => {
            "nobody hears of alarms: `sam deploy --parameter-overrides AlarmEmail=…`, or subscribe to AlarmTopicArn"
        }
        all if !is_heard(all) => {
            "nobody has confirmed yet: open the mail *AWS Notification - Subscription Confirmation*, or deploy with another \
             AlarmEmail"
        }
        _ => return Vec::new(),
    };
    vec![finding.to_owned()]
}

/// Those of a topic that only notices go to.
pub(super) fn notices(topic: &str, subscriptions: &[String]) -> Vec<String> {
    let finding = (!is_heard(subscriptions))
        .then(|| format!("nobody hears of notices: {topic} has no confirmed subscription"));
    finding.into_iter().collect()
}

pub(super) fn credentials(tenant: &TenantId, changed: Timestamp, now: Timestamp) -> Option<String> {
    let age = now.duration_since(changed);
    (age > OLD).then(|| {
        format!(
            "{tenant}: the credentials are {} days old: ask for new ones, and store them with `tenants add --file {tenant}.toml \
             --credentials -`",
            age.as_hours() / 24
        )
    })
}

pub(super) fn key_of_stack(changed: Timestamp, now: Timestamp) -> Option<String> {
    let age = now.duration_since(changed);
    (age > OLD).then(|| {
        format!(
            "the stack's key of Kombo is {} days old: ask for a new one, and put it into the stack's secret, which ends with \
             /_kombo",
            age.as_hours() / 24
        )
    })
}

pub(super) fn table(name: &str, shape: &TableShape) -> Vec<String> {
    let settings = [
        (
            shape.expires,
            format!(
                "nothing expires: `aws dynamodb update-time-to-live --table-name {name} --time-to-live-specification \
                 Enabled=true,AttributeName=expires_at`"
            ),
        ),
        (
            shape.is_protected,
            format!(
                "the table can be deleted: `aws dynamodb update-table --table-name {name} --deletion-protection-enabled`"
            ),
        ),
        (
            shape.is_recoverable != Some(false),
            format!(
                "no earlier moment can be restored: `aws dynamodb update-continuous-backups --table-name {name} \
                 --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true`"
            ),
        ),
    ];
    let missing = settings.into_iter().filter(|(is_set, _)| !is_set);
    missing.map(|(_, finding)| finding).collect()
}

/// Quotas of which four fifths are used.
pub(super) fn quotas(tenants: usize) -> Vec<String> {
    let near = QUOTAS.into_iter().filter_map(|(what, each, most)| {
        let used = tenants * each;
        (used * 5 >= most * 4)
            .then(|| format!("{used} of {most} {what} are used: request more in Service Quotas"))
    });
    near.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// A release with the last one's number would look as if nothing had been deployed.
    #[test]
    fn the_template_has_the_number_of_this_release() {
        let template = include_str!("../../../../../template.yaml");
        let (_, outputs) = template.split_once("\n  Release:\n").unwrap();
        let value = outputs.lines().nth(1).unwrap();
        assert_eq!(value.trim(), format!("Value: {RELEASE}"));
    }

    #[test]
    fn a_new_account_has_too_few_runs_at_once_and_a_grown_one_enough() {
        for (tenants, available, findings) in [
            (0, 10, 0),
            (1, 10, 1),
            (40, 20, 0),
            (41, 20, 1),
            (1_000, 1_000, 0),
            (5_000, 1_000, 1),
        ] {
            let found = concurrency(tenants, available);
            assert_eq!(found.len(), findings, "{tenants} {available}: {found:?}");
        }
    }

    #[test]
    fn alarms_need_a_confirmed_subscription() {
        let pending = "PendingConfirmation".to_owned();
        let confirmed = "arn:aws:sns:eu-central-1:1:alarms:1".to_owned();
        assert!(alarms(&[])[0].contains("AlarmEmail"));
        assert!(alarms(std::slice::from_ref(&pending))[0].contains("confirmed"));
        assert!(notices("topic", std::slice::from_ref(&pending))[0].contains("topic has no"));
        let both = [pending, confirmed];
        assert_eq!([alarms(&both), notices("topic", &both)], [[""; 0]; 2]);
    }

    #[test]
    fn credentials_are_old_after_a_year() {
        let tenant = TenantId::parse("acme").unwrap();
        let now = at("2026-05-11T08:00:00Z");
        assert_eq!(credentials(&tenant, at("2025-06-11T08:00:00Z"), now), None);
        let old = credentials(&tenant, at("2025-05-01T08:00:00Z"), now).unwrap();
        assert!(old.contains("375 days"), "{old}");
    }

    #[test]
    fn a_restored_table_has_forgotten_three_settings() {
        let set = TableShape {
            is_active: true,
            has_our_keys: true,
            expires: true,
            is_protected: true,
            is_recoverable: Some(true),
        };
        let unseen = TableShape {
            is_recoverable: None,
            ..set
        };
        assert_eq!([table("t", &set), table("t", &unseen)], [[""; 0]; 2]);
        let forgotten = TableShape {
            expires: false,
            is_protected: false,
            is_recoverable: Some(false),
            ..set
        };
        let found = table("t", &forgotten);
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[2].contains("update-continuous-backups"), "{found:?}");
    }

    #[test]
    fn quotas_speak_before_they_are_used_up() {
        assert_eq!(quotas(399_999), [""; 0]);
        assert_eq!(quotas(400_000).len(), 1);
    }
}
