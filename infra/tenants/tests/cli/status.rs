//! `tenants list`, `tenants status`

use std::collections::HashMap;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use serde_json::{Value, json};
use shared::tenant::Via;
use simulators::reteach::Quirk;
use simulators::{Behaviour, Body, Fault, Person};
use tenants::Exit;

use crate::restore::items;
use crate::support::{Desk, GROUP, participation, person};

async fn problems(desk: &Desk) -> String {
    let status = desk.attention("status acme").await;
    status["health"]["problems"].to_string()
}

#[tokio::test]
async fn a_healthy_tenant_has_no_problems_until_its_runs_are_late() {
    let (desk, _) = Desk::in_step().await;
    let one = desk.done("status acme").await;
    assert_eq!(one["health"]["problems"], json!([]), "{one:#}");
    let all = desk.done("status").await;
    assert_eq!(all["orphaned_schedules"], json!([]), "{all:#}");

    desk.pass_minutes(29);
    desk.done("status").await;
    desk.pass_minutes(1);
    let late = desk.attention("status").await.to_string();
    let problem = "the last good employee run was 30 minutes ago";
    assert!(late.contains(problem), "{late}");

    desk.pass_minutes(89);
    desk.done("sync acme --here").await;
    desk.done("status").await;
    desk.pass_minutes(2);
    let late = problems(&desk).await;
    let problem = "the last good certificate run was never, although one is due every 30 minutes";
    assert!(late.contains(problem), "{late}");
}

