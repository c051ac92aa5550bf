//! Honest answers, as the vendors' own documents show them.

use serde_json::{Value, json};

fn attribute(value: &Value) -> Value {
    json!({"label": "Feld", "value": value, "type": "standard", "universal_id": null})
}

fn personio_person() -> Value {
    let named = |name: &str| json!({"type": "Office", "attributes": {"id": 1, "name": name}});
    json!({"type": "Employee", "attributes": {
        "id": attribute(&json!(4711)),
        "first_name": attribute(&json!("Käthe")),
        "last_name": attribute(&json!("Groß")),
        "email": attribute(&json!("k@example.com")),
        "gender": attribute(&json!("female")),
        "status": attribute(&json!("active")),
        "position": attribute(&json!("Ingenieurin")),
        "subcompany": attribute(&named("Muster GmbH")),
        "department": attribute(&named("Entwicklung")),
        "office": attribute(&named("München")),
        "hire_date": attribute(&json!("2020-01-01T00:00:00+01:00")),
        "termination_date": attribute(&json!(null)),
        "employment_type": attribute(&json!("internal")),
    }})
}

/// What Personio answers, v1 and v2.
pub(super) fn personio() -> Vec<Value> {
    vec![
        json!({"success": true, "data": {"token": "papi-token", "expires_in": 86400, "scope": "employees:read"}}),
        json!({"success": true, "metadata": {"total_elements": 2, "current_page": 0, "total_pages": 1}, "offset": 0,
               "limit": 200, "data": [personio_person(), personio_person()]}),
        json!({"success": true, "data": personio_person()}),
        json!({"success": true, "data": [{"key": "first_name", "label": "Vorname", "type": "standard"}]}),
        json!({"success": true, "data": [{"type": "DocumentCategory", "id": 7, "attributes": {"name": "Zeugnisse"}}]}),
        json!({"success": true, "data": {"id": 42, "message": "ok"}}),
        json!({"_data": [{"id": "42", "name": "Brandschutz", "date": "2026-03-13", "comment": "Zertifikat-ID 0f0c-7",
                          "size": 18, "category": {"id": "7"}, "owner": {"id": "4711"},
                          "created_at": "2026-03-14T09:00:00Z"}],
               "_meta": {"links": {"next": {"href": "https://api.personio.de/v2/x?cursor=abc"}}}}),
        json!({"success": false, "error": {"code": 404, "message": "No query results for model [Employee] zwetschge",
               "error_data": {"title": ["zwetschge"], "zwetschge": ["zwetschge"]}}}),
        json!({"personio_trace_id": "t", "timestamp": "2026-03-14T09:00:00Z",
               "errors": [{"title": "zwetschge", "detail": "zwetschge", "_meta": {"zwetschge": 1}}]}),
        json!({"access_token": "papi-token", "token_type": "Bearer", "expires_in": 86400, "scope": "personio:documents:read"}),
        json!({"error": "invalid_client", "error_description": "zwetschge"}),
    ]
}

pub(super) fn kombo() -> Vec<Value> {
    let success = |data: Value| json!({"status": "success", "data": data});
    let person = json!({
        "id": "kombo-1", "remote_id": "4711", "first_name": "Käthe", "last_name": "Groß", "work_email": "k@example.com",
        "job_title": "Ingenieurin", "gender": "FEMALE", "employment_status": "ACTIVE", "employment_type": "FULL_TIME",
        "start_date": "2020-01-01T00:00:00.000Z", "termination_date": null, "legal_entity": {"name": "Muster GmbH"},
        "work_location": {"name": "München"}, "groups": [{"name": "Entwicklung", "type": "DEPARTMENT"}],
        "custom_fields": {"anstellungsart": "intern"}, "remote_deleted_at": null,
    });
    vec![
        success(json!({"environment_id": "e"})),
        success(json!({"next": "cursor", "results": [person]})),
        success(
            json!({"next": null, "results": [{"id": "7", "name": "Zeugnisse", "remote_deleted_at": null}]}),
        ),
        success(
            json!({"id": "personio:CBNMt7dSNCzBdnRTx87dev4E", "tool": {"id": "personio"}, "status": "ACTIVE",
                       "setup_status": "COMPLETED", "data_expired_at": "2026-03-14T09:00:00Z",
                       "end_user": {"origin_id": "acme"}, "read_models": [{"id": "hris_employees", "is_available": true}],
                       "write_actions": []}),
        ),
        success(json!({"link": "https://connect.kombo.dev/zwetschge", "id": "personio:x"})),
        success(
            json!({"status": 200, "headers": {"retry-after": "7", "x-zwetschge": ["zwetschge"]},
                       "data": personio().swap_remove(1)}),
        ),
        success(json!({"status": 200, "headers": {}, "data": personio().swap_remove(4)})),
        success(json!({"status": 200, "headers": {}, "data": "<html>zwetschge</html>"})),
        success(json!({"warnings": [{"message": "zwetschge"}]})),
        json!({"status": "error", "error": {"code": "INTEGRATION.PERMISSION_MISSING", "title": "zwetschge",
               "message": "zwetschge", "log_url": "https://zwetschge"}}),
    ]
}

pub(super) fn reteach() -> Vec<Value> {
    let customer = json!({
        "id": "c1", "externalId": "personio:4711", "email": "k@example.com", "userName": null, "firstName": "Käthe",
        "lastName": "Groß", "position": null, "company": null, "department": null, "location": null, "gender": "FEMALE",
        "setActiveAt": "2020-01-01T00:00:00.000Z", "setInactiveAt": "", "status": "ACTIVE",
        "tags": [{"id": "t1", "name": "Anstellungsart: intern"}],
    });
    let participation = json!({
        "id": "p1", "status": "COMPLETED", "completedAt": "2026-03-13T23:30:00.000Z",
        "customer": {"id": "c1", "externalId": "personio:4711"}, "course": {"id": "k1", "name": "Brandschutz"},
        "certificate": {"id": "0f0c-7", "url": "https://files.reteach.io/zwetschge?x-signature=zwetschge"},
    });
    vec![
        json!({"access_token": "jwt", "refresh_token": "zwetschge", "expires_in": 3600}),
        json!({"id": "a1", "name": "Academy", "baseUrl": "https://acme.reteach.io"}),
        json!({"results": [customer], "resultCount": 1}),
        customer,
        json!([{"id": "t1", "name": "Anstellungsart: intern"}]),
        json!({"results": [participation], "resultCount": 1}),
        participation,
        json!({"statusCode": 422, "message": ["email zwetschge must be an email", "zwetschge"], "error": "zwetschge"}),
        json!({"statusCode": 409, "message": "zwetschge is taken", "error": "Conflict"}),
        json!({"openapi": "3.0.0", "paths": {"/customer/{id}": {"put": {"requestBody": {"content": {"application/json": {
               "schema": {"$ref": "#/components/schemas/Update"}}}}}}}, "components": {"schemas": {
               "Update": {"allOf": [{"$ref": "#/components/schemas/Part"}, {"properties": {"status": {"readOnly": true}}}]},
               "Part": {"properties": {"position": {"type": "string"}}}}}}),
    ]
}
