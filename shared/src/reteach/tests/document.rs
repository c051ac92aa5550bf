//! The academy's published API document.

use super::*;

fn document(put: Value, schemas: Value) -> Value {
    json!({"openapi": "3.0.0", "paths": {"/customer/{customerIdentifier}": {"get": {}, "put": put}},
           "components": {"schemas": schemas}})
}

#[tokio::test(start_paused = true)]
async fn reads_the_fields_of_an_update_from_a_published_document() {
    let body = |schema: Value| json!({"requestBody": {"content": {"application/json": {"schema": schema}}}});
    let reference = || body(json!({"$ref": "#/components/schemas/Update"}));
    let plain = json!({"Update": {"properties": {"position": {"type": "string"}, "status": {"readOnly": true}}}});
    let parts = json!({
        "Update": {"allOf": [{"$ref": "#/components/schemas/Part"}, {"properties": {"status": {"readOnly": true}}}]},
        "Part": {"properties": {"position": {}}}
    });
    let endless = json!({"Update": {"$ref": "#/components/schemas/Update"}});
    let both = || {
        Some(vec![
            ("position", Documented::Writable),
            ("status", Documented::ReadOnly),
        ])
    };
    for (name, document, expected) in [
        ("reference", document(reference(), plain), both()),
        ("parts", document(reference(), parts), both()),
        ("endless", document(reference(), endless), None),
        ("no fields", document(body(json!({})), json!({})), None),
        ("no body", document(json!({}), json!({})), None),
        (
            "another product",
            json!({"openapi": "3.0.0", "paths": {"/pets/{id}": {"put": {}}}}),
            None,
        ),
        ("no document", json!([1, 2]), None),
    ] {
        let server = reteach(move |seen| {
            let shown = (seen.path(), seen.header("authorization"));
            assert_eq!(shown, ("/docs-json", None));
            Canned::Json(200, document.clone())
        })
        .await;
        let found = client(&server).documented_fields().await.unwrap();
        let found = found.map(|fields| fields.into_iter().collect::<Vec<_>>());
        let expected = expected.map(|fields| {
            fields
                .into_iter()
                .map(|(name, documented)| (name.to_owned(), documented))
                .collect()
        });
        assert_eq!(found, expected, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_document_is_an_error_and_no_more() {
    type Answer = fn() -> Canned;
    let cases: [(Answer, &str); 4] = [
        (|| Canned::Text(404, "not here"), "found nothing"),
        (|| Canned::Text(200, "<html>"), "not JSON"),
        (|| Canned::Text(200, "{\"paths\": {"), "too early"),
        (|| Canned::Long(50 << 20), "larger than"),
    ];
    for (answer, text) in cases {
        let server = reteach(move |_| answer()).await;
        let error = client(&server).documented_fields().await.unwrap_err();
        assert!(error.to_string().contains(text), "{error}");
    }
}
