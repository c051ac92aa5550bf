//! `tenants certificates move`

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use serde::Serialize;
use shared::document::{Category, DocumentSink as _, choose_category};
use shared::domain::id::{CertificateId, DocumentId, SourceId, TenantId};
use shared::routes::{Connections, Hr};
use shared::source::SourceError;
use shared::state::CertificateState;

use crate::args::MoveCertificates;
use crate::confirm::Confirmation;
use crate::context::{CommandContext, StoredTenant};
use crate::failure::{Failure, Result};
use crate::format;
use crate::output::{Output, View};

/// Lists in flight at once; the client's pace sets the speed.
const CONCURRENCY: usize = 4;

/// After this many refusals in a row without a success, the fault is not a document's.
const MAX_REFUSALS: u32 = 5;

#[derive(Serialize)]
struct MovedView<'a> {
    tenant_id: &'a TenantId,
    folder: String,
    moved: u64,
    /// Documents that are there already.
    there: u64,
    /// Filed certificates without a document that names them: filed by someone else, or deleted in Personio.
    not_found: u64,
    refused: Vec<Refused>,
}

#[derive(Serialize)]
struct Refused {
    certificate_id: CertificateId,
    problem: String,
}

/// What the lists of documents show about the certificates that the ledger has as filed.
#[derive(Default)]
struct Found {
    elsewhere: Vec<(CertificateId, DocumentId)>,
    there: u64,
    not_found: u64,
    people: u64,
    /// Certificates of people whose documents cannot be listed.
    refused: Vec<Refused>,
}

pub(super) async fn relocate(
    context: &CommandContext<'_>,
    args: &MoveCertificates,
) -> Result<Output> {
    let MoveCertificates { tenant, to, yes } = args;
    let StoredTenant { config, .. } = context.tenant(tenant).await?;
    let secret = context.secrets.refresh(tenant).await?;
    let Connections { hr, .. } = context.connect(&config, &secret)?;
    let hr = hr.personio().ok_or_else(no_way)?;
    let categories = hr.categories().await.map_err(read_failed)?;
    let chosen = to.as_deref().or(config.certificates.category.as_deref());
    let folder = choose_category(&categories, chosen).map_err(|error| {
        Failure::attention(match to {
            Some(name) => format!("nothing was moved: {}", no_such_folder(name, &categories)),
            None => error.to_string(),
        })
    })?;
    let found = find(context, &hr, tenant, folder).await?;
    let announcement = announcement(tenant, folder, &found);
    let mut moved = MovedView {
        tenant_id: tenant,
        folder: folder.name.clone(),
        moved: 0,
        there: found.there,
        not_found: found.not_found,
        refused: found.refused,
    };
    if !found.elsewhere.is_empty() {
        let confirmation = Confirmation {
            announcement: &announcement,
            yes: *yes,
            word: (tenant.as_str(), "the tenant's name"),
            otherwise: "nothing was moved",
        };
        confirmation.ask(context.environment)?;
        move_all(&hr, folder, found.elsewhere, &mut moved)
            .await
            .map_err(|failure| Failure {
                text: format!(
                    "{}. Moved so far: {}",
                    failure.text.trim_end_matches('.'),
                    moved.moved
                ),
                ..failure
            })
            .map_err(Failure::repeatable)?;
    }
    Output::of(&moved)
}

/// `Personio has no folder "Nirgends"`, and those that it has.
fn no_such_folder(name: &str, categories: &[Category]) -> String {
    let names = categories
        .iter()
        .map(|folder| format!("\"{}\"", folder.name));
    let names: Vec<String> = names.collect();
    format!(
        "Personio has no folder \"{name}\"; it has {}. Name one of them with --to, or make the folder (Settings, Documents)",
        names.join(", ")
    )
}

/// Certificates whose documents may be among those of one id in the HR system.
#[derive(Default)]
struct Profile {
    /// When the last of them was filed.
    last: Timestamp,
    certificates: BTreeSet<CertificateId>,
    /// The person has another id now: the HR system may not have this one any more.
    is_former: bool,
}

/// The filed certificates by the ids under which their documents may be: the one for which they were filed, and those
/// that the person's account has gone to since. HR may have taken the documents along.
async fn profiles(
    context: &CommandContext<'_>,
    tenant: &TenantId,
) -> Result<(BTreeMap<SourceId, Profile>, u64)> {
    let ledger = context.store.all_employees(tenant, None).await?;
    let mut profiles: BTreeMap<SourceId, Profile> = BTreeMap::new();
    let mut people = BTreeSet::new();
    for (certificate, entry) in context.store.all_certificates(tenant).await? {
        let CertificateState::Uploaded { at, .. } = entry.state else {
            continue;
        };
        people.insert(entry.employee.clone());
        let mut seen = BTreeSet::new();
        let mut next = Some(&entry.employee);
        while let Some(id) = next.filter(|id| seen.insert(*id)) {
            next = ledger
                .get(id)
                .and_then(|known| known.handed_over_to.as_ref());
            let profile = profiles.entry(id.clone()).or_default();
            profile.last = at.max(profile.last);
            profile.certificates.insert(certificate.clone());
            profile.is_former |= next.is_some();
        }
    }
    Ok((profiles, people.len() as u64))
}

