//! `tenants remove`

use jiff::SignedDuration;
use shared::domain::clock::Clock as _;
use shared::domain::id::RunId;
use shared::state::{Acquisition, JobKind, LastRun};
use simulators::reteach::Quirk;
use tenants::Exit;

use crate::support::{Desk, issue};

const FILE_CERTIFICATES: &str = "sync acme --here --job certificates --mode full-scan";

/// A tenant with people and one filed certificate.
async fn in_use() -> (Desk, local::Company) {
    let (desk, company) = Desk::in_step().await;
    issue(&company, 1, 1, "Brandschutz");
    desk.done(FILE_CERTIFICATES).await;
    assert_eq!(company.personio.documents().len(), 1);
    (desk, company)
}

#[tokio::test]
async fn accounts_documents_and_the_certificate_ledger_stay_so_that_nothing_is_filed_twice() {
    let (desk, company) = in_use().await;
    let accounts = company.reteach.customers();
    let done = desk.run("remove acme --yes").await;
    assert_eq!(done.exit, Exit::Done, "{}", done.out);
    for part in [
        "ledger of 3 people",
        "every account in reteach",
        "ledger of 1 certificate",
    ] {
        assert!(done.out.contains(part), "{}", done.out);
    }
    desk.assert_no_tenants().await;
    assert_eq!(company.reteach.customers(), accounts);
    let left = desk.inventory(&company).await;
    assert_eq!((left.employees, left.certificates, left.reports), (0, 1, 0));
    let ledger = desk.done("certificates list acme --all").await;
    assert_eq!(ledger[0]["certificate_id"], "certificate-1");

    // A second time there is nothing to remove; the ledger is still mentioned.
    let hints = ["ledger of 1 certificate is kept"];
    desk.fails("remove acme --yes", Exit::Attention, &hints)
        .await;

    // Added again: the secret is restored, the certificate is not filed a second time.
    let (file, _) = desk.files(&company, "");
    let back = desk.run(&format!("add --file {file}")).await;
    assert_eq!(back.exit, Exit::Done, "{}", back.out);
    let ledger = "its ledger of 1 certificate from before is still there";
    assert!(back.out.contains(ledger), "{}", back.out);
    desk.done("sync acme --here").await;
    assert_eq!(company.reteach.customers().len(), accounts.len());
    desk.done(FILE_CERTIFICATES).await;
    assert_eq!(company.personio.documents().len(), 1);
    issue(&company, 2, 2, "Erste Hilfe");
    desk.done(FILE_CERTIFICATES).await;
    assert_eq!(company.personio.documents().len(), 2);
}

#[tokio::test]
async fn a_tenant_that_is_added_again_has_not_run_yet() {
    let (desk, company) = in_use().await;
    desk.done("remove acme --yes").await;
    let (file, _) = desk.files(&company, "");
    desk.done(&format!("add --file {file}")).await;
    let status = desk.attention("status acme").await;
    assert_eq!(status["health"]["last_good_runs"], serde_json::json!({}));
    let problems = status["health"]["problems"].to_string();
    let says = "no employee run has succeeded yet";
    assert!(problems.contains(says), "{problems}");
    // Nobody knows any more who had left meanwhile: the account is an orphan.
    company.personio.remove(3);
    let report = desk.attention("sync acme --here").await;
    let is_locked = || company.reteach.status("personio:3") == Some("INACTIVE");
    assert!(!is_locked());
    let list = desk.attention("people list acme --state orphaned").await;
    assert_eq!(list["people"][0]["person"], "3", "{list:#}");
    let hash = report["held"]["hash"].as_str().unwrap();
    desk.pass_minutes(5);
    desk.done(&format!("approve acme {hash}")).await;
    desk.run("sync acme --here").await;
    assert!(is_locked());
}

