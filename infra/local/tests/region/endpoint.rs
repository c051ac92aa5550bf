use std::fs;

use serde_json::Value;

use crate::support::TestRegion;

#[tokio::test]
async fn one_endpoint_stands_for_all_services() {
    let region = TestRegion::new().await;
    let running = region.region().await;
    let json = ("content-type", "application/x-amz-json-1.0");
    let auth = (
        "authorization",
        "AWS4-HMAC-SHA256 Credential=local/20260511/eu-central-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
    );
    let date = ("x-amz-date", "20260511T080000Z");
    let target = ("x-amz-target", "DynamoDB_20120810.ListTables");
    let tables = running
        .post("/", &[json, auth, date, target], "{}".to_owned())
        .await;
    assert_eq!(
        tables.json::<Value>().await.unwrap()["TableNames"][0],
        "reteach-personio"
    );
    let target = ("x-amz-target", "secretsmanager.ListSecrets");
    let secrets = running.post("/", &[json, target], "{}".to_owned()).await;
    assert!(secrets.json::<Value>().await.unwrap()["SecretList"].is_array());
    let form = ("content-type", "application/x-www-form-urlencoded");
    let describe = "Action=DescribeStacks&StackName=reteach-personio".to_owned();
    let outputs = running
        .post("/", &[form], describe)
        .await
        .text()
        .await
        .unwrap();
    assert!(
        outputs.contains("<OutputKey>SchedulerRoleArn</OutputKey>"),
        "{outputs}"
    );
    let schedules = reqwest::get(format!(
        "{}/schedules?ScheduleGroup=reteach-personio",
        running.region.url()
    ));
    assert_eq!(schedules.await.unwrap().status(), 200);
}

#[tokio::test]
async fn unsupported_services_are_refused_with_the_supported_ones() {
    let region = TestRegion::new().await;
    let running = region.region().await;
    let queues = [("x-amz-target", "AmazonSQS.ReceiveMessage")];
    for (path, headers, body) in [
        ("/", queues.as_slice(), "{}"),
        ("/2012-09-21/bucket", &[], ""),
        ("/", &[], "Action=GetCallerIdentity"),
    ] {
        let reply = running.post(path, headers, body.to_owned()).await;
        assert_eq!(reply.status(), 400, "{path}");
        assert!(
            reply.text().await.unwrap().contains("DescribeStacks"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn the_environment_is_also_written_to_a_file() {
    let region = TestRegion::new().await;
    let running = region.region().await;
    let text = fs::read_to_string(region.folder.join("environment")).unwrap();
    assert!(
        text.contains(&format!(
            "export AWS_ENDPOINT_URL={}\n",
            running.region.url()
        )),
        "{text}"
    );
    for (name, value) in running.region.environment() {
        assert!(text.contains(&format!("export {name}={value}\n")), "{text}");
    }
}
