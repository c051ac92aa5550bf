//! German or English, as the browser asks, and how each writes numbers and moments.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    German,
    English,
}

impl Language {
    /// The one of both that `Accept-Language` puts first; English where it names neither.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let accepted = headers
            .get(ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok());
        Self::first_of(accepted.unwrap_or_default())
    }

    fn first_of(accepted: &str) -> Self {
        let mut best = (0.0, Self::English);
        for part in accepted.split(',') {
            let (tag, quality) = part.split_once(';').unwrap_or((part, ""));
            let quality = quality.trim().strip_prefix("q=");
            let quality: f32 = quality.map_or(1.0, |quality| quality.parse().unwrap_or(0.0));
            let language = match tag.trim().to_ascii_lowercase().split('-').next() {
                Some("de") => Self::German,
                Some("en") => Self::English,
                _ => continue,
            };
            if quality > best.0 {
                best = (quality, language);
            }
        }
        best.1
    }

    pub(super) fn pick<T>(self, german: T, english: T) -> T {
        match self {
            Self::German => german,
            Self::English => english,
        }
    }

    pub(super) fn tag(self) -> &'static str {
        self.pick("de", "en")
    }

    /// `1,012`, `1.012`.
    pub(super) fn number(self, number: u64) -> String {
        let digits = number.to_string();
        let mut text = String::new();
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                text.push(self.pick('.', ','));
            }
            text.push(digit);
        }
        text
    }

    /// `1 person`, `1,012 people`: `words` are German and English, each for one and for many.
    pub(super) fn counted(
        self,
        number: u64,
        german: (&str, &str),
        english: (&str, &str),
    ) -> String {
        let (one, many) = self.pick(german, english);
        let word = if number == 1 { one } else { many };
        format!("{} {word}", self.number(number))
    }

    /// `4 minutes ago`.
    pub(super) fn ago(self, then: Timestamp, now: Timestamp) -> String {
        let past = now.duration_since(then);
        if past < SignedDuration::from_secs(60) {
            return self.pick("gerade eben", "just now").to_owned();
        }
        let text = self.lasting(past);
        self.pick(format!("vor {text}"), format!("{text} ago"))
    }

    /// `30 minutes`, in hours or days where it is longer, and never less than it is; after "in" in German.
    pub(super) fn minutes(self, minutes: u64) -> String {
        match minutes {
            0..=119 => self.counted(minutes, ("Minute", "Minuten"), ("minute", "minutes")),
            120..=2879 => {
                let hours = minutes.div_ceil(60);
                self.counted(hours, ("Stunde", "Stunden"), ("hour", "hours"))
            }
            _ => {
                let days = minutes.div_ceil(24 * 60);
                self.counted(days, ("Tag", "Tagen"), ("day", "days"))
            }
        }
    }

    /// `4 minutes`, after "vor" in German.
    fn lasting(self, time: SignedDuration) -> String {
        let count = |number: i64| u64::try_from(number).unwrap_or_default();
        match (time.as_hours() / 24, time.as_hours(), time.as_secs() / 60) {
            (0, 0, minutes) => {
                self.counted(count(minutes), ("Minute", "Minuten"), ("minute", "minutes"))
            }
            (0, hours, _) => self.counted(count(hours), ("Stunde", "Stunden"), ("hour", "hours")),
            (days, ..) => self.counted(count(days), ("Tag", "Tagen"), ("day", "days")),
        }
    }

    pub(super) fn moment(self, at: Timestamp, zone: &TimeZone) -> Markup {
        let local = zone.to_datetime(at);
        let text = local.strftime(self.pick("%d.%m.%Y, %H:%M", "%-d %b %Y, %H:%M"));
        html! { time datetime=(format!("{at:.0}")) title=[zone.iana_name()] { (text.to_string()) } }
    }

    /// `1.2 s`.
    pub(super) fn seconds(self, milliseconds: i64) -> String {
        let point = self.pick(',', '.');
        format!(
            "{}{point}{} s",
            milliseconds / 1000,
            milliseconds % 1000 / 100
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browsers_first_known_language_is_taken() {
        use Language::{English, German};
        for (accepted, language) in [
            ("", English),
            ("de", German),
            ("de-AT,de;q=0.9,en;q=0.8", German),
            ("en-GB,en;q=0.9,de;q=0.8", English),
            ("fr,de;q=0.4,en;q=0.6", English),
            ("fr;q=0.9, de;q=0.5", German),
            ("de;q=0", English),
            (";;;,,q=", English),
        ] {
            assert_eq!(Language::first_of(accepted), language, "{accepted}");
        }
    }

    #[test]
    fn numbers_and_times_are_written_as_each_language_does() {
        let (german, english) = (Language::German, Language::English);
        assert_eq!(german.number(1_234_567), "1.234.567");
        assert_eq!(english.number(999), "999");
        let at: Timestamp = "2026-05-11T08:00:00Z".parse().unwrap();
        let later = at + SignedDuration::from_mins(4);
        assert_eq!(german.ago(at, later), "vor 4 Minuten");
        assert_eq!(english.ago(at, later), "4 minutes ago");
        assert_eq!(english.ago(later, at), "just now");
        assert_eq!(german.minutes(1), "1 Minute");
        assert_eq!(english.minutes(121), "3 hours");
        assert_eq!(german.minutes(3 * 24 * 60), "3 Tagen");
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        assert!(
            german
                .moment(at, &zone)
                .into_string()
                .contains("11.05.2026, 10:00")
        );
        assert!(
            english
                .moment(at, &zone)
                .into_string()
                .contains("11 May 2026, 10:00")
        );
    }
}
