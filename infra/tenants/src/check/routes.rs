//! What a route can and cannot do.

use shared::tenant::{EmploymentTypeAs, TenantConfig, Via};

use crate::item::Item;

pub(super) fn limits(config: &TenantConfig) -> Vec<Item> {
    let about = "route";
    let mut items = Vec::new();
    match config.personio.via {
        Via::Direct => {
            items.push(Item::note(about, "direct: Personio itself is read on every run; we hold the credential"));
        }
        Via::KomboPassthrough => items.push(Item::note(
            about,
            "kombo-passthrough: Personio itself is read on every run, through Kombo, which holds the credential and opens this \
             route per customer",
        )),
        Via::Kombo => {
            items.push(Item::note(
                about,
                "kombo: Kombo's copy of Personio is read. It is seconds old with Kombo's upstream webhooks for Personio, and up to \
                 3 hours without: have them switched on in Kombo's dashboard, or changes arrive late",
            ));
            items.push(Item::note(
                about,
                "kombo: a value that Kombo leaves out of a record, instead of showing null, stays in reteach; somebody whose \
                 profile was deleted is noticed by Kombo's remote_deleted_at, or by missing from two readings",
            ));
            if config.employees.employment_type == EmploymentTypeAs::Tag {
                items.push(employment_type(config));
            }
            if config.certificates.enabled {
                items.push(Item::note(
                    about,
                    "kombo: a document has no title, date or comment; its file name carries course, day and certificate id",
                ));
            }
        }
    }
    items
}

fn employment_type(config: &TenantConfig) -> Item {
    let field = config
        .kombo
        .as_ref()
        .and_then(|kombo| kombo.employment_type_field.as_ref());
    match field {
        Some(field) => Item::note(
            "route",
            format!("kombo: Anstellungsart comes from the custom field {field}"),
        ),
        None => Item::note(
            "route",
            "kombo: Anstellungsart is what Kombo infers from the work schedule, not Personio's own value; a custom field that \
             carries it can be named in [kombo] employment_type_field",
        ),
    }
}
