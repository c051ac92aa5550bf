use serde_json::json;
use serde_json::value::to_raw_value;

use super::{academy, authorize, good};
use crate::Reteach;
use crate::reteach::{Certificate, Customer, Delivery, Participation, Publication};
use crate::testing::Call;

#[tokio::test]
async fn a_snapshot_brings_back_accounts_certificates_tags_and_tokens() {
    let academy = academy().await;
    let reteach = &academy.reteach;
    let tags = vec!["Kundin".to_owned()];
    let ada = reteach.insert(Customer {
        email: Some("Ada@A.example".to_owned()),
        tags,
        ..Customer::default()
    });
    let odd = Certificate {
        delivery: Delivery::Chunked { size: 90 },
        ..Certificate::new("c-1", 9)
    };
    let late = Certificate {
        publication: Publication::OnDemand,
        ..Certificate::new("c-2", 9)
    };
    for certificate in [odd, late] {
        let (customer, certificate) = (Some(ada.clone()), Some(certificate));
        reteach.add_participation(Participation {
            customer,
            certificate,
            ..Participation::default()
        });
    }
    reteach.publish_pdf("c-2");
    let copy = Reteach::start(academy.clock.clock()).await.unwrap();
    copy.restore(&reteach.snapshot().unwrap()).unwrap();
    let both = (copy.customers(), copy.tags());
    assert_eq!(both, (reteach.customers(), reteach.tags()));
    assert_eq!(copy.participations(), reteach.participations());
    assert_eq!(
        copy.customer("ada@a.example").map(|it| it.id),
        Some(ada),
        "the ways to find people are back"
    );
    assert!(
        copy.certificate_url("c-2")
            .unwrap()
            .starts_with(&copy.downloads().base_url())
    );
    let me = Call::new("GET", &format!("{}/me", copy.base_url()))
        .bearer(&academy.token)
        .send()
        .await;
    assert_eq!(me.status, 200, "the token is still good");
    assert_eq!(authorize(&copy, &good()).await.status, 201);
    let next = |reteach: &Reteach| reteach.insert(Customer::default());
    assert_eq!(next(&copy), next(reteach), "the same ids from here on");
}

#[tokio::test]
async fn what_is_no_snapshot_changes_nothing() {
    let academy = academy().await;
    academy.reteach.insert(Customer::default());
    assert!(
        academy
            .reteach
            .restore(&to_raw_value(&json!([])).unwrap())
            .is_err()
    );
    assert_eq!(academy.reteach.customers().len(), 1);
}
