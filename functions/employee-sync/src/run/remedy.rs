//! What the operator does where the academy refuses the same thing of everybody.

use std::collections::BTreeSet;

use shared::domain::id::TenantId;

use crate::apply::Trouble;
use crate::io::Problem;

/// The message of a run that met `troubles`.
pub(super) fn academy_refuses(troubles: &BTreeSet<Trouble>, tenant: &TenantId) -> String {
    let described = troubles.iter().map(|trouble| describe(trouble, tenant));
    let described: Vec<String> = described.collect::<BTreeSet<_>>().into_iter().collect();
    let is_of_tags_alone = |trouble: &Trouble| trouble.problem.is_of_tags_alone();
    let rest = if troubles.iter().all(is_of_tags_alone) {
        "All else of these people is written"
    } else {
        "Other changes of these people wait; locks and unlocks are written"
    };
    format!("{}. {rest}", described.join("; "))
}

fn describe(trouble: &Trouble, tenant: &TenantId) -> String {
    let field = trouble.field.as_deref().unwrap_or_default();
    let how = match trouble.problem {
        Problem::Status(status) => status.to_string(),
        Problem::Conflict => "409".to_owned(),
        Problem::NotKept | Problem::NotCleared | Problem::Lost | Problem::NoAnswer => {
            "its replies show it".to_owned()
        }
        Problem::Forbidden => "these credentials may not write it".to_owned(),
    };
    let what = match (trouble.problem, field) {
        (Problem::Lost, _) => {
            "the academy loses the fields that an update does not name".to_owned()
        }
        (_, "") if trouble.creates => {
            format!("the academy refuses new accounts and names no field ({how})")
        }
        (_, "") => format!("the academy refuses records and names no field ({how})"),
        (Problem::NotCleared, field) => format!("the academy does not clear {field} ({how})"),
        (Problem::NotKept, field) if is_tag(field) => {
            format!("the academy does not take {field}, or does not show it ({how})")
        }
        (_, field) => format!("the academy refuses {field} ({how})"),
    };
    let remedy = remedy(trouble.problem, field, tenant);
    match trouble.problem {
        Problem::NotKept if is_tag(field) => format!(
            "{what}: look at one of these people in the academy. If the tag is there, ask reteach's support to let these \
             credentials read tags; else {remedy}"
        ),
        _ => format!("{what}: {remedy}"),
    }
}

fn is_tag(field: &str) -> bool {
    field.starts_with("tag:")
}

fn remedy(problem: Problem, field: &str, tenant: &TenantId) -> String {
    let key = match field {
        _ if problem == Problem::Lost => r#"[reteach] update = "replace""#,
        "position" => r#"[employees] position = "tag""#,
        "location" => r#"[employees] location = "tag""#,
        "department" => "[employees] department = false",
        "tag:Anstellungsart" => r#"[employees] employment_type = "off""#,
        "tag:Position" => r#"[employees] position = "off""#,
        "tag:Standort" => r#"[employees] location = "off""#,
        "" => return "compare one of these people with the academy's rules".to_owned(),
        field => {
            return format!("ask reteach's support to let these credentials write {field}");
        }
    };
    format!(
        "set `{key}` in {tenant}.toml and store it with `tenants add --file {tenant}.toml --update`"
    )
}
