//! `tenants explain`

mod account;
mod story;

use std::time::Instant;

use employee_sync::plan::{Candidate, Context, Details, Plan, SourceState};
use futures::join;
use shared::domain::id::{ExternalId, SourceId};
use shared::mapping::DesiredAccount;
use shared::routes::{Connections, Source};
use shared::source::{Absence, EmployeeSource as _, SourceRecord};

use self::story::Story;
use crate::answer::{Answer, Verdict};
use crate::args::Explain;
use crate::failure::Failure;
use crate::operator::Operator;

pub(super) async fn explain(operator: &Operator<'_>, args: &Explain) -> Result<Answer, Failure> {
    let began = Instant::now();
    let tenant = &args.tenant;
    let known = operator.known(tenant).await?;
    let secret = operator.secrets.refresh(tenant).await?;
    let connections: Connections<Source> = operator.connect(&known.config, &secret)?;
    let tool = connections.hr.tool().to_owned();
    let id = person(&args.person, &tool)?;
    let external_id = ExternalId::of(&tool, &id);

    // Nothing here depends on anything else: the slowest of them is all that is waited for.
    let (read, entries, held, account) = join!(
        connections.hr.one(&id),
        operator.store.employees(tenant, [&id]),
        operator.store.held(tenant),
        connections.reteach.find_by_external_id(&external_id),
    );
    let read =
        read.map_err(|error| Failure::look(format!("the person cannot be read: {error}")))?;
    let entry = entries?.remove(&id);
    let account = account
        .map_err(|error| Failure::look(format!("the account cannot be looked up: {error}")))?;
    let mail = match &read {
        Some(SourceRecord::Employee(employee)) => employee.email.value().map(String::as_str),
        _ => None,
    };
    let account = account::find(&connections.reteach, account, entry.as_ref(), mail).await?;
    let source = match &read {
        Some(SourceRecord::Employee(employee)) => {
            let record = DesiredAccount::of(employee, &tool, &known.config);
            let fingerprint = record.fingerprint(&connections.key);
            SourceState::Present {
                record: Box::new(record),
                fingerprint,
            }
        }
        Some(SourceRecord::Rejected { field, problem, .. }) => SourceState::Rejected {
            fingerprint: connections.key.fingerprint([]),
            field: field.clone(),
            problem: problem.clone(),
        },
        None => SourceState::Gone {
            external_id: external_id.clone(),
            absence: Absence::Explained,
        },
    };
    let candidate = Candidate {
        source_id: id.clone(),
        source,
        entry,
        account,
    };
    let now = operator.now();
    let context = Context {
        now,
        config: &known.config,
        key: &connections.key,
    };
    let plan = Plan::build(std::slice::from_ref(&candidate), context);
    let story = Story {
        tenant,
        via: known.config.personio.via,
        person: &id,
        read: read.as_ref(),
        candidate: &candidate,
        plan: &plan,
        held: held?,
        now,
        details: if args.details {
            Details::Values
        } else {
            Details::Names
        },
        took: began.elapsed(),
    };
    let is_known = read.is_some() || candidate.entry.is_some();
    Answer::new(
        Verdict::look_if(!is_known || story.is_troubled()),
        story.text(),
        story.json(),
    )
}

/// The HR system's own id, however it is written.
fn person(text: &str, tool: &str) -> Result<SourceId, Failure> {
    let id = ExternalId::new(text)
        .source_id(tool)
        .unwrap_or_else(|| SourceId::new(text));
    if id.as_str().trim().is_empty() || id.as_str().contains('@') {
        return Err(Failure::usage(
            "give the person's id in Personio, the number at the end of their profile's address: nothing is stored by name or \
             mail address",
        ));
    }
    Ok(id)
}
