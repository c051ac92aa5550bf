//! `tenants certificates`

use http::Method;
use serde_json::{Value, json};
use shared::domain::id::{CertificateId, SourceId, TenantId};
use shared::state::{CertificateEntry, CertificateState, FencingToken, Intent};
use shared::tenant::Via;
use simulators::personio::{Document, Endpoint};
use simulators::{Behaviour, Body, Fault, Moment};
use tenants::Exit;

use crate::interrupted::{at_each_call, interrupted};
use crate::support::{Desk, account_of, issue, now, participation, person};

async fn put(desk: &Desk, tenant: &TenantId, id: &str, person: u64, state: CertificateState) {
    let employee = SourceId::new(person.to_string());
    let entry = CertificateEntry::new(CertificateId::new(id), employee, state);
    let store = desk.stack.store();
    let parked = store
        .put_certificate(tenant, FencingToken(1), &entry, None)
        .await;
    parked.unwrap();
}

pub(crate) async fn park(desk: &Desk, tenant: &TenantId, id: &str, may_be_filed: bool) {
    let state = CertificateState::Parked {
        at: now(),
        reason: "refused too often".to_owned(),
        unverified: may_be_filed.then(|| Intent::unverified(now())),
    };
    put(desk, tenant, id, 1, state).await;
}

#[tokio::test]
async fn parked_certificates_are_listed_and_decided() {
    let (desk, company) = Desk::acme().await;
    desk.done("certificates list acme").await;
    park(&desk, &company.tenant, "cert-1", true).await;
    park(&desk, &company.tenant, "cert-2", false).await;
    let list = desk.run("certificates list acme").await;
    assert_eq!(list.exit, Exit::Attention);
    for part in ["perhaps", "refused too often"] {
        assert!(list.out.contains(part), "{}", list.out);
    }

    for (line, text) in [
        (
            "certificates list acme --all --person 9",
            "No certificate of acme matches; its ledger has 2 certificates.",
        ),
        (
            "certificates list acme --person 9",
            "None of these certificates of acme waits for a decision; 2 wait in all.",
        ),
    ] {
        let list = desk.run(line).await.out;
        assert_eq!(list.trim_end(), text);
    }
    desk.done("certificates retry acme cert-1").await;
    let decided = desk
        .attention("certificates dismiss acme cert-2 cert-9")
        .await;
    assert_eq!(decided["certificates"][0]["problem"], json!(null));
    let problem = decided["certificates"][1]["problem"].as_str().unwrap();
    let says = "does not wait for a decision";
    assert!(problem.contains(says), "{problem}");
    let nothing = desk.run("certificates retry acme cert-9").await.out;
    assert!(nothing.starts_with("Nothing was changed."), "{nothing}");
    assert_eq!(desk.done("certificates list acme").await, json!([]));
    let all = desk.done("certificates list acme --all").await;
    let states: Vec<&Value> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["state"])
        .collect();
    assert_eq!(states, [&json!("intended"), &json!("dismissed")]);
}

#[tokio::test]
async fn a_certificate_that_no_run_has_noted_is_dismissed_if_reteach_has_it() {
    let (desk, company) = Desk::acme().await;
    let academy = &company.reteach;
    academy.insert(account_of(7, Some("personio:7")));
    academy.add_participation(participation(1, 7, "Kurs"));
    academy.add_participation(participation(2, 8, "Kurs"));
    desk.done("certificates dismiss acme certificate-1").await;
    let all = desk.done("certificates list acme --all").await;
    let entry = &all.as_array().unwrap()[..];
    assert_eq!(entry.len(), 1, "{entry:?}");
    assert_eq!(entry[0]["state"], "dismissed");
    assert_eq!(entry[0]["employee"], "7");

    let broken = Fault::new(Behaviour::Status(500, Body::Vendor));
    let broken = broken.query("customerCertificateId", "certificate-3");
    academy.fail(broken.always());
    let line = "certificates dismiss acme certificate-2 certificate-3";
    let says = &["nothing was dismissed", "certificate-3"];
    desk.fails(line, Exit::Attention, says).await;
    let all = desk.done("certificates list acme --all").await;
    assert_eq!(all.as_array().unwrap().len(), 1, "{all:#}");
}

