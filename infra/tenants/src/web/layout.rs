//! What all pages have around them.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{DOCTYPE, Markup, html};
use shared::domain::id::TenantId;

use super::language::Language;
use super::visit::Visit;

/// Where a page stands: marks the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place<'a> {
    Fleet,
    Tenant(&'a TenantId, Tab),
    Other(Option<&'a TenantId>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tab {
    Overview,
    Plan,
    People,
    Certificates,
    Runs,
    Audit,
}

const TABS: [(Tab, &str, &str, &str); 6] = [
    (Tab::Overview, "", "Überblick", "Overview"),
    (Tab::Plan, "/plan", "Plan", "Plan"),
    (Tab::People, "/people", "Personen", "People"),
    (
        Tab::Certificates,
        "/certificates",
        "Zertifikate",
        "Certificates",
    ),
    (Tab::Runs, "/runs", "Läufe", "Runs"),
    (Tab::Audit, "/audit", "Entscheidungen", "Decisions"),
];

/// No style and no script in the page: the policy would not let them run. The plan of a large company takes minutes.
const HTMX: &str = r#"{"includeIndicatorCSS":false,"history":false,"noSwap":[204,304,"4xx","5xx"],"defaultTimeout":900000}"#;

pub(super) fn page(visit: &Visit, place: Place<'_>, title: &str, body: &Markup) -> Markup {
    let tenant = match place {
        Place::Fleet => None,
        Place::Tenant(tenant, _) => Some(tenant),
        Place::Other(tenant) => tenant,
    };
    let main = html! {
        header.top {
            a.skip href="#main" { (visit.pick("Zum Inhalt", "Skip to content")) }
            a.brand href="/" aria-current=[(place == Place::Fleet).then_some("page")] { (visit.pick("Alle Firmen", "All companies")) }
            @if let Some(tenant) = tenant {
                nav aria-label=(visit.pick("Firma", "Company")) {
                    span.crumb { (tenant) }
                    ul {
                        @for (tab, path, german, english) in TABS {
                            li {
                                a href=(format!("/tenants/{tenant}{path}"))
                                  aria-current=[(place == Place::Tenant(tenant, tab)).then_some("page")] {
                                    (visit.pick(german, english))
                                }
                            }
                        }
                    }
                }
            }
            @if visit.is_read_only() {
                span.badge { (visit.pick("nur zum Ansehen", "view only")) }
            }
        }
        main id="main" tabindex="-1" {
            p.note id="old" role="alert" hidden {
                (visit.pick("Diese Seite ließ sich nicht neu lesen: Was sie zeigt, kann alt sein. ",
                    "This page could not be read again: what it shows may be old. "))
                a href="" { (visit.pick("Neu laden", "Load it again")) }
            }
            (body)
        }
    };
    let of_tenant = tenant.filter(|tenant| tenant.as_str() != title);
    let title = match of_tenant {
        Some(tenant) => format!("{title} · {tenant}"),
        None => title.to_owned(),
    };
    document(visit.language, &title, &main)
}

/// A page for somebody who has not come in.
pub(super) fn bare(language: Language, title: &str, body: &Markup) -> Markup {
    let main = html! {
        header.top { span.brand { "tenants" } }
        main id="main" { (body) }
    };
    document(language, title, &main)
}

fn document(language: Language, title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="htmx-config" content=(HTMX);
                title { (title) " · tenants" }
                link rel="icon" href="/assets/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/assets/console.css";
                script src="/assets/htmx.min.js" defer {}
                script src="/assets/console.js" defer {}
            }
            body { (body) }
        }
    }
}

/// A part of a page that is read again every `seconds`, with the heading `#sentence` if that is elsewhere. Forms keep what is
/// typed into them.
pub(super) fn refreshed(id: &str, path: &str, seconds: u32, body: &Markup) -> Markup {
    html! {
        div id=(id) hx-get=(path) hx-trigger=(format!("every {seconds}s")) hx-select=(format!("#{id}"))
            hx-select-oob="#sentence" hx-target="this" hx-swap="outerMorph" {
            (body)
        }
    }
}

/// A part of a page that takes a while: it is read when the page is there, and answered by [`late`].
pub(super) fn later(visit: &Visit, path: &str, what: &str) -> Markup {
    html! {
        // Stays: a screen reader announces what comes into a region that was there.
        p.hidden id="said" role="status" {}
        div.later hx-get=(path) hx-trigger="load" hx-target="this" hx-swap="outerHTML" {
            p.loading { span.spinner aria-hidden="true" {} (what) }
            noscript { a.button href=(path) { (visit.pick("Jetzt lesen", "Read now")) } }
        }
    }
}

/// The part, with one sentence that is announced: all of it would be too long.
pub(super) fn late(visit: &Visit, body: &Markup) -> Markup {
    html! {
        p.hidden id="said" hx-swap-oob="innerHTML" { (visit.pick("Fertig gelesen.", "Reading is complete.")) }
        section.live { (body) }
    }
}

/// Text of the command line, in which `commands` are marked.
pub(super) fn code(text: &str) -> Markup {
    html! {
        @for (place, part) in text.split('`').enumerate() {
            @if place % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// The same with moments in the tenant's zone: commands print them in UTC.
pub(super) fn code_at(language: Language, text: &str, zone: &TimeZone) -> Markup {
    html! {
        @for (place, part) in text.split('`').enumerate() {
            @if place % 2 == 1 { code { (part) } } @else {
                @for word in part.split_inclusive(char::is_whitespace) { (word_at(language, word, zone)) }
            }
        }
    }
}

fn word_at(language: Language, word: &str, zone: &TimeZone) -> Markup {
    let text = word.trim_end_matches(|char: char| !char.is_ascii_alphanumeric());
    let rest = word.strip_prefix(text).unwrap_or_default();
    match text.parse::<Timestamp>() {
        Ok(at) => html! { (language.moment(at, zone)) (rest) },
        Err(_) => html! { (word) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_a_text_are_in_the_tenants_zone_and_all_else_stays() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let at = "2026-05-10T22:00:00Z";
        let text = format!("open until {at}; `at {at}` <b> 2026-05-10 7");
        let shown = code_at(Language::German, &text, &zone).into_string();
        let attributes = format!("datetime=\"{at}\" title=\"Europe/Berlin\"");
        let time = format!("<time {attributes}>11.05.2026, 00:00</time>");
        let rest = "&lt;b&gt; 2026-05-10 7";
        let expected = format!("open until {time}; <code>at {at}</code> {rest}");
        assert_eq!(shown, expected);
    }
}
