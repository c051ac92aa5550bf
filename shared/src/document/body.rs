//! A PDF on its way: looked at, but not yet read.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt, stream};
use thiserror::Error;

use crate::http::{Content, ContentError};
use crate::locked::locked;

/// Why a file that had begun well did not end so.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BodyError {
    /// It is larger than the HR system takes.
    #[error("the file is larger than 30 MB, Personio's limit")]
    TooLarge,
    #[error("the download was given up, the time for this run is over")]
    OutOfTime,
    #[error("{0}")]
    Interrupted(String),
}

type Pieces = BoxStream<'static, Result<Bytes, BodyError>>;
type Reopen = Arc<dyn Fn() -> BoxFuture<'static, Result<PdfBody, BodyError>> + Send + Sync>;

/// A PDF whose first bytes have been seen. It is read once, while it is uploaded; memory does not grow with it.
pub struct PdfBody {
    pieces: Pieces,
    length: Option<u64>,
    reopen: Option<Reopen>,
}

impl PdfBody {
    #[must_use]
    pub fn from_bytes(bytes: Bytes) -> Self {
        let length = u64::try_from(bytes.len()).ok();
        let again = bytes.clone();
        let pieces = stream::once(async { Ok(bytes) }).boxed();
        Self::new(pieces, length).reopened_by(move || {
            let body = Self::from_bytes(again.clone());
            Box::pin(async { Ok(body) })
        })
    }

    /// A file in pieces, with its length where that is known.
    #[must_use]
    pub fn new(pieces: BoxStream<'static, Result<Bytes, BodyError>>, length: Option<u64>) -> Self {
        Self {
            pieces,
            length,
            reopen: None,
        }
    }

    /// The same, with a way to open the file again: an upload that is refused for its token is sent again with a fresh one.
    #[must_use]
    pub fn reopened_by(
        mut self,
        open: impl Fn() -> BoxFuture<'static, Result<Self, BodyError>> + Send + Sync + 'static,
    ) -> Self {
        self.reopen = Some(Arc::new(open));
        self
    }

    /// Its size in bytes, where it is known.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// A way to open the file again.
    pub(crate) fn reopener(&self) -> Option<Reopen> {
        self.reopen.clone()
    }

    /// Its bytes for a request, and what they end with.
    pub(crate) fn into_content(self) -> (Content, Watch) {
        let watch = Watch::default();
        let noted = watch.clone();
        let pieces = self.pieces.map_err(move |error| {
            noted.note(&error);
            ContentError::from(error)
        });
        (
            Content {
                stream: pieces.boxed(),
                length: self.length,
            },
            watch,
        )
    }
}

/// What a file broke off with while it was being sent: the HTTP client only says that the body failed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watch(Arc<Mutex<Option<BodyError>>>);

impl Watch {
    fn note(&self, error: &BodyError) {
        *locked(&self.0) = Some(error.clone());
    }

    /// The file's own error, if it had one.
    pub(crate) fn failure(&self) -> Option<BodyError> {
        locked(&self.0).clone()
    }
}

crate::debug_only!(PdfBody, length);