#[tokio::test]
async fn many_certificates_are_chosen_by_reason_or_person_and_decided_after_a_confirmation() {
    let desk = Desk::new().await;
    let tenant = desk.tenant(Via::Direct).await.tenant;
    for number in 1..=9 {
        let reason = match number % 3 {
            0 => "the PDF is on files.academy.example, which is not allowed",
            _ => "refused five times",
        };
        let state = CertificateState::Parked {
            at: now(),
            reason: reason.to_owned(),
            unverified: None,
        };
        put(&desk, &tenant, &format!("cert-{number}"), number % 2, state).await;
    }
    let listed = desk
        .attention("certificates list acme --reason FILES.academy.example")
        .await;
    assert_eq!(listed.as_array().unwrap().len(), 3);

    let line = "certificates retry acme --reason files.academy.example";
    let counts = &["3 certificates of 2 people", "3: the PDF is on", "--yes"];
    desk.fails(line, Exit::Usage, counts).await;
    assert_eq!(desk.run_at_terminal(line, "other\n").await, Exit::Attention);
    let states = async || {
        let all = desk.done("certificates list acme --all").await;
        let all = all.as_array().unwrap().clone();
        let states = all
            .iter()
            .map(|entry| entry["state"].as_str().unwrap().to_owned());
        states.collect::<Vec<_>>()
    };
    assert_eq!(states().await, ["parked"; 9], "nothing was confirmed");

    assert_eq!(desk.run_at_terminal(line, "acme\n").await, Exit::Done);
    desk.done("certificates dismiss acme --reason refused --person 1 --yes")
        .await;
    desk.done("certificates retry acme --all --yes").await;
    let mut counts = std::collections::BTreeMap::new();
    for state in states().await {
        *counts.entry(state).or_insert(0) += 1;
    }
    assert_eq!(json!(counts), json!({"failed": 6, "dismissed": 3}));
    let none = desk.run("certificates retry acme --person 77").await;
    assert_eq!(none.out, "No certificate of acme matches.\n");
}

#[tokio::test]
async fn a_retry_of_all_looks_for_what_may_be_filed_and_never_files_it_blindly() {
    let desk = Desk::new().await;
    let tenant = desk.tenant(Via::Direct).await.tenant;
    park(&desk, &tenant, "cert-1", true).await;
    let line = "certificates retry acme --all";
    desk.fails(line, Exit::Usage, &["1 of them may be filed already"])
        .await;
    desk.done("certificates retry acme --all --yes").await;
    let entry = desk.done("certificates list acme --all").await;
    assert_eq!(entry[0]["state"], "intended");
    assert_eq!(entry[0]["detail"]["on_unverifiable"], "park");
}

const FILE: &str = "sync acme --here --job certificates";

/// A tenant whose certificates of three people at most are filed in the fallback folder.
async fn filed(certificates: u64) -> (Desk, local::Company) {
    let (desk, company) = Desk::acme().await;
    desk.run("sync acme --here").await;
    for number in 1..=certificates {
        issue(&company, number, 1 + number % 3, "Brandschutz");
    }
    assert_eq!(desk.done(FILE).await["counts"]["uploaded"], certificates);
    (desk, company)
}

/// How many documents are in each folder.
fn folders(company: &local::Company) -> Value {
    let mut folders = std::collections::BTreeMap::new();
    for document in company.personio.documents() {
        *folders.entry(document.category.unwrap()).or_insert(0) += 1;
    }
    json!(folders)
}

#[tokio::test]
async fn moved_documents_are_those_that_name_a_filed_certificate() {
    let (desk, company) = filed(6).await;
    let ours = company.personio.documents()[0].clone();
    // The same course and day, filed by someone else.
    company.personio.add_document(Document {
        comment: Some("von Hand".to_owned()),
        file_name: "Brandschutz.pdf".to_owned(),
        title: "Brandschutz".to_owned(),
        ..ours
    });
    company.personio.add_category("Schulungen");
    let line = "certificates move acme --to schulungen";
    let dry = ["6 documents of 3 people", "\"Schulungen\"", "--yes"];
    desk.fails(line, Exit::Usage, &dry).await;
    assert_eq!(folders(&company), json!({"Sonstige Dokumente": 7}));

    let moved = desk.done(&format!("{line} --yes")).await;
    assert_eq!(moved["moved"], 6, "{moved}");
    let expected = json!({"Schulungen": 6, "Sonstige Dokumente": 1});
    assert_eq!(folders(&company), expected);
    let again = desk.done(line).await;
    assert_eq!((&again["moved"], &again["there"]), (&json!(0), &json!(6)));
    desk.fails(
        "certificates move acme --to Verschollen",
        Exit::Attention,
        &["no folder \"Verschollen\"; it has \"", "with --to"],
    )
    .await;
}

