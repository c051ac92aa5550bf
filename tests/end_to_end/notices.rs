//! Notices: who learns of trouble, how often, and what a recipient that fails can do to a run.

use std::sync::Arc;

use employee_sync::report::Report;
use harness::{Harness, MARK, marked, virtual_time};
use jiff::SignedDuration;
use serde_json::Value;
use shared::domain::clock::Clock as _;
use shared::http::Deadline;
use shared::runtime::{FindingKind, Mode, Outcome};
use shared::secrets::{NoticesSecret, TenantSecret};
use shared::tenant::Via;
use simulators::aws::Channel;
use simulators::reteach::{Account, Customer, Quirk};
use simulators::{Aws, Behaviour, Body, Fault, Webhook};

const HR: &str = "[notices]\nmail = [\"hr@acme.example\"]\nwebhook = \"json\"\n";
const DAY: SignedDuration = SignedDuration::from_hours(24);
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// A company in sync, and everybody who hears of it.
struct Noticed {
    harness: Harness,
    aws: Aws,
    webhook: Webhook,
}

impl Noticed {
    async fn new(via: Via, more: &str) -> Self {
        let people = (1..=8).map(marked);
        let (harness, aws) = Harness::with_notices(via, more, people).await;
        let clock = harness.world.clock.clone();
        let webhook = Webhook::start(Arc::new(move || clock.now())).await.unwrap();
        let notices = NoticesSecret {
            webhook_url: webhook.url("acme").into(),
        };
        let secret = TenantSecret {
            notices: Some(notices),
            ..harness.company.secret()
        };
        harness.store_secret(&secret).await;
        harness.first_run().await;
        Self {
            harness,
            aws,
            webhook,
        }
    }

    /// Subjects by channel, then what the webhook took: cause and state.
    fn heard(&self) -> [Vec<String>; 3] {
        let of = |channel| {
            let messages = self.aws.messages().into_iter();
            let messages = messages.filter(move |message| message.channel == channel);
            messages.map(|message| message.subject).collect()
        };
        let word = |body: &Value, key: &str| body[key].as_str().unwrap_or_default().to_owned();
        let hooks = self.webhook.taken();
        let hooks = hooks
            .iter()
            .map(|body| format!("{} {}", word(body, "cause"), word(body, "state")));
        [of(Channel::Topic), of(Channel::Mail), hooks.collect()]
    }

    fn counts(&self) -> [usize; 3] {
        self.heard().map(|messages| messages.len())
    }

    /// Everything that was sent, as text.
    fn text(&self) -> String {
        format!("{:?} {:?}", self.aws.messages(), self.webhook.taken())
    }

    /// An unchanged run, at the price of any other.
    async fn costs_nothing(&self) {
        let report = self.harness.tick().await;
        assert_eq!(report.outcome, Outcome::Unchanged, "{report:#?}");
        assert_eq!((report.dynamodb.write, report.dynamodb.calls), (2.0, 4));
        assert!(report.dynamodb.read <= 2.0, "{report:#?}");
    }
}

fn unsent(report: &Report) -> Vec<&str> {
    let findings = report.findings.iter();
    let unsent = findings.filter(|finding| finding.kind == FindingKind::NoticeNotSent);
    unsent.map(|finding| finding.text.as_str()).collect()
}

#[tokio::test]
async fn trouble_is_one_message_a_day_for_each_recipient_until_it_is_over() {
    let noticed = Noticed::new(Via::Direct, HR).await;
    let harness = &noticed.harness;
    noticed.costs_nothing().await;
    assert_eq!(noticed.counts(), [0; 3]);
    harness.personio.allow_reading(false);
    let report = harness.tick().await;
    let ended = (report.outcome, report.notices.sent);
    assert_eq!(ended, (Outcome::AccessDenied, 3), "{report:#?}");
    for _ in 0..3 {
        let report = harness.tick().await;
        assert_eq!((report.notices.sent, report.notices.failed), (0, 0));
    }
    assert_eq!(noticed.counts(), [1; 3]);
    harness.after(DAY).await;
    assert_eq!(noticed.counts(), [2; 3]);
    harness.personio.allow_reading(true);
    harness.after(HOUR).await;
    noticed.costs_nothing().await;
    harness.after(DAY).await;
    harness.after(DAY).await;
    harness.after(DAY).await;
    noticed.costs_nothing().await;
    insta::assert_debug_snapshot!(noticed.heard());
    assert!(
        !noticed.text().to_lowercase().contains(MARK),
        "{}",
        noticed.text()
    );
}

