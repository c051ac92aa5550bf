//! `POST /passthrough/{tool}/{api}`: a request to Personio that Kombo authenticates.

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use reqwest::Client;
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};

use super::errors::{Code, Refusal};
use super::files::FileObject;
use super::integrations::Integration;
use super::remote::Remote;
use crate::Origin;
use crate::engine::exchange::{Outcome, Reply, Request};
use crate::engine::multipart::{self, Part};

/// Keys of the request body that are simulated.
const KEYS: &[&str] = &[
    "method",
    "path",
    "headers",
    "params",
    "data",
    "multipart_form_data",
    "api_options",
];

/// A checked call, ready to be forwarded.
pub(super) struct Call {
    remote: Remote,
    request: Request,
    url: String,
    form: Vec<FormField>,
}

/// One entry of `multipart_form_data`.
enum FormField {
    Text(String, String),
    File(String, FileObject),
}

/// Checks what is to be passed through, and logs in to Personio with the credential that Kombo holds.
pub(super) fn call(
    integration: &Integration,
    path: &[String],
    request: &Request,
) -> Result<Call, Refusal> {
    let [tool, api] = path else {
        return Err(Refusal::input("There is no such passthrough API."));
    };
    let version = match api.as_str() {
        "personnel" => "v1",
        "personnelv2" => "v2",
        _ => "",
    };
    if tool != integration.tool() || tool != "personio" || version.is_empty() {
        return Err(Refusal::input(format!(
            "There is no passthrough API {tool}/{api} for this integration."
        )));
    }
    if !integration.record.passes_through {
        return Err(Refusal::new(Code::ActionNotAvailable));
    }
    let Some(Value::Object(body)) = request.json() else {
        return Err(Refusal::input("The body must be a JSON object."));
    };
    if let Some(unknown) = body.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(Refusal::input(format!(
            "The key {unknown} is not simulated or does not exist."
        )));
    }
    let (client_id, client_secret) = &integration.record.credential;
    let personio = &integration.personio;
    let token = match version {
        "v2" => personio.token_v2_for(client_id, client_secret),
        _ => personio.token_for(client_id, client_secret),
    };
    let token = token.ok_or_else(|| Refusal::new(Code::IntegrationAuthenticationInvalid))?;
    let path = body
        .get("path")
        .and_then(Value::as_str)
        .filter(|path| path.starts_with('/'));
    let path = path.ok_or_else(|| Refusal::input("path must be a string that begins with /."))?;
    let url = format!("https://api.personio.de/{version}{path}");
    let form = form(&body)?;
    let target = target(&body, &format!("/{version}{path}"), &token)?;
    let target = Request {
        effect_after: request.effect_after,
        ..target
    };
    Ok(Call {
        remote: integration.remote(),
        request: target,
        url,
        form,
    })
}

fn target(body: &Map<String, Value>, path: &str, token: &str) -> Result<Request, Refusal> {
    let method = match body.get("method").and_then(Value::as_str) {
        Some("GET") => Method::GET,
        Some("POST") => Method::POST,
        Some("PUT") => Method::PUT,
        Some("PATCH") => Method::PATCH,
        Some("DELETE") => Method::DELETE,
        _ => {
            return Err(Refusal::input(
                "method must be one of GET, POST, DELETE, PUT, PATCH.",
            ));
        }
    };
    let mut headers = HeaderMap::new();
    for (name, value) in texts(body, "headers")? {
        let name = HeaderName::try_from(name)
            .map_err(|_| Refusal::input("headers: not a header name."))?;
        let value = HeaderValue::try_from(value)
            .map_err(|_| Refusal::input("headers: not a header value."))?;
        headers.insert(name, value);
    }
    let data = match body.get("data") {
        None | Some(Value::Null) => Bytes::new(),
        Some(Value::String(raw)) => Bytes::from(raw.clone()),
        Some(json) => {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            Bytes::from(json.to_string())
        }
    };
    if let Ok(bearer) = HeaderValue::try_from(format!("Bearer {token}")) {
        headers.insert(AUTHORIZATION, bearer);
    }
    let (path, query) = path
        .split_once('?')
        .map_or((path, None), |(path, query)| (path, Some(query)));
    let mut request = Request::new(method, path.to_owned(), query, headers, data);
    request.query.extend(texts(body, "params")?);
    Ok(request)
}

