//! From an address to a checked PDF.

use futures::future::BoxFuture;
use reqwest::header::LOCATION;
use reqwest::{Method, StatusCode};
use tokio::time::Instant;
use url::Url;

use super::hosts::Access;
use super::{DownloadError, Downloads, Forbidden, pieces};
use crate::document::{BodyError, PdfBody};
use crate::http::{
    self, Call, Fetch, On403, RateLimiter, SignedUrl, Token, TransportError, Vendor,
};
use crate::reteach;
use crate::reteach::limits::{DOWNLOAD_SILENCE, DOWNLOAD_TIMEOUT, MAX_PDF_BYTES, MAX_REDIRECTS};

/// What a download is called in errors.
const CALL: Call = Call {
    vendor: Vendor::Reteach,
    method: Method::GET,
    path: "{certificate.url}",
};

impl Downloads {
    /// Opens the PDF at `url`: its first bytes have been looked at, the rest is read while it is uploaded.
    ///
    /// # Errors
    /// See [`DownloadError`]; after [`Expired`](DownloadError::Expired) ask for a fresh address and try once more.
    pub async fn open(&self, url: &SignedUrl) -> Result<PdfBody, DownloadError> {
        let until = Instant::now() + DOWNLOAD_TIMEOUT;
        let response = self.follow(url).await?;
        let length = response.content_length();
        if length.is_some_and(|length| length > MAX_PDF_BYTES) {
            return Err(DownloadError::TooLarge);
        }
        let deadline = self.reteach.context.deadline();
        let pdf = pieces::checked(response, length, until, deadline).await?;
        let (again, at) = (self.clone(), url.clone());
        Ok(pdf.reopened_by(move || again.clone().reopen(at.clone())))
    }

    /// Follows `url` without reading the file.
    ///
    /// # Errors
    /// [`Forbidden::Host`] if it leads to a host that the tenant's file does not allow; whatever else is wrong shows when
    /// it is opened.
    pub async fn check_host(&self, url: &SignedUrl) -> Result<(), DownloadError> {
        match self.follow(url).await {
            Err(error @ DownloadError::Forbidden(Forbidden::Host(_))) => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    fn reopen(self, url: SignedUrl) -> BoxFuture<'static, Result<PdfBody, BodyError>> {
        Box::pin(async move { Ok(self.open(&url).await?) })
    }

    async fn follow(&self, url: &SignedUrl) -> Result<reqwest::Response, DownloadError> {
        let mut url = url
            .resolve(self.reteach.base.as_url())
            .ok_or(DownloadError::Forbidden(Forbidden::Url))?;
        for _ in 0..=MAX_REDIRECTS {
            let access = self.hosts.check(&url).map_err(DownloadError::Forbidden)?;
            let response = self.get(&url, access).await?;
            let status = response.status();
            if !is_redirect(status) {
                return judged(response, access);
            }
            let location = response
                .headers()
                .get(LOCATION)
                .and_then(|location| location.to_str().ok());
            let next = location.and_then(|location| url.join(location).ok());
            url = next.ok_or(DownloadError::Forbidden(Forbidden::Redirect))?;
        }
        Err(DownloadError::Forbidden(Forbidden::Redirect))
    }

    async fn get(&self, url: &Url, access: Access) -> Result<reqwest::Response, DownloadError> {
        match access {
            Access::Bare => self.fetch(url, None).await,
            Access::WithToken => {
                let login = async || Ok(self.reteach.login().await?);
                self.reteach
                    .tokens
                    .authorized(
                        login,
                        async |token| self.fetch(url, Some(&token)).await,
                        On403::Renew,
                    )
                    .await
            }
        }
    }

    async fn fetch(
        &self,
        url: &Url,
        token: Option<&Token>,
    ) -> Result<reqwest::Response, DownloadError> {
        let bearer = token.map(Token::secret);
        let fetch = Fetch {
            call: CALL,
            url,
            bearer,
            timeout: DOWNLOAD_SILENCE,
        };
        let pace = if token.is_some() {
            self.reteach.calls.clone()
        } else {
            RateLimiter::new(&[])
        };
        self.reteach
            .context
            .fetch(&self.client, &fetch, &pace)
            .await
            .map_err(|error| match error {
                http::Error::Unreachable {
                    fault: TransportError::NotPublic,
                    ..
                } => {
                    let host = url.host_str().unwrap_or_default().to_owned();
                    DownloadError::Forbidden(Forbidden::NotPublic(host))
                }
                http::Error::OutOfTime { .. } => DownloadError::OutOfTime,
                error => DownloadError::Unavailable(error.to_string()),
            })
    }
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// A file, or why there is none. Storage services answer 403 to an expired signature, some 400. A 429 is the academy's
/// limit of calls on its own API alone.
fn judged(response: reqwest::Response, access: Access) -> Result<reqwest::Response, DownloadError> {
    match response.status().as_u16() {
        200 => Ok(response),
        204 | 205 => Err(DownloadError::Empty),
        status @ (400 | 401 | 403 | 404 | 410) => Err(DownloadError::Expired { status }),
        429 if access == Access::WithToken => {
            Err(reteach::Error::Limited(format!("{CALL} answered 429")).into())
        }
        status @ (429 | 502..=504) => Err(DownloadError::Unavailable(format!(
            "{CALL} answered {status}"
        ))),
        status => Err(DownloadError::Refused { status }),
    }
}