/// Lists the documents of each person with a filed certificate. A list that is refused is noted; what is not about one
/// person ends it. People with the newest certificates come first: the lists of those who have left may all be refused.
async fn find(
    context: &CommandContext<'_>,
    hr: &Hr,
    tenant: &TenantId,
    folder: &Category,
) -> Result<Found> {
    let (profiles, people) = Box::pin(profiles(context, tenant)).await?;
    let mut profiles: Vec<_> = profiles.into_iter().collect();
    profiles.sort_by_key(|(_, profile)| (profile.is_former, Reverse(profile.last)));
    let mut found = Found {
        people,
        ..Found::default()
    };
    let mut lists = stream::iter(profiles)
        .map(|(person, profile)| async move {
            let documents = hr.documents(&person).await.ok_or_else(no_way)?;
            Ok::<_, Failure>((profile.certificates, documents))
        })
        .buffered(CONCURRENCY);
    let (mut listed, mut refusals) = (0, 0);
    let mut known: BTreeSet<CertificateId> = BTreeSet::new();
    // Certificates that no list shows, and why there is none.
    let mut missing: BTreeMap<CertificateId, Option<String>> = BTreeMap::new();
    while let Some((certificates, documents)) = lists.try_next().await? {
        let documents = match documents {
            Ok(documents) => documents,
            Err(error @ (SourceError::Refused(_) | SourceError::Unreadable(_))) => {
                refusals += 1;
                if refusals == MAX_REFUSALS && listed == 0 {
                    return Err(read_failed(error));
                }
                let problem = format!("the person's documents cannot be listed: {error}");
                for id in certificates {
                    missing.entry(id).or_insert_with(|| Some(problem.clone()));
                }
                continue;
            }
            Err(error) => return Err(read_failed(error)),
        };
        listed += 1;
        for id in certificates {
            // A second copy, made by hand or by a fault, moves along.
            for document in documents.iter().filter(|document| document.names(&id)) {
                known.insert(id.clone());
                match document.category.as_ref() == Some(&folder.id) {
                    true => found.there += 1,
                    false => found.elsewhere.push((id.clone(), document.id.clone())),
                }
            }
            missing.insert(id, None);
        }
    }
    missing.retain(|id, _| !known.contains(id));
    for (certificate_id, problem) in missing {
        match problem {
            Some(problem) => found.refused.push(Refused {
                certificate_id,
                problem,
            }),
            None => found.not_found += 1,
        }
    }
    Ok(found)
}

/// Moves one document after the other. A refused one is noted; what is not about one document ends it.
async fn move_all(
    hr: &Hr,
    folder: &Category,
    documents: Vec<(CertificateId, DocumentId)>,
    moved: &mut MovedView<'_>,
) -> Result<()> {
    let mut refusals = 0;
    for (certificate_id, document) in documents {
        match hr
            .move_document(&document, &folder.id)
            .await
            .ok_or_else(no_way)?
        {
            Ok(()) => {
                moved.moved += 1;
                refusals = 0;
            }
            Err(SourceError::Refused(problem) | SourceError::Unreadable(problem)) => {
                refusals += 1;
                if refusals == MAX_REFUSALS && moved.moved == 0 {
                    return Err(Failure::attention(problem));
                }
                moved.refused.push(Refused {
                    certificate_id,
                    problem,
                });
            }
            Err(error) => return Err(Failure::attention(error.to_string())),
        }
    }
    Ok(())
}

fn announcement(tenant: &TenantId, folder: &Category, found: &Found) -> String {
    let Found {
        elsewhere,
        there,
        not_found,
        people,
        refused,
    } = found;
    let refused = refused.len() as u64;
    let documents = format::number(elsewhere.len() as u64, "document", "documents");
    let people = format::number(*people, "person", "people");
    let others = [
        (
            *there,
            format::number(*there, "is there already", "are there already"),
        ),
        (
            *not_found,
            format::number(*not_found, "was not found", "were not found"),
        ),
        (
            refused,
            format::number(
                refused,
                "certificate could not be looked for",
                "certificates could not be looked for",
            ),
        ),
    ];
    let others = others
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(_, text)| format!("; {text}"));
    let text = format!(
        "{documents} of {people} of {tenant} will be moved to the folder \"{}\"{}.",
        folder.name,
        others.collect::<String>()
    );
    format::paragraph(&text).trim_end().to_owned()
}

fn no_way() -> Failure {
    Failure::attention(
        "documents can be moved through Personio's own API only: this route does not reach it",
    )
}

fn read_failed(error: SourceError) -> Failure {
    Failure::attention(format!("nothing was moved: {error}"))
}

impl View for MovedView<'_> {
    fn text(&self) -> String {
        let Self {
            tenant_id,
            folder,
            moved,
            there,
            not_found,
            refused,
        } = self;
        let documents = format::number(*moved, "document", "documents");
        let mut text = format::paragraph(&format!(
            "{documents} of {tenant_id} moved to \"{folder}\"; {there} were there already."
        ));
        if *not_found > 0 {
            let certificates = format::number(*not_found, "certificate has", "certificates have");
            text.push_str(&format::point(&format!(
                "{certificates} no document that names them: filed by someone else, or deleted in Personio"
            )));
        }
        for Refused {
            certificate_id,
            problem,
        } in refused
        {
            text.push_str(&format::point(&format!("{certificate_id}: {problem}")));
        }
        text
    }

    fn needs_attention(&self) -> bool {
        !self.refused.is_empty()
    }
}