/// The form to be sent instead of `data`.
fn form(body: &Map<String, Value>) -> Result<Vec<FormField>, Refusal> {
    let Some(fields) = body.get("multipart_form_data") else {
        return Ok(Vec::new());
    };
    if body.contains_key("data") {
        return Err(Refusal::input(
            "data and multipart_form_data exclude each other.",
        ));
    }
    let refusal =
        || Refusal::input("multipart_form_data must be a list of objects with a name and a value.");
    let field = |field: &Value| {
        let name = field
            .get("name")
            .and_then(Value::as_str)
            .ok_or_else(refusal)?
            .to_owned();
        match field.get("value") {
            Some(Value::String(text)) => Ok(FormField::Text(name, text.clone())),
            Some(file @ Value::Object(_)) => Ok(FormField::File(name, FileObject::of(file)?)),
            _ => Err(refusal()),
        }
    };
    fields
        .as_array()
        .ok_or_else(refusal)?
        .iter()
        .map(field)
        .collect()
}

/// An object of texts, as the document has it: no numbers, no lists.
fn texts(body: &Map<String, Value>, key: &str) -> Result<Vec<(String, String)>, Refusal> {
    let refusal = || Refusal::input(format!("{key} must be an object whose values are strings."));
    let Some(entries) = body.get(key) else {
        return Ok(Vec::new());
    };
    entries
        .as_object()
        .ok_or_else(refusal)?
        .iter()
        .map(|(name, value)| Ok((name.clone(), value.as_str().ok_or_else(refusal)?.to_owned())))
        .collect()
}

/// Asks Personio, and wraps its answer: Kombo's own status is 200 whatever Personio said.
pub(super) async fn forward(mut call: Call, client: &Client) -> Result<Outcome, Refusal> {
    if !call.form.is_empty() {
        let (content_type, body) = encoded(call.form);
        if let Ok(content_type) = HeaderValue::try_from(content_type) {
            call.request.headers.insert(CONTENT_TYPE, content_type);
        }
        call.request.body = body;
    }
    match call
        .remote
        .ask(call.request, Origin::KomboPassthrough, client)
        .await
    {
        Outcome::Answered(reply) | Outcome::Last(reply, _) => {
            Ok(Outcome::Answered(wrapped(&reply, &call.url)))
        }
        // Kombo waited for Personio in vain. Nothing of Personio's is streamed.
        Outcome::Cut | Outcome::CutMidBody(_) | Outcome::Streamed(_) => {
            Err(Refusal::new(Code::RemoteUnavailable))
        }
    }
}

fn encoded(form: Vec<FormField>) -> (String, Bytes) {
    let part = |field| match field {
        FormField::Text(name, value) => Part::Text { name, value },
        FormField::File(name, file) => Part::File {
            name,
            file_name: file.name,
            content_type: file.content_type,
            content: file.content,
        },
    };
    multipart::encoded(&form.into_iter().map(part).collect::<Vec<_>>())
}

fn wrapped(reply: &Reply, url: &str) -> Reply {
    let headers: Map<String, Value> = reply
        .headers
        .iter()
        .filter(|(name, _)| **name != AUTHORIZATION)
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), json!(value.to_str().ok()?))))
        .collect();
    // Personio's JSON goes in unparsed: parsing large pages only to write them again would be slow.
    let data = match serde_json::from_slice::<IgnoredAny>(&reply.body) {
        Ok(_) => String::from_utf8_lossy(&reply.body),
        Err(_) => json!(String::from_utf8_lossy(&reply.body))
            .to_string()
            .into(),
    };
    let (url, headers, status) = (json!(url), json!(headers), reply.status.as_u16());
    let body = format!(
        r#"{{"status":"success","data":{{"url":{url},"status":{status},"headers":{headers},"data":{data}}},"warnings":[]}}"#
    );
    Reply::raw(StatusCode::OK, "application/json", body)
}
