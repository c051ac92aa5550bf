//! The client against a server on loopback. Payloads follow reteach's own document and the help centre's examples.

mod document;
mod login;
mod participations;
mod reading;
mod shapes;
mod writing;

use serde_json::{Value, json};

use super::*;
use crate::domain::employee::Field;
use crate::domain::id::{CustomerId, ExternalId};
use crate::http::RateLimiter;
use crate::http::testing::{Canned, Seen, Server};

fn client(server: &Server) -> Client {
    let credentials = Credentials::new("the-id", "the-secret", "the-code");
    Client::new(server.base.clone(), credentials, server.context(), 50.0)
        .with_pace(RateLimiter::new(&[]))
}

/// Answers logins, and everything else with `answer`.
async fn reteach(answer: impl Fn(&Seen) -> Canned + Send + Sync + 'static) -> Server {
    Server::start(move |_, seen| match seen.path() {
        "/oauth/authorize" => {
            Canned::Json(201, json!({"access_token": "jwt", "refresh_token": "r"}))
        }
        _ => answer(seen),
    })
    .await
}

fn customer(id: u64) -> Value {
    json!({"id": format!("c{id}"), "externalId": format!("personio:{id}"), "email": format!("p{id}@example.com"),
           "source": "REST_API", "authenticationMethod": "DEFAULT", "status": "ACTIVE",
           "registeredAt": "2026-01-02T08:00:00.000Z", "tags": []})
}

/// What arrived, without the login.
fn asked(server: &Server) -> Vec<Seen> {
    server
        .seen()
        .into_iter()
        .filter(|seen| seen.path() != "/oauth/authorize")
        .collect()
}

fn error(status: u16, message: Value) -> Canned {
    Canned::Json(
        status,
        json!({"statusCode": status, "message": message, "error": "Error"}),
    )
}