#[test]
fn a_silent_vendor_is_a_notice_after_half_an_hour_and_not_before() {
    virtual_time::without_pauses(async {
        let noticed = Noticed::new(Via::Direct, HR).await;
        let harness = &noticed.harness;
        let fall_silent = || {
            let silent = Fault::new(Behaviour::Status(503, Body::Vendor));
            harness.personio.fail(silent.always());
        };
        let after = async |minutes| harness.after(SignedDuration::from_mins(minutes)).await;
        fall_silent();
        for minutes in [5, 25] {
            let report = after(minutes).await;
            assert_eq!(report.outcome, Outcome::SourceUnavailable, "{report:#?}");
        }
        harness.clear_faults();
        assert!(after(5).await.outcome.is_good());
        fall_silent();
        for minutes in [5, 25] {
            after(minutes).await;
        }
        assert_eq!(noticed.counts(), [0; 3]);
        after(5).await;
        assert_eq!(noticed.counts(), [1; 3]);
    });
}

#[tokio::test]
async fn a_held_plan_is_a_notice_with_its_size() {
    let noticed = Noticed::new(Via::Direct, HR).await;
    let harness = &noticed.harness;
    for id in 1..=6 {
        harness.change(id, |person| {
            person.email = Some(format!("neu-{MARK}-{}@acme.example", person.id))
        });
    }
    let report = harness.tick().await;
    let held = report.held.unwrap();
    let hooks = noticed.webhook.taken();
    let both = (&hooks[0]["cause"], &hooks[0]["count"]);
    assert_eq!(both, (&"held-plan".into(), &6.into()));
    let operator = &noticed.aws.messages()[0].body;
    assert!(operator.contains(&held.hash), "{operator}");
    assert!(
        !noticed.text().to_lowercase().contains(MARK),
        "{}",
        noticed.text()
    );
    let report = harness.tick().await;
    assert_eq!(report.notices.sent, 0, "{report:#?}");
    harness.approve(&held.hash).await;
    harness.tick().await;
    harness.after(DAY).await;
    assert_eq!(noticed.counts(), [2; 3], "{:?}", noticed.heard());
}

#[tokio::test]
async fn a_webhook_that_fails_for_a_week_costs_one_call_a_day_and_no_run() {
    for (status, says) in [(500, "the answer was 500"), (404, "the answer was 404")] {
        let noticed = Noticed::new(Via::Direct, HR).await;
        let harness = &noticed.harness;
        noticed
            .webhook
            .fail(Fault::new(Behaviour::Status(status, Body::Vendor)).always());
        harness.personio.allow_reading(false);
        let mut findings = Vec::new();
        for _ in 0..7 * 24 {
            let report = harness.after(HOUR).await;
            assert_eq!(report.outcome, Outcome::AccessDenied);
            assert_eq!(report.notices.failed, unsent(&report).len() as u64);
            findings.extend(unsent(&report).into_iter().map(str::to_owned));
        }
        assert_eq!((noticed.webhook.requests().len(), findings.len()), (7, 7));
        assert!(
            findings[0].contains(says) && !findings[0].contains("hooks"),
            "{findings:?}"
        );
        assert_eq!(noticed.counts(), [7, 7, 0]);
        // It works again: it hears of what goes on, and of its end.
        noticed.webhook.clear_faults();
        harness.after(DAY).await;
        harness.personio.allow_reading(true);
        harness.after(DAY).await;
        assert_eq!(
            noticed.heard()[2],
            ["access-denied begun", "access-denied ended"]
        );
    }
}

#[tokio::test]
async fn a_webhook_that_hangs_is_left_after_its_time_and_delays_nobody_else() {
    let noticed = Noticed::new(Via::Direct, HR).await;
    let harness = &noticed.harness;
    noticed.webhook.fail(Fault::new(Behaviour::Hang).always());
    harness.personio.allow_reading(false);
    let report = harness.tick().await;
    assert_eq!(report.outcome, Outcome::AccessDenied);
    assert!(
        unsent(&report)[0].contains("no answer within 5 seconds"),
        "{report:#?}"
    );
    let report = harness.tick().await;
    assert_eq!(unsent(&report), [""; 0]);
    assert_eq!(noticed.counts(), [1, 1, 0]);
}

