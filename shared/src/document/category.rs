//! Which folder certificates go to.

use thiserror::Error;

use super::matching::is_same_title;
use crate::domain::id::CategoryId;

/// A document category: what Personio's users see as a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    pub id: CategoryId,
    /// Its name, as the company wrote it.
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NoCategory {
    #[error(
        "Personio has no document category \"{0}\": make it (Settings, Documents), or change [certificates] \
         category"
    )]
    NotTheChosenOne(String),
    #[error(
        "Personio has no document category for certificates: make one called \"Bildungszertifikate\" or \"Learning \
         Certificates\" (Settings, Documents), or name one in [certificates] category"
    )]
    NoneOfTheUsual,
}

/// The folders made for certificates; the first of a list wins.
const OWN: [&str; 2] = ["Bildungszertifikate", "Learning Certificates"];
/// Personio's own folder for everything else, used where there is none for certificates.
const FALLBACK: [&str; 2] = ["Other Documents", "Sonstige Dokumente"];

/// The category for certificates: the tenant's own choice (`chosen`, exact before any case), else one of the usual
/// ones in any case.
pub fn choose_category<'a>(
    categories: &'a [Category],
    chosen: Option<&str>,
) -> Result<&'a Category, NoCategory> {
    match chosen {
        Some(name) => named(categories, name)
            .ok_or_else(|| NoCategory::NotTheChosenOne(name.trim().to_owned())),
        None => OWN
            .iter()
            .chain(&FALLBACK)
            .find_map(|name| named(categories, name))
            .ok_or(NoCategory::NoneOfTheUsual),
    }
}

impl Category {
    /// Whether it is Personio's folder for everything else.
    #[must_use]
    pub fn is_fallback(&self) -> bool {
        let this = std::slice::from_ref(self);
        FALLBACK.iter().any(|name| named(this, name).is_some())
    }
}

/// The category of this name: exactly, else one that reads the same.
fn named<'a>(categories: &'a [Category], name: &str) -> Option<&'a Category> {
    let same = || {
        categories
            .iter()
            .find(|category| is_same_title(&category.name, name))
    };
    categories
        .iter()
        .find(|category| category.name == name)
        .or_else(same)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chooses_by_name() {
        let check = |names: &[&str], chosen: Option<&str>, expected: Option<usize>| {
            let category = |name: &&str| Category {
                id: CategoryId::new(*name),
                name: (*name).to_owned(),
            };
            let categories: Vec<_> = names.iter().map(category).collect();
            let found = choose_category(&categories, chosen).ok();
            let found = found.map(|category| category.name.as_str());
            let expected = expected.map(|place| names[place]);
            assert_eq!(found, expected, "{names:?} {chosen:?}");
        };
        for (names, expected) in [
            (&["Other Documents", "Bildungszertifikate"][..], Some(1)),
            (&["other documents", "learning certificates"], Some(1)),
            (&["Learning Certificates", "BILDUNGSZERTIFIKATE"], Some(1)),
            (&["Other documents", "Contracts"], Some(0)),
            (&["Sonstige Dokumente", "Verträge"], Some(0)),
            (&["Sonstige Dokumente ", "Other documents"], Some(1)),
            (&[" bildungszertifikate "], Some(0)),
            (&["Contracts"], None),
            (&["Bildungszertifikate 2025"], None),
            (&[], None),
        ] {
            check(names, None, expected);
        }
        for (names, chosen, expected) in [
            (&["schulungen", "Schulungen"][..], "Schulungen", Some(1)),
            (&["SCHULUNGEN", "Andere"], "Schulungen", Some(0)),
            (&["ÜBUNGEN"], "übungen", Some(0)),
            // The file was written on a system that takes letters apart.
            (&["Übungen"], "U\u{308}bungen", Some(0)),
            (&["Schulungen"], " Schulungen ", Some(0)),
            (
                &["Bildungszertifikate", "Other Documents"],
                "Schulungen",
                None,
            ),
        ] {
            check(names, Some(chosen), expected);
        }
    }

    #[test]
    fn says_which_folder_to_make() {
        let error = choose_category(&[], Some("Schulungen"))
            .unwrap_err()
            .to_string();
        assert!(error.contains("\"Schulungen\""), "{error}");
        assert!(error.contains("make it"), "{error}");
        let error = choose_category(&[], None).unwrap_err().to_string();
        assert!(error.contains("\"Bildungszertifikate\""), "{error}");
        assert!(error.contains("[certificates]"), "{error}");
    }
}
