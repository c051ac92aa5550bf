//! `tenants remove`

use jiff::SignedDuration;
use shared::domain::id::{CertificateId, RunId};
use shared::state::{Acquisition, JobKind};
use shared::tenant::Via;
use simulators::reteach::{Certificate, Participation};
use tenants::{Exit, Somebody};

use crate::support::{Desk, run};

/// A tenant with people and one filed certificate.
async fn in_use(desk: &Desk) -> local::Company {
    let company = desk.tenant(Via::Direct).await;
    assert_eq!(desk.run(&["sync", "acme", "--here"]).await.exit, Exit::Done);
    company.reteach.add_participation(Participation {
        customer: Some("personio:1".to_owned()),
        course_name: Some("Brandschutz".to_owned()),
        completed_at: Some("2026-05-01T10:00:00Z".parse().unwrap()),
        certificate: Some(Certificate::new("cert-1", 20_000)),
        ..Participation::default()
    });
    file_certificates(desk).await;
    assert_eq!(company.personio.documents().len(), 1);
    company
}

async fn file_certificates(desk: &Desk) {
    let done = desk
        .run(&[
            "sync",
            "acme",
            "--here",
            "--job",
            "certificates",
            "--mode",
            "full-scan",
        ])
        .await;
    assert_eq!(done.exit, Exit::Done, "{}", done.out);
}

#[tokio::test]
async fn accounts_documents_and_the_ledger_of_certificates_stay_so_that_nothing_is_filed_twice() {
    let desk = Desk::new().await;
    let company = in_use(&desk).await;
    let accounts = company.reteach.customers();
    let done = desk.run(&["remove", "acme", "--yes"]).await;
    assert_eq!(done.exit, Exit::Done, "{}", done.out);
    for part in [
        "ledger of 3 people",
        "every account in reteach",
        "ledger of 1 certificate",
    ] {
        assert!(done.out.contains(part), "{}", done.out);
    }
    assert_eq!(desk.stack.store().list_tenants().await.unwrap(), []);
    assert_eq!(desk.schedules(), [""; 0]);
    assert_eq!(company.reteach.customers(), accounts);
    let left = desk.stack.store().inventory(&company.tenant).await.unwrap();
    assert_eq!((left.employees, left.certificates, left.reports), (0, 1, 0));

    // A second time there is nothing to remove; the ledger is still told of.
    let again = desk.json(&["remove", "acme", "--yes"]).await;
    assert_eq!(again.exit, Exit::Look);
    assert!(
        again.error().contains("ledger of 1 certificate is kept"),
        "{}",
        again.error()
    );

    // Back again: the secret is brought back, the certificate is not filed a second time.
    let (file, credentials) = desk.files(&company, "");
    let back = desk
        .run(&["add", "--file", &file, "--credentials", &credentials])
        .await;
    assert_eq!(back.exit, Exit::Done, "{}", back.out);
    assert!(
        back.out
            .contains("its ledger of 1 certificate from before is still there"),
        "{}",
        back.out
    );
    assert_eq!(desk.run(&["sync", "acme", "--here"]).await.exit, Exit::Done);
    assert_eq!(company.reteach.customers().len(), accounts.len());
    file_certificates(&desk).await;
    assert_eq!(company.personio.documents().len(), 1);
    let next = Participation {
        customer: Some("personio:2".to_owned()),
        course_name: Some("Erste Hilfe".to_owned()),
        completed_at: Some("2026-05-02T10:00:00Z".parse().unwrap()),
        certificate: Some(Certificate::new("cert-2", 20_000)),
        ..Participation::default()
    };
    company.reteach.add_participation(next);
    file_certificates(&desk).await;
    assert_eq!(company.personio.documents().len(), 2);
}

#[tokio::test]
async fn the_ledger_of_certificates_goes_only_when_asked_for_with_a_warning() {
    let desk = Desk::new().await;
    let company = in_use(&desk).await;
    let done = desk
        .run(&["remove", "acme", "--yes", "--certificate-ledger"])
        .await;
    assert_eq!(done.exit, Exit::Done, "{}", done.out);
    assert!(
        done.out.contains("EVERY ONE OF THEM IS FILED A SECOND"),
        "{}",
        done.out
    );
    assert!(
        desk.stack
            .store()
            .inventory(&company.tenant)
            .await
            .unwrap()
            .is_empty()
    );

    // It can be asked for later too.
    let desk = Desk::new().await;
    let company = in_use(&desk).await;
    desk.run(&["remove", "acme", "--yes"]).await;
    let done = desk
        .run(&["remove", "acme", "--yes", "--certificate-ledger"])
        .await;
    assert_eq!(done.exit, Exit::Done, "{}", done.out);
    assert!(
        desk.stack
            .store()
            .inventory(&company.tenant)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn a_run_under_way_is_waited_for_and_nothing_is_removed_meanwhile() {
    let desk = Desk::new().await;
    let company = desk.tenant(Via::Direct).await;
    let store = desk.stack.store();
    let (owner, lasts) = (RunId::new("run-1"), SignedDuration::from_mins(2));
    let lease = store
        .acquire(
            &company.tenant,
            JobKind::Certificates,
            &owner,
            crate::support::now(),
            lasts,
        )
        .await
        .unwrap();
    let Acquisition::Acquired(lease) = lease else {
        panic!("{lease:?}")
    };
    let done = desk.json(&["remove", "acme", "--yes", "--wait", "0"]).await;
    assert_eq!(done.exit, Exit::Look);
    assert!(
        done.error()
            .contains("a run of certificate-sync is under way"),
        "{}",
        done.error()
    );
    assert!(
        done.error().contains("nothing was removed"),
        "{}",
        done.error()
    );
    assert_eq!(desk.schedules().len(), 2);
    // Neither is the other job kept from running.
    assert_eq!(desk.run(&["sync", "acme", "--here"]).await.exit, Exit::Done);

    store
        .release(&lease, shared::state::LastRun::default())
        .await
        .unwrap();
    assert_eq!(
        desk.run(&["remove", "acme", "--yes"]).await.exit,
        Exit::Done
    );
}

#[tokio::test]
async fn nothing_is_removed_unasked() {
    let desk = Desk::new().await;
    desk.tenant(Via::Direct).await;
    let done = desk.json(&["remove", "acme"]).await;
    assert_eq!(done.exit, Exit::Usage);
    assert!(done.error().contains("--yes"), "{}", done.error());
    for (answer, exit) in [
        ("acm\n", Exit::Look),
        ("\n", Exit::Look),
        ("", Exit::Look),
        ("acme\n", Exit::Done),
    ] {
        let here = desk.surroundings(desk.variables(), Somebody::Watches, answer);
        assert_eq!(
            run(&["remove", "acme"], &here).await.exit,
            exit,
            "{answer:?}"
        );
    }
    assert_eq!(desk.stack.store().list_tenants().await.unwrap(), []);
}

#[tokio::test]
async fn the_ledger_is_listed_after_its_tenant_is_gone() {
    let desk = Desk::new().await;
    in_use(&desk).await;
    desk.run(&["remove", "acme", "--yes"]).await;
    let done = desk.json(&["certificates", "list", "acme", "--all"]).await;
    assert_eq!(
        done.json()[0]["certificate_id"],
        CertificateId::new("cert-1").as_str()
    );
}
