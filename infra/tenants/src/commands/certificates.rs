//! `tenants certificates`

use serde::Serialize;
use serde_json::json;
use shared::domain::id::{CertificateId, TenantId};
use shared::state::{CertificateEntry, CertificateState, StateError};

use crate::answer::{Answer, Verdict};
use crate::args::Certificates;
use crate::failure::Failure;
use crate::operator::Operator;
use crate::words;

pub(super) async fn certificates(
    operator: &Operator<'_>,
    args: &Certificates,
) -> Result<Answer, Failure> {
    match args {
        Certificates::List(list) if list.all => all(operator, &list.tenant).await,
        Certificates::List(list) => parked(operator, &list.tenant).await,
        Certificates::Retry(which) => {
            settle(operator, &which.tenant, &which.certificates, Word::Retry).await
        }
        Certificates::Dismiss(which) => {
            settle(operator, &which.tenant, &which.certificates, Word::Dismiss).await
        }
    }
}

async fn parked(operator: &Operator<'_>, tenant: &TenantId) -> Result<Answer, Failure> {
    operator.known(tenant).await?;
    let parked = operator.store.parked_certificates(tenant).await?;
    if parked.is_empty() {
        return Answer::done(
            format!("No certificate of {tenant} waits for anybody.\n"),
            parked,
        );
    }
    let mut table = terminal::table(["certificate", "person", "since", "may be filed", "why"]);
    for entry in &parked {
        let CertificateState::Parked { at, reason, doubt } = &entry.state else {
            continue;
        };
        table.add_row([
            entry.certificate_id.to_string(),
            entry.employee.to_string(),
            words::moment(*at),
            if doubt.is_some() { "perhaps" } else { "no" }.to_owned(),
            reason.clone(),
        ]);
    }
    let advice = format!(
        "`tenants certificates retry {tenant} CERTIFICATE` tries again, `tenants certificates dismiss {tenant} CERTIFICATE` \
         leaves it. Where it says perhaps, look into the person's documents in Personio first: what is filed twice has to be \
         deleted there by hand."
    );
    let text = format!("{}\n{}", table.trim_fmt(), words::paragraph(&advice));
    Answer::new(Verdict::Look, text, parked)
}

async fn all(operator: &Operator<'_>, tenant: &TenantId) -> Result<Answer, Failure> {
    // The ledger outlives the tenant, unless somebody deletes it too.
    let mut entries: Vec<CertificateEntry> = operator
        .store
        .all_certificates(tenant)
        .await?
        .into_values()
        .collect();
    entries.sort_by(|a, b| a.certificate_id.as_str().cmp(b.certificate_id.as_str()));
    if entries.is_empty() {
        return Answer::done(
            format!("The ledger of {tenant} has no certificates.\n"),
            entries,
        );
    }
    let mut table = terminal::table(["certificate", "person", "state", "what is known"]);
    for entry in &entries {
        let (state, known) = described(&entry.state);
        table.add_row([
            entry.certificate_id.to_string(),
            entry.employee.to_string(),
            state.to_owned(),
            known,
        ]);
    }
    Answer::done(format!("{}\n", table.trim_fmt()), entries)
}

fn described(state: &CertificateState) -> (&'static str, String) {
    match state {
        CertificateState::Intended(intent) => (
            "under way",
            format!(
                "since {}; nobody knows yet how it ended",
                words::moment(intent.at)
            ),
        ),
        CertificateState::Uploaded { at, document } => {
            let document = document
                .as_ref()
                .map(|id| format!(", document {id}"))
                .unwrap_or_default();
            ("filed", format!("{}{document}", words::moment(*at)))
        }
        CertificateState::Failed(setback) => (
            "failed",
            format!(
                "{}; tried again from {} on",
                setback.reason,
                words::moment(setback.retry_at)
            ),
        ),
        CertificateState::Parked { at, reason, .. } => {
            ("parked", format!("{}: {reason}", words::moment(*at)))
        }
        CertificateState::Dismissed { at } => ("dismissed", words::moment(*at)),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Retry,
    Dismiss,
}

#[derive(Serialize)]
struct Settled<'a> {
    certificate_id: &'a CertificateId,
    problem: Option<String>,
}

async fn settle(
    operator: &Operator<'_>,
    tenant: &TenantId,
    ids: &[CertificateId],
    word: Word,
) -> Result<Answer, Failure> {
    operator.known(tenant).await?;
    let mut settled = Vec::new();
    for certificate_id in ids {
        let (store, now) = (&operator.store, operator.now());
        let result = match word {
            Word::Retry => store.retry_certificate(tenant, certificate_id, now).await,
            Word::Dismiss => store.dismiss_certificate(tenant, certificate_id, now).await,
        };
        let problem = match result {
            Ok(()) => None,
            Err(error @ StateError::NotParked { .. }) => Some(error.to_string()),
            Err(error) => return Err(error.into()),
        };
        settled.push(Settled {
            certificate_id,
            problem,
        });
    }
    let mut text = String::new();
    let done = settled.iter().filter(|it| it.problem.is_none()).count();
    let done = words::number(
        u64::try_from(done).unwrap_or(u64::MAX),
        "certificate",
        "certificates",
    );
    text.push_str(&words::paragraph(&match word {
        Word::Retry => format!(
            "{done} will be tried again by the next certificate run; `tenants sync {tenant} --job certificates` does it now."
        ),
        Word::Dismiss => format!("{done} will not be filed."),
    }));
    for problem in settled.iter().filter_map(|it| it.problem.as_ref()) {
        text.push_str(&words::point(problem));
    }
    let verdict = Verdict::look_if(settled.iter().any(|it| it.problem.is_some()));
    Answer::new(
        verdict,
        text,
        json!({"tenant_id": tenant, "certificates": settled}),
    )
}
