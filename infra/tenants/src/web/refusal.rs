//! Requests that the console does not take, each with its page.

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use maud::html;

use super::language::Language;
use super::layout;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The request names another host: a name that was made to lead here.
    ForeignHost,
    ForeignOrigin,
    NoSession,
    WrongToken,
    UsedToken,
    ExpiredToken,
    /// The form is of another session or for another action.
    WrongForm,
    ReadOnly,
    TooLarge,
}

impl Refusal {
    fn status(self) -> StatusCode {
        match self {
            Self::ForeignHost => StatusCode::MISDIRECTED_REQUEST,
            Self::NoSession => StatusCode::UNAUTHORIZED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::ForeignOrigin
            | Self::WrongToken
            | Self::UsedToken
            | Self::ExpiredToken
            | Self::WrongForm
            | Self::ReadOnly => StatusCode::FORBIDDEN,
        }
    }

    fn texts(self, language: Language) -> (&'static str, &'static str) {
        let new_address = language.pick(
            "Beende `tenants web` mit Strg-C und starte es neu: Es zeigt eine neue Adresse.",
            "End `tenants web` with Ctrl-C and start it again: it prints a new address.",
        );
        match self {
            Self::ForeignHost => (
                language.pick("Falscher Rechnername", "Another host's name"),
                language.pick(
                    "Die Konsole antwortet nur unter der Adresse, die `tenants web` gezeigt hat.",
                    "The console answers only at the address that `tenants web` printed.",
                ),
            ),
            Self::ForeignOrigin => (
                language.pick("Von einer anderen Seite", "Sent by another page"),
                language.pick(
                    "Eine andere Seite hat diese Anfrage geschickt. Nichts wurde geändert.",
                    "Another page sent this request. Nothing was changed.",
                ),
            ),
            Self::NoSession => (
                language.pick(
                    "Diese Konsole kennt diesen Browser nicht",
                    "This console does not know this browser",
                ),
                new_address,
            ),
            Self::WrongToken => (
                language.pick("Diese Adresse gilt nicht", "This address is not valid"),
                new_address,
            ),
            Self::UsedToken => (
                language.pick(
                    "Diese Adresse wurde schon benutzt",
                    "This address has been used",
                ),
                new_address,
            ),
            Self::ExpiredToken => (
                language.pick("Diese Adresse ist abgelaufen", "This address has expired"),
                new_address,
            ),
            Self::WrongForm => (
                language.pick(
                    "Dieses Formular gilt nicht mehr",
                    "This form is no longer valid",
                ),
                language.pick(
                    "Nichts wurde geändert. Lade die Seite neu und versuche es noch einmal.",
                    "Nothing was changed. Load the page again and try once more.",
                ),
            ),
            Self::ReadOnly => (
                language.pick("Nur zum Ansehen", "View only"),
                language.pick(
                    "Diese Konsole läuft mit `--read-only`. Nichts wurde geändert.",
                    "This console runs with `--read-only`. Nothing was changed.",
                ),
            ),
            Self::TooLarge => (
                language.pick("Zu groß", "Too large"),
                language.pick("Nichts wurde geändert.", "Nothing was changed."),
            ),
        }
    }

    pub(super) fn page(self, language: Language) -> Response {
        let (title, text) = self.texts(language);
        let body = html! {
            h1 { (title) }
            p.lead { (layout::code(text)) }
        };
        (self.status(), layout::bare(language, title, &body)).into_response()
    }
}
