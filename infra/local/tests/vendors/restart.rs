use jiff::Timestamp;
use local::vendors::{Action, LocalTenant, Vendors};
use local::{Company, Fixture, ignore_progress};
use reqwest::Client;
use serde_json::{Value, json};
use shared::http::Deadline;
use shared::runtime::Mode;
use shared::tenant::Via;

use crate::support::{Folder, process};

fn company(vendors: &Vendors, tenant: LocalTenant) -> Company {
    vendors
        .companies()
        .find(|company| company.tenant.as_str() == tenant.name())
        .unwrap()
        .clone()
}

fn holdings(company: &Company) -> (Value, Value, String) {
    let documents = serde_json::to_value(company.personio.documents()).unwrap();
    let accounts = serde_json::to_value(company.reteach.customers()).unwrap();
    (accounts, documents, company.reteach.base_url())
}

/// The HR admin opens a link; its connection's id.
async fn connect(company: &Company) -> String {
    let kombo = company.kombo.as_ref().unwrap();
    let link = json!({"end_user_email": "hr@a.example", "end_user_organization_name": "A", "end_user_origin_id": company.tenant});
    let url = format!("{}/connect/create-link", kombo.base_url());
    let client = Client::builder().no_proxy().build().unwrap();
    let made: Value = client
        .post(url)
        .bearer_auth("kombo-key")
        .json(&link)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let page = client
        .get(made["data"]["link"].as_str().unwrap())
        .send()
        .await
        .unwrap();
    let connected: Value = page.json().await.unwrap();
    connected["integration_id"].as_str().unwrap().to_owned()
}

async fn onboard(world: &Fixture, folder: &Folder, company: &Company) {
    let mut file = folder.text(&format!("{}.toml", company.tenant));
    if company.via != Via::Direct {
        let id = connect(company).await;
        file = file.replace(
            "[kombo]\n",
            &format!("[kombo]\nintegration_id = \"{id}\"\n"),
        );
    }
    world
        .stack
        .store()
        .put_tenant(&company.tenant, &file)
        .await
        .unwrap();
    world
        .stack
        .secrets()
        .put(&company.tenant, &company.secret())
        .await
        .unwrap();
}

#[test]
fn a_synced_company_is_the_same_after_a_kill() {
    for tenant in LocalTenant::ALL {
        let folder = Folder::new();
        let aws = process();
        let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap();
        let world = aws.block_on(Fixture::start(now)).unwrap();

        let first = process();
        let vendors = first.block_on(folder.start()).unwrap();
        let before = company(&vendors, tenant);
        let documents = aws.block_on(async {
            onboard(&world, &folder, &before).await;
            let tick = world.tick(&before).await;
            assert!(tick.counts.created > 0, "{tenant}: {tick:?}");
            let filed = world
                .run_certificates(
                    &before,
                    Mode::Scheduled,
                    Deadline::never(),
                    &ignore_progress,
                )
                .await;
            // Everything is on disk when an act is done.
            folder
                .act(
                    tenant,
                    Action::Folder {
                        name: "Neu".to_owned(),
                    },
                )
                .await
                .unwrap();
            filed.report.counts.uploaded
        });
        assert!(documents > 0, "{tenant}");
        let held = holdings(&before);
        // The process ends without a chance to write anything.
        drop(first);
        drop((vendors, before));

        let second = process();
        let vendors = second.block_on(folder.start()).unwrap();
        let after = company(&vendors, tenant);
        assert_eq!(holdings(&after), held, "{tenant}");
        let calls = aws.block_on(async {
            world.restart().unwrap();
            let tick = world.tick(&after).await;
            assert_eq!(
                (
                    tick.counts.created,
                    tick.counts.adopted,
                    tick.counts.updated
                ),
                (0, 0, 0),
                "{tenant}: {tick:?}"
            );
            world
                .run_certificates(&after, Mode::FullScan, Deadline::never(), &ignore_progress)
                .await
                .report
                .counts
                .uploaded
        });
        assert_eq!(calls, 0, "{tenant}");
        assert_eq!(holdings(&after), held, "{tenant}");
    }
}

#[test]
fn changes_are_written_automatically_and_at_the_end() {
    let folder = Folder::new();
    let life = process();
    let vendors = life.block_on(folder.start()).unwrap();
    let rename = |name: &str| {
        let changed = company(&vendors, LocalTenant::LocalDirect);
        assert!(
            changed
                .personio
                .change(1_001, |person| name.clone_into(&mut person.last_name))
        );
    };
    rename("Vonselbst");
    life.block_on(async {
        while !folder.text("local-direct.state.json").contains("Vonselbst") {
            tokio::task::yield_now().await;
        }
    });
    rename("Amende");
    vendors.stop().unwrap();
    assert!(folder.text("local-direct.state.json").contains("Amende"));
}
