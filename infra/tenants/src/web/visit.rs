//! One request of the browser that came in: its language, its session, and the forms that it may send.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use maud::{Markup, html};
use shared::domain::id::TenantId;

use super::Shared;
use super::language::Language;
use super::layout::{self, Place};
use super::refusal::Refusal;
use super::session::Session;
use crate::context::CommandContext;
use crate::failure::Failure;

#[derive(Clone)]
pub(super) struct Visit {
    pub(super) language: Language,
    shared: Shared,
    session: Session,
}

impl FromRequestParts<Shared> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Response> {
        let language = Language::of(&parts.headers);
        let session = parts.extensions.get::<Session>().cloned();
        Ok(Self {
            language,
            shared: shared.clone(),
            session: session.ok_or_else(|| Refusal::NoSession.page(language))?,
        })
    }
}

/// The tenant that an address names, in a table of a version that this program knows.
pub(super) struct Company(pub(super) TenantId);

impl FromRequestParts<Shared> for Company {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Response> {
        let visit = Visit::from_request_parts(parts, shared).await?;
        let parameters = RawPathParams::from_request_parts(parts, shared).await;
        let parameters = parameters.map_err(IntoResponse::into_response)?;
        let mut parameters = parameters.iter();
        let name = parameters.find(|(name, _)| *name == "tenant");
        let name = name.map_or("", |(_, value)| value);
        let tenant = TenantId::parse(name).map_err(|error| {
            let failure = Failure::attention(error.to_string());
            visit.problem(StatusCode::NOT_FOUND, None, &failure)
        })?;
        // A newer release may take over the table while a console is open.
        let version = visit.context().store.check_version().await;
        version.map_err(|error| visit.problem(StatusCode::BAD_GATEWAY, None, &error.into()))?;
        Ok(Self(tenant))
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Button<'a> {
    /// The last part of the address: `approve`.
    pub(super) action: &'a str,
    pub(super) label: &'a str,
    /// `primary`, `quiet`, `danger`.
    pub(super) class: &'static str,
}

impl Visit {
    pub(super) fn context(&self) -> &CommandContext<'static> {
        &self.shared.context
    }

    pub(super) fn runs(&self) -> &super::live::Runs {
        &self.shared.runs
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    pub(super) fn now(&self) -> Timestamp {
        self.shared.now()
    }

    pub(super) fn is_read_only(&self) -> bool {
        self.shared.read_only
    }

    pub(super) fn pick<T>(&self, german: T, english: T) -> T {
        self.language.pick(german, english)
    }

    /// The hidden field that a form for `path` needs.
    pub(super) fn csrf(&self, path: &str) -> Markup {
        html! { input type="hidden" name="csrf" value=(self.session.csrf(path)); }
    }

    /// A form with one button about a tenant, and whatever `fields` it has. Nothing in a console for looking only.
    pub(super) fn form(&self, tenant: &TenantId, button: Button<'_>, fields: &Markup) -> Markup {
        if self.is_read_only() {
            return Markup::default();
        }
        let Button {
            action,
            label,
            class,
        } = button;
        let path = format!("/tenants/{tenant}/do/{action}");
        html! {
            form method="post" action=(path) {
                (self.csrf(&path))
                (fields)
                button type="submit" class=(class) { (label) }
            }
        }
    }

    /// A page that says why there is none.
    pub(super) fn problem(
        &self,
        status: StatusCode,
        tenant: Option<&TenantId>,
        failure: &Failure,
    ) -> Response {
        let title = match status {
            StatusCode::NOT_FOUND => self.pick("Das gibt es nicht", "There is no such thing"),
            StatusCode::CONFLICT => self.pick("Nichts wurde geändert", "Nothing was changed"),
            _ => self.pick("Das ging nicht", "That did not work"),
        };
        let body = html! {
            h1 { (title) }
            p.lead lang="en" { (layout::code(&failure.text)) }
            @if let Some(tenant) = tenant {
                p { a.button href=(format!("/tenants/{tenant}")) { (self.pick("Zurück zu ", "Back to ")) (tenant) } }
            } @else {
                p { a.button href="/" { (self.pick("Alle Firmen", "All companies")) } }
            }
        };
        (status, layout::page(self, Place::Other(None), title, &body)).into_response()
    }

    /// The page of a view that cannot be read.
    pub(super) fn unread(&self, tenant: &TenantId, failure: &Failure) -> Response {
        if failure.text.starts_with("there is no tenant") {
            return self.problem(StatusCode::NOT_FOUND, None, failure);
        }
        self.problem(StatusCode::BAD_GATEWAY, Some(tenant), failure)
    }
}