#[tokio::test]
async fn an_interrupted_move_goes_on_where_it_ended() {
    let (desk, company) = filed(6).await;
    company.personio.add_category("Schulungen");
    let path = "/v2/document-management/documents/{document_id}";
    let fault = |status| {
        Fault::new(Behaviour::Status(status, Body::Vendor))
            .method(Method::PATCH)
            .path(path)
    };
    // A new token does not help.
    company.personio.fail(fault(403).nth(3).times(2));
    let line = "certificates move acme --to Schulungen --yes";
    let hints = ["Documents: write", "Moved so far: 2", "goes on from there"];
    desk.fails(line, Exit::Attention, &hints).await;
    let expected = json!({"Schulungen": 2, "Sonstige Dokumente": 4});
    assert_eq!(folders(&company), expected);
    // A single refused document does not stop the others.
    company.personio.fail(fault(404).nth(2));
    let moved = desk.attention(line).await;
    assert_eq!((&moved["moved"], &moved["there"]), (&json!(3), &json!(2)));
    assert_eq!(moved["refused"].as_array().unwrap().len(), 1);
    desk.done(line).await;
    assert_eq!(folders(&company), json!({"Schulungen": 6}));
    // Nobody can be moved: the first five say so.
    company.personio.fail(fault(422).always());
    let before = company.personio.calls(Endpoint::Document);
    let back = "certificates move acme --to \"Sonstige Dokumente\" --yes";
    desk.fails(back, Exit::Attention, &["422"]).await;
    assert_eq!(company.personio.calls(Endpoint::Document) - before, 5);
    assert_eq!(folders(&company), json!({"Schulungen": 6}));
    // One that HR has deleted is counted.
    company.personio.clear_faults();
    let gone = company.personio.documents()[0].id;
    company.personio.remove_document(gone);
    let moved = desk.done(back).await;
    let both = (&moved["moved"], &moved["not_found"]);
    assert_eq!(both, (&json!(5), &json!(1)));
}

/// They have the oldest ids, so that their lists would be the first.
#[tokio::test]
async fn people_who_have_left_keep_no_document_of_others_from_being_moved() {
    let (desk, company) = Desk::acme().await;
    company.personio.put_all((1..=6).map(person));
    desk.run("sync acme --here").await;
    for number in 1..=6 {
        let course = participation(number, number, "Brandschutz");
        company.reteach.add_participation(course);
        if number >= 5 {
            desk.done(FILE).await;
            desk.pass_minutes(30);
        }
    }
    company.personio.add_category("Schulungen");
    for id in ["1", "2", "3", "4", "5"] {
        let gone = Fault::new(Behaviour::Status(404, Body::Vendor));
        let lists = gone.path("/v2/document-management/documents");
        company.personio.fail(lists.query("owner_id", id).always());
    }
    let line = "certificates move acme --to Schulungen";
    let dry = ["1 document of", "5 certificates could not"];
    desk.fails(line, Exit::Usage, &dry).await;
    let moved = desk.attention(&format!("{line} --yes")).await;
    assert_eq!(moved["moved"], 1, "{moved}");
    assert_eq!(moved["refused"].as_array().unwrap().len(), 5, "{moved}");
    let problem = moved["refused"][0]["problem"].as_str().unwrap();
    assert!(problem.contains("cannot be listed"), "{problem}");
}

