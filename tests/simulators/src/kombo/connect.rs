//! The API of Kombo Connect.

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::errors::{Code, Refusal};
use super::integrations::Integration;
use super::state::State;
use crate::Personio;
use crate::engine::digest;
use crate::engine::exchange::{Reply, Request};

const LANGUAGES: [&str; 5] = ["en", "de", "fr", "it", "es"];
const TYPES: [&str; 2] = ["EMBEDDED", "MAGIC_LINK"];

/// `POST /connect/create-link`. Nothing is deduplicated.
pub(super) fn link(state: &mut State, request: &Request) -> Result<Reply, Refusal> {
    let Some(body @ Value::Object(_)) = request.json() else {
        return Err(Refusal::input("The body must be a JSON object."));
    };
    let text = |member: &str| body.get(member).and_then(Value::as_str);
    if !text("end_user_email").is_some_and(|mail| mail.contains('@')) {
        return Err(Refusal::input("end_user_email must be a mail address."));
    }
    if text("end_user_organization_name").is_none_or(str::is_empty) {
        return Err(Refusal::input(
            "end_user_organization_name must not be empty.",
        ));
    }
    for (member, known) in [("language", &LANGUAGES[..]), ("link_type", &TYPES[..])] {
        if text(member).is_some_and(|value| !known.contains(&value)) {
            return Err(Refusal::input(format!(
                "{member} has another value than documented."
            )));
        }
    }
    state.links.push(body);
    let number = state.links.len();
    let link = match &state.customer {
        Some(customer) => format!("{}/connect/link-{number}", customer.base_url),
        None => format!("https://connect.kombo.dev/v1?token=link-{number}"),
    };
    Ok(Reply::json(
        StatusCode::OK,
        &json!({"status": "success", "data": {"link": link}}),
    ))
}

/// Who opens the links that lead here: the company behind them.
pub(super) struct Customer {
    pub(super) personio: Personio,
    /// The Personio client id and secret that the company enters.
    pub(super) credential: (String, String),
    /// The custom field that carries Personio's own employment type.
    pub(super) employment_type_field: Option<String>,
    /// Where this simulator's own pages are.
    pub(super) base_url: String,
}

/// `GET /connect/{token}`, a page of the simulator's own: the company goes through all steps at once. Opened again, it shows the
/// same connection.
pub(super) fn page(
    state: &mut State,
    token: &str,
    request: &Request,
    now: Timestamp,
) -> Result<Reply, Refusal> {
    let number = token
        .strip_prefix("link-")
        .and_then(|number| number.parse::<usize>().ok());
    let link = number.and_then(|number| state.links.get(number.checked_sub(1)?));
    let (Some(link), Some(customer)) = (link, &state.customer) else {
        return Err(Refusal::of(StatusCode::NOT_FOUND));
    };
    let origin = link
        .get("end_user_origin_id")
        .and_then(Value::as_str)
        .map(str::to_owned);
    let tool = link
        .get("integration_tool")
        .and_then(Value::as_str)
        .unwrap_or("personio");
    let parts = ["integration", token, origin.as_deref().unwrap_or_default()];
    let id = format!("{tool}:{}", digest::base58(&parts));
    if !state.integrations.contains_key(&id) {
        let (client_id, client_secret) = &customer.credential;
        let mut integration =
            Integration::new(&id, customer.personio.clone(), client_id, client_secret);
        integration.record.origin.clone_from(&origin);
        integration.record.mirrors_automatically = true;
        integration
            .record
            .employment_type_field
            .clone_from(&customer.employment_type_field);
        integration.sync(now);
        state.integrations.insert(id.clone(), integration);
    }
    if request
        .header("accept")
        .is_some_and(|types| types.contains("text/html"))
    {
        return Ok(Reply::raw(
            StatusCode::OK,
            "text/html; charset=utf-8",
            html(&id, origin.as_deref()),
        ));
    }
    let token: String = id.chars().rev().collect();
    let connected = json!({"integration_id": id, "token": token, "end_user_origin_id": origin});
    Ok(Reply::json(StatusCode::OK, &connected))
}

/// What a browser shows. The origin is the only text from outside.
fn html(id: &str, origin: Option<&str>) -> String {
    let tenant: String = origin
        .unwrap_or("TENANT")
        .chars()
        .filter(|&it| it.is_alphanumeric() || it == '-')
        .collect();
    format!(
        "<!DOCTYPE html><html lang=\"de\"><meta charset=\"utf-8\"><title>Kombo Connect (Simulator)</title>\
         <body style=\"font-family: sans-serif; max-width: 40em; margin: 4em auto\"><h1>Verbunden</h1>\
         <p>Personio ist jetzt mit <b>{tenant}</b> verbunden. Die Verbindung hat die ID</p><pre>{id}</pre>\
         <p>Weiter im Terminal:</p><pre>tenants connect {tenant} --integration {id}</pre></body></html>"
    )
}

/// `GET /connect/integration-by-token/{token}`
pub(super) fn by_token(state: &State, token: &str) -> Result<Reply, Refusal> {
    let id: String = token.chars().rev().collect();
    let integration = state
        .integrations
        .get(&id)
        .ok_or_else(|| Refusal::new(Code::IntegrationNotFound))?;
    let data = json!({
        "tool": integration.tool(),
        "id": id,
        "end_user_origin_id": integration.record.origin,
        "end_user_organization_name": "Muster GmbH",
        "end_user_email": "hr@muster.example",
        "setup_status": "COMPLETED",
    });
    Ok(Reply::json(
        StatusCode::OK,
        &json!({"status": "success", "data": data}),
    ))
}
