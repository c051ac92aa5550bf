//! Equal refusals in a row: whether they are the certificates' or the tenant's.

/// After this many equal refusals in a row others are tried from elsewhere in the queue.
const SUSPECT_AFTER: usize = 5;
/// So many of these, refused alike, show that it is not the certificates.
const PROBES: usize = 3;

/// The refusals that are not decided about yet: all for the same reason, in a row.
#[derive(Debug)]
pub struct Series<T> {
    reason: String,
    refused: Vec<T>,
    /// How many of the refused were probes.
    probes: usize,
    /// How many probes were taken in this run.
    taken: usize,
    /// Whether any certificate was filed in this run.
    has_filed: bool,
}

/// What follows from an answer.
#[derive(Debug, PartialEq, Eq)]
pub enum Advance<T> {
    /// These refusals were their certificates' own.
    Own(Vec<T>),
    /// Nothing more is tried, for this reason. These refusals count as their certificates' own, because others were
    /// filed; without any, they are the tenant's and stay in the series.
    Stop { reason: String, own: Vec<T> },
}

/// What is left at the end of a run.
#[derive(Debug, PartialEq, Eq)]
pub struct Rest<T> {
    pub refused: Vec<T>,
    /// The common reason of at least five.
    pub reason: Option<String>,
    /// Whether they count as their certificates' own.
    pub are_own: bool,
}

impl<T> Default for Series<T> {
    fn default() -> Self {
        Self {
            reason: String::new(),
            refused: Vec::new(),
            probes: 0,
            taken: 0,
            has_filed: false,
        }
    }
}

impl<T> Series<T> {
    fn is_suspect(&self) -> bool {
        self.refused.len() >= SUSPECT_AFTER
    }

    /// The place in a queue of `waiting` certificates where the next one is taken as a probe, if it is: if that one is
    /// filed, the refusals are the certificates' own. The end, the middle and the first quarter take turns.
    pub fn next_probe(&mut self, waiting: usize) -> Option<usize> {
        if !self.is_suspect() {
            return None;
        }
        let last = waiting.checked_sub(1)?;
        let at = match self.taken % 3 {
            0 => last,
            1 => last / 2,
            _ => last / 4,
        };
        self.taken += 1;
        Some(at)
    }

    /// Another certificate was refused; `is_probe`: it was taken from elsewhere in the queue.
    pub fn refused(&mut self, reason: &str, certificate: T, is_probe: bool) -> Advance<T> {
        let before = match reason == self.reason {
            true => Vec::new(),
            false => self.broken(false),
        };
        reason.clone_into(&mut self.reason);
        self.refused.push(certificate);
        self.probes += usize::from(is_probe);
        if self.probes < PROBES || !self.is_suspect() {
            return Advance::Own(before);
        }
        Advance::Stop {
            reason: self.reason.clone(),
            own: match self.has_filed {
                true => self.broken(false),
                false => before,
            },
        }
    }

    /// Another certificate was filed, or failed otherwise.
    pub fn broken(&mut self, is_filed: bool) -> Vec<T> {
        self.has_filed |= is_filed;
        self.probes = 0;
        std::mem::take(&mut self.refused)
    }

    /// What is left at the end, and whether it is the tenant's: at least five and nothing else.
    pub fn into_rest(self) -> Rest<T> {
        let is_shared = self.is_suspect();
        Rest {
            refused: self.refused,
            reason: is_shared.then_some(self.reason),
            are_own: !is_shared || self.has_filed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds reasons (`-` is a filed certificate, a capital letter a probe); which were their own, and the reason to
    /// stop.
    fn fed(reasons: &str) -> (Vec<usize>, Option<String>) {
        let (mut series, mut own, mut stop) = (Series::default(), Vec::new(), None);
        for (number, letter) in reasons.chars().enumerate() {
            let reason = letter.to_lowercase().to_string();
            match letter {
                '-' => own.extend(series.broken(true)),
                _ => match series.refused(&reason, number, letter.is_uppercase()) {
                    Advance::Own(before) => own.extend(before),
                    Advance::Stop {
                        reason,
                        own: before,
                    } => {
                        own.extend(before);
                        stop = Some(reason);
                        break;
                    }
                },
            }
        }
        let Rest {
            refused,
            reason,
            are_own,
        } = series.into_rest();
        if are_own {
            own.extend(refused);
        }
        (own, stop.or(reason))
    }

    #[test]
    fn five_equal_refusals_in_a_row_are_the_tenants_unless_another_certificate_is_filed() {
        let a = || Some("a".to_owned());
        for (reasons, own, stop) in [
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
            assert_eq!(fed(reasons), (own, stop), "{reasons}");
        }
    }

    #[test]
    fn refusals_stop_the_run_and_are_the_certificates_own_once_another_was_filed() {
        let a = || Some("a".to_owned());
        for (reasons, own, stop) in [
            ("-aaaaa", 1..6, a()),
            ("-----aaaaaAAA", 5..13, a()),
            ("aaaaaA-aaaaaAAA", 0..15, a()),
            ("-aaaa", 1..5, None),
        ] {
            let own: Vec<usize> = own.filter(|at| reasons.as_bytes()[*at] != b'-').collect();
            assert_eq!(fed(reasons), (own, stop), "{reasons}");
        }
    }

    #[test]
    fn probes_come_from_the_end_the_middle_and_the_first_quarter_after_the_fifth_refusal() {
        let mut series = Series::default();
        for number in 0..4 {
            series.refused("why", number, false);
            assert_eq!(series.next_probe(9), None);
        }
        series.refused("why", 4, false);
        let places: Vec<_> = (0..4).map(|_| series.next_probe(9)).collect();
        assert_eq!(places, [Some(8), Some(4), Some(2), Some(8)]);
        assert_eq!(series.next_probe(0), None);
        series.broken(false);
        assert_eq!(series.next_probe(9), None);
    }
}
