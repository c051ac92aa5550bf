//! The endpoints.

use std::sync::{Arc, Mutex};

use http::header::{CONTENT_TYPE, HeaderValue, LOCATION};
use http::{HeaderMap, StatusCode};

use super::links::{BadLink, Links};
use super::{Delivery, Endpoint};
use crate::Clock;
use crate::engine::exchange::{Outcome, Reply, Request};
use crate::engine::lock;
use crate::engine::pipeline::Vendor;
use crate::engine::route::Route;
use crate::reteach::state::State;

/// The file host behind the pipeline.
pub(super) struct Files {
    pub(super) state: Arc<Mutex<State>>,
    pub(super) clock: Clock,
}

impl Vendor for Files {
    type Endpoint = Endpoint;

    const NAME: &'static str = "reteach's files";

    const ROUTES: &'static [Route<Endpoint>] = Endpoint::ROUTES;

    async fn answer(&self, endpoint: Endpoint, path: &[String], request: &Request) -> Outcome {
        let now = (self.clock)();
        let state = &mut *lock(&self.state);
        if request.headers.contains_key("authorization") {
            state.links.with_authorization += 1;
            return refused(
                StatusCode::BAD_REQUEST,
                "InvalidArgument",
                "Only one auth mechanism allowed",
            );
        }
        match Links::check(request, now) {
            Ok(()) => deliver(state, endpoint, path, request, now),
            Err(BadLink::Unsigned) => {
                refused(StatusCode::FORBIDDEN, "AccessDenied", "Access Denied")
            }
            Err(BadLink::Forged) => {
                let text = "The request signature we calculated does not match the signature you provided.";
                refused(StatusCode::FORBIDDEN, "SignatureDoesNotMatch", text)
            }
            Err(BadLink::Expired) => {
                refused(StatusCode::FORBIDDEN, "AccessDenied", "Request has expired")
            }
        }
    }

    fn error(&self, status: StatusCode, _: &Request) -> Reply {
        xml(
            status,
            "Error",
            status.canonical_reason().unwrap_or("Error"),
        )
    }
}

/// What a download gets once it is allowed.
pub(in crate::reteach) fn deliver(
    state: &State,
    endpoint: Endpoint,
    path: &[String],
    request: &Request,
    now: jiff::Timestamp,
) -> Outcome {
    let id = path
        .first()
        .and_then(|file| file.strip_suffix(".pdf"))
        .unwrap_or_default();
    let Some(issued) = state
        .participations
        .certificate(id)
        .filter(|issued| issued.is_published(now))
    else {
        return refused(
            StatusCode::NOT_FOUND,
            "NoSuchKey",
            "The specified key does not exist.",
        );
    };
    let elsewhere = state.links.redirects_to.as_deref();
    if let Some(base) = elsewhere.filter(|_| endpoint == Endpoint::Certificate) {
        let file = state.links.signed(&format!("/files/{id}.pdf"), now);
        return redirect(&format!("{base}{file}"));
    }
    let content_type = state
        .links
        .content_type
        .as_deref()
        .and_then(|text| HeaderValue::from_str(text).ok());
    let headers: HeaderMap = content_type
        .map(|value| (CONTENT_TYPE, value))
        .into_iter()
        .collect();
    let reply = |body: &'static str| {
        let body = body.as_bytes().into();
        Outcome::Answered(Reply {
            status: StatusCode::OK,
            headers: headers.clone(),
            body,
        })
    };
    match &issued.certificate.delivery {
        Delivery::RedirectHere { .. } if endpoint == Endpoint::Certificate => {
            redirect(&state.links.signed(&format!("/files/{id}.pdf"), now))
        }
        Delivery::RedirectLoop => redirect(&itself(request)),
        Delivery::RedirectTo(place) => redirect(place),
        Delivery::NotAPdf => {
            reply("<!DOCTYPE html><html><body>Bitte melden Sie sich an.</body></html>")
        }
        Delivery::Empty => reply(""),
        Delivery::Status(status) => {
            let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            refused(
                status,
                "Error",
                status.canonical_reason().unwrap_or("Error"),
            )
        }
        other => match other.answer(id, headers) {
            Some(answer) => Outcome::Streamed(answer),
            None => refused(
                StatusCode::NOT_FOUND,
                "NoSuchKey",
                "The specified key does not exist.",
            ),
        },
    }
}

fn itself(request: &Request) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(&request.query)
        .finish();
    format!("{}?{query}", request.path)
}

fn redirect(location: &str) -> Outcome {
    Outcome::Answered(Reply::raw(StatusCode::FOUND, "text/plain", "").with(LOCATION, location))
}

fn refused(status: StatusCode, code: &str, message: &str) -> Outcome {
    Outcome::Answered(xml(status, code, message))
}

/// An object store's error.
fn xml(status: StatusCode, code: &str, message: &str) -> Reply {
    let body = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>{message}</Message></Error>"#
    );
    Reply::raw(status, "application/xml", body)
}
