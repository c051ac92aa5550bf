//! The state as a file: written by one version of this program, read by another.

use serde_json::{Value, json};

use crate::Harness;
use crate::stored::TABLE;

impl Harness {
    /// Every item of the table as DynamoDB's JSON has it, by its key. Logins are left out: the academy ends them.
    pub async fn exported_state(&self) -> Vec<Value> {
        let mut items = self.scanned().await;
        items.retain(|item| !sort_key(item).starts_with("LOGIN#"));
        items.sort_by_key(|item| format!("{:?} {}", item.get("pk"), sort_key(item)));
        items
    }

    /// Puts `items` in place of the table's.
    pub async fn import_state(&self, items: &[Value]) {
        for item in self.exported_state().await {
            let key = json!({"pk": item.get("pk"), "sk": item.get("sk")});
            let body = json!({"TableName": TABLE, "Key": key});
            self.dynamodb("DeleteItem", body).await;
        }
        for item in items {
            let body = json!({"TableName": TABLE, "Item": item});
            self.dynamodb("PutItem", body).await;
        }
    }

    async fn scanned(&self) -> Vec<Value> {
        let (mut items, mut start) = (Vec::new(), None);
        loop {
            let mut body = json!({"TableName": TABLE});
            if let (Some(start), Some(members)) = (start, body.as_object_mut()) {
                members.insert("ExclusiveStartKey".to_owned(), start);
            }
            let page = self.dynamodb("Scan", body).await;
            let found = page.get("Items").and_then(Value::as_array);
            items.extend(found.into_iter().flatten().cloned());
            start = page.get("LastEvaluatedKey").cloned();
            if start.is_none() {
                return items;
            }
        }
    }

    /// Not through the SDK, whose values cannot be written as JSON.
    async fn dynamodb(&self, operation: &str, body: Value) -> Value {
        let (url, _) = self.world.stack.endpoints();
        let authorization = "AWS4-HMAC-SHA256 Credential=local/20260511/eu-central-1/dynamodb/aws4_request, \
                             SignedHeaders=host, Signature=0";
        let reply = reqwest::Client::new()
            .post(url)
            .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-date", "20260511T080000Z")
            .header("authorization", authorization)
            .body(body.to_string())
            .send()
            .await
            .unwrap();
        let is_done = reply.status().is_success();
        let text = reply.text().await.unwrap();
        assert!(is_done, "{operation}: {text}");
        serde_json::from_str(&text).unwrap()
    }
}

fn sort_key(item: &Value) -> &str {
    let key = item.pointer("/sk/S").and_then(Value::as_str);
    key.unwrap_or_default()
}