#[tokio::test]
async fn credentials_that_a_refused_add_brought_back_go_again() {
    let (desk, company) = in_use().await;
    desk.done("remove acme --yes").await;
    company.personio.remove_credentials("papi-client");
    let (file, _) = desk.files(&company, "");
    let refused = desk.attention(&format!("add --file {file}")).await;
    assert_eq!(refused["written"], serde_json::json!(false), "{refused:#}");
    let secret = desk.stack.secrets().refresh(&company.tenant).await;
    assert!(secret.unwrap_err().is_marked_for_deletion());
}

#[tokio::test]
async fn the_certificate_ledger_goes_only_on_demand_with_a_warning() {
    let remove_all = "remove acme --yes --certificate-ledger";
    let (desk, company) = in_use().await;
    let done = desk.run(remove_all).await;
    assert_eq!(done.exit, Exit::Done, "{}", done.out);
    let warning = "EVERY ONE OF THEM IS FILED A SECOND";
    assert!(done.out.contains(warning), "{}", done.out);
    desk.assert_empty(&company).await;

    // Also after the tenant is gone.
    let (desk, company) = in_use().await;
    desk.done("remove acme --yes").await;
    desk.done(remove_all).await;
    desk.assert_empty(&company).await;
}

#[tokio::test]
async fn a_removal_waits_for_a_run_and_removes_nothing_meanwhile() {
    let (desk, company) = Desk::acme().await;
    let lease = desk.begin_run(&company, JobKind::Certificates, 2).await;
    let hints = [
        "a run of certificate-sync is under way",
        "nothing was removed",
    ];
    desk.fails("remove acme --yes --wait 0", Exit::Attention, &hints)
        .await;
    assert_eq!(desk.schedules().len(), 2);
    // The other job can still run.
    desk.done("sync acme --here").await;

    let store = desk.stack.store();
    store.release(&lease, LastRun::default()).await.unwrap();
    desk.done("remove acme --yes").await;
}

#[tokio::test]
async fn no_run_begins_while_a_removal_waits_for_the_other_job() {
    let (desk, company) = Desk::acme().await;
    let store = desk.stack.store();
    let acquire = async |job, minutes| {
        let (owner, lasts) = (RunId::new("run-1"), SignedDuration::from_mins(minutes));
        let now = desk.clock().now();
        store
            .acquire(&company.tenant, job, &owner, now, lasts)
            .await
    };
    acquire(JobKind::Certificates, 10).await.unwrap();
    let minutes = async {
        let has_begun = async || {
            let leases = store.leases(&company.tenant).await.unwrap();
            leases.contains_key(&JobKind::Employees)
        };
        while !has_begun().await {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        for minute in 0..10 {
            desk.stored(&company).await;
            let run = acquire(JobKind::Employees, 2).await.unwrap();
            let is_held = matches!(run, Acquisition::Held { .. });
            assert!(is_held, "minute {minute}: {run:?}");
            desk.pass_minutes(1);
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        desk.pass_minutes(1);
    };
    tokio::join!(desk.done("remove acme --yes --wait 900"), minutes);
    desk.assert_no_tenants().await;
}

#[tokio::test]
async fn nothing_is_removed_without_a_confirmation() {
    let (desk, _) = Desk::acme().await;
    desk.fails("remove acme", Exit::Usage, &["--yes"]).await;
    for (input, exit) in [
        ("acm\n", Exit::Attention),
        ("\n", Exit::Attention),
        ("", Exit::Attention),
        ("acme\n", Exit::Done),
    ] {
        assert_eq!(
            desk.run_at_terminal("remove acme", input).await,
            exit,
            "{input:?}"
        );
    }
    desk.assert_no_tenants().await;
}

#[tokio::test]
async fn a_tenant_that_is_added_again_logs_in_where_the_client_code_is_good_once() {
    let (desk, company) = Desk::new_company().await;
    let quirks = [Quirk::CodeIsGoodOnce, Quirk::RefreshIsGoodOnce];
    company.reteach.set_quirks(quirks);
    for _ in 0..2 {
        desk.done(&desk.add(&company, "")).await;
        desk.done("sync acme --here --mode reconcile").await;
        desk.done("remove acme --yes").await;
    }
}