#[tokio::test]
async fn a_webhook_that_redirects_inwards_is_not_followed() {
    let noticed = Noticed::new(Via::Direct, HR).await;
    let inside = Webhook::start(Arc::new(jiff::Timestamp::now))
        .await
        .unwrap();
    noticed
        .webhook
        .fail(Fault::new(Behaviour::Redirect(inside.url("inside"))).always());
    noticed.harness.personio.allow_reading(false);
    let report = noticed.harness.tick().await;
    assert!(
        unsent(&report)[0].contains("the answer was 302"),
        "{report:#?}"
    );
    assert_eq!(inside.requests().len(), 0);
}

#[tokio::test]
async fn a_webhook_without_an_address_or_with_a_bad_one_is_a_finding() {
    for (url, says) in [
        (None, "no notices.webhook_url"),
        (Some("http://hooks.example/x"), "must begin with https"),
        (Some("https://169.254.169.254/x"), "private, link-local"),
    ] {
        let noticed = Noticed::new(Via::Direct, HR).await;
        let notices = url.map(|url| NoticesSecret {
            webhook_url: url.into(),
        });
        let secret = TenantSecret {
            notices,
            ..noticed.harness.company.secret()
        };
        noticed.harness.store_secret(&secret).await;
        noticed.harness.world.restart().unwrap();
        noticed.harness.personio.allow_reading(false);
        let report = noticed.harness.tick().await;
        assert_eq!(report.outcome, Outcome::AccessDenied);
        assert!(unsent(&report)[0].contains(says), "{report:#?}");
    }
}

#[tokio::test]
async fn an_address_that_ses_rejects_is_a_finding_once_a_day() {
    let noticed = Noticed::new(Via::Direct, HR).await;
    noticed.aws.reject_mail_to("hr@acme.example");
    noticed.harness.personio.allow_reading(false);
    let mut findings = Vec::new();
    for _ in 0..3 {
        let report = noticed.harness.after(DAY).await;
        findings.extend(unsent(&report).into_iter().map(str::to_owned));
    }
    assert_eq!(findings.len(), 3, "{findings:?}");
    assert!(
        findings[0].contains("MessageRejected") && !findings[0].contains("hr@"),
        "{findings:?}"
    );
    assert_eq!(noticed.counts(), [3, 0, 3]);
}

