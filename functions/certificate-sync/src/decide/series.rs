//! Equal refusals in a row: whether they are the certificates' or the tenant's.

use std::collections::{BTreeSet, HashMap};

use shared::document::Suspect;
use shared::domain::id::CertificateId;
use shared::state::{CertificateEntry, CertificateState, EqualRefusals};

use crate::outcome::SkipReason;
use crate::plan::Plan;

/// After this many equal refusals in a row others are tried from elsewhere in the queue.
const SUSPECT_AFTER: usize = 5;
/// The same where files do not come.
const NO_FILES_AFTER: usize = 3;
/// Certificates that are tried after equal refusals: if all of them are refused alike, it is not the certificates.
const PROBES: usize = 3;
/// The same where files lead to a refused host: each costs one small call, and among many there may be a few good ones.
const HOST_PROBES: usize = 250;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    pub reason: String,
    /// What it is if other certificates are refused alike, where the answer says so.
    pub suspect: Option<Suspect>,
    /// The host of the file, where the tenant's file does not allow it: never a failure of the certificate.
    pub host: Option<String>,
}

/// The refusals that are not decided about yet: all for the same reason, in a row.
#[derive(Debug)]
pub struct Series<T> {
    refusal: Refusal,
    refused: Vec<T>,
    /// Those of them that no earlier run has seen refused alike.
    fresh: BTreeSet<CertificateId>,
    /// What earlier runs have counted, as long as this one goes on with it.
    earlier: Option<EqualRefusals>,
    /// How many of the refused were probes.
    probes: usize,
    /// How many probes were taken in this run.
    taken: usize,
    /// How many of them are under way: an upload takes longer than a refusal.
    under_way: usize,
    /// Whether any certificate was filed in this run.
    has_filed: bool,
    /// How many files of this run have led to refused hosts.
    led_elsewhere: usize,
    /// The number of the tick: each takes its probes from other places.
    turn: usize,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Advance<T> {
    /// These refusals were their certificates' own.
    Own(Vec<T>),
    /// Nothing more is tried, because of this refusal. These refusals count as their certificates' own, because others
    /// were filed; without any, they are the tenant's and stay in the series.
    Stop { refusal: Refusal, own: Vec<T> },
}

/// What is left at the end of a run.
#[derive(Debug, PartialEq, Eq)]
pub struct Rest<T> {
    pub refused: Vec<T>,
    /// What they have in common, where that ends the run.
    pub refusal: Option<Refusal>,
    /// Whether they count as their certificates' own.
    pub are_own: bool,
}

impl Refusal {
    /// The refusal of a file on `host`, which the tenant's file does not allow.
    pub(super) fn of_host(host: String) -> Self {
        Self {
            reason: format!(
                "the PDF's address leads to {host}, which [reteach] download_hosts does not allow"
            ),
            suspect: None,
            host: Some(host),
        }
    }

    /// Whether runs count it together. Files on a refused host are tried on each tick: one run counts enough of them.
    fn is_counted_over_ticks(&self) -> bool {
        self.host.is_none()
    }

    /// Whether it has this reason, whatever numbers are in it.
    #[must_use]
    pub fn is_for(&self, reason: &str) -> bool {
        without_numbers(&self.reason) == without_numbers(reason)
    }

    /// What equal refusals have in common. An outage has many faces.
    fn name(&self) -> String {
        match self.suspect {
            Some(Suspect::Vendor(vendor)) => vendor.to_string(),
            _ => without_numbers(&self.reason),
        }
    }

    fn is_like(&self, other: &Self) -> bool {
        (self.suspect, &self.host) == (other.suspect, &other.host) && self.name() == other.name()
    }
}

/// A reason without what differs from certificate to certificate: all numbers but the status.
fn without_numbers(reason: &str) -> String {
    let mut is_status = false;
    let shown = |word: &str| {
        let bare = word.trim_matches(|char: char| !char.is_alphanumeric());
        let is_number = !bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_digit());
        let shown = match is_number && !is_status {
            true => word.replace(bare, "…"),
            false => word.to_owned(),
        };
        is_status = word == "answered";
        shown
    };
    let words: Vec<String> = reason.split(' ').map(shown).collect();
    words.join(" ")
}

