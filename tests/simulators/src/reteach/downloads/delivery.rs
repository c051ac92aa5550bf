//! What a download gets.

use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use serde::{Deserialize, Serialize};

use crate::engine::multipart::Hashing;
use crate::engine::streamed::Streamed;

/// The size of a PDF where nobody has said otherwise.
const SMALL: u64 = 2_000;

/// What a download of a certificate gets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Delivery {
    /// A PDF of this many bytes.
    Pdf {
        /// In bytes, 9 at the least.
        size: u64,
    },
    /// A PDF without `Content-Length`, in chunks.
    Chunked {
        /// In bytes.
        size: u64,
    },
    /// A PDF, announced with another length: the connection closes in the middle, or the end is missing.
    LyingLength {
        /// In bytes.
        size: u64,
        announced: u64,
    },
    /// A PDF, announced truly; the connection closes half way.
    CutMidBody {
        /// In bytes.
        size: u64,
    },
    /// A PDF in small pieces.
    Drip {
        /// In bytes.
        size: u64,
        /// The bytes of a piece.
        piece: usize,
        /// The time before each piece.
        pause: Duration,
    },
    /// A log-in page, announced as a PDF.
    NotAPdf,
    Empty,
    Status(u16),
    /// A redirect to another path of the same host, where the PDF is.
    RedirectHere {
        /// In bytes.
        size: u64,
    },
    /// A redirect to itself.
    RedirectLoop,
    /// A redirect to this place: another host, a private address, a path.
    RedirectTo(String),
    /// `certificate.url` itself is this instead.
    Elsewhere(String),
}

impl Default for Delivery {
    fn default() -> Self {
        Self::Pdf { size: SMALL }
    }
}

impl Delivery {
    /// The size of the PDF, where there is one.
    pub(in crate::reteach) fn size(&self) -> Option<u64> {
        match self {
            Self::Pdf { size }
            | Self::Chunked { size }
            | Self::LyingLength { size, .. }
            | Self::CutMidBody { size }
            | Self::Drip { size, .. }
            | Self::RedirectHere { size } => Some(*size),
            _ => None,
        }
    }

    /// The answer with the PDF, where there is one.
    pub(super) fn answer(&self, id: &str, headers: HeaderMap) -> Option<Streamed> {
        let size = self.size()?;
        let answer = Pdf::new(id, size).streamed(headers);
        Some(match self {
            Self::Chunked { .. } => answer.announcing(None),
            Self::LyingLength { announced, .. } => answer.announcing(Some(*announced)),
            Self::CutMidBody { .. } => answer.cut_in_the_middle(),
            Self::Drip { piece, pause, .. } => answer.dripping(*piece, *pause),
            _ => answer,
        })
    }
}

/// A certificate's PDF: different for every certificate, the same for every download, and never in memory as a whole.
pub(in crate::reteach) struct Pdf {
    head: Bytes,
    size: u64,
}

const FILLER: Bytes = Bytes::from_static(&[b' '; 64 * 1024]);
const END: Bytes = Bytes::from_static(b"\n%%EOF\n");

impl Pdf {
    pub(in crate::reteach) fn new(id: &str, size: u64) -> Self {
        Self {
            head: Bytes::from(format!("%PDF-1.7\n% certificate {id}\n")),
            size: size.max(9),
        }
    }

    fn parts(&self) -> impl Iterator<Item = Bytes> + Send + use<> {
        let mut left = self.size;
        let filler = self
            .size
            .saturating_sub((self.head.len() + END.len()) as u64);
        let blocks = filler / FILLER.len() as u64;
        let rest =
            FILLER.slice(..usize::try_from(filler % FILLER.len() as u64).unwrap_or_default());
        let blocks = std::iter::repeat_n(FILLER, usize::try_from(blocks).unwrap_or_default());
        [self.head.clone()]
            .into_iter()
            .chain(blocks)
            .chain([rest, END])
            .filter_map(move |mut part| {
                part.truncate(usize::try_from(left).unwrap_or(usize::MAX));
                left -= part.len() as u64;
                (!part.is_empty()).then_some(part)
            })
    }

    fn streamed(&self, headers: HeaderMap) -> Streamed {
        Streamed::new(headers, Box::new(self.parts()), self.size)
    }

    /// In hexadecimal digits.
    pub(in crate::reteach) fn sha256(&self) -> String {
        let mut hashing = Hashing::new();
        self.parts().for_each(|part| hashing.take(&part));
        hashing.finish(String::new()).sha256
    }
}
