//! Participations with a certificate.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use jiff::Timestamp;
use reqwest::Method;

use super::limits::{DEFAULT_PAGE_SIZE, FEW, MAX_PAGES};
use super::listing::Page;
use super::participation::{self, Participation, Rejected};
use super::{Client, Error};
use crate::domain::id::{CertificateId, CustomerId};
use crate::http::Reply;

/// Which participations to list: those with a certificate, whatever became of them since, and of these
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// only those completed at this moment or later; `None`: all.
    pub completed_since: Option<Timestamp>,
}

#[derive(Clone, Debug, Default)]
pub struct ParticipationPage {
    pub participations: Vec<Participation>,
    /// Those that have a certificate and do not fit, or whose certificate is unknown.
    pub rejected: Vec<Rejected>,
    /// How many records the page had: fewer than announced may match where the academy ignores the filters. An empty
    /// page is the end.
    pub received: u64,
    /// How many there are on all pages, as announced; not every academy says it.
    pub total: Option<u64>,
}

impl Client {
    /// One page of up to `size` participations, at most 250, from page 1: `GET /participation`.
    ///
    /// What comes back is filtered again: an academy on an older API ignores the filters. A record that does not fit
    /// never fails its page. A first page that is answered 404 is empty if the list without filters confirms it.
    ///
    /// # Errors
    /// [`Error::TooLarge`] where a smaller page may fit, and [`Error::NotFound`] where a later page, or the list without
    /// filters as well, is answered 404. Else see [`Error`].
    pub async fn participations(
        &self,
        filter: &Filter,
        page: u32,
        size: u32,
    ) -> Result<ParticipationPage, Error> {
        let number = page.to_string();
        let since = filter.completed_since.map(|moment| moment.to_string());
        let since = since.as_deref().map(|since| ("completedAtSince", since));
        let reply = loop {
            let size = size.min(self.page_size.load(Ordering::Relaxed));
            let limit = size.to_string();
            let query = [
                ("hasCertificate", "true"),
                ("page", number.as_str()),
                ("limit", limit.as_str()),
            ];
            match self
                .read_participations(query.into_iter().chain(since))
                .await
            {
                Err(Error::NotFound { .. }) if page == 1 => {
                    self.check_that_none_match(filter, size).await?;
                    return Ok(ParticipationPage::default());
                }
                Err(Error::Rejected { .. }) if page == 1 && self.takes_smaller_pages(size) => {}
                reply => break reply?,
            }
        };
        let Page { results, total } = reply.json()?;
        let received = u64::try_from(results.len()).unwrap_or(u64::MAX);
        let (mut participations, mut rejected) = (Vec::new(), Vec::new());
        for raw in results {
            match participation::read(raw) {
                Ok(participation) if matches(filter, &participation) => {
                    participations.push(participation)
                }
                Ok(_) => {}
                Err(misfit) => rejected.push(misfit),
            }
        }
        Ok(ParticipationPage {
            participations,
            rejected,
            received,
            total,
        })
    }

    /// Confirms that a filtered list that was answered 404 is empty: the list without filters is there, and none of its
    /// first records matches.
    ///
    /// # Errors
    /// [`Error::NotFound`] where that list is not there either, and [`Error::Unreadable`] where one of its records
    /// matches. Else see [`Error`].
    async fn check_that_none_match(&self, filter: &Filter, size: u32) -> Result<(), Error> {
        let limit = size.to_string();
        let query = [("limit", limit.as_str())];
        let reply = self.read_participations(query).await?;
        let Page { results, .. } = reply.json()?;
        // A completion without a moment may be missing from a list of the last days.
        let is_asked_for = |row: &Participation| {
            row.certificate.is_some() && row.completed_at >= filter.completed_since
        };
        let mut rows = results
            .iter()
            .filter_map(|raw| participation::read(raw).ok());
        if rows.any(|row| is_asked_for(&row)) {
            let problem = "a record matches the filters, and with them the answer is 404";
            return Err(reply.unreadable("results", problem).into());
        }
        Ok(())
    }

