//! What stands before every page: the host's name, the session, and for actions the origin and the form's token.

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use reqwest::Url;

use super::language::Language;
use super::refusal::Refusal;
use super::session::Session;
use super::{Shared, assets};

const MAX_FORM_BYTES: usize = 64 * 1024;

/// Looking somebody up writes nothing. It is no GET, so that names and mail addresses stay out of the browser's history.
pub(super) const READING_FORM: &str = "/people/find";

/// The fields of a form whose token has been verified.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    pub(super) fn of(body: &str) -> Self {
        Self(pairs(body))
    }

    /// The first value of a field, trimmed.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(field, _)| field == name);
        found
            .map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty())
    }

    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let found = self.0.iter().filter(move |(field, _)| field == name);
        found.map(|(_, value)| value.trim())
    }
}

pub(super) async fn guard(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let language = Language::of(request.headers());
    let mut response = match admit(&shared, request).await {
        Ok(Admitted::Page(request)) => next.run(*request).await,
        Ok(Admitted::Browser(cookie)) => {
            let location = (header::LOCATION, HeaderValue::from_static("/"));
            let mut response = (StatusCode::SEE_OTHER, [location]).into_response();
            let cookie = cookie.and_then(|cookie| HeaderValue::from_str(&cookie).ok());
            if let Some(cookie) = cookie {
                response.headers_mut().insert(header::SET_COOKIE, cookie);
            }
            response
        }
        Err(refusal) => refusal.page(language),
    };
    secure(response.headers_mut());
    response
}

enum Admitted {
    Page(Box<Request>),
    /// With the printed address: on to one without the token, and with the cookie that the token was exchanged for.
    Browser(Option<String>),
}

async fn admit(shared: &Shared, mut request: Request) -> Result<Admitted, Refusal> {
    let headers = request.headers();
    if text(headers, &header::HOST) != Some(shared.host.as_str()) {
        return Err(Refusal::ForeignHost);
    }
    if request.method() == Method::GET && assets::is_asset(request.uri().path()) {
        return Ok(Admitted::Page(Box::new(request)));
    }
    let now = shared.now();
    let cookie = cookie(headers, &shared.cookie);
    let session = shared.door.session(cookie, now);
    let is_foreign = is_part_of_another_page(headers);
    if let (Some(token), "/") = (token(&request), request.uri().path()) {
        // The browser that came in may open the address again.
        return match (shared.door.enter(&token, now), session) {
            (Ok(secret), _) => Ok(Admitted::Browser(Some(shared.set_cookie(&secret)))),
            (Err(Refusal::UsedToken), Some(_)) => Ok(Admitted::Browser(None)),
            (Err(refusal), _) => Err(refusal),
        };
    }
    let session = session.ok_or(Refusal::NoSession)?;
    request.extensions_mut().insert(session.clone());
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        if is_foreign {
            return Err(Refusal::ForeignOrigin);
        }
        return Ok(Admitted::Page(Box::new(request)));
    }
    action(shared, &session, request)
        .await
        .map(|request| Admitted::Page(Box::new(request)))
}

/// Whether a page of another origin asks for this as a part of itself. Browsers send the cookie to every port of this
/// machine, and some of our pages ask vendors.
fn is_part_of_another_page(headers: &HeaderMap) -> bool {
    let site = text(headers, &HeaderName::from_static("sec-fetch-site"));
    let destination = text(headers, &HeaderName::from_static("sec-fetch-dest"));
    matches!(site, Some("same-site" | "cross-site")) && destination != Some("document")
}

async fn action(shared: &Shared, session: &Session, request: Request) -> Result<Request, Refusal> {
    let own = format!("http://{}", shared.host);
    let headers = request.headers();
    let origin = text(headers, &header::ORIGIN);
    let site = text(headers, &HeaderName::from_static("sec-fetch-site"));
    // Without a referrer browsers send the origin "null" with their forms, and say themselves whose page it was.
    let is_own = match (site, origin) {
        (Some("same-origin"), Some("null")) => true,
        (Some("same-origin") | None, Some(origin)) => origin == own,
        _ => false,
    };
    if !is_own {
        return Err(Refusal::ForeignOrigin);
    }
    let path = request.uri().path().to_owned();
    if shared.read_only && !path.ends_with(READING_FORM) {
        return Err(Refusal::ReadOnly);
    }
    let (mut parts, body) = request.into_parts();
    let bytes = to_bytes(body, MAX_FORM_BYTES)
        .await
        .map_err(|_| Refusal::TooLarge)?;
    let fields = Fields::of(&String::from_utf8_lossy(&bytes));
    let token = fields.text("csrf").unwrap_or_default();
    if !session.allows(&path, token) {
        return Err(Refusal::WrongForm);
    }
    parts.extensions.insert(fields);
    Ok(Request::from_parts(parts, Body::empty()))
}

fn secure(headers: &mut HeaderMap) {
    for (name, value) in [
        (
            "content-security-policy",
            "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'",
        ),
        ("x-frame-options", "DENY"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE);
    let pairs = all
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'));
    pairs
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

fn token(request: &Request) -> Option<String> {
    let pairs = pairs(request.uri().query()?);
    let found = pairs.into_iter().find(|(name, _)| name == "token");
    found.map(|(_, value)| value)
}

/// The pairs of a query or of a form.
pub(super) fn pairs(encoded: &str) -> Vec<(String, String)> {
    let mut url = match Url::parse("http://127.0.0.1/") {
        Ok(url) => url,
        Err(_) => return Vec::new(),
    };
    url.set_query(Some(encoded));
    url.query_pairs().into_owned().collect()
}
