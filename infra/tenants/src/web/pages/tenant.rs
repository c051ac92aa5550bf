//! One company: how it is in one sentence, and what waits with its buttons.

use axum::response::{IntoResponse as _, Redirect, Response};
use maud::{Markup, html};
use shared::domain::id::TenantId;
use shared::state::{Brake, HeldSource, JobKind};
use shared::tenant::Every;

use super::{fact, fleet, to_look_at, waits};
use crate::commands::status::health::TenantState;
use crate::commands::status::one::{self, HeldView, StatusView};
use crate::format;
use crate::web::language::Language;
use crate::web::layout::{self, Place, Tab, refreshed};
use crate::web::live::sync_button;
use crate::web::visit::{Button, Company, Visit};

pub(in crate::web) async fn page(visit: Visit, Company(tenant): Company) -> Response {
    let view = match Box::pin(one::read(visit.context(), &tenant)).await {
        Ok(view) => view,
        Err(failure) => return visit.unread(&tenant, &failure),
    };
    let body = refreshed(
        "tenant",
        &format!("/tenants/{tenant}"),
        15,
        &html! {
            h1 { (sentence(&visit, &view)) }
            (waiting(&visit, &tenant, &view))
            (facts(&visit, &tenant, &view))
            (connection(&visit, &tenant, &view))
            (last_runs(&visit, &tenant, &view))
        },
    );
    let place = Place::Tenant(&tenant, Tab::Overview);
    layout::page(&visit, place, tenant.as_str(), &body).into_response()
}

/// The page of the company whose form is not there any more.
pub(in crate::web) async fn back(Company(tenant): Company) -> Response {
    Redirect::to(&format!("/tenants/{tenant}")).into_response()
}

/// The company's people, once a run has read some. A run that reads nobody leaves them.
fn people(view: &StatusView) -> Option<u64> {
    let people = u64::from(view.health.people);
    (people > 0).then_some(people)
}

fn sentence(visit: &Visit, view: &StatusView) -> String {
    let health = &view.health;
    let count = |number: u64| visit.language.number(number);
    match health.state {
        TenantState::Active => {}
        TenantState::Paused => {
            return visit
                .pick(
                    "Angehalten: niemand wird abgeglichen",
                    "Paused: nobody is synced",
                )
                .to_owned();
        }
        // No run can be good until that is repaired, whenever the last one was.
        TenantState::HalfRemoved | TenantState::BadConfiguration | TenantState::Unreadable => {
            return format::capitalized(&fleet::state(visit, health).1);
        }
    }
    if health.running.contains(&JobKind::Employees) {
        return visit
            .pick(
                "Personen werden gerade abgeglichen",
                "People are being synced now",
            )
            .to_owned();
    }
    let Some(at) = health.last_good_runs.get(&JobKind::Employees) else {
        return visit
            .pick("Noch nie abgeglichen", "Never synced yet")
            .to_owned();
    };
    let ago = visit.language.ago(*at, view.now);
    let left = u64::from(health.waiting) + u64::from(health.held_changes);
    let people = people(view);
    let start = visit.pick(format!("Abgeglichen {ago}"), format!("In sync {ago}"));
    let problems = health.problems.len() as u64;
    match (people, left) {
        // Such as a reading that was rejected: nobody is known to wait, and not all is well.
        (_, 0) if problems > 0 => format!("{start}, {}", to_look_at(visit, problems)),
        (None, 0) => start,
        (Some(people), 0) => visit.pick(
            format!("{start}: alle {} Personen", count(people)),
            format!("{start}: all {} people", count(people)),
        ),
        (people, left) => {
            let synced = people.map(|people| {
                let (fine, all) = (count(people.saturating_sub(left)), count(people));
                visit.pick(
                    format!("{fine} von {all} Personen, "),
                    format!("{fine} of {all} people, "),
                )
            });
            let synced = synced.unwrap_or_default();
            format!("{start}: {synced}{}", waits(visit, left))
        }
    }
}

/// What waits for somebody, each with its buttons, then every other problem.
fn waiting(visit: &Visit, tenant: &TenantId, view: &StatusView) -> Markup {
    let health = &view.health;
    let held = view.held.as_ref().filter(|held| !held.undecided.is_empty());
    // What has a card of its own needs no line.
    let has_card = |problem: &&String| {
        let is_of_people = problem.contains("refused, in conflict or without");
        problem.starts_with("held: ") || problem.starts_with("rejected: ") || is_of_people
    };
    let others: Vec<&String> = health
        .problems
        .iter()
        .filter(|problem| !has_card(problem))
        .collect();
    html! {
        @if health.problems.is_empty() && held.is_none() && health.waiting == 0 {
            p.fine { (visit.pick("Nichts wartet auf dich.", "Nothing waits for you.")) }
        } @else {
            section aria-labelledby="waits" {
                h2 id="waits" { (visit.pick("Wartet auf dich", "Waits for you")) }
                @if let Some(held) = held { (held_card(visit, tenant, view, held, Tab::Overview)) }
                @if let Some(source) = &health.rejected { (source_card(visit, tenant, view, source)) }
                @if health.waiting > 0 { (people_card(visit, tenant, view)) }
                @for problem in others {
                    div.card.waits {
                        p lang="en" { (layout::code_at(visit.language, &format::capitalized(problem), &view.time_zone)) }
                        (remedies(visit, tenant, problem))
                    }
                }
            }
        }
    }
}

