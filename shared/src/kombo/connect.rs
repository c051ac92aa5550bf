//! Connecting a company: a link to Kombo Connect, and the integration that came of it.

use reqwest::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::client::{Client, Envelope};
use super::error::{Error, Refusal, interpret};
use super::limits::READ_TIMEOUT;
use crate::http::{Idempotency, Request};

#[derive(Clone, Debug)]
pub struct LinkFor<'a> {
    /// Mail address of the person who completes the link.
    pub email: &'a str,
    pub organization: &'a str,
    /// Our own id, which the integration will carry: the tenant.
    pub origin_id: &'a str,
    /// The HR system, so that nobody has to pick it: `personio`.
    pub tool: &'a str,
}

/// What a connection's token stands for: `GET /connect/integration-by-token/{token}`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Connected {
    pub id: String,
}

/// `POST /connect/create-link`. A magic link is sent by hand and lives for a year.
#[derive(Serialize)]
struct CreateLink<'a> {
    end_user_email: &'a str,
    end_user_organization_name: &'a str,
    end_user_origin_id: &'a str,
    integration_category: &'static str,
    integration_tool: &'a str,
    language: &'static str,
    link_type: &'static str,
}

#[derive(Deserialize)]
struct Link {
    link: SecretString,
}

impl Client {
    /// Makes a link (in German, valid for a year) by which a company connects its HR system. Anyone who has it can do so:
    /// it is a secret. Kombo does not deduplicate: each finished flow makes a new integration.
    pub async fn create_link(&self, link: &LinkFor<'_>) -> Result<SecretString, Error> {
        let body = CreateLink {
            end_user_email: link.email,
            end_user_organization_name: link.organization,
            end_user_origin_id: link.origin_id,
            integration_category: "HRIS",
            integration_tool: link.tool,
            language: "de",
            link_type: "MAGIC_LINK",
        };
        let target = self.target(Method::POST, "/connect/create-link", &[])?;
        // A link that nobody uses does no harm: a lost one may be made again.
        let request = Request::new(target, Idempotency::Read, READ_TIMEOUT)
            .interpret(interpret)
            .json(&body)?;
        let request = self.authorize(request, None)?;
        let reply = self.context.send(&request, &self.reads).await?;
        if let Some(refusal) = Refusal::of(&reply) {
            return Err(refusal.into());
        }
        Ok(reply.json::<Envelope<Link>>()?.data.link)
    }

    /// The integration that the token of a finished flow stands for.
    pub async fn integration_by_token(&self, token: &SecretString) -> Result<Connected, Error> {
        let path = "/connect/integration-by-token/{token}";
        let target = self.target(Method::GET, path, &[token.expose_secret()])?;
        self.read(target, None).await
    }
}