#[tokio::test]
async fn certificates_that_are_held_or_left_are_counted_by_plan_and_status() {
    let (desk, company) = Desk::new_company().await;
    let hold = "[certificates]\nbackfill = \"hold\"\n";
    desk.done(&desk.add(&company, hold)).await;
    desk.run("sync acme --here").await;
    for number in 1..=12 {
        let issued = participation(number, 1 + number % 3, "Brandschutz");
        company.reteach.add_participation(issued);
    }
    let planned = desk.json("plan acme").await.json();
    let counts = |name: &str| planned["certificates"][name].clone();
    assert_eq!(["held", "looked_for"].map(counts), [json!(12), json!(0)]);
    desk.json("sync acme --here --job certificates").await;
    let status = desk.json("status acme").await.json();
    let left = &status["certificates_left"];
    assert_eq!((&left["held"], &left["to_file"]), (&json!(12), &json!(0)));

    desk.done("certificates start acme --yes").await;
    desk.pass_minutes(30);
    let planned = desk.run("plan acme").await.out;
    assert!(planned.contains("12 to file"), "{planned}");
    let looked_for = "12 certificates are looked for first in the documents of 3 people";
    assert!(planned.replace('\n', " ").contains(looked_for), "{planned}");
    // Personio takes two, then nothing more: the rest is counted with the time that it takes.
    let busy = Fault::new(Behaviour::Status(503, Body::Html));
    company
        .personio
        .fail(busy.path("/v1/company/documents").nth(3).times(99));
    desk.json("sync acme --here --job certificates").await;
    let status = desk.run("status acme").await.out;
    assert!(status.contains("to file"), "{status}");
    assert!(status.contains("minutes left"), "{status}");
    let visitor = crate::console::visitor::visitor(&desk, "").await;
    let page = visitor.text("/tenants/acme/certificates").await;
    for part in ["Backlog", " certificates to file, about ", " minutes left."] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[tokio::test]
async fn schedules_that_drifted_are_orphaned_or_switched_off_are_found() {
    let (desk, _) = Desk::in_step().await;
    let mut off = desk.aws.schedules(GROUP)["acme.certificates"].clone();
    off["State"] = json!("DISABLED");
    desk.aws.delete_schedule(GROUP, "acme.certificates");
    let mut changed = desk.aws.schedules(GROUP)["acme.employees"].clone();
    changed["ScheduleExpression"] = json!("rate(1 hour)");
    for name in ["acme.employees", "gone.employees", "nightly-report"] {
        desk.aws.put_schedule(GROUP, name, changed.clone());
    }

    let problems = problems(&desk).await;
    for problem in [
        "the schedule for certificates is missing",
        "runs at rate(1 hour) instead of rate(5 minutes)",
    ] {
        assert!(problems.contains(problem), "{problems}");
    }
    let all = desk.attention("status").await;
    let problems = all["tenants"][0]["problems"].to_string();
    assert!(problems.contains("certificates is missing"), "{problems}");
    let orphaned: &Vec<Value> = all["orphaned_schedules"].as_array().unwrap();
    assert_eq!(orphaned.len(), 1, "{orphaned:?}");
    assert!(
        orphaned[0].to_string().contains("gone.employees"),
        "{orphaned:?}"
    );
    desk.done("remove gone --yes").await;
    desk.aws.put_schedule(GROUP, "acme.certificates", off);
    let all = desk.attention("status").await;
    assert_eq!(all["orphaned_schedules"], json!([]));
    let problems = all["tenants"][0]["problems"].to_string();
    let switched_off = "the schedule for certificates is switched off";
    assert!(problems.contains(switched_off), "{problems}");
    // It is as it should be once the tenant is paused.
    desk.done("pause acme").await;
    let all = desk.done("status").await;
    assert_eq!(all["tenants"][0]["problems"], json!([]), "{all:#}");
}

/// `cargo test --profile measure --workspace --test cli status_of_ten_thousand -- --ignored --nocapture`
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement: minutes to prepare"]
async fn status_of_ten_thousand_tenants() {
    const TENANTS: usize = 10_000;
    const REPEATED: u32 = 10;
    const MOST_GROWTH_PERCENT: u64 = 10;
    let (desk, _) = Desk::acme().await;
    for _ in 0..24 {
        desk.pass_minutes(60);
        desk.run("sync acme --here").await;
        desk.run("sync acme --here --job certificates").await;
    }
    let stored = items(&desk).await;
    let schedule = desk.aws.schedules(GROUP)["acme.employees"].clone();
    let mut copies = Vec::new();
    for number in 1..TENANTS {
        let name = format!("tenant-{number}");
        copies.extend(stored.iter().filter_map(|item| copied(item, &name)));
        for job in ["employees", "certificates"] {
            let schedule_name = format!("{name}.{job}");
            desk.aws
                .put_schedule(GROUP, &schedule_name, schedule.clone());
        }
    }
    let client = desk.stack.aws().dynamodb().clone();
    for batch in copies.chunks(25) {
        let write = client.batch_write_item();
        let write = write.request_items("reteach-personio", batch.to_vec());
        let done = write.send().await.unwrap();
        assert!(done.unprocessed_items.unwrap_or_default().is_empty());
    }
    desk.aws.list_schedules_by(100);
    let mut variables = desk.variables();
    // Without the proxy that lets calls fail.
    let (table, _) = desk.stack.endpoints();
    variables.insert("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), table);
    let begin = Instant::now();
    let all = desk.run_in(variables.clone(), "status --json").await.json();
    let took = begin.elapsed();
    let tenants = all["tenants"].as_array().unwrap();
    assert_eq!(tenants.len(), TENANTS);
    assert_eq!(tenants[TENANTS - 1]["problems"], json!([]));
    eprintln!("status of {TENANTS} tenants: {:.1} s", took.as_secs_f64());
    let visitor = crate::console::visitor::visitor_of_stack(&desk, variables).await;
    // All tenants are read in the background now and then: requests are spread so that some meet that.
    for (path, requests, pause) in [("/tenants/acme", 100, 0), ("/", 40, 2)] {
        let begin = Instant::now();
        visitor.get(path).await;
        let first = begin.elapsed().as_millis();
        let mut page = visitor.text(path).await;
        let complete = begin.elapsed().as_millis();
        while page.contains("still being compared") {
            tokio::time::sleep(Duration::from_millis(100)).await;
            page = visitor.text(path).await;
        }
        let compared = begin.elapsed().as_millis();
        let (processor, resident) = (processor_ms(), resident_mib());
        let mut took = Vec::new();
        for _ in 0..requests {
            tokio::time::sleep(Duration::from_secs(pause)).await;
            let begin = Instant::now();
            visitor.text(path).await;
            took.push(begin.elapsed().as_millis());
        }
        took.sort_unstable();
        let processor = (processor_ms() - processor) / requests as u64;
        eprintln!(
            "the page {path}: first {first} ms, all tenants after {complete} ms, schedules compared after {compared} ms; \
             then {requests} times: fastest {} ms, median {} ms, longest {} ms, processor {processor} ms each; \
             resident before {resident} MiB, after {} MiB",
            took[0],
            took[requests / 2],
            took[requests - 1],
            resident_mib()
        );
    }
    // The pages above have read all tenants several times: what is kept and what the allocator holds is there by now.
    let before = resident_mib();
    for _ in 0..REPEATED {
        tokio::time::sleep(Duration::from_secs(2)).await;
        visitor.text("/").await;
    }
    let after = resident_mib();
    let most = before + before * MOST_GROWTH_PERCENT / 100;
    eprintln!(
        "the page / {REPEATED} times more: resident {before} MiB, then {after}, at most {most}"
    );
    assert!(after <= most, "memory grows with each reading");
}

/// What the console, the table and everything else of this process hold.
fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.unwrap().split_whitespace().next().unwrap();
    kilobytes.parse::<u64>().unwrap() / 1024
}

/// The processor time of this process, console and table together.
fn processor_ms() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let ticks = fields.split_whitespace().skip(11).take(2);
    ticks.map(|ticks| ticks.parse::<u64>().unwrap() * 10).sum()
}

