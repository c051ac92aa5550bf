//! Who has decided.

use std::collections::HashMap;

use reqwest::StatusCode;
use shared::state::Decision;
use shared::tenant::Via;
use simulators::aws::Endpoint;
use tenants::Exit;
use tokio::net::TcpListener;

use super::{assert_has, held};
use crate::certificates::park;
use crate::console::visitor::visitor_of_stack;
use crate::support::{Desk, now, person};

/// Variables of a stack that knows who calls.
fn with_sts(desk: &Desk) -> HashMap<String, String> {
    let mut variables = desk.variables();
    variables.insert("AWS_ENDPOINT_URL_STS".to_owned(), desk.aws.base_url());
    variables
}

const CALLER: &str = "arn:aws:sts::123456789012:assumed-role/Operators/erika.muster@example.com";
const OPERATOR: &str = "Operators/84f4d7cf";

#[tokio::test]
async fn the_audit_names_the_role_that_decided_and_no_person() {
    let desk = Desk::new().await;
    let company = held(&desk).await;
    park(&desk, &company.tenant, "cert-1", false).await;
    desk.aws.set_caller(CALLER);
    let mut visitor = visitor_of_stack(&desk, with_sts(&desk)).await;
    for action in ["dismiss", "pause"] {
        let action = format!("/tenants/acme/do/{action}");
        let done = visitor.submit("/tenants/acme", &action, &[]).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.text);
        // The run keeps what was decided about the plan.
        desk.pass_minutes(5);
        desk.run("sync acme --here").await;
    }
    let asked = desk.aws.calls(Endpoint::DescribeStacks);
    assert_eq!(asked, 1, "once in a process");
    let dismiss = "certificates dismiss acme cert-1";
    let done = desk.run_in(with_sts(&desk), dismiss).await;
    assert_eq!(done.exit, Exit::Done, "{}", done.errors);
    let page = visitor.text("/tenants/acme/audit").await;
    assert_has(&page, &["10 decisions", "paused", "Who", OPERATOR]);
    assert!(
        !page.contains("unknown") && !page.contains("erika"),
        "{page}"
    );
    let csv = visitor.text("/tenants/acme/audit.csv").await;
    let named = format!(",\"{OPERATOR}\"");
    let named = csv.lines().filter(|line| line.ends_with(&named));
    assert_eq!(named.count(), 10, "{csv}");
    let json = visitor.text("/tenants/acme/audit.json").await;
    assert_has(&json, &[&format!("\"by\":\"{OPERATOR}\"")]);
    let document: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(desk.done("decisions acme").await, document);
    let printed = desk.run("decisions acme").await.out;
    assert_has(&printed, &["paused", "certificate cert-1", OPERATOR]);
    visitor.language = "de";
    let page = visitor.text("/tenants/acme/audit").await;
    assert_has(&page, &["10 Entscheidungen", "Wer", OPERATOR]);
}

#[tokio::test]
async fn a_decision_goes_through_where_aws_does_not_say_who_decides() {
    let desk = Desk::new().await;
    let company = held(&desk).await;
    let store = desk.stack.store();
    let hash = store.held(&company.tenant).await.unwrap().unwrap().hash;
    // Nobody was named: the answer is an error.
    let dismiss = format!("dismiss acme {hash}");
    let done = desk.run_in(with_sts(&desk), &dismiss).await;
    assert_eq!(done.exit, Exit::Done, "{}", done.errors);
    assert_eq!(desk.aws.calls(Endpoint::DescribeStacks), 1);
    let plan = store.held(&company.tenant).await.unwrap().unwrap();
    assert_eq!((plan.dismissed(), plan.decided_by), (8, Vec::new()));
}

/// A console is open for days.
#[tokio::test]
async fn after_no_answer_the_next_decision_asks_again_who_decides() {
    let desk = Desk::new().await;
    desk.tenant(Via::Direct).await;
    let visitor = visitor_of_stack(&desk, with_sts(&desk)).await;
    let [pause, resume] = ["/tenants/acme/do/pause", "/tenants/acme/do/resume"];
    for by in ["unknown", OPERATOR] {
        visitor.submit("/tenants/acme", pause, &[]).await;
        let audit = visitor.text("/tenants/acme/audit").await;
        assert_has(&audit, &["paused", by]);
        visitor.submit("/tenants/acme", resume, &[]).await;
        desk.pass_minutes(1);
        desk.aws.set_caller(CALLER);
    }
}

/// AWS may take seconds to say who calls.
#[tokio::test]
async fn a_decision_made_while_aws_is_asked_who_decides_stays() {
    let (desk, company) = Desk::acme().await;
    company.personio.put_all((101..=130).map(person));
    desk.done("sync acme --here").await;
    (101..=120).for_each(|id| assert!(company.personio.remove(id)));
    desk.attention("sync acme --here").await;
    let sts = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut variables = desk.variables();
    let url = format!("http://{}", sts.local_addr().unwrap());
    variables.insert("AWS_ENDPOINT_URL_STS".to_owned(), url);
    let visitor = visitor_of_stack(&desk, variables).await;
    let (store, tenant) = (desk.stack.store(), &company.tenant);
    let dismissed = Decision::Dismissed { at: now() };
    let elsewhere = async {
        let (asked, _) = sts.accept().await.unwrap();
        let hash = store.held_source(tenant).await.unwrap().unwrap().hash;
        let decide = store.decide_source(tenant, &hash, dismissed, None);
        decide.await.unwrap();
        drop(asked);
    };
    let approve = "/tenants/acme/do/approve";
    let (refused, ()) = tokio::join!(visitor.submit("/tenants/acme", approve, &[]), elsewhere);
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text);
    let source = store.held_source(tenant).await.unwrap().unwrap();
    assert_eq!(source.decision, Some(dismissed));
}
