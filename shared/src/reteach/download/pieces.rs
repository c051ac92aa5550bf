//! The file itself, piece by piece: begins like a PDF, ends in time and below the limit.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::stream::BoxStream;
use futures::{StreamExt, stream};
use tokio::time::{Instant, timeout};

use super::DownloadError;
use crate::document::{BodyError, PdfBody};
use crate::http::{Deadline, body_fault};
use crate::reteach::limits::{DOWNLOAD_SILENCE, MAX_PDF_BYTES};

const MAGIC: &[u8] = b"%PDF-";

/// So much of a file that does not say its length is read before it is uploaded. Most certificates are smaller: the
/// upload has a length then, and its document is recognized by it. Our own bound.
const READ_AHEAD: usize = 256 * 1024;

/// Reads until the beginning can be judged, and returns that and the rest. `length` is what the answer says.
pub(super) async fn checked(
    response: reqwest::Response,
    length: Option<u64>,
    until: Instant,
    deadline: Deadline,
) -> Result<PdfBody, DownloadError> {
    let mut rest = Rest {
        response,
        left: MAX_PDF_BYTES,
        until,
        deadline,
    };
    let mut first = BytesMut::new();
    while first.len() < MAGIC.len() {
        match rest.next().await.map_err(failed)? {
            Some(piece) => first.extend_from_slice(&piece),
            None => break,
        }
    }
    if first.is_empty() {
        return Err(DownloadError::Empty);
    }
    if !first.starts_with(MAGIC) {
        return Err(DownloadError::NotPdf);
    }
    let mut end = None;
    while length.is_none() && end.is_none() && first.len() < READ_AHEAD {
        match rest.next().await {
            Ok(Some(piece)) => first.extend_from_slice(&piece),
            Ok(None) => end = Some(Ok(())),
            Err(error) => end = Some(Err(error)),
        }
    }
    let length = match &end {
        Some(Ok(())) => u64::try_from(first.len()).ok(),
        Some(Err(_)) | None => length,
    };
    let rest: BoxStream<'static, Result<Bytes, BodyError>> = match end {
        Some(Ok(())) => stream::empty().boxed(),
        Some(Err(error)) => stream::once(async move { Err(error) }).boxed(),
        None => stream::unfold(Some(rest), |rest| async {
            let mut rest = rest?;
            match rest.next().await {
                Ok(piece) => piece.map(|piece| (Ok(piece), Some(rest))),
                Err(error) => Some((Err(error), None)),
            }
        })
        .boxed(),
    };
    let first = stream::once(async move { Ok(first.freeze()) });
    Ok(PdfBody::new(first.chain(rest).boxed(), length))
}

fn failed(error: BodyError) -> DownloadError {
    match error {
        BodyError::TooLarge => DownloadError::TooLarge,
        BodyError::OutOfTime => DownloadError::OutOfTime,
        BodyError::Interrupted(problem) => DownloadError::Unavailable(problem),
    }
}

struct Rest {
    response: reqwest::Response,
    left: u64,
    until: Instant,
    deadline: Deadline,
}

impl Rest {
    /// The next piece, unpacked: what counts against the limit is what is passed on.
    async fn next(&mut self) -> Result<Option<Bytes>, BodyError> {
        let whole = self.until.saturating_duration_since(Instant::now());
        let run = self.deadline.remaining().unwrap_or(Duration::MAX);
        let wait = DOWNLOAD_SILENCE.min(whole).min(run);
        let piece = match timeout(wait, self.response.chunk()).await {
            Ok(Ok(piece)) => piece,
            Ok(Err(error)) => return Err(interrupted(body_fault(&error).to_string())),
            Err(_) if wait == run => return Err(BodyError::OutOfTime),
            Err(_) => return Err(interrupted("timed out".to_owned())),
        };
        let Some(piece) = piece else { return Ok(None) };
        let size = u64::try_from(piece.len()).unwrap_or(u64::MAX);
        self.left = self.left.checked_sub(size).ok_or(BodyError::TooLarge)?;
        Ok(Some(piece))
    }
}

fn interrupted(problem: String) -> BodyError {
    BodyError::Interrupted(format!("the certificate's download broke off: {problem}"))
}

#[cfg(test)]
mod fuzz_tests {
    use std::convert::Infallible;

    use futures::TryStreamExt;

    use super::*;
    use crate::fuzz_tests::{run, target};

    // The file in pieces as the network brings them, with its length or without.
    target!(pdf_beginning, |choices| {
        let has_length = choices.byte().is_multiple_of(2);
        let mut pieces = Vec::new();
        if !choices.byte().is_multiple_of(4) {
            pieces.push(Bytes::from_static(b"%PDF"));
        }
        for _ in 0..choices.below(6) {
            pieces.push(Bytes::copy_from_slice(choices.some()));
        }
        pieces.push(Bytes::copy_from_slice(choices.rest()));
        let whole = pieces.concat();
        let length = u64::try_from(whole.len()).ok().filter(|_| has_length);
        let pieces = stream::iter(pieces.into_iter().map(Ok::<_, Infallible>));
        let response = http::Response::new(reqwest::Body::wrap_stream(pieces));
        run(async {
            let until = Instant::now() + Duration::from_secs(60);
            let pdf = checked(response.into(), length, until, Deadline::never()).await;
            let pdf = match pdf {
                Ok(pdf) => pdf,
                Err(DownloadError::Empty) => return assert!(whole.is_empty()),
                Err(error) => {
                    assert_eq!(error, DownloadError::NotPdf);
                    return assert!(!whole.starts_with(MAGIC));
                }
            };
            assert!(whole.starts_with(MAGIC));
            let length = pdf.length().unwrap_or(whole.len() as u64);
            assert_eq!(length, whole.len() as u64);
            let (content, _) = pdf.into_content();
            let read: Vec<Bytes> = content.stream.try_collect().await.unwrap();
            assert_eq!(read.concat(), whole);
        });
    });
}
