//! `tenants restore`: a table as of an earlier moment, put to use.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
    ScalarAttributeType, TimeToLiveSpecification,
};
use serde_json::{Value, json};
use shared::domain::clock::Clock as _;
use shared::domain::id::TenantId;
use shared::state::{
    JobKind, PARTITION_KEY, Restore, Restored, SORT_KEY, STATE_VERSION, TIME_TO_LIVE,
};
use shared::tenant::Via;
use simulators::reteach::Quirk;
use simulators::{Behaviour, Moment};
use tenants::{Exit, Interactivity};

use crate::interrupted::at_each_call;
use crate::support::{Desk, deactivate, participation, person, run};

const PAGE: &str = include_str!("../../../../docs/restore.md");
const LIVE: &str = "reteach-personio";
const RESTORED: &str = "reteach-personio-restored";
const FILE: &str = "sync acme --here --job certificates";

type Items = Vec<HashMap<String, AttributeValue>>;

/// All items of the deployment's table.
pub(crate) async fn items(desk: &Desk) -> Items {
    let scan = desk.stack.aws().dynamodb().scan().table_name(LIVE);
    scan.send().await.unwrap().items.unwrap()
}

/// A new table with these items, and settings as after the page's commands.
async fn table(desk: &Desk, name: &str, hash: &str, items: &Items) {
    let client = desk.stack.aws().dynamodb();
    let key = |name: &str, kind| {
        KeySchemaElement::builder()
            .attribute_name(name)
            .key_type(kind)
            .build()
            .unwrap()
    };
    let attribute = |name: &str| {
        AttributeDefinition::builder()
            .attribute_name(name)
            .attribute_type(ScalarAttributeType::S)
            .build()
            .unwrap()
    };
    let create = client.create_table().table_name(name);
    create
        .key_schema(key(hash, KeyType::Hash))
        .key_schema(key(SORT_KEY, KeyType::Range))
        .attribute_definitions(attribute(hash))
        .attribute_definitions(attribute(SORT_KEY))
        .billing_mode(BillingMode::PayPerRequest)
        .deletion_protection_enabled(true)
        .send()
        .await
        .unwrap();
    let expiry = TimeToLiveSpecification::builder()
        .enabled(true)
        .attribute_name(TIME_TO_LIVE)
        .build()
        .unwrap();
    let expires = client.update_time_to_live().table_name(name);
    let expires = expires.time_to_live_specification(expiry).send().await;
    expires.unwrap();
    for item in items {
        let put = client.put_item().table_name(name);
        put.set_item(Some(item.clone())).send().await.unwrap();
    }
}

/// The variables of a deployment that uses this table.
fn deployed(desk: &Desk, table: &str) -> HashMap<String, String> {
    let mut variables = desk.variables();
    variables.insert("TABLE_NAME".to_owned(), table.to_owned());
    variables
}

/// What a command prints as JSON where this table is deployed.
async fn json(desk: &Desk, table: &str, line: &str) -> (Exit, Value) {
    let done = desk
        .run_in(deployed(desk, table), &format!("{line} --json"))
        .await;
    (done.exit, done.json())
}

/// A tenant with four filed certificates, a copy of its table, and three more filed after that. One is open.
async fn later(via: Via) -> (Desk, local::Company, Items) {
    let desk = Desk::new().await;
    let company = desk.tenant(via).await;
    desk.run("sync acme --here").await;
    let issue = |numbers: std::ops::RangeInclusive<u64>| {
        for number in numbers {
            let course = format!("Kurs {number}");
            company
                .reteach
                .add_participation(participation(number, 1 + number % 3, &course));
        }
    };
    issue(1..=4);
    desk.done(FILE).await;
    desk.pass_minutes(30);
    let copy = items(&desk).await;
    desk.pass_minutes(30);
    issue(5..=7);
    desk.done(FILE).await;
    assert_eq!(company.personio.documents().len(), 7);
    issue(8..=8);
    (desk, company, copy)
}

/// Every certificate has exactly one document.
fn assert_each_filed_once(company: &local::Company, number: usize) {
    let documents = company.personio.documents();
    let comments: BTreeSet<_> = documents.iter().map(|it| it.comment.clone()).collect();
    assert_eq!((documents.len(), comments.len()), (number, number));
}

/// The commands of the page's first section.
fn commands() -> Vec<&'static str> {
    let (_, section) = PAGE.split_once("```sh\n").unwrap();
    let (commands, _) = section.split_once("```").unwrap();
    commands.lines().collect()
}

