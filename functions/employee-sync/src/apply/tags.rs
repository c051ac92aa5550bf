//! The tags of one account.

use shared::domain::id::CustomerId;
use shared::reteach::{Customer, Tag};

use super::write::read;
use crate::io::{Problem, Refusal, WriteError, Writer};
use crate::plan::{Change, ValueChange};

/// Gives back the tags that the account had before the write.
pub(super) async fn restore_tags(
    writer: &impl Writer,
    before: &Customer,
    customer: &mut Customer,
) -> Result<(), WriteError> {
    let held = |tag: &&Tag| customer.tags.iter().all(|it| it.name != tag.name);
    let lost: Vec<_> = before.tags.iter().filter(held).cloned().collect();
    if !lost.is_empty() {
        let names: Vec<_> = lost.iter().map(|tag| tag.name.clone()).collect();
        writer.add_tags(&customer.id, &names).await?;
        customer.tags.extend(lost);
    }
    Ok(())
}

/// Adds and removes tags below our own prefixes; all others stay. Returns what reteach does not take of them.
pub(super) async fn tags(
    writer: &impl Writer,
    change: &Change,
    customer: &Customer,
) -> Result<Option<Refusal>, WriteError> {
    let wanted = |value: &ValueChange| value.after.as_ref().map(|text| text.reveal().to_owned());
    let tags = change
        .values
        .iter()
        .filter_map(|value| Some((value, value.attribute.tag_prefix()?)));
    let missing: Vec<_> = tags
        .clone()
        .filter_map(|(value, _)| Some((value.attribute.name(), wanted(value)?)))
        .filter(|(_, name)| customer.tags.iter().all(|tag| !is_named(tag, name)))
        .collect();
    if let Some(refusal) = add(writer, &customer.id, &missing).await? {
        return Ok(Some(refusal));
    }
    for (value, prefix) in tags {
        let wanted = wanted(value);
        let old = customer
            .tags
            .iter()
            .filter(|tag| tag.name.starts_with(prefix))
            .filter(|tag| wanted.as_ref().is_none_or(|wanted| !is_named(tag, wanted)));
        for tag in old {
            match writer.remove_tag(&customer.id, &tag.id).await {
                Ok(()) | Err(WriteError::NotFound) => {}
                Err(WriteError::Refused(refusal)) => {
                    let fields = vec![value.attribute.name().to_owned()];
                    return Ok(Some(Refusal { fields, ..refusal }));
                }
                Err(error) => return Err(error),
            }
        }
    }
    Ok(None)
}

/// Whether the tag has this name. An academy may cut outer spaces off.
fn is_named(tag: &Tag, name: &str) -> bool {
    tag.name == name || tag.name == name.trim()
}

/// Adds tags, each for the attribute before it, and looks whether the account has them.
async fn add(
    writer: &impl Writer,
    id: &CustomerId,
    missing: &[(&str, String)],
) -> Result<Option<Refusal>, WriteError> {
    if missing.is_empty() {
        return Ok(None);
    }
    let names: Vec<_> = missing.iter().map(|(_, name)| name.clone()).collect();
    let lacks = |tags: &[Tag], name: &String| tags.iter().all(|tag| !is_named(tag, name));
    let problem = match writer.add_tags(id, &names).await {
        Ok(tags) if !names.iter().any(|name| lacks(&tags, name)) => return Ok(None),
        Ok(_) => Problem::NotKept,
        Err(WriteError::NotFound) => Problem::Status(404),
        Err(WriteError::Refused(refusal)) => refusal.problem,
        Err(error) => return Err(error),
    };
    // The reply may show less than the account holds.
    let held = read(writer, id).await?.tags;
    let fields = missing.iter().filter(|(_, name)| lacks(&held, name));
    let fields: Vec<_> = fields
        .map(|(attribute, _)| (*attribute).to_owned())
        .collect();
    Ok((!fields.is_empty()).then_some(Refusal { fields, problem }))
}