/// The pages and buttons of the commands that a problem names.
fn remedies(visit: &Visit, tenant: &TenantId, problem: &str) -> Markup {
    let names = |command: &str| problem.contains(&format!("`tenants {command} {tenant}`"));
    let look = |path: &str, label: &str| html! { a.button href=(format!("/tenants/{tenant}{path}")) { (label) } };
    let mut remedies = Vec::new();
    if names("certificates list") {
        let label = visit.pick("Zertifikate ansehen", "Look at the certificates");
        remedies.push(look("/certificates", label));
    }
    if names("runs") {
        remedies.push(look(
            "/runs",
            visit.pick("Läufe ansehen", "Look at the runs"),
        ));
    }
    if names("check") {
        remedies.push(check_button(visit, tenant));
    }
    if names("sync") {
        remedies.push(sync_button(visit, tenant, JobKind::Employees, "quiet"));
    }
    html! {
        @if !remedies.is_empty() { div.actions { @for remedy in &remedies { (remedy) } } }
    }
}

fn check_button(visit: &Visit, tenant: &TenantId) -> Markup {
    let button = Button {
        action: "check",
        label: visit.pick("Zugang und Rechte prüfen", "Check connection and rights"),
        class: "quiet",
    };
    visit.form(tenant, button, &Markup::default())
}

/// What a brake holds, on the page `on`.
pub(super) fn held_card(
    visit: &Visit,
    tenant: &TenantId,
    view: &StatusView,
    held: &HeldView,
    on: Tab,
) -> Markup {
    let undecided: u64 = held
        .undecided
        .values()
        .map(|number| u64::from(*number))
        .sum();
    let changes = match on {
        Tab::Plan => "#held".to_owned(),
        _ => format!("/tenants/{tenant}/plan#held"),
    };
    let hash = html! { input type="hidden" name="hash" value=(held.hash); };
    let kinds = html! {
        (hash)
        @if held.undecided.len() > 1 {
            label { (visit.pick("Welche", "Which")) " "
                select name="kind" {
                    // By its id a refresh keeps the choice at its kind, whatever kinds join.
                    option id="kind-all" value="" { (visit.pick("alle", "all")) }
                    @for (brake, number) in &held.undecided {
                        option id=(format!("kind-{}", brake.name())) value=(brake.name()) { (counted(visit.language, *brake, *number)) }
                    }
                }
            }
        }
    };
    html! {
        article.card.waits {
            h3 {
                a href=(changes) {
                    (visit.language.counted(undecided, ("Änderung wird gehalten", "Änderungen werden gehalten"), ("change is held", "changes are held")))
                }
            }
            ul.plain {
                @for (brake, number) in &held.undecided { li { (counted(visit.language, *brake, *number)) } }
                @for pattern in &held.patterns { li.small lang="en" { (pattern) } }
            }
            @if held.dismissed > 0 {
                p.small { (visit.language.counted(held.dismissed as u64, ("andere ist verworfen", "andere sind verworfen"), ("other is dismissed", "others are dismissed"))) "." }
            }
            p.small {
                "Plan " code { (held.hash) } ", " (visit.pick("gehalten seit ", "held since "))
                (visit.language.moment(held.since, &view.time_zone)) ". "
                (visit.pick(
                    "Nach einer Freigabe führt ihn der nächste Lauf aus; sie gilt 24 Stunden. Wird er verworfen, bleibt alles, wie es ist.",
                    "Once approved, the next run applies it; the approval lasts 24 hours. Once dismissed, nothing changes."
                ))
            }
            div.actions {
                @if on != Tab::Plan {
                    a.button href=(format!("/tenants/{tenant}/plan")) { (visit.pick("Plan ansehen", "Look at the plan")) }
                }
                (visit.form(tenant, Button { action: "approve", label: visit.pick("Freigeben", "Approve"), class: "primary" }, &kinds))
                (visit.form(tenant, Button { action: "dismiss", label: visit.pick("Verwerfen", "Dismiss"), class: "danger" }, &hash))
            }
        }
    }
}