/// An item of acme for another tenant. Only those that the fleet's first page lists get reports.
fn copied(item: &HashMap<String, AttributeValue>, name: &str) -> Option<WriteRequest> {
    let key = |key: &str| item[key].as_s().unwrap().as_str();
    let is_shown = name < "tenant-11";
    let is_of_acme = [key("pk"), key("sk")]
        .iter()
        .any(|key| key.ends_with("acme"));
    if !is_of_acme || key("sk").starts_with("RUN#") && !is_shown {
        return None;
    }
    let mut put = PutRequest::builder();
    for (attribute, value) in item {
        let value = match value {
            AttributeValue::S(text) => AttributeValue::S(text.replace("acme", name)),
            other => other.clone(),
        };
        put = put.item(attribute, value);
    }
    let put = put.build().unwrap();
    Some(WriteRequest::builder().put_request(put).build())
}

#[tokio::test]
async fn problems_are_named_with_what_to_do() {
    let (desk, company) = Desk::acme().await;
    let secrets = desk.stack.secrets();
    secrets.delete(&company.tenant, 7).await.unwrap();
    let before = problems(&desk).await;
    for problem in ["no employee run has succeeded yet", "marked for deletion"] {
        assert!(before.contains(problem), "{before}");
    }
    desk.done(&desk.add(&company, "")).await;
    let after = problems(&desk).await;
    assert!(!after.contains("marked for deletion"), "{after}");
    // After a rollback: no run and no command stops for what only the newer release knew.
    let file = company.tenant_file("[later]\nwhy = 2\n");
    let store = desk.stack.store();
    store.put_tenant(&company.tenant, &file).await.unwrap();
    let after = problems(&desk).await;
    assert!(after.contains("passes over later"), "{after}");
    desk.done("sync acme --here").await;
}