/// Where in a queue of `waiting` certificates a run takes its probe number `taken`: the end takes turns with two places
/// that move from tick to tick. `turn` is the number of the tick.
#[must_use]
pub fn probe_place(taken: usize, waiting: usize, turn: usize) -> Option<usize> {
    let last = waiting.checked_sub(1)?;
    // In thousandths of the queue: the golden ratio leaves no part of it out for long.
    let moved = |from: usize| last * ((from + 618 * (turn % 1_000)) % 1_000) / 1_000;
    Some(match taken % 3 {
        0 => last,
        1 => moved(500),
        _ => moved(250),
    })
}

/// The refusals of `counted` that still count: their certificates are not decided about, and still listed. `entries` are
/// those that the ledger has of them.
#[must_use]
pub fn still_counted(
    counted: EqualRefusals,
    plan: &Plan,
    entries: &HashMap<CertificateId, CertificateEntry>,
) -> EqualRefusals {
    let is_open = |id: &CertificateId| match entries.get(id).map(|entry| &entry.state) {
        None => plan.uploads.iter().any(|upload| upload.id == *id),
        Some(CertificateState::Failed(_) | CertificateState::Intended(_)) => {
            plan.skipped.get(id) != Some(&SkipReason::Gone)
        }
        Some(_) => false,
    };
    EqualRefusals {
        certificates: counted.certificates.into_iter().filter(is_open).collect(),
        ..counted
    }
}

impl<T> Default for Series<T> {
    fn default() -> Self {
        Self::new(0, None)
    }
}

impl<T> Series<T> {
    /// The series of a run. `turn` is the number of the tick, `earlier` what the runs before have counted.
    #[must_use]
    pub fn new(turn: usize, earlier: Option<EqualRefusals>) -> Self {
        Self {
            refusal: Refusal::default(),
            refused: Vec::new(),
            fresh: BTreeSet::new(),
            earlier,
            probes: 0,
            taken: 0,
            under_way: 0,
            has_filed: false,
            led_elsewhere: 0,
            turn,
        }
    }

    /// Whether a run asks where a file leads before anything else: enough of them have led to refused hosts.
    #[must_use]
    pub fn looks_ahead(&self) -> bool {
        self.led_elsewhere >= SUSPECT_AFTER
    }

    fn max_probes(&self) -> usize {
        match self.refusal.host {
            Some(_) => HOST_PROBES,
            None => PROBES,
        }
    }

    /// Whether the next probe may be of any course: the first ones were of others, and there are too many of them to go
    /// through the whole queue each time.
    #[must_use]
    pub fn takes_any_course(&self) -> bool {
        self.refusal.host.is_some() && self.taken >= PROBES
    }

    /// Whether the next certificate is taken as a probe.
    #[must_use]
    pub fn is_suspect(&self) -> bool {
        let enough = match self.refusal.suspect {
            Some(Suspect::Tenant(_)) => 1,
            Some(Suspect::Vendor(_)) => NO_FILES_AFTER,
            None => SUSPECT_AFTER,
        };
        let over_ticks = match self.refusal.is_counted_over_ticks() {
            true => self.counted_over_ticks().len(),
            false => 0,
        };
        !self.refused.is_empty() && self.refused.len().max(over_ticks) >= enough
    }

    /// Whether earlier runs have counted refusals like this one, and nothing was filed since. Otherwise a certificate
    /// that was refused alike before has shown that it is its own.
    #[must_use]
    pub fn goes_on_with(&self, refusal: &Refusal) -> bool {
        let earlier = self.earlier.as_ref();
        earlier.is_some_and(|earlier| earlier.reason == refusal.name())
    }

    fn counted_over_ticks(&self) -> BTreeSet<&CertificateId> {
        let earlier = self.earlier.iter().flat_map(|it| &it.certificates);
        earlier.chain(&self.fresh).collect()
    }

    #[must_use]
    pub fn counted(&self) -> Option<EqualRefusals> {
        let has_counted = !self.refused.is_empty() && self.refusal.is_counted_over_ticks();
        match (self.has_filed, has_counted) {
            (true, _) => None,
            (false, false) => self.earlier.clone(),
            (false, true) => Some(EqualRefusals {
                reason: self.refusal.name(),
                certificates: self
                    .counted_over_ticks()
                    .into_iter()
                    .take(SUSPECT_AFTER)
                    .cloned()
                    .collect(),
            }),
        }
    }