#[tokio::test]
async fn the_restore_page_followed_word_for_word_files_nothing_twice_and_misses_nothing() {
    for via in [Via::Direct, Via::KomboPassthrough] {
        let (desk, company, copy) = later(via).await;
        let mut deployment = LIVE;
        let mut printed = String::new();
        for command in commands() {
            if command.starts_with("aws dynamodb restore-table-to-point-in-time") {
                table(&desk, RESTORED, PARTITION_KEY, &copy).await;
            } else if command.starts_with("sam deploy") {
                // The page and the command before it say the same, however the lines are broken.
                assert!(printed.contains(&format!("`{command}`")), "{printed}");
                deployment = RESTORED;
            } else if let Some(line) = command.strip_prefix("tenants ") {
                let done = desk.run_in(deployed(&desk, deployment), line).await;
                // `status` says that runs are late.
                let restores = line.starts_with("restore");
                assert!(done.exit == Exit::Done || !restores, "{command}: {done:?}");
                printed = done.out.split_whitespace().collect::<Vec<_>>().join(" ");
                if deployment == LIVE {
                    // Nothing runs until the new table is in use.
                    let (_, report) = json(&desk, LIVE, FILE).await;
                    assert_eq!(report["outcome"], "paused");
                    assert!(desk.schedules().iter().all(|it| it.contains("DISABLED")));
                }
            }
        }
        assert!(desk.schedules().iter().all(|it| it.contains("ENABLED")));
        for _ in 0..3 {
            desk.pass_minutes(30);
            json(&desk, RESTORED, "sync acme --here").await;
            json(&desk, RESTORED, FILE).await;
        }
        assert_each_filed_once(&company, 8);
    }
}

#[tokio::test]
async fn a_restore_killed_anywhere_is_completed_by_repeating_it() {
    let line = "restore --since 2026-05-11T08:30:00Z --yes";
    let steps = at_each_call(Behaviour::Kill(Moment::After), async |_, fault| {
        let (desk, _) = Desk::acme().await;
        desk.pass_minutes(60);
        let environment = desk.environment(Interactivity::NonInteractive, "");
        let killed = desk.faults.interrupt(fault, run(line, &environment)).await;
        // Its leases lapse.
        desk.pass_minutes(4);
        let view = json(&desk, LIVE, line).await.1;
        assert_eq!(view["resumed"], 1, "{:?}: {view}", killed.at);
        let status = json(&desk, LIVE, "list").await.1;
        assert_eq!(status[0]["status"], "active", "{:?}", killed.at);
        assert!(desk.schedules().iter().all(|it| it.contains("ENABLED")));
        killed.at.is_some()
    })
    .await;
    assert!(steps > 15, "{steps}");
}

/// The second one finds everybody paused, by the first.
#[tokio::test]
async fn of_two_restores_that_begin_at_once_the_first_says_who_stays_paused() {
    let desk = Desk::new().await;
    let company = desk.company(Via::Direct).await;
    let at = desk.clock().now();
    let restored = Restored {
        to: at,
        at,
        assume_empty: false,
    };
    let begun = |paused| Restore {
        restored,
        paused,
        status_changed: BTreeSet::new(),
        file_changed: BTreeSet::new(),
    };
    let store = desk.stack.store();
    let (first, second) = (
        begun(BTreeSet::new()),
        begun([company.tenant.clone()].into()),
    );
    assert!(store.begin_restore(&first).await.unwrap());
    assert!(!store.begin_restore(&second).await.unwrap());
    assert_eq!(store.restore_under_way().await.unwrap(), Some(first));
}

#[tokio::test]
async fn an_interrupted_restore_is_shown_where_the_table_has_no_tenant() {
    let desk = Desk::new().await;
    let at = desk.clock().now();
    let begun = Restore {
        restored: Restored {
            to: at,
            at,
            assume_empty: false,
        },
        paused: BTreeSet::new(),
        status_changed: BTreeSet::new(),
        file_changed: BTreeSet::new(),
    };
    assert!(desk.stack.store().begin_restore(&begun).await.unwrap());
    let status = desk.run("status").await.out;
    assert!(status.contains("a restore to"), "{status}");
    let visitor = crate::console::visitor::visitor(&desk, "").await;
    let page = visitor.text("/").await;
    assert!(page.contains("<code>tenants restore --since"), "{page}");
}