#[tokio::test]
async fn a_certificate_issued_again_is_listed_and_filed_again_with_refile_alone() {
    let (desk, company) = filed(6).await;
    let issue_again = |number: usize| {
        let before = company.reteach.participations()[number - 1].completed_at;
        let day_before = before.map(|at| at - jiff::SignedDuration::from_hours(24));
        let id = format!("certificate-{number}");
        assert!(company.reteach.issue_again(&id, 30_000, day_before));
    };
    issue_again(1);
    issue_again(2);
    desk.pass_minutes(24 * 60);
    assert_eq!(desk.json(FILE).await.json()["counts"]["reissued"], 2);
    let list = desk.run("certificates list acme").await;
    assert_eq!(list.exit, Exit::Attention);
    for part in ["an earlier one", "issued again", "--refile"] {
        assert!(list.out.contains(part), "{}", list.out);
    }
    let status = desk.json("status acme").await.json().to_string();
    let says = "2 certificates were issued again";
    assert!(status.contains(says), "{status}");

    let one = desk
        .attention("certificates retry acme certificate-1")
        .await;
    let problem = one["certificates"][0]["problem"].as_str().unwrap();
    assert!(problem.contains("--refile"), "{problem}");
    let none = desk.run("certificates retry acme --all").await;
    assert_eq!(none.out, "No certificate of acme matches.\n");
    desk.done("certificates dismiss acme certificate-2").await;
    let line = "certificates retry acme --refile --all";
    let says = [
        "1 certificate of 1 person",
        "next to the earlier document",
        "--yes",
    ];
    desk.fails(line, Exit::Usage, &says).await;
    desk.done(&format!("{line} --yes")).await;
    desk.pass_minutes(30);
    assert_eq!(desk.json(FILE).await.json()["counts"]["uploaded"], 1);
    assert_eq!(company.personio.documents().len(), 7);

    // The same by a button.
    issue_again(3);
    desk.pass_minutes(24 * 60);
    assert_eq!(desk.json(FILE).await.json()["counts"]["reissued"], 1);
    let visitor = crate::console::visitor::visitor(&desk, "").await;
    let action = "/tenants/acme/do/refile-certificates";
    let chosen = visitor
        .submit("/tenants/acme/certificates", action, &[])
        .await;
    assert_eq!(chosen.status, reqwest::StatusCode::OK, "{}", chosen.text);
    desk.pass_minutes(30);
    assert_eq!(desk.json(FILE).await.json()["counts"]["uploaded"], 1);
    assert_eq!(desk.done("certificates list acme").await, json!([]));
}

#[tokio::test]
async fn held_certificates_start_after_a_confirmation_that_names_number_and_folder() {
    let (desk, company) = Desk::new_company().await;
    let hold = "[certificates]\nbackfill = \"hold\"\n";
    desk.done(&desk.add(&company, hold)).await;
    for number in 1..=4 {
        let state = CertificateState::Held { at: now() };
        put(&desk, &company.tenant, &format!("cert-{number}"), 1, state).await;
    }
    let line = "certificates start acme";
    let counts = ["4 certificates of acme", "\"Sonstige Dokumente\"", "--yes"];
    desk.fails(line, Exit::Usage, &counts).await;
    let started = async || {
        let start = desk.stack.store().certificate_start(&company.tenant).await;
        start.unwrap().started_at
    };
    assert_eq!(started().await, None);
    assert_eq!(desk.done(&format!("{line} --yes")).await["held"], 4);
    assert_eq!(started().await, Some(now()));
    desk.pass_minutes(30);
    desk.done(&format!("{line} --yes")).await;
    assert_eq!(started().await, Some(now()), "the first one counts");

    let other = desk.company_called("birke", Via::Direct).await;
    desk.done(&desk.add(&other, "")).await;
    let hints = ["backfill = \"hold\""];
    desk.fails("certificates start birke", Exit::Attention, &hints)
        .await;
}

#[tokio::test]
async fn a_move_killed_at_any_call_is_completed_by_repeating_it() {
    let line = "certificates move acme --to Schulungen --yes";
    let steps = at_each_call(Behaviour::Kill(Moment::After), async |_, fault| {
        let (desk, company) = filed(2).await;
        company.personio.add_category("Schulungen");
        company.personio.join(&desk.faults);
        let killed = interrupted(&desk, fault, line).await;
        desk.done(line).await;
        assert_eq!(
            folders(&company),
            json!({"Schulungen": 2}),
            "{:?}",
            killed.at
        );
        killed.at.is_some()
    })
    .await;
    // Two documents are moved.
    assert!(steps > 8, "{steps}");
}
