//! The host that certificates are downloaded from: not the API's, so none that may ever see its token.

mod api;
mod delivery;
mod links;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use super::state::State;
use crate::Clock;
use crate::engine::lock;
use crate::engine::route::endpoints;
use crate::engine::server::{self, Running, common_handle};

use api::Files;
pub(super) use api::deliver;
pub use delivery::Delivery;
pub(super) use delivery::Pdf;
pub(super) use links::Links;

endpoints! {
    /// The endpoints, for [`Downloads::calls`].
    Endpoint {
        Certificate: GET "/certificates/{file}",
        File: GET "/files/{file}",
    }
}

/// The download server of an academy, with its own log and faults. Clones share it; it stops with the last one and the academy.
#[derive(Clone)]
pub struct Downloads {
    running: Running<Files>,
}

common_handle!(Downloads, Endpoint);

impl Downloads {
    pub(super) async fn start(
        state: Arc<Mutex<State>>,
        clock: Clock,
        address: SocketAddr,
    ) -> io::Result<Self> {
        let files = Files {
            state,
            clock: Arc::clone(&clock),
        };
        let downloads = Self {
            running: server::start(files, clock, address).await?,
        };
        let base_url = downloads.base_url();
        lock(&downloads.running.pipeline.vendor.state)
            .links
            .base_url = base_url;
        Ok(downloads)
    }

    /// The same server under another host name.
    #[must_use]
    pub fn localhost_url(&self) -> String {
        format!("http://localhost:{}", self.running.address.port())
    }

    /// How many requests carried an `Authorization` header: one is too many. They are answered 400.
    #[must_use]
    pub fn requests_with_authorization(&self) -> usize {
        self.links(|links| links.with_authorization)
    }

    /// The beginning of certificates' URLs, [`base_url`](Self::base_url) at the start: any text, such as
    /// [`localhost_url`](Self::localhost_url) or a host that nobody may be sent to.
    pub fn set_url_base(&self, base_url: &str) {
        self.links(|links| links.base_url = base_url.to_owned());
    }

    /// Redirects each download to the same file at this host; at the start it is answered at once.
    pub fn redirect_to(&self, base_url: Option<&str>) {
        self.links(|links| links.redirects_to = base_url.map(str::to_owned));
    }

    /// How long a URL is good, from the moment it is shown; 15 minutes at the start.
    pub fn set_url_lifetime(&self, lifetime: jiff::SignedDuration) {
        self.links(|links| links.lifetime = lifetime);
    }

    /// The `Content-Type` of files; `application/pdf` at the start, nothing with `None`.
    pub fn set_content_type(&self, content_type: Option<&str>) {
        self.links(|links| links.content_type = content_type.map(str::to_owned));
    }

    fn links<T>(&self, access: impl FnOnce(&mut Links) -> T) -> T {
        access(&mut lock(&self.running.pipeline.vendor.state).links)
    }
}