#[tokio::test]
async fn what_a_restore_cannot_use_changes_nothing() {
    let (desk, _) = Desk::acme().await;
    table(&desk, "elsewhere", "id", &Items::new()).await;
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let newer = AttributeValue::N((STATE_VERSION + 1).to_string());
    let mark = [
        ("pk", text("SCHEMA")),
        ("sk", text("VERSION")),
        ("state_version", newer),
    ];
    let mark = mark.map(|(name, value)| (name.to_owned(), value));
    table(&desk, "later", PARTITION_KEY, &vec![HashMap::from(mark)]).await;
    let since = "--since 2026-05-11T07:00:00Z";
    for (line, exit, hint) in [
        (
            "--since 2026-05-11T09:00:00Z".to_owned(),
            Exit::Usage,
            "is ahead",
        ),
        (since.to_owned(), Exit::Usage, "1 tenant stop"),
        (
            format!("{since} --table nowhere"),
            Exit::Attention,
            "nowhere",
        ),
        (
            format!("{since} --table elsewhere"),
            Exit::Attention,
            "other keys",
        ),
        (
            format!("{since} --table later"),
            Exit::Attention,
            "the state has version 2",
        ),
    ] {
        desk.fails(&format!("restore {line}"), exit, &[hint]).await;
        let status = desk.json("list").await.json();
        assert_eq!(status[0]["status"], "active", "{line}");
    }
}

#[tokio::test]
async fn a_restore_waits_for_runs_and_leaves_paused_and_removed_tenants_alone() {
    let (desk, company) = Desk::acme().await;
    for name in ["birke", "celle"] {
        let other = desk.company_called(name, Via::Direct).await;
        desk.done(&desk.add(&other, "")).await;
    }
    desk.done("pause birke").await;
    let store = desk.stack.store();
    let (owner, now) = (shared::domain::id::RunId::new("run"), crate::support::now());
    let minutes = jiff::SignedDuration::from_mins(5);
    let job = shared::state::JobKind::Certificates;
    let held = store.acquire(&company.tenant, job, &owner, now, minutes);
    held.await.unwrap();
    desk.stack
        .secrets()
        .delete(&shared::domain::id::TenantId::parse("celle").unwrap(), 7)
        .await
        .unwrap();
    let line = "restore --since 2026-05-11T07:00:00Z --yes --wait 0";
    let hints = [
        "a run of certificate-sync is under way",
        "goes on from there",
    ];
    desk.fails(line, Exit::Attention, &hints).await;
    // If it is given up, nothing else says that the tenants are not paused on purpose.
    let unfinished = "`tenants restore --since 2026-05-11T07:00:00Z` goes on from there";
    for look in ["status", "doctor"] {
        let found = desk.json(look).await;
        assert_eq!(found.exit, Exit::Attention, "{look}");
        assert!(found.out.contains(unfinished), "{look}: {}", found.out);
    }
    desk.pass_minutes(6);
    let view = desk.attention(line).await;
    let status = desk.json("status").await.json();
    assert_eq!(status.get("unfinished_restore"), None, "{status:#}");
    assert_eq!(view["resumed"], 1);
    assert_eq!(view["left_paused"], json!(["birke"]));
    assert_eq!(view["without_credentials"], json!(["celle"]));
    // What it filed until it stopped may be unknown to the table as well.
    let start = store.certificate_start(&company.tenant).await.unwrap();
    assert_eq!(start.restored.unwrap().at, desk.clock().now());
    // Afterwards another restore may begin.
    desk.attention("restore --since 2026-05-11T07:30:00Z --yes")
        .await;
}

/// Runs of fifteen minutes would be waited for one after the other, and begin again meanwhile.
#[tokio::test]
async fn all_tenants_are_paused_before_a_run_is_waited_for() {
    let (desk, company) = Desk::acme().await;
    for number in 1..=20 {
        let other = TenantId::parse(&format!("tenant-{number}")).unwrap();
        let file = company.tenant_file("");
        let file = file.replace("\"acme\"", &format!("\"{other}\""));
        desk.stack.store().put_tenant(&other, &file).await.unwrap();
    }
    desk.begin_run(&company, JobKind::Certificates, 5).await;
    let line = "restore --since 2026-05-11T07:00:00Z --yes --wait 0";
    let hints = ["a run of certificate-sync is under way"];
    desk.fails(line, Exit::Attention, &hints).await;
    let list = desk.json("list").await.json();
    let rows = list.as_array().unwrap().iter();
    let paused = rows.filter(|row| row["status"] == "paused").count();
    assert_eq!(paused, 21, "{list:#}");
}

