//! Equal refusals in a row: whether they are the certificates' or the tenant's.

/// After this many equal refusals in a row others are tried from the other end.
const SUSPECT_AFTER: usize = 5;
/// So many of these, refused alike, show that it is not the certificates.
const PROBES: usize = 3;

/// The refusals that are not decided about yet: all for the same reason, in a row.
#[derive(Debug)]
pub struct Series<T> {
    reason: String,
    refused: Vec<T>,
    /// How many of the refused were taken from the other end.
    probes: usize,
}

/// What follows from an answer.
#[derive(Debug, PartialEq, Eq)]
pub enum Advance<T> {
    /// These refusals were their certificates' own.
    Own(Vec<T>),
    /// All of them are the tenant's, for this reason: nothing more is tried.
    Shared(String),
}

impl<T> Default for Series<T> {
    fn default() -> Self {
        Self {
            reason: String::new(),
            refused: Vec::new(),
            probes: 0,
        }
    }
}

impl<T> Series<T> {
    /// Whether the next certificate is taken from the other end: if that one is filed, the refusals are the
    /// certificates' own.
    #[must_use]
    pub fn is_suspect(&self) -> bool {
        self.refused.len() >= SUSPECT_AFTER
    }

    /// Another certificate was refused; `is_probe`: it was taken from the other end.
    pub fn refused(&mut self, reason: &str, certificate: T, is_probe: bool) -> Advance<T> {
        let before = match reason == self.reason {
            true => Vec::new(),
            false => self.broken(),
        };
        reason.clone_into(&mut self.reason);
        self.refused.push(certificate);
        self.probes += usize::from(is_probe);
        match self.probes >= PROBES && self.is_suspect() {
            true => Advance::Shared(self.reason.clone()),
            false => Advance::Own(before),
        }
    }

    /// Another certificate was filed, or failed otherwise.
    pub fn broken(&mut self) -> Vec<T> {
        self.probes = 0;
        std::mem::take(&mut self.refused)
    }

    /// What is left at the end, and whether it is the tenant's: at least five and nothing else.
    pub fn into_rest(self) -> (Vec<T>, Option<String>) {
        let is_shared = self.refused.len() >= SUSPECT_AFTER;
        (self.refused, is_shared.then_some(self.reason))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds reasons (`-` is a filed certificate, a capital letter a probe); which were their own, and the shared reason.
    fn fed(reasons: &str) -> (Vec<usize>, Option<String>) {
        let (mut series, mut own) = (Series::default(), Vec::new());
        for (number, reason) in reasons.chars().enumerate() {
            match reason {
                '-' => own.extend(series.broken()),
                reason => match series.refused(
                    &reason.to_lowercase().to_string(),
                    number,
                    reason.is_uppercase(),
                ) {
                    Advance::Own(before) => own.extend(before),
                    Advance::Shared(reason) => return (own, Some(reason)),
                },
            }
        }
        let (rest, shared) = series.into_rest();
        if shared.is_none() {
            own.extend(rest);
        }
        (own, shared)
    }

    #[test]
    fn five_equal_refusals_in_a_row_are_the_tenants_unless_another_certificate_is_filed() {
        let a = || Some("a".to_owned());
        for (reasons, own, shared) in [
            ("aaaa", vec![0, 1, 2, 3], None),
            ("aaaaa", vec![], a()),
            ("aaaaaaaa", vec![], a()),
            ("aaaaaAAA-", vec![], a()),
            ("aaaaa-", vec![0, 1, 2, 3, 4], None),
            ("aaaaaAA-", vec![0, 1, 2, 3, 4, 5, 6], None),
            // Those that were under way already prove nothing.
            ("aaaaaaaaa-", vec![0, 1, 2, 3, 4, 5, 6, 7, 8], None),
            ("aaaab", vec![0, 1, 2, 3, 4], None),
            ("aabaaaaa", vec![0, 1, 2], a()),
            ("ababab", vec![0, 1, 2, 3, 4, 5], None),
            ("", vec![], None),
        ] {
            assert_eq!(fed(reasons), (own, shared), "{reasons}");
        }
    }

    #[test]
    fn others_are_tried_from_the_other_end_after_the_fifth() {
        let mut series = Series::default();
        let suspects: Vec<bool> = (0..6)
            .map(|number| {
                series.refused("why", number, false);
                series.is_suspect()
            })
            .collect();
        assert_eq!(suspects, [false, false, false, false, true, true]);
        series.broken();
        assert!(!series.is_suspect());
    }
}