    /// The participation that the certificate `id` belongs to, with a fresh address of its PDF; `None` if there is
    /// none (any more).
    ///
    /// # Errors
    /// [`Error::Unreadable`] where only others come back, because nothing is concluded from a filter that is ignored,
    /// and where several people have it. Else see [`Error`].
    pub async fn participation_by_certificate(
        &self,
        id: &CertificateId,
    ) -> Result<Option<Participation>, Error> {
        let limit = FEW.to_string();
        let query = [
            ("customerCertificateId", id.as_str()),
            ("limit", limit.as_str()),
        ];
        let Some(reply) = found(self.read_participations(query).await)? else {
            return Ok(None);
        };
        let Page { results, .. } = reply.json()?;
        let is_asked_for = |found: &Participation| {
            found
                .certificate
                .as_ref()
                .is_some_and(|certificate| certificate.id == *id)
        };
        let mut found = results
            .iter()
            .filter_map(|raw| participation::read(raw).ok())
            .filter(is_asked_for);
        let first = found.next();
        let problem = match &first {
            None if results.is_empty() => return Ok(None),
            None => "none of them is the one asked for",
            Some(first) if found.any(|other| other.customer != first.customer) => {
                "several people have the certificate asked for"
            }
            Some(_) => return Ok(first),
        };
        Err(reply.unreadable("results", problem).into())
    }

    /// The certificates of one account, whether there is a PDF or not.
    pub async fn certificates_of(
        &self,
        account: &CustomerId,
    ) -> Result<BTreeSet<CertificateId>, Error> {
        let (limit, mut found) = (DEFAULT_PAGE_SIZE.to_string(), BTreeSet::new());
        for page in 1..=MAX_PAGES {
            let page = page.to_string();
            let query = [
                ("customerIdentifier", account.as_str()),
                ("hasCertificate", "true"),
                ("page", page.as_str()),
                ("limit", limit.as_str()),
            ];
            let Some(reply) = self::found(self.read_participations(query).await)? else {
                break;
            };
            let Page { results, .. } = reply.json()?;
            if results.is_empty() {
                break;
            }
            let rows = results
                .iter()
                .filter_map(|raw| participation::read(raw).ok());
            // A filter that is ignored brings other people's as well.
            let own = rows.filter(|row| row.customer.as_ref().is_some_and(|it| it.id == *account));
            found.extend(own.filter_map(|row| Some(row.certificate?.id)));
        }
        Ok(found)
    }

    /// Asks again without the filters that an academy may not know, where it refuses the call.
    async fn read_participations<'a>(
        &self,
        query: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Reply, Error> {
        let query: Vec<_> = query.into_iter().collect();
        // A later page of a list that was begun is not refused for a filter.
        let is_first = !query
            .iter()
            .any(|(name, value)| *name == "page" && *value != "1");
        let mut left_out = self.refused_filters.load(Ordering::Relaxed);
        loop {
            let without = LEFT_OUT.get(left_out).copied().unwrap_or_default();
            let sent = query.iter().filter(|(name, _)| !without.contains(name));
            let target = self.target(Method::GET, "/participation", &[])?;
            let target = target.query(sent.copied());
            let is_asked = |filter: &&str| query.iter().any(|(name, _)| name == filter);
            let mut others = LEFT_OUT.iter().enumerate().skip(left_out + 1);
            let next = others.find(|(_, without)| without.iter().all(&is_asked));
            let result = self.read(target).await;
            let may_be_a_filter = is_first
                && matches!(
                    &result,
                    Err(Error::Rejected { reasons, .. }) if !are_about_size(reasons)
                );
            match next.filter(|_| may_be_a_filter) {
                Some((next, _)) => left_out = next,
                None => {
                    if result.is_ok() {
                        self.refused_filters.fetch_max(left_out, Ordering::Relaxed);
                    }
                    return result;
                }
            }
        }
    }
}

/// Filters that reteach's own document does not have: which are left out, one after the other, until the call is taken. What
/// comes back is filtered again.
const LEFT_OUT: [&[&str]; 4] = [
    &[],
    &["completedAtSince"],
    &["hasCertificate"],
    &["completedAtSince", "hasCertificate"],
];

/// Whether the page is too large, with filters or without.
fn are_about_size(reasons: &[String]) -> bool {
    reasons.iter().any(|reason| reason.starts_with("limit"))
}

/// The reply to a filtered list; reteach's document has 404 for one that is empty.
fn found(reply: Result<Reply, Error>) -> Result<Option<Reply>, Error> {
    match reply {
        Err(Error::NotFound { .. }) => Ok(None),
        reply => reply.map(Some),
    }
}

/// Whether it is one of those asked for; a completion without a moment may be.
fn matches(filter: &Filter, participation: &Participation) -> bool {
    let recent = match (filter.completed_since, participation.completed_at) {
        (Some(since), Some(completed)) => completed >= since,
        _ => true,
    };
    recent && participation.certificate.is_some()
}
