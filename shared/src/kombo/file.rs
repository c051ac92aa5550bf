//! A file in a request to Kombo.

use std::fmt;

use serde::Serialize;

use super::client::Client;
use super::passthrough;
use super::upload_error::upload_error;
use crate::document::{PdfBody, UploadError};
use crate::http::{Origin, Payload, RateLimiter, Reply, Request};

/// A PDF in Kombo's words.
///
/// Kombo recommends `data_url`, which it fetches itself. What it is given there then is seen by nobody, so a page of
/// HTML would be filed: the bytes are sent that were looked at.
#[derive(Clone, Serialize)]
pub struct File<'a> {
    name: &'a str,
    content_type: &'static str,
    /// Base64. Stays last, so that the bytes can be put in between while they are sent.
    data: &'static str,
}

impl<'a> File<'a> {
    /// The file called `name`, its bytes still to come.
    pub(crate) fn new(name: &'a str) -> Self {
        Self {
            name,
            content_type: "application/pdf",
            data: "",
        }
    }
}

/// A form with a file.
#[derive(Clone, Copy, Debug)]
pub struct FileForm<'a> {
    /// The text fields.
    pub fields: &'a [(&'static str, String)],
    /// The file's field.
    pub field: &'static str,
    /// The file's name.
    pub file_name: &'a str,
}

impl<'a> FileForm<'a> {
    /// The parts, the file last.
    #[must_use]
    pub fn parts(&self) -> Vec<FormPart<'a>> {
        let text = |(name, value): &'a (&'static str, String)| FormPart {
            name,
            value: FormValue::Text(value),
        };
        let file = FormPart {
            name: self.field,
            value: FormValue::File(File::new(self.file_name)),
        };
        self.fields.iter().map(text).chain([file]).collect()
    }
}

/// One part of a form.
#[derive(Clone, Debug, Serialize)]
pub struct FormPart<'a> {
    /// The field.
    pub name: &'static str,
    /// Its value.
    pub value: FormValue<'a>,
}

/// The value of a form's field.
#[derive(Clone, Serialize)]
#[serde(untagged)]
pub enum FormValue<'a> {
    /// Text.
    Text(&'a str),
    /// A file.
    File(File<'a>),
}

/// A request whose JSON has a file in it.
pub(crate) struct FileCall {
    request: Request,
    json: String,
}

impl FileCall {
    /// `request` with `body` as JSON, in which a [`File`] is the last value.
    pub(super) fn new(request: Request, body: &impl Serialize) -> Result<Self, crate::http::Error> {
        let problem = "its body cannot be written as JSON";
        let json = serde_json::to_string(body).map_err(|_| crate::http::Error::Invalid {
            call: request.call().clone(),
            problem,
        })?;
        Ok(Self { request, json })
    }
}

/// Where the bytes go.
const GAP: &str = "\"data\":\"";

impl Client {
    /// Sends `call` with `body` as its file, at most once, and returns the answer; Kombo's own no is an error.
    ///
    /// The bytes are encoded while they are sent: memory does not grow with the file.
    pub(crate) async fn send_file(
        &self,
        call: FileCall,
        body: PdfBody,
        pace: &RateLimiter,
    ) -> Result<Reply, UploadError> {
        let FileCall { request, mut json } = call;
        let at = json.rfind(GAP).map_or(json.len(), |at| at + GAP.len());
        let after = json.split_off(at);
        let (content, watch) = body.into_content();
        let payload = Payload::base64_within(json, content, after);
        let sent = self.context.send_once(&request, payload, pace).await;
        let reply = sent.map_err(|error| {
            watch
                .failure()
                .map_or_else(|| error.into(), UploadError::from)
        })?;
        answered(reply)
    }
}

/// The remote answer, Kombo's yes, or its no.
fn answered(reply: Reply) -> Result<Reply, UploadError> {
    let passed_through = reply.call.path.starts_with("/passthrough/");
    match reply.origin {
        Origin::Called if passed_through => passthrough::remote(reply).map_err(upload_error),
        Origin::Called => super::error::Refusal::of(&reply)
            .map_or(Ok(reply), |refusal| Err(upload_error(refusal.into()))),
        Origin::Remote => Ok(reply),
    }
}

impl fmt::Debug for File<'_> {
    /// Not its name, which names a course.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("File(…)")
    }
}

impl fmt::Debug for FormValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FormValue(…)")
    }
}