#[tokio::test]
async fn topic_and_mails_that_fail_never_fail_a_run() {
    let noticed = Noticed::new(Via::Direct, HR).await;
    noticed
        .aws
        .fail(Fault::new(Behaviour::Status(403, Body::Vendor)).always());
    noticed.harness.personio.allow_reading(false);
    let report = noticed.harness.tick().await;
    let ended = (report.outcome, report.notices.failed);
    assert_eq!(ended, (Outcome::AccessDenied, 2));
    assert!(
        unsent(&report)
            .iter()
            .all(|text| text.contains("AWS answered 403")),
        "{report:#?}"
    );
    noticed.harness.personio.allow_reading(true);
    assert!(noticed.harness.tick().await.outcome.is_good());
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_the_operators_notice() {
    let noticed = Noticed::new(Via::Direct, HR).await;
    let harness = &noticed.harness;
    harness.store_file("tenant_id = ").await;
    for _ in 0..3 {
        assert_eq!(harness.tick().await.outcome, Outcome::BadConfiguration);
    }
    assert_eq!(noticed.counts(), [1, 0, 0]);
    harness.configure(HR).await;
    harness.tick().await;
    harness.after(DAY).await;
    assert_eq!(noticed.counts(), [2, 0, 0], "{:?}", noticed.heard());
    noticed.costs_nothing().await;
}

#[tokio::test]
async fn an_item_that_cannot_be_read_is_a_notice_until_it_is_put_back() {
    // Without its file nobody knows whom it names.
    for (item, attribute, kind, counts) in [
        ("EMPLOYEE#1", "source_id", "the entry of a person", [1; 3]),
        ("CONFIG", "config", "the configuration", [1, 0, 0]),
    ] {
        let noticed = Noticed::new(Via::Direct, &format!("{HR}what = \"all\"\n")).await;
        let harness = &noticed.harness;
        let sound = harness.damage(item, attribute).await;
        harness.change(1, |person| person.office = Some("Ulm".to_owned()));
        for _ in 0..3 {
            let report = harness.tick().await;
            assert_eq!(report.outcome, Outcome::StateUnavailable, "{report:#?}");
        }
        assert_eq!(noticed.counts(), counts, "{item}: {:?}", noticed.heard());
        let text = noticed.text();
        assert_says!(text, kind, "tenants runs acme", "docs/restore.md");
        assert!(!text.contains("EMPLOYEE#"), "{text}");
        assert!(!text.to_lowercase().contains(MARK), "{text}");
        harness.after(DAY).await;
        harness.put_ledger_items(vec![sound]).await;
        let report = harness.tick().await;
        assert!(report.outcome.is_good(), "{report:#?}");
        harness.after(DAY).await;
        let states = ["begun", "still", "ended"];
        let states = states.map(|state| format!("acme: damaged-state {state} (employee-sync)"));
        assert_eq!(noticed.heard()[0], states, "{item}");
        noticed.costs_nothing().await;
    }
}

#[tokio::test]
async fn what_both_jobs_share_is_one_notice_and_hrs_if_its_file_asks_for_all() {
    // The webhook's address is in the secret that cannot be used.
    for (more, expected) in [
        ("", [1, 0, 0]),
        ("what = \"all\"\nlanguage = \"en\"\n", [1, 1, 0]),
    ] {
        let noticed = Noticed::new(Via::Direct, &format!("{HR}{more}")).await;
        let harness = &noticed.harness;
        harness.store_secret_text("{}").await;
        harness.world.restart().unwrap();
        assert_eq!(harness.tick().await.outcome, Outcome::BadSecret);
        assert_eq!(harness.certificates_now().await.outcome, Outcome::BadSecret);
        assert_eq!(noticed.counts(), expected, "{:?}", noticed.heard());
    }
}

#[tokio::test]
async fn a_held_lock_of_somebody_gone_goes_on_until_the_decision() {
    let noticed = Noticed::new(Via::Direct, HR).await;
    let harness = &noticed.harness;
    let academy = &harness.company.reteach;
    academy.insert(Customer {
        email: Some("orphan@example.com".to_owned()),
        external_id: Some("personio:999".to_owned()),
        ..Customer::default()
    });
    let reconciled = harness.run(Mode::Reconcile, Deadline::never()).await;
    let held = reconciled.report.held.unwrap();
    for tick in 1..=300 {
        let report = harness.tick().await;
        let hash = report.held.as_ref().map(|held| &held.hash);
        assert_eq!(hash, Some(&held.hash), "{tick}: {report:#?}");
    }
    let states = ["held-plan begun", "held-plan still"];
    assert_eq!(noticed.heard()[2], states);
    harness.approve(&held.hash).await;
    for _ in 0..300 {
        harness.tick().await;
    }
    let states = [states[0], states[1], "held-plan ended"];
    assert_eq!(noticed.heard()[2], states);
}

#[tokio::test]
async fn an_academy_that_does_not_lock_goes_on_between_its_daily_comparisons() {
    let noticed = Noticed::new(Via::Direct, HR).await;
    let harness = &noticed.harness;
    harness.company.reteach.set_quirks([Quirk::DatesDoNotLock]);
    for id in 3..=5 {
        let activate = |customer: &mut Customer| customer.account = Account::Active;
        assert!(
            harness
                .company
                .reteach
                .edit(&format!("personio:{id}"), activate)
        );
        harness.company.personio.remove(id);
    }
    let mut ids = 0;
    for hour in 0..(7 * 24) {
        if hour % 5 == 0 {
            harness.change(1, |person| person.last_name = format!("{MARK}{hour}"));
        }
        let report = harness.after(HOUR).await;
        ids += usize::from(report.message.contains("personio:"));
    }
    let heard = noticed.heard()[0].join("\n");
    assert!(heard.contains("academy-refuses begun"), "{heard}");
    assert!(heard.contains("academy-refuses still"), "{heard}");
    assert!(!heard.contains("ended"), "{heard}");
    assert_eq!(ids, 0);
    assert!(!noticed.text().contains("personio:3"));
}

#[tokio::test]
async fn a_webhook_hears_later_if_the_credentials_cannot_be_read() {
    let noticed = Noticed::new(Via::Direct, HR).await;
    let harness = &noticed.harness;
    let secret = TenantSecret {
        notices: Some(NoticesSecret {
            webhook_url: noticed.webhook.url("acme").into(),
        }),
        ..harness.company.secret()
    };
    harness.personio.allow_reading(false);
    harness.tick().await;
    harness.personio.allow_reading(true);
    assert!(harness.tick().await.outcome.is_good());
    harness.store_secret_text("no JSON").await;
    harness.world.restart().unwrap();
    let report = harness.after(DAY).await;
    assert_eq!(report.outcome, Outcome::BadSecret);
    assert_eq!(unsent(&report), [""; 0]);
    harness.store_secret(&secret).await;
    harness.tick().await;
    assert_eq!(
        noticed.heard()[2],
        ["access-denied begun", "access-denied ended"]
    );
}

#[test]
fn an_academy_that_answers_nothing_for_one_person_is_a_notice_after_two_hours() {
    virtual_time::without_pauses(async {
        let noticed = Noticed::new(Via::Direct, HR).await;
        let harness = &noticed.harness;
        let silent = Fault::new(Behaviour::Status(503, Body::Vendor));
        harness.company.reteach.fail(silent.always());
        harness.change(1, |person| person.last_name = format!("{MARK}2"));
        for tick in 0..36 {
            harness.tick().await;
            if tick < 24 {
                assert_eq!(noticed.counts(), [0; 3], "{tick}");
            }
        }
        let begun = "acme: incomplete begun (employee-sync)";
        assert_eq!(noticed.heard()[0], [begun]);
        harness.clear_faults();
        for _ in 0..12 {
            harness.tick().await;
        }
        harness.after(DAY).await;
        let ended = "acme: incomplete ended (employee-sync)";
        assert_eq!(noticed.heard()[0], [begun, ended]);
    });
}

/// Conflicts and accounts without an answer: no field names a reason, and everybody else is synced.
#[tokio::test]
async fn a_share_of_refused_people_is_a_notice_until_they_are_in_step() {
    let noticed = Noticed::new(Via::Direct, &format!("{HR}what = \"all\"\n")).await;
    let harness = &noticed.harness;
    let silent = (1..=3).map(|id| Quirk::AccountAnswers500(format!("personio:{id}")));
    harness.reteach.set_quirks(silent);
    for id in 1..=8 {
        harness.change(id, |person| person.office = Some("Ulm".to_owned()));
    }
    for (new, other) in [(21, 7), (22, 8)] {
        harness.personio.put(simulators::Person {
            email: harness.account(other).email,
            ..marked(new)
        });
    }
    for office in ["Bonn", "Jena"] {
        harness.tick().await;
        // The academy answers for somebody: the run is not one that nobody was answered in.
        harness.change(4, |person| person.office = Some(office.to_owned()));
        harness.after(DAY).await;
    }
    harness.reteach.set_quirks([]);
    for new in [21, 22] {
        harness.personio.put(marked(new));
    }
    harness.run(Mode::Reconcile, Deadline::never()).await;
    harness.after(DAY).await;
    let [operator, mail, webhook] = noticed.heard();
    let told: Vec<&str> = operator
        .iter()
        .filter_map(|subject| subject.strip_prefix("acme: people-refused "))
        .collect();
    assert_eq!(
        told,
        ["begun", "still", "ended"].map(|it| format!("{it} (employee-sync)"))
    );
    assert_eq!(mail.len(), 3, "{mail:?}");
    let hooks = ["begun", "still", "ended"].map(|state| format!("people-refused {state}"));
    assert_eq!(webhook, hooks);
    let text = noticed.text();
    assert!(text.contains("abgleichen können: 5"), "{text}");
    assert!(!text.to_lowercase().contains(MARK), "{text}");
}
