//! One certificate that nothing speaks against: it is sent, and its refusal compared with others.

use shared::reteach::DownloadError;
use shared::state::CertificateState;

use super::file::{self, Attempted};
use super::folder::Folder;
use super::queue::Person;
use super::settle::{Left, lock, refused_alike, settle};
use super::{Refused, Shared, Tools, is_late, ledger};
use crate::decide::{Advance, AttemptError, Refusal, after_attempt, after_person_deleted};
use crate::outcome::{CertificateResult, SkipReason};
use crate::plan::Upload;

/// Asks where the file leads, once enough files of this run have led to refused hosts. `None`: not asked.
pub(super) async fn look_ahead(
    tools: Tools<'_>,
    upload: &Upload,
    shared: &Shared,
) -> Option<Result<(), DownloadError>> {
    let looks_ahead = lock(&shared.refusals).looks_ahead();
    let is_refused = tools.downloads.refused_host(&upload.url).is_some();
    match looks_ahead && !is_refused {
        true => Some(tools.downloads.check_host(&upload.url).await),
        false => None,
    }
}

/// Files one certificate. What it leaves undecided is settled with one of the next. `led`: where its file leads, if that
/// was asked.
pub(super) async fn upload_one(
    tools: Tools<'_>,
    folder: &Folder,
    person: &Person,
    (upload, is_probe): (Upload, bool),
    led: Option<Result<(), DownloadError>>,
    shared: &Shared,
) -> Vec<Left> {
    let breaker = &shared.breaker;
    if breaker.is_open() || is_late(tools, breaker) {
        return vec![Left::not_reached(&upload)];
    }
    if let Some(reason) = person.deleted.get() {
        let own = after_person_deleted(upload.previous, reason.clone(), tools.clock.now());
        let this = Refused {
            upload,
            intent: None,
            own,
        };
        return vec![settle(tools, this, shared).await];
    }
    let led = match led {
        Some(led) => Some(led),
        None => look_ahead(tools, &upload, shared).await,
    };
    let Attempted { result, intent } = match led {
        // It takes no turn.
        Some(Err(error)) => Attempted {
            result: Err(error.into()),
            intent: None,
        },
        Some(Ok(())) | None => file::file(tools, folder, &upload).await,
    };
    let refusal = result.as_ref().err().and_then(AttemptError::refusal);
    let says_nothing = result
        .as_ref()
        .err()
        .is_some_and(|error| !error.is_answer());
    let is_filed = result.is_ok();
    let (own, signal) = after_attempt(upload.previous, result, intent, tools.clock.now());
    ledger::tell(breaker, &upload.employee, signal);
    if let CertificateResult::Skipped(SkipReason::PersonDeleted(retry)) = &own.result {
        // Another certificate of the same person may have said so first.
        person.deleted.set(retry.reason.clone()).ok();
        if let Err(halt) = shared.denied.add(tools, &upload.employee).await {
            breaker.open(halt);
        }
    }
    if is_filed {
        shared.denied.filed();
    }
    let this = Refused {
        upload,
        intent,
        own,
    };
    let is_fresh = refusal
        .as_ref()
        .is_some_and(|refusal| is_fresh(&this.upload, refusal));
    // That it is the certificate's own, an earlier run has shown.
    let is_known = refusal.as_ref().is_some_and(|refusal| {
        !is_fresh && refusal.suspect.is_none() && !lock(&shared.refusals).goes_on_with(refusal)
    });
    if is_known {
        return vec![settle(tools, this, shared).await];
    }
    let advance = match refusal {
        Some(refusal) => {
            let fresh = is_fresh.then(|| this.upload.id.clone());
            lock(&shared.refusals).refused(refusal, this, fresh, is_probe)
        }
        None => {
            let mut settled = match says_nothing {
                true => Vec::new(),
                false => lock(&shared.refusals).broken(is_filed),
            };
            settled.push(this);
            Advance::Own(settled)
        }
    };
    let own = match advance {
        Advance::Own(own) => own,
        Advance::Stop { refusal, own } => {
            breaker.open(refused_alike(refusal));
            own
        }
    };
    let mut left = Vec::new();
    for refused in own {
        left.push(settle(tools, refused, shared).await);
    }
    left
}

/// Whether no earlier run has counted such a refusal of this certificate.
fn is_fresh(upload: &Upload, refusal: &Refusal) -> bool {
    let Some(CertificateState::Failed(known)) = &upload.read else {
        return true;
    };
    known.failures == 0 || refusal.suspect.is_none() && !refusal.is_for(&known.reason)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use shared::document::{Suspect, TenantFault};
    use shared::domain::id::{CertificateId, SourceId};
    use shared::http::SignedUrl;
    use shared::state::{Issue, RetryState};

    use super::*;
    use crate::plan::PreviousFailures;

    #[test]
    fn a_refusal_is_new_unless_the_certificate_was_refused_alike_before() {
        let at = Timestamp::UNIX_EPOCH;
        let failed = |reason: &str, failures| {
            CertificateState::Failed(RetryState {
                failures,
                refusals: failures,
                ..RetryState::asked_for(reason.to_owned(), at)
            })
        };
        let upload = |read| Upload {
            id: CertificateId::new("c-1"),
            employee: SourceId::new("1"),
            url: SignedUrl::new("https://files.example/c-1.pdf"),
            course: None,
            completed_at: None,
            previous: PreviousFailures::default(),
            read,
            look: None,
            issue: Issue::default(),
            refiled: None,
        };
        let own = Refusal {
            reason: "why".to_owned(),
            ..Refusal::default()
        };
        let of_tenant = Refusal {
            suspect: Some(Suspect::Tenant(TenantFault::Right)),
            ..own.clone()
        };
        for (read, refusal, expected) in [
            (None, &own, true),
            (Some(CertificateState::Held { at }), &own, true),
            (Some(failed("why", 0)), &own, true),
            (Some(failed("why", 1)), &own, false),
            (Some(failed("another", 1)), &own, true),
            // What names its suspect says nothing about the certificate.
            (Some(failed("another", 1)), &of_tenant, false),
            (Some(failed("another", 0)), &of_tenant, true),
        ] {
            let case = format!("{read:?} {refusal:?}");
            assert_eq!(is_fresh(&upload(read), refusal), expected, "{case}");
        }
    }
}
