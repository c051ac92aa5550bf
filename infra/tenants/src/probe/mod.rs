//! `tenants check --write-probe`: asks the academy what its document leaves open, with a test account.

mod cleanup;
mod observed;
mod question;
mod record;
mod steps;
mod view;

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use shared::domain::id::{CustomerId, TenantId};
use shared::http::LimitsSeen;
use shared::reteach::{Academy, Client, TestAccount, TestAccounts};
use shared::secrets::TenantSecret;
use shared::tenant::TenantConfig;

use self::cleanup::Cleanup;
pub(crate) use self::observed::Observed;
pub(crate) use self::question::{Answer, Consequence, Field, Question};
use self::steps::{Names, ProbeError};
pub(crate) use self::view::{ProbeView, items};
use crate::confirm::Confirmation;
use crate::context::CommandContext;
use crate::failure::{Failure, Result};
use crate::files;

/// The last probe of a tenant's academy, in the form that is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredProbe {
    pub(crate) at: Timestamp,
    #[serde(deserialize_with = "known")]
    pub(crate) answers: Vec<Answer>,
    pub(crate) left: Vec<CustomerId>,
}

/// The answers that this release knows: a later one may ask more.
fn known<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Vec<Answer>, D::Error> {
    let answers = Vec::<serde_json::Value>::deserialize(deserializer)?;
    let known = answers.into_iter().map(serde_json::from_value);
    Ok(known.filter_map(std::result::Result::ok).collect())
}

impl StoredProbe {
    pub(crate) fn is_written(&self, field: Field) -> bool {
        self.answers.contains(&Answer {
            question: Question::Write(field),
            observed: Observed::AsAssumed,
        })
    }
}

/// Asks for confirmation, probes the academy and removes the test accounts, also after `interrupted`. Those that stay after an
/// early end are noted for the stored `tenant`.
pub(crate) async fn probe(
    context: &CommandContext<'_>,
    tenant: Option<&TenantId>,
    (config, secret): (&TenantConfig, &TenantSecret),
    yes: bool,
    interrupted: impl Future<Output = ()>,
) -> Result<ProbeView> {
    let client = context.academy(config, secret)?;
    let calls = client.context().calls();
    let before = (calls.counts(), calls.limits_seen());
    let academy = client.me().await.map_err(|error| failed(&error))?;
    confirm(context, config, &academy, yes)?;
    let now = context.now();
    let earlier = client
        .list_all(TestAccounts::default)
        .await
        .map_err(|error| failed(&error))?;
    let earlier = cleanup::remove(&client, earlier.accounts.0, now).await;
    let names = names()?;
    context
        .environment
        .mention(&format!("Test account: {}", names.main.external_id));
    let asked = ask(context, config, &client, &names, interrupted).await;
    let mut cleanup = match cleanup::find(&client, &names).await {
        Ok(mut accounts) => {
            // What could not be deleted before is named with the earlier ones.
            accounts.retain(|account| earlier.left.iter().all(|left| left.id != account.id));
            cleanup::remove(&client, accounts, now).await
        }
        Err(error) => {
            let why = asked.err().map(|error| format!(" after: {error}"));
            return Err(Failure::attention(format!(
                "the test account could not be looked for{}: {error}. The next probe removes it; in the academy it is called {}",
                why.unwrap_or_default(),
                names.main.user_name
            )));
        }
    };
    let mut answers = match asked {
        Ok(answers) => answers,
        Err(error) => {
            cleanup.left.extend(earlier.left);
            // The failure names them, whether they are noted or not.
            note_left(context, tenant, now, &cleanup).await.ok();
            return Err(ended_early(&error, &cleanup));
        }
    };
    // The test accounts are gone: a second use of a client code that is good once may end all log-ins.
    answers.push(steps::log_in_again(&client).await);
    let (sent, seen) = (calls.counts(), calls.limits_seen());
    answers.push(Answer {
        question: Question::CallLimit,
        observed: Observed::of_limits(
            LimitsSeen {
                refused: seen.refused.saturating_sub(before.1.refused),
                ..seen
            },
            (sent - before.0).reteach,
        ),
    });
    Ok(ProbeView::new(
        config, academy, now, answers, earlier, cleanup,
    ))
}