#[tokio::test]
async fn refused_fields_and_silent_accounts_are_named_and_counted() {
    let (desk, company) = Desk::acme().await;
    company.personio.put_all((4..=30).map(person));
    desk.done("sync acme --here").await;
    let change = |ids: std::ops::RangeInclusive<u64>, text: &str| {
        for id in ids {
            let position = Some(text.to_owned());
            company.personio.change(id, |it| it.position = position);
        }
    };
    company
        .reteach
        .set_quirks([Quirk::RefusesField("position".to_owned())]);
    change(1..=8, "Leitung");
    desk.pass_minutes(5);
    desk.attention("sync acme --here").await;
    for line in ["status", "status acme"] {
        let shown = desk.attention(line).await.to_string();
        assert!(shown.contains("[employees] position = "), "{shown}");
    }

    company
        .reteach
        .set_quirks((11..=22).map(|id| Quirk::AccountAnswers500(format!("personio:{id}"))));
    change(1..=30, "Assistenz");
    desk.ticks(3).await;
    let status = desk.attention("status acme").await;
    assert_eq!(status["health"]["waiting"], 12, "{status:#}");
    let named = "12 people are refused, in conflict or without an answer from reteach";
    let fleet = desk.attention("status").await.to_string();
    assert!(
        fleet.contains(named) && fleet.contains("tenants runs acme"),
        "{fleet}"
    );
    let list = desk.attention("people list acme").await;
    let expected = json!({"in-sync": 18, "waiting": 12});
    assert_eq!(list["counts"], expected, "{list:#}");
    let people = list["people"].as_array().unwrap().iter();
    let silent = people.filter(|it| it["reason"].to_string().contains("answered 500"));
    let ids: Vec<_> = silent.map(|it| it["person"].as_str().unwrap()).collect();
    let expected: Vec<_> = (11..=22).map(|id: u64| id.to_string()).collect();
    assert_eq!(ids, expected, "{list:#}");
    let written = company.reteach.customers().into_iter();
    let written = written.filter(|it| it.position.as_deref() == Some("Assistenz"));
    assert_eq!(written.count(), 18);
}

#[tokio::test]
async fn list_shows_all_tenants_and_an_empty_deployment_says_so() {
    let desk = Desk::new().await;
    assert_eq!(desk.done("list").await, json!([]));
    desk.tenant(Via::Direct).await;
    let expected = json!([{"tenant_id": "acme", "status": "active", "route": "direct", "certificates": true, "academy": null}]);
    assert_eq!(desk.done("list").await, expected);
    desk.done("pause acme").await;
    assert_eq!(desk.done("list").await[0]["status"], "paused");
}

#[tokio::test]
async fn a_rejected_reading_is_shown_and_decided() {
    let (desk, company) = Desk::acme().await;
    let personio = &company.personio;
    personio.put_all((101..=130).map(|id| Person::new(id, "Käthe", "Groß")));
    desk.done("sync acme --here").await;
    (101..=120).for_each(|id| assert!(personio.remove(id)));

    desk.attention("sync acme --here").await;
    let plan = desk.attention("plan acme").await["report"].to_string();
    assert!(plan.contains("source-changed"), "{plan}");
    let source = desk
        .stack
        .store()
        .held_source(&company.tenant)
        .await
        .unwrap()
        .unwrap();
    let shown = problems(&desk).await;
    let command = format!("tenants approve acme {}", source.hash);
    assert!(shown.contains(&command), "{shown}");
    assert_eq!(desk.done("list").await[0]["status"], "source changed");

    let wrong = desk
        .attention("approve acme 0123456789ab")
        .await
        .to_string();
    assert!(wrong.contains("there is nothing to decide"), "{wrong}");
    for part in ["--only 101", "--kind mail"] {
        let line = format!("approve acme {} {part}", source.hash);
        desk.fails(&line, Exit::Usage, &["as a whole"]).await;
    }
    let stored = desk.stack.store().held_source(&company.tenant).await;
    assert_eq!(stored.unwrap().unwrap().decision, None);
    let decided = desk.done(&format!("approve acme {}", source.hash)).await;
    assert_eq!(decided["known"], source.known, "{decided:#}");
    desk.done("sync acme --here").await;
    desk.attention("sync acme --here").await;
    assert_eq!(desk.done("list").await[0]["status"], "active");
}
