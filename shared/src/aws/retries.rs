//! How often AWS had to be asked again, for the run's report: the SDK repeats calls on its own and tells nobody.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::HeaderMap;

tokio::task_local! {
    static RETRIES: Retries;
}

/// Attempts after the first one, of whatever is asked of AWS within [`counting`](Self::counting). Copies share the count.
#[derive(Clone, Debug, Default)]
pub struct Retries(Arc<AtomicU64>);

impl Retries {
    /// Carries out `work`, and counts.
    pub async fn counting<F: Future>(&self, work: F) -> F::Output {
        RETRIES.scope(self.clone(), work).await
    }

    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Counts a request if it is not a call's first: the SDK says so in `amz-sdk-request: attempt=2; max=3`.
pub(super) fn note(headers: &HeaderMap) {
    let text = headers
        .get("amz-sdk-request")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let attempt = text
        .split("; ")
        .find_map(|part| part.strip_prefix("attempt="));
    if attempt.is_some_and(|attempt| attempt != "1") {
        again();
    }
}

/// Counts an attempt that is not a call's first.
pub(super) fn again() {
    // Outside of a run nobody counts.
    let _ = RETRIES.try_with(|retries| retries.0.fetch_add(1, Ordering::Relaxed));
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[tokio::test]
    async fn counts_what_is_not_a_calls_first_attempt() {
        let noted = |text: &'static str| {
            note(&HeaderMap::from_iter([(
                http::HeaderName::from_static("amz-sdk-request"),
                HeaderValue::from_static(text),
            )]));
        };
        let retries = Retries::default();
        noted("attempt=2; max=3");
        retries
            .counting(async {
                for text in [
                    "attempt=1; max=3",
                    "attempt=2; max=3",
                    "ttl=1; attempt=3; max=3",
                    "max=3",
                    "",
                ] {
                    noted(text);
                }
                note(&HeaderMap::new());
            })
            .await;
        assert_eq!(retries.count(), 2);
    }
}