/// How many changes of this kind there are.
fn counted(language: Language, brake: Brake, number: u32) -> String {
    let (one, many) = match brake {
        Brake::UnexplainedLock => ("Sperre ohne Enddatum", "Sperren ohne Enddatum"),
        Brake::UnflaggedLock => (
            "Sperre einer Person, die fehlt und nicht als gelöscht gekennzeichnet ist",
            "Sperren von Personen, die fehlen und nicht als gelöscht gekennzeichnet sind",
        ),
        Brake::ExplainedLock => ("Sperre zum Enddatum", "Sperren zum Enddatum"),
        Brake::Unlock => ("Entsperrung", "Entsperrungen"),
        Brake::Blank => ("geleertes Feld", "geleerte Felder"),
        Brake::MailChange => ("geänderte E-Mail-Adresse", "geänderte E-Mail-Adressen"),
        Brake::Create => (
            "neues oder übernommenes Konto",
            "neue oder übernommene Konten",
        ),
        Brake::Handover => (
            "Konto, das an ein neues Profil übergeht",
            "Konten, die an ein neues Profil übergehen",
        ),
        Brake::TakeOver => (
            "Übernahme eines Kontos mit einem anderen Namen oder der ID eines anderen Systems",
            "Übernahmen von Konten mit einem anderen Namen oder der ID eines anderen Systems",
        ),
        Brake::OrphanLock => (
            "Sperre eines Kontos, das niemandem im HR-System gehört",
            "Sperren von Konten, die niemandem im HR-System gehören",
        ),
    };
    match (number, language) {
        (1, Language::English) => brake.counted(1),
        _ => language.counted(
            number.into(),
            (one, many),
            (brake.describe(), brake.describe()),
        ),
    }
}

/// A reading with too few of the known people.
fn source_card(visit: &Visit, tenant: &TenantId, view: &StatusView, source: &HeldSource) -> Markup {
    let hash = html! { input type="hidden" name="hash" value=(source.hash); };
    let (found, known) = (
        visit.language.number(source.found),
        visit.language.number(source.known),
    );
    html! {
        article.card.waits {
            h3 { (visit.pick("Vielleicht eine andere Firma", "Perhaps another company")) }
            p {
                (visit.pick(
                    format!("Nur {found} von {known} bekannten Personen stehen noch in Personio. Bis zu einer Entscheidung wird niemand geändert."),
                    format!("Only {found} of {known} known people are still in Personio. Nobody is changed until somebody decides.")
                ))
            }
            p.small { code { (source.hash) } ", " (visit.language.moment(source.since, &view.time_zone)) }
            div.actions {
                (visit.form(tenant, Button { action: "check", label: visit.pick("Zugang prüfen", "Check the credentials"), class: "quiet" }, &Markup::default()))
                (visit.form(tenant, Button { action: "approve", label: visit.pick("Das ist richtig so", "This is right"), class: "primary" }, &hash))
                (visit.form(tenant, Button { action: "dismiss", label: visit.pick("Verwerfen", "Dismiss"), class: "danger" }, &hash))
            }
        }
    }
}

fn people_card(visit: &Visit, tenant: &TenantId, view: &StatusView) -> Markup {
    let waiting = u64::from(view.health.waiting);
    html! {
        article.card.waits {
            h3 {
                a href=(format!("/tenants/{tenant}/people?state=refused&state=conflict&state=waiting")) {
                    (visit.language.counted(waiting, ("Person wurde nicht abgeglichen", "Personen wurden nicht abgeglichen"), ("person was not synced", "people were not synced")))
                }
            }
            p.small {
                (visit.pick(
                    "Die Akademie hat sie abgelehnt, oder ein anderes Konto hat ihre E-Mail-Adresse. Spätere Läufe versuchen es von selbst wieder.",
                    "The academy refused them, or another account has their mail address. Later runs try again."
                ))
            }
            div.actions {
                (visit.form(tenant, Button { action: "retry-people", label: visit.pick("Jetzt erneut versuchen", "Try again now"), class: "primary" }, &Markup::default()))
            }
        }
    }
}

fn facts(visit: &Visit, tenant: &TenantId, view: &StatusView) -> Markup {
    let health = &view.health;
    let number = |number: u64| visit.language.number(number);
    let link = |path: &str| format!("/tenants/{tenant}{path}");
    let class = |number: u32| if number > 0 { "warn" } else { "" };
    html! {
        section aria-label=(visit.pick("Zahlen", "Figures")) {
            ul.facts {
                @if let Some(people) = people(view) {
                    (fact(&number(people), visit.pick("Personen", "people"), Some(&link("/people")), ""))
                }
                (fact(&number(health.open_accounts.into()), visit.pick("offene Konten", "open accounts"), Some(&link("/people")), ""))
                (fact(&number(health.waiting.into()), visit.pick("warten", "waiting"), Some(&link("/people?state=refused&state=conflict&state=waiting")), class(health.waiting)))
                (fact(&number(health.held_changes.into()), visit.pick("gehalten", "held"), Some(&link("/plan")), class(health.held_changes)))
                (fact(&number(health.parked_certificates.into()), visit.pick("Zertifikate liegen geblieben", "certificates parked"), Some(&link("/certificates")), class(health.parked_certificates)))
                @if let Some(left) = &view.certificates_left {
                    (fact(&number(left.to_file), visit.pick("abzulegen", "to file"), Some(&link("/certificates")), ""))
                }
            }
        }
    }
}