/// Makes an attribute of an item something that no release has written.
pub(crate) async fn damage(desk: &Desk, table: &str, pk: &str, sk: &str, attribute: &str) {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let update = desk.stack.aws().dynamodb().update_item();
    update
        .table_name(table)
        .key("pk", text(pk))
        .key("sk", text(sk))
        .update_expression("SET #damaged = :damaged")
        .expression_attribute_names("#damaged", attribute)
        .expression_attribute_values(":damaged", AttributeValue::Bool(true))
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn a_tenant_that_cannot_be_read_stays_paused_and_keeps_no_other_from_running() {
    let desk = Desk::new().await;
    for name in ["acme", "birke", "celle"] {
        let company = desk.company_called(name, Via::Direct).await;
        desk.done(&desk.add(&company, "")).await;
        desk.run(&format!("sync {name} --here")).await;
    }
    let copy = items(&desk).await;
    desk.pass_minutes(30);
    table(&desk, RESTORED, PARTITION_KEY, &copy).await;
    damage(&desk, RESTORED, "TENANT#birke", "CONFIG", "config").await;
    for table in [LIVE, RESTORED] {
        damage(&desk, table, "TENANT#celle", "LEASE#employees", "owner").await;
    }
    for (exit, view) in both_passes(&desk, "").await {
        assert_eq!(exit, Exit::Attention, "{view}");
        assert_eq!(view["unreadable"], json!(["birke", "celle"]), "{view}");
        assert_eq!(view["left_paused"], json!([]), "nobody else paused them");
        let resumed = u64::from(view["in_use"] == true);
        assert_eq!(view["resumed"], resumed, "{view}");
    }
    let firing = desk.schedules().into_iter();
    let firing: Vec<_> = firing.filter(|line| line.contains("ENABLED")).collect();
    assert!(
        firing.iter().all(|line| line.starts_with("acme.")),
        "{firing:?}"
    );
}

#[tokio::test]
async fn a_restore_does_not_bring_back_a_used_up_login() {
    let tick = "sync acme --here --mode reconcile";
    let desk = Desk::new().await;
    let company = desk.company(Via::Direct).await;
    let quirks = [Quirk::CodeIsGoodOnce, Quirk::RefreshIsGoodOnce];
    company.reteach.set_quirks(quirks);
    desk.done(&desk.add(&company, "")).await;
    desk.done(tick).await;
    let copy = items(&desk).await;
    desk.pass_minutes(120);
    desk.done(tick).await;
    table(&desk, RESTORED, PARTITION_KEY, &copy).await;
    let line = "restore --since 2026-05-11T08:00:00Z --yes";
    let (exit, view) = json(&desk, LIVE, &format!("{line} --table {RESTORED}")).await;
    assert_eq!(exit, Exit::Done, "{view}");
    let (exit, view) = json(&desk, RESTORED, line).await;
    assert_eq!(exit, Exit::Done, "{view}");
    desk.pass_minutes(5);
    let (exit, report) = json(&desk, RESTORED, tick).await;
    assert_eq!(exit, Exit::Done, "{report}");
}

/// It is still younger than 24 hours.
#[tokio::test]
async fn an_approval_of_before_the_restored_moment_does_not_come_back_to_life() {
    let (desk, company) = Desk::new_company().await;
    company.personio.put_all((1..=40).map(person));
    desk.run(&desk.add(&company, "")).await;
    desk.run("sync acme --here").await;
    desk.pass_minutes(5);
    (1..=20).for_each(|id| deactivate(&company, id));
    let held = desk.attention("sync acme --here").await;
    let hash = held["held"]["hash"].as_str().unwrap();
    desk.done(&format!("approve acme {hash}")).await;
    table(&desk, RESTORED, PARTITION_KEY, &items(&desk).await).await;
    desk.pass_minutes(30);
    for (exit, view) in both_passes(&desk, "").await {
        assert_eq!(exit, Exit::Done, "{view}");
    }
    desk.pass_minutes(5);
    let (exit, report) = json(&desk, RESTORED, "sync acme --here").await;
    assert_eq!(exit, Exit::Attention, "{report}");
    assert!(report["held"].is_object(), "{report}");
    let accounts = company.reteach.customers();
    let is_locked = |id: &str| company.reteach.status(id) == Some("INACTIVE");
    let locked = accounts.iter().filter(|account| is_locked(&account.id));
    assert_eq!(locked.count(), 0, "{report}");
}

#[tokio::test]
async fn a_restore_that_is_given_up_leaves_the_table_in_use_as_it_was() {
    let (desk, company, copy) = later(Via::Direct).await;
    table(&desk, RESTORED, PARTITION_KEY, &copy).await;
    let before = json(&desk, LIVE, "list").await.1;
    let line = format!("restore --since 2026-05-11T08:30:00Z --table {RESTORED} --yes");
    let (exit, view) = json(&desk, LIVE, &line).await;
    assert_eq!(exit, Exit::Done, "{view}");
    desk.done("resume acme").await;
    assert_eq!(json(&desk, LIVE, "list").await.1, before);
    assert!(desk.schedules().iter().all(|it| it.contains("ENABLED")));
    desk.pass_minutes(30);
    desk.done(FILE).await;
    assert_each_filed_once(&company, 8);
}

/// The two passes of a restore to 08:00, with the deployment of the restored table in between.
async fn both_passes(desk: &Desk, first: &str) -> [(Exit, Value); 2] {
    let line = "restore --since 2026-05-11T08:00:00Z --yes";
    let first = format!("{line} --table {RESTORED} {first}");
    [
        json(desk, LIVE, &first).await,
        json(desk, RESTORED, line).await,
    ]
}

/// A tenant through Kombo whose documents cannot be listed, added after a copy of the table, with four filed certificates and an
/// open one.
async fn added_later() -> (Desk, local::Company) {
    let desk = Desk::new().await;
    let before = desk.company_called("birke", Via::Direct).await;
    desk.done(&desk.add(&before, "")).await;
    let copy = items(&desk).await;
    desk.pass_minutes(30);
    let company = desk.tenant(Via::Kombo).await;
    desk.run("sync acme --here").await;
    for number in 1..=4 {
        let course = format!("Kurs {number}");
        let issued = participation(number, 1 + number % 3, &course);
        company.reteach.add_participation(issued);
    }
    desk.json(FILE).await;
    assert_eq!(company.personio.documents().len(), 4);
    company
        .reteach
        .add_participation(participation(5, 1, "Kurs 5"));
    table(&desk, RESTORED, PARTITION_KEY, &copy).await;
    company.personio.allow_reading_documents(false);
    (desk, company)
}

async fn ticks(desk: &Desk) {
    for _ in 0..3 {
        desk.pass_minutes(30);
        json(desk, RESTORED, "sync acme --here").await;
        json(desk, RESTORED, FILE).await;
    }
}

#[tokio::test]
async fn a_tenant_added_after_the_restored_moment_is_taken_over_with_its_ledger() {
    let (desk, company) = added_later().await;
    let [(exit, first), (again, second)] = both_passes(&desk, "").await;
    assert_eq!((exit, again), (Exit::Done, Exit::Done), "{first} {second}");
    assert_eq!(first["taken_over"], json!(["acme"]), "{first}");
    assert_eq!(first["added_since"], json!([]), "{first}");
    assert_eq!(second["resumed"], 2, "{second}");
    assert!(desk.schedules().iter().all(|it| it.contains("ENABLED")));
    ticks(&desk).await;
    // What was not filed may have been, for all that the table knows.
    assert_eq!(company.personio.documents().len(), 4);
    let (_, parked) = json(&desk, RESTORED, "certificates list acme").await;
    assert_eq!(parked.as_array().unwrap().len(), 1, "{parked}");
}

#[tokio::test]
async fn a_tenant_whose_ledger_is_lost_and_that_is_added_again_files_nothing_twice() {
    let (desk, company) = added_later().await;
    // There is no other table to read any more: its schedules alone show that the tenant was there.
    let line = "restore --since 2026-05-11T08:00:00Z --yes";
    let (exit, view) = json(&desk, RESTORED, line).await;
    assert_eq!(exit, Exit::Attention, "{view}");
    assert_eq!(view["added_since"], json!(["acme"]), "{view}");
    desk.pass_minutes(5);
    let (_, added) = json(&desk, RESTORED, &desk.add(&company, "")).await;
    assert_eq!(added["written"], true, "{added}");
    // Nor does it once it was removed and is added once more.
    let removed = desk.run_in(deployed(&desk, RESTORED), "remove acme --yes");
    let removed = removed.await;
    let kept = "the mark of the last restore";
    assert!(removed.out.contains(kept), "{}", removed.out);
    let (_, added) = json(&desk, RESTORED, &desk.add(&company, "")).await;
    assert_eq!(added["written"], true, "{added}");
    ticks(&desk).await;
    assert_eq!(company.personio.documents().len(), 4);
    let (_, parked) = json(&desk, RESTORED, "certificates list acme").await;
    assert_eq!(parked.as_array().unwrap().len(), 5, "{parked}");
}

#[tokio::test]
async fn pauses_are_those_of_the_table_in_use() {
    let desk = Desk::new().await;
    for name in ["acme", "birke", "celle", "dorn"] {
        let company = desk.company_called(name, Via::Direct).await;
        desk.done(&desk.add(&company, "")).await;
    }
    desk.done("pause celle").await;
    desk.done("pause dorn").await;
    let copy = items(&desk).await;
    desk.pass_minutes(30);
    desk.done("pause birke").await;
    desk.done("resume celle").await;
    let stored = json(&desk, LIVE, "list").await.1;
    table(&desk, RESTORED, PARTITION_KEY, &copy).await;
    desk.pass_minutes(30);
    for (exit, view) in both_passes(&desk, "").await {
        assert_eq!(exit, Exit::Attention, "{view}");
        assert_eq!(view["left_paused"], json!(["birke", "dorn"]), "{view}");
        assert_eq!(view["status_changed"], json!(["birke", "celle"]), "{view}");
    }
    assert_eq!(json(&desk, RESTORED, "list").await.1, stored);
    let fires = |line: &String| line.contains("ENABLED");
    let firing: Vec<String> = desk.schedules().into_iter().filter(fires).collect();
    assert_eq!(firing.len(), 4, "{firing:?}");
    let is_of = |line: &String| line.starts_with("acme.") || line.starts_with("celle.");
    assert!(firing.iter().all(is_of), "{firing:?}");
}

/// Its runs would go by the earlier scope and route.
#[tokio::test]
async fn a_tenant_whose_file_was_changed_after_the_restored_moment_is_named() {
    let (desk, company) = Desk::acme().await;
    let other = desk.company_called("birke", Via::Direct).await;
    desk.done(&desk.add(&other, "")).await;
    let copy = items(&desk).await;
    desk.pass_minutes(30);
    let newest = format!("{} --update", desk.add(&company, "[brake]\nmail = 3\n"));
    desk.done(&newest).await;
    table(&desk, RESTORED, PARTITION_KEY, &copy).await;
    desk.pass_minutes(30);
    for (exit, view) in both_passes(&desk, "").await {
        assert_eq!(exit, Exit::Attention, "{view}");
        assert_eq!(view["file_changed"], json!(["acme"]), "{view}");
    }
    let (exit, added) = json(&desk, RESTORED, &newest).await;
    assert_eq!(exit, Exit::Done, "{added}");
    assert_eq!(added["replaced"], json!(["[brake]"]), "{added}");
}

#[tokio::test]
async fn a_tenant_that_is_added_paused_during_a_restore_stays_so() {
    let (desk, _) = Desk::acme().await;
    table(&desk, RESTORED, PARTITION_KEY, &items(&desk).await).await;
    desk.pass_minutes(30);
    let line = "restore --since 2026-05-11T08:00:00Z --yes";
    let first = json(&desk, LIVE, &format!("{line} --table {RESTORED}")).await;
    assert_eq!(first.0, Exit::Done, "{}", first.1);
    desk.pass_minutes(10);
    let other = desk.company_called("birke", Via::Direct).await;
    let add = format!("{} --paused", desk.add(&other, ""));
    let (exit, added) = json(&desk, RESTORED, &add).await;
    assert_eq!(exit, Exit::Done, "{added}");
    let (exit, view) = json(&desk, RESTORED, line).await;
    assert_eq!(exit, Exit::Done, "{view}");
    assert_eq!(view["left_paused"], json!(["birke"]), "{view}");
    assert_eq!(view["resumed"], 1);
}

#[tokio::test]
async fn the_second_pass_keeps_what_the_first_was_told_of_documents() {
    let (desk, company, copy) = later(Via::Kombo).await;
    table(&desk, RESTORED, PARTITION_KEY, &copy).await;
    company.personio.allow_reading_documents(false);
    for (exit, view) in both_passes(&desk, "--assume-empty").await {
        assert_eq!(exit, Exit::Done, "{view}");
    }
    ticks(&desk).await;
    let (_, parked) = json(&desk, RESTORED, "certificates list acme").await;
    assert_eq!(parked, json!([]));
}