    /// The refusals that are not decided about.
    pub fn refused_so_far(&self) -> &[T] {
        &self.refused
    }

    /// The place in a queue of `waiting` certificates where the next one is taken as a probe, if it is: if that one is
    /// filed, the refusals are the certificates' own.
    pub fn next_probe(&mut self, waiting: usize) -> Option<usize> {
        if !self.is_suspect() || self.probes + self.under_way >= self.max_probes() {
            return None;
        }
        let at = probe_place(self.taken, waiting, self.turn)?;
        self.taken += 1;
        self.under_way += 1;
        Some(at)
    }

    /// A probe is no longer under way, whatever came of it.
    pub fn probe_ended(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
    }

    /// Another certificate was refused; `fresh`: its id, if it is for the first time alike; `is_probe`: it was taken from
    /// elsewhere in the queue.
    pub fn refused(
        &mut self,
        refusal: Refusal,
        certificate: T,
        fresh: Option<CertificateId>,
        is_probe: bool,
    ) -> Advance<T> {
        let is_counted = refusal.is_counted_over_ticks();
        if !is_counted {
            self.earlier = self.counted();
        }
        let before = match refusal.is_like(&self.refusal) {
            true => Vec::new(),
            false => self.broken(false),
        };
        if is_counted && !self.goes_on_with(&refusal) {
            self.earlier = None;
        }
        self.led_elsewhere += usize::from(refusal.host.is_some());
        self.refusal = refusal;
        self.refused.push(certificate);
        self.fresh.extend(fresh.filter(|_| is_counted));
        self.probes += usize::from(is_probe);
        if self.probes < self.max_probes() || !self.is_suspect() {
            return Advance::Own(before);
        }
        Advance::Stop {
            refusal: self.refusal.clone(),
            own: match self.has_filed && self.refusal.suspect.is_none() {
                true => self.broken(false),
                false => before,
            },
        }
    }

    /// Another certificate was filed, or failed otherwise.
    pub fn broken(&mut self, is_filed: bool) -> Vec<T> {
        self.has_filed |= is_filed;
        if is_filed {
            self.earlier = None;
        }
        self.probes = 0;
        self.fresh.clear();
        std::mem::take(&mut self.refused)
    }

    /// What is left at the end, and whether it is the tenant's: enough of them and nothing else. What names its suspect
    /// is the suspect's after three probes, even if others were filed before.
    pub fn into_rest(self) -> Rest<T> {
        let is_shared = self.is_suspect();
        let is_known = self.refusal.suspect.is_some();
        let is_shown_own = match is_known {
            true => self.has_filed && self.probes < PROBES,
            false => self.has_filed,
        };
        let are_own = !is_shared || is_shown_own;
        let ends_run = is_shared && !(is_known && are_own);
        Rest {
            refused: self.refused,
            refusal: ends_run.then_some(self.refusal),
            are_own,
        }
    }
}

#[cfg(test)]
mod tests {
    use shared::document::TenantFault;
    use shared::http::Vendor;

    use super::*;

    fn id(number: usize) -> Option<CertificateId> {
        Some(CertificateId::new(format!("cert-{number}")))
    }

    /// Feeds reasons (`-` is a filed certificate, a capital letter a probe): which were their own, and the reason to
    /// stop. `t` is a right that seems to be missing, `v` and `w` are faces of an outage, `h` and `i` refused hosts.
    fn fed(reasons: &str) -> (Vec<usize>, Option<String>) {
        let (mut series, mut own, mut stop) = (Series::default(), Vec::new(), None);
        for (number, letter) in reasons.chars().enumerate() {
            let reason = letter.to_lowercase().to_string();
            match letter {
                '-' => own.extend(series.broken(true)),
                _ => match series.refused(
                    refusal(&reason),
                    number,
                    id(number),
                    letter.is_uppercase(),
                ) {
                    Advance::Own(before) => own.extend(before),
                    Advance::Stop {
                        refusal,
                        own: before,
                    } => {
                        own.extend(before);
                        stop = Some(refusal.reason);
                        break;
                    }
                },
            }
        }
        let Rest {
            refused,
            refusal,
            are_own,
        } = series.into_rest();
        if are_own {
            own.extend(refused);
        }
        (own, stop.or(refusal.map(|refusal| refusal.reason)))
    }