fn connection(visit: &Visit, tenant: &TenantId, view: &StatusView) -> Markup {
    let paused = view.health.state == TenantState::Paused;
    let none = Markup::default();
    let configuration = view.configuration.as_ref();
    let are_off = configuration.is_some_and(|known| known.certificates_every.is_none());
    html! {
        section aria-labelledby="connection" {
            h2 id="connection" { (visit.pick("Verbindung", "Connection")) }
            dl {
                @if let Some(configuration) = &view.configuration {
                    dt { (visit.pick("Weg zu Personio", "Route to Personio")) } dd { code { (configuration.route) } }
                    dt { (visit.pick("Nächster Lauf", "Next run")) }
                    dd {
                        @if paused { (visit.pick("keiner, solange angehalten", "none while paused")) } @else {
                            (visit.pick("Personen in höchstens ", "people within ")) (within(visit, configuration.people_every))
                            @if let Some(every) = &configuration.certificates_every {
                                ", " (visit.pick("Zertifikate in höchstens ", "certificates within ")) (within(visit, *every))
                            } @else { ", " (visit.pick("Zertifikate sind aus", "certificates are off")) }
                        }
                    }
                }
                @if !are_off {
                    dt { (visit.pick("Zertifikate", "Certificates")) }
                    dd {
                        @match view.health.gate {
                            Some(_) if view.holds_backfill => {
                                (visit.pick("frühere werden gehalten, bis du das ", "earlier ones are held until you "))
                                a href=(format!("/tenants/{tenant}/certificates")) { (visit.pick("Nachtragen beginnst", "start the backfill")) }
                            }
                            Some(at) => { (visit.pick("werden abgelegt seit ", "have been filed since ")) (visit.language.moment(at, &view.time_zone)) }
                            None => { (visit.pick("warten auf den ersten vollständigen Lauf", "wait for the first complete run of people")) }
                        }
                    }
                }
                @if !view.credentials_checked {
                    dt { (visit.pick("Zugangsdaten", "Credentials")) }
                    dd { (visit.pick("nicht geprüft: AWS lässt dich sie nicht lesen", "not checked: AWS does not let you read them")) }
                }
                @for announcement in &view.health.announcements {
                    dt { (visit.pick("Ein Anbieter kündigt an", "A vendor announces")) } dd lang="en" { (announcement) }
                }
                @if !view.has_scheduler {
                    dt { (visit.pick("Zeitpläne", "Schedules")) } dd { (visit.pick("gibt es hier nicht", "there are none here")) }
                }
            }
            div.actions {
                @if paused {
                    (visit.form(tenant, Button { action: "resume", label: visit.pick("Weiterlaufen lassen", "Resume"), class: "primary" }, &none))
                } @else {
                    (sync_button(visit, tenant, JobKind::Employees, "quiet"))
                    (sync_button(visit, tenant, JobKind::Certificates, "quiet"))
                    (visit.form(tenant, Button { action: "pause", label: visit.pick("Anhalten", "Pause"), class: "danger" }, &none))
                }
                (check_button(visit, tenant))
            }
        }
    }
}

fn within(visit: &Visit, every: Every) -> String {
    visit.language.minutes(every.minutes().into())
}

fn last_runs(visit: &Visit, tenant: &TenantId, view: &StatusView) -> Markup {
    html! {
        section aria-labelledby="last" {
            h2 id="last" { (visit.pick("Letzte Läufe", "Last runs")) }
            @if view.last_reports.is_empty() {
                p { (visit.pick("Es gab noch keinen.", "There was none yet.")) }
            } @else {
                @let reports = view.last_reports.iter().collect::<Vec<_>>();
                (super::runs::table(visit, tenant, &reports, &view.time_zone))
            }
            p { a href=(format!("/tenants/{tenant}/runs")) { (visit.pick("Alle Läufe", "All runs")) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_held_change_is_counted_in_the_singular() {
        let brake = Brake::Unlock;
        for (number, german, english) in [
            (1, "1 Entsperrung", "1 unlock"),
            (2, "2 Entsperrungen", "2 unlocks"),
            (1_012, "1.012 Entsperrungen", "1,012 unlocks"),
        ] {
            assert_eq!(counted(Language::German, brake, number), german);
            assert_eq!(counted(Language::English, brake, number), english);
        }
    }
}