fn confirm(
    context: &CommandContext<'_>,
    config: &TenantConfig,
    academy: &Academy,
    yes: bool,
) -> Result<()> {
    let announcement = format!(
        "This makes a few test accounts in {}, writes to them, locks and opens them, and deletes them. The two tags of \
         Anstellungsart are made if they are not there. No other account is touched.",
        academy.base_url
    );
    Confirmation {
        announcement: &announcement,
        yes,
        word: (config.tenant_id.as_str(), "the tenant's name"),
        otherwise: "nothing was written",
    }
    .ask(context.environment)
}

async fn ask(
    context: &CommandContext<'_>,
    config: &TenantConfig,
    client: &Client,
    names: &Names,
    interrupted: impl Future<Output = ()>,
) -> std::result::Result<Vec<Answer>, ProbeError> {
    // The call that is under way is waited for: it may have made an account.
    let is_interrupted = AtomicBool::new(false);
    let asking = steps::ask(client, config, names, context.now(), &is_interrupted);
    let mut asking = std::pin::pin!(asking);
    let mut interrupted = std::pin::pin!(interrupted);
    loop {
        tokio::select! {
            asked = &mut asking => return asked,
            () = &mut interrupted, if !is_interrupted.load(Ordering::Relaxed) => {
                is_interrupted.store(true, Ordering::Relaxed);
                context.environment.mention("Interrupted: the test account is being removed.");
            }
        }
    }
}

/// Identifiers that nobody else has.
fn names() -> Result<Names> {
    let tag = files::random_tag()?;
    let account = |suffix: &str| TestAccount::new(&format!("{tag}{suffix}"));
    Ok(Names {
        main: account(""),
        second: account("-2"),
        without_mail: account("-3"),
        other: account("-4"),
    })
}

/// Notes the accounts that are left, with the answers of the last probe that was completed.
async fn note_left(
    context: &CommandContext<'_>,
    tenant: Option<&TenantId>,
    now: Timestamp,
    cleanup: &Cleanup,
) -> Result<()> {
    let Some(tenant) = tenant else {
        return Ok(());
    };
    let last: Option<StoredProbe> = context.store.probe(tenant).await?;
    let left: Vec<_> = cleanup.left.iter().map(|left| left.id.clone()).collect();
    if last.as_ref().map_or(&[][..], |last| &last.left) == left {
        return Ok(());
    }
    let (at, answers) = last.map_or((now, Vec::new()), |last| (last.at, last.answers));
    let probe = StoredProbe { at, answers, left };
    Ok(context.store.put_probe(tenant, &probe).await?)
}

fn ended_early(error: &ProbeError, cleanup: &Cleanup) -> Failure {
    Failure::attention(format!(
        "the probe ended early: {error}. {}",
        view::cleaned(cleanup)
    ))
}

fn failed(error: &shared::reteach::Error) -> Failure {
    Failure::attention(format!("the academy cannot be probed: {error}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn answers_that_only_a_later_release_knows_are_passed_over() {
        let stored = json!({
            "at": "2026-05-11T20:20:00Z",
            "answers": [
                {"question": "asked-later", "observed": "as-assumed"},
                {"question": {"write": "position"}, "observed": {"refused": 422}},
                {"question": {"write": "asked-later"}, "observed": "as-assumed"},
                {"question": "end-locks", "observed": {"seen-later": [1, "x"]}},
                {"question": "call-limit", "observed": {"never-limited": 112}, "since": 1},
                null
            ],
            "left": ["c1"],
            "later": {}
        });
        let probe: StoredProbe = serde_json::from_value(stored).unwrap();
        let expected = [
            Answer {
                question: Question::Write(Field::Position),
                observed: Observed::Refused(422),
            },
            Answer {
                question: Question::CallLimit,
                observed: Observed::NeverLimited(112),
            },
        ];
        assert_eq!(probe.answers, expected);
        assert_eq!(probe.left, [CustomerId::new("c1")]);
    }
}
