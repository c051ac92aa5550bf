//! An account's tags.

use reqwest::{Method, StatusCode};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::customer::{Tag, TagId};
use super::limits::TIMEOUT;
use super::{Client, Error};
use crate::domain::id::CustomerId;
use crate::http::{Idempotency, Request};

#[derive(Serialize)]
struct Body<'a> {
    tags: &'a [Reference<'a>],
    mode: Mode,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Reference<'a> {
    Name(&'a str),
    Id(&'a TagId),
}

/// There is a `REPLACE` as well; it would drop the tags that admins set.
#[derive(Serialize)]
enum Mode {
    #[serde(rename = "ADD")]
    Add,
}

#[derive(Serialize)]
struct NewTag<'a> {
    name: &'a str,
}

/// The vendor's document has a list of tags; any other success says nothing of them.
#[derive(Deserialize)]
#[serde(untagged)]
enum Assigned {
    Tags(Vec<Tag>),
    Other(IgnoredAny),
}

impl Client {
    /// Adds tags by name, making those that do not exist: `PUT /customer/{id}/multiple-tags` with mode `ADD`. An academy
    /// that refuses names is asked for ids first: `POST /tags`. No tags: no call. Returns the tags of the reply.
    pub async fn add_tags(&self, id: &CustomerId, names: &[String]) -> Result<Vec<Tag>, Error> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let by_name: Vec<_> = names.iter().map(|name| Reference::Name(name)).collect();
        let refusal = match self.tags_by_id.get() {
            Some(true) => None,
            known => match self.assign(id, &by_name).await {
                Err(error @ Error::Rejected { .. }) if known.is_none() => Some(error),
                result => return result,
            },
        };
        let mut ids = Vec::with_capacity(names.len());
        for name in names {
            match (self.make_tag(name).await, &refusal) {
                (Ok(tag), _) => ids.push(tag.id),
                (Err(error), None) => return Err(error),
                (Err(_), Some(refusal)) => return Err(refusal.clone()),
            }
        }
        let by_id: Vec<_> = ids.iter().map(Reference::Id).collect();
        let result = self.assign(id, &by_id).await;
        if let Ok(_) | Err(Error::Rejected { .. }) = &result {
            self.tags_by_id.get_or_init(|| result.is_ok());
        }
        result
    }

    async fn assign(&self, id: &CustomerId, tags: &[Reference<'_>]) -> Result<Vec<Tag>, Error> {
        let target = self.target(Method::PUT, "/customer/{id}/multiple-tags", &[id.as_str()])?;
        let body = Body {
            tags,
            mode: Mode::Add,
        };
        let request = Request::new(target, Idempotency::Idempotent, TIMEOUT).json(&body)?;
        let reply = self.call(request).await?;
        if reply.status == StatusCode::NO_CONTENT {
            return Ok(Vec::new());
        }
        if reply.is_empty() {
            // A status that promises JSON, and none: the account shows what was taken.
            return Ok(self.get(id).await?.tags);
        }
        Ok(match reply.json()? {
            Assigned::Tags(tags) => tags,
            Assigned::Other(_) => Vec::new(),
        })
    }

    /// Finds or creates a tag: `POST /tags`.
    async fn make_tag(&self, name: &str) -> Result<Tag, Error> {
        let target = self.target(Method::POST, "/tags", &[])?;
        let request =
            Request::new(target, Idempotency::Idempotent, TIMEOUT).json(&NewTag { name })?;
        Ok(self.call(request).await?.json()?)
    }

    /// Takes one tag off: `DELETE /customer/{id}/tags/{tag}`.
    pub async fn remove_tag(&self, id: &CustomerId, tag: &TagId) -> Result<(), Error> {
        let segments = [id.as_str(), tag.as_str()];
        let target = self.target(Method::DELETE, "/customer/{id}/tags/{tag}", &segments)?;
        let request = Request::new(target, Idempotency::Idempotent, TIMEOUT);
        let reply = self.call(request).await?;
        // Another success only with the JSON that the vendor's document promises: a gateway's page comes with status 200
        // as well.
        if reply.status == StatusCode::NO_CONTENT {
            return Ok(());
        }
        let is_gone = reply.is_empty() && {
            let tags = self.get(id).await?.tags;
            tags.iter().all(|held| held.id != *tag)
        };
        if !is_gone {
            reply.json::<IgnoredAny>()?;
        }
        Ok(())
    }
}
