//! An account's tags.

use reqwest::Method;
use serde::Serialize;
use serde::de::IgnoredAny;

use super::customer::TagId;
use super::limits::TIMEOUT;
use super::{Client, Error};
use crate::domain::id::CustomerId;
use crate::http::{Idempotency, Request};

#[derive(Serialize)]
struct Body<'a> {
    tags: Vec<Named<'a>>,
    mode: Mode,
}

#[derive(Serialize)]
struct Named<'a> {
    name: &'a str,
}

/// There is a `REPLACE` as well; it would drop the tags that admins set.
#[derive(Serialize)]
enum Mode {
    #[serde(rename = "ADD")]
    Add,
}

impl Client {
    /// Adds tags by name, making those that do not exist: `PUT /customer/{id}/multiple-tags` with mode `ADD`. No
    /// tags: no call.
    pub async fn add_tags(&self, id: &CustomerId, names: &[String]) -> Result<(), Error> {
        if names.is_empty() {
            return Ok(());
        }
        let tags = names.iter().map(|name| Named { name }).collect();
        let target = self.target(Method::PUT, "/customer/{id}/multiple-tags", &[id.as_str()])?;
        let body = Body {
            tags,
            mode: Mode::Add,
        };
        self.confirmed(Request::new(target, Idempotency::Idempotent, TIMEOUT).json(&body)?)
            .await
    }

    /// Takes one tag off: `DELETE /customer/{id}/tags/{tag}`.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the account has no such tag (any more); else see [`Error`].
    pub async fn remove_tag(&self, id: &CustomerId, tag: &TagId) -> Result<(), Error> {
        let segments = [id.as_str(), tag.as_str()];
        let target = self.target(Method::DELETE, "/customer/{id}/tags/{tag}", &segments)?;
        self.confirmed(Request::new(target, Idempotency::Idempotent, TIMEOUT))
            .await
    }

    /// A success only with the JSON that the vendor's document promises: a gateway's page comes with status 200 as well.
    async fn confirmed(&self, request: Request) -> Result<(), Error> {
        self.call(request).await?.json::<IgnoredAny>()?;
        Ok(())
    }
}