    fn refusal(reason: &str) -> Refusal {
        let suspect = match reason {
            "h" | "i" => return Refusal::of_host(reason.to_owned()),
            "t" => Some(Suspect::Tenant(TenantFault::Right)),
            "v" | "w" => Some(Suspect::Vendor(Vendor::Reteach)),
            _ => None,
        };
        Refusal {
            reason: reason.to_owned(),
            suspect,
            host: None,
        }
    }

    #[test]
    fn a_right_that_seems_to_be_missing_is_missing_after_three_probes_or_if_nothing_was_filed() {
        let right = || Some("t".to_owned());
        for (reasons, own, stop) in [
            ("t", vec![], right()),
            ("tT", vec![], right()),
            ("tTTT-", vec![], right()),
            ("t-", vec![0], None),
            ("tTT-", vec![0, 1, 2], None),
            ("-t", vec![1], None),
            ("-tTT", vec![1, 2, 3], None),
            // Withdrawn while certificates were filed.
            ("----ttTTT", vec![], right()),
            ("tTa", vec![0, 1, 2], None),
        ] {
            assert_eq!(fed(reasons), (own, stop), "{reasons}");
        }
    }

    #[test]
    fn files_that_do_not_come_are_an_outage_after_three_probes_or_if_nothing_was_filed() {
        let outage = |face: &str| Some(face.to_owned());
        for (reasons, own, stop) in [
            ("vv", vec![0, 1], None),
            ("vwv", vec![], outage("v")),
            ("vvvwVWV", vec![], outage("v")),
            ("vvvV-", vec![0, 1, 2, 3], None),
            ("-vvvVV", vec![1, 2, 3, 4, 5], None),
            ("-vvvVVW", vec![], outage("w")),
        ] {
            assert_eq!(fed(reasons), (own, stop), "{reasons}");
        }
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
    fn refusals_that_differ_in_a_number_alone_are_equal_and_other_statuses_are_not() {
        let of = |reason: &str| Refusal {
            reason: reason.to_owned(),
            ..Refusal::default()
        };
        let first = of("answered 422: employee 17 is invalid, limit 250");
        for (reason, expected) in [
            ("answered 422: employee 1018 is invalid, limit 3", true),
            ("answered 422: employee 417 is invalid, limit 400", true),
            ("answered 400: employee 17 is invalid, limit 250", false),
            ("answered 422: employee is invalid, limit 250", false),
        ] {
            assert_eq!(first.is_like(&of(reason)), expected, "{reason}");
            assert_eq!(first.name() == of(reason).name(), expected, "{reason}");
            assert_eq!(first.is_for(reason), expected, "{reason}");
        }
        let counted = "answered 422: employee … is invalid, limit …";
        assert_eq!(first.name(), counted);
    }

    #[test]
    fn files_that_lead_to_one_refused_host_end_the_run_only_after_many_in_a_row() {
        let host = || Some(refusal("h").reason);
        let probes = |number| format!("hhhhh{}-", "H".repeat(number));
        let (few, many) = (probes(HOST_PROBES - 1), probes(HOST_PROBES));
        for (reasons, own, stop) in [
            ("hhhh", 0..4, None),
            ("hhhhh", 0..0, host()),
            (few.as_str(), 0..few.len() - 1, None),
            (many.as_str(), 0..0, host()),
            ("hhhhi", 0..5, None),
            ("hihihihihi", 0..10, None),
            ("hhhha", 0..5, None),
        ] {
            let own: Vec<usize> = own.collect();
            assert_eq!(fed(reasons), (own, stop), "{reasons}");
        }
    }

    #[test]
    fn where_a_file_leads_is_asked_first_once_five_have_led_to_refused_hosts() {
        for (reasons, expected) in [
            ("hhhh", false),
            ("hhhhh", true),
            ("hh-hih", true),
            ("aaaaa", false),
        ] {
            let mut series = Series::default();
            for (number, letter) in reasons.chars().enumerate() {
                match letter {
                    '-' => drop(series.broken(true)),
                    _ => {
                        let refusal = refusal(&letter.to_string());
                        series.refused(refusal, number, id(number), false);
                    }
                }
            }
            assert_eq!(series.looks_ahead(), expected, "{reasons}");
        }
    }

    #[test]
    fn of_the_many_probes_of_a_refused_host_three_are_of_other_courses() {
        for (letter, expected) in [("h", true), ("a", false)] {
            let mut series = Series::default();
            for number in 0..SUSPECT_AFTER {
                series.refused(refusal(letter), number, id(number), false);
            }
            for _ in 0..PROBES {
                assert!(!series.takes_any_course(), "{letter}");
                assert!(series.next_probe(9).is_some(), "{letter}");
                series.probe_ended();
            }
            assert_eq!(series.takes_any_course(), expected, "{letter}");
        }
    }

    /// Ticks: a new certificate in each of them, `=` one of an earlier tick.
    #[test]
    fn refusals_are_counted_over_ticks_once_for_each_certificate_until_one_is_filed() {
        let why = |reason: &str| Some(reason.to_owned());
        for (ticks, stop) in [
            ("a|a|a|a", None),
            ("a|a|a|a|a", why("a")),
            ("a|=a|=a||==a|===a", why("a")),
            ("a|a|a|a|a|=", why("a")),
            ("aaa|aa", why("a")),
            ("a|=|=|=|=|=|=", None),
            ("a|a|a|a|a|-==", None),
            ("a|a|a|-a|a|a|a|a", None),
            ("a|a|a|b|a|a|a|a", None),
            // Files on a refused host are tried on each tick, and take nothing from what is counted of others.
            ("h|h|h|h|h|h", None),
            ("hhhh|hhhh", None),
            ("a|ah|ha|hh|a|a", why("a")),
            ("v|w|", None),
            ("v|w|v", why("v")),
        ] {
            let mut series: Series<()> = Series::default();
            let (mut last, mut number) = (None, 0);
            for tick in ticks.split('|') {
                series = Series::new(0, series.counted());
                for letter in tick.chars() {
                    number += 1;
                    let is_fresh = letter != '=';
                    let refusal = refusal(&letter.to_string().replace('=', "a"));
                    if letter == '-' {
                        series.broken(true);
                    } else if is_fresh || series.goes_on_with(&refusal) {
                        series.refused(refusal, (), id(number).filter(|_| is_fresh), false);
                    }
                }
                let counted = series.counted();
                last = series.into_rest().refusal.map(|refusal| refusal.reason);
                series = Series::new(0, counted);
            }
            assert_eq!(last, stop, "{ticks}");
        }
    }

    #[test]
    fn refusals_stop_the_run_and_are_the_certificates_own_once_another_was_filed() {
        let a = || Some("a".to_owned());
        for (reasons, own, stop) in [
            ("-aaaaa", 1..6, a()),
            ("--aaaaa", 2..7, a()),
            ("-----aaaaaAAA", 5..13, a()),
            ("aaaaaA-aaaaaAAA", 0..15, a()),
            ("-aaaa", 1..5, None),
        ] {
            let own: Vec<usize> = own.filter(|at| reasons.as_bytes()[*at] != b'-').collect();
            assert_eq!(fed(reasons), (own, stop), "{reasons}");
        }
    }

    #[test]
    fn probes_come_from_the_end_and_from_places_that_move_from_tick_to_tick() {
        let mut series = Series::default();
        for number in 0..4 {
            series.refused(refusal("why"), number, id(number), false);
            assert_eq!(series.next_probe(9), None);
        }
        series.refused(refusal("why"), 4, id(4), false);
        assert_eq!(series.refused_so_far(), [0, 1, 2, 3, 4]);
        let places: Vec<_> = (0..4).map(|_| series.next_probe(9)).collect();
        let expected = [Some(8), Some(4), Some(2), None];
        assert_eq!(places, expected, "no more than three at once");
        series.probe_ended();
        assert_eq!(series.next_probe(9), Some(8));
        series.probe_ended();
        assert_eq!(series.next_probe(0), None);
        series.broken(false);
        assert_eq!(series.next_probe(9), None);
        let mut tried = std::collections::BTreeSet::new();
        for turn in 990_000..990_048 {
            let mut series = Series::new(turn, None);
            for number in 0..5 {
                series.refused(refusal("why"), number, id(number), false);
            }
            tried.extend((0..3).filter_map(|_| series.next_probe(40)));
        }
        assert!(tried.len() > 35, "in a day nearly all of them: {tried:?}");
    }
}
