//! From text to a valid configuration.

use std::fmt;
use std::ops::Range;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer};
use thiserror::Error;
use toml::de::{DeTable, DeValue};

use super::{Backfill, TenantConfig};

/// A configuration that cannot be used: every problem that was found, each with its field.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the tenant file is not valid: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct ConfigError(pub Vec<Problem>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The field, by its path: `personio.via`.
    pub field: String,
    /// What is wrong with it and what would be right.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}

impl TenantConfig {
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        toml::from_str::<Self>(text)
            .map_err(|error| ConfigError(vec![problem(text, &error)]))?
            .checked()
    }

    /// Reads and checks a stored tenant file, which a newer release may have accepted: keys that this one does not know are
    /// passed over. One of `scope` is refused, as it may keep people out.
    pub fn parse_stored(text: &str) -> Result<Self, ConfigError> {
        Self::parse_with_unknown(text).map(|(config, _)| config)
    }

    /// The same, with the keys that were passed over.
    pub fn parse_with_unknown(text: &str) -> Result<(Self, Vec<String>), ConfigError> {
        // A file without unknown keys, as nearly all are, is not copied.
        if let Ok(config) = toml::from_str::<Self>(text) {
            return config.checked().map(|config| (config, Vec::new()));
        }
        let mut unknown = Vec::new();
        let Ok(mut file) = DeTable::parse(text) else {
            return Self::parse(text).map(|config| (config, unknown));
        };
        loop {
            let error = match Self::deserialize(toml::Deserializer::from(file.clone())) {
                Ok(config) => return config.checked().map(|config| (config, unknown)),
                Err(error) => error,
            };
            let is_unknown = error.message().starts_with("unknown field");
            let place = error.span().filter(|_| is_unknown);
            match place.and_then(|place| remove(file.get_mut(), &place)) {
                Some(key) if !key.starts_with("scope.") => unknown.push(key),
                _ => return Err(ConfigError(vec![problem(text, &error)])),
            }
        }
    }

    fn checked(self) -> Result<Self, ConfigError> {
        let problems = self.problems();
        if problems.is_empty() {
            Ok(self)
        } else {
            Err(ConfigError(problems))
        }
    }

    /// Refuses what only a clock shows: a `since` that is still ahead would leave out every certificate until then.
    pub fn check_at(&self, now: Timestamp) -> Result<(), ConfigError> {
        let today = self.time_zone.to_datetime(now).date();
        match self.certificates.backfill() {
            Backfill::Since(since) if since > today => Err(ConfigError(vec![Problem {
                field: "certificates.since".to_owned(),
                message: format!("must not be in the future: today is {today}"),
            }])),
            Backfill::All | Backfill::Hold | Backfill::Since(_) => Ok(()),
        }
    }
}

/// What toml says of `text`, with the field; with the line where the text is no TOML.
fn problem(text: &str, error: &toml::de::Error) -> Problem {
    let message = message(error);
    let place = error.span();
    let Ok(file) = DeTable::parse(text) else {
        let before = place.and_then(|place| text.get(..place.start));
        let line = before.unwrap_or_default().matches('\n').count() + 1;
        return Problem {
            field: format!("line {line}"),
            message,
        };
    };
    let field = place
        .filter(|place| *place != file.span())
        .and_then(|place| field(file.get_ref(), &place));
    let field = field.unwrap_or_else(|| "(file)".to_owned());
    let own = message.strip_prefix(field.as_str());
    Problem {
        message: own.map_or(message.as_str(), str::trim_start).to_owned(),
        field,
    }
}

/// The path of the innermost field whose name or value is at `place` in the file.
fn field(table: &DeTable<'_>, place: &Range<usize>) -> Option<String> {
    let is_there = |span: Range<usize>| span.start <= place.start && place.end <= span.end;
    table.iter().find_map(|(name, value)| {
        // A table's own place is its header: its fields are elsewhere.
        let inner = value
            .get_ref()
            .as_table()
            .and_then(|table| field(table, place));
        let inner = inner.map(|inner| format!("{}.{inner}", name.get_ref()));
        inner.or_else(|| {
            (is_there(name.span()) || is_there(value.span())).then(|| name.get_ref().to_string())
        })
    })
}

/// Removes the field whose name is at `place` in the file. Returns its path.
fn remove(table: &mut DeTable<'_>, place: &Range<usize>) -> Option<String> {
    let is_there = |span: Range<usize>| span.start <= place.start && place.end <= span.end;
    let name = table.keys().find(|name| is_there(name.span()));
    if let Some(name) = name.map(|name| name.get_ref().to_string()) {
        table.remove(name.as_str());
        return Some(name);
    }
    table.iter_mut().find_map(|(name, value)| {
        let DeValue::Table(table) = value.get_mut() else {
            return None;
        };
        let inner = remove(table, place)?;
        Some(format!("{}.{inner}", name.get_ref()))
    })
}

/// The message without the excerpt of the file that toml adds around it, in an operator's words.
fn message(error: &toml::de::Error) -> String {
    let mut message = error.message().replace('\n', " ").trim().to_owned();
    for (rust, plain) in [
        ("expected f64", "expected a number"),
        ("expected u32", "expected a whole number"),
        ("expected a boolean", "expected true or false"),
        ("expected a sequence", "expected a list in [ ]"),
    ] {
        message = message.replace(rust, plain);
    }
    message
}

pub(super) fn time_zone<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TimeZone, D::Error> {
    let name = String::deserialize(deserializer)?;
    TimeZone::get(&name).map_err(|_| {
        serde::de::Error::custom("is not a time zone; use an IANA name such as Europe/Berlin")
    })
}

/// A day, in quotes or as TOML's own date.
pub(super) fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    let text = match toml::Value::deserialize(deserializer)? {
        toml::Value::String(text) => text,
        toml::Value::Datetime(date) => date.to_string(),
        _ => String::new(),
    };
    text.parse()
        .map(Some)
        .map_err(|_| serde::de::Error::custom("is not a day; use one such as \"2026-01-31\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tenant::{LockOn, Placement};

    const SMALLEST: &str =
        "tenant_id = \"acme\"\ntime_zone = \"Europe/Berlin\"\n[personio]\nvia = \"direct\"\n";

    #[test]
    fn the_smallest_file_gets_every_default() {
        let config = TenantConfig::parse(SMALLEST).unwrap();
        assert_eq!(config.employees.position, Placement::Field);
        assert_eq!(config.employees.lock_on, LockOn::DayAfterEnd);
        assert!(!config.employees.department);
        let limits = config.brake.limits().map(|(_, limit)| limit);
        assert_eq!(limits, [5.0, 20.0, 5.0, 5.0, 5.0, 20.0, 5.0]);
        assert_eq!(config.brake.at_least, 5);
        assert!(config.certificates.enabled);
        assert_eq!(config.reteach.download_hosts, ["*.reteach.io"]);
    }

    #[test]
    fn every_problem_names_its_field_and_what_would_be_right() {
        let with = |more: &str| format!("{SMALLEST}{more}");
        let through = |route: &str, more: &str| SMALLEST.replace("direct", route) + more;
        let of_kombo = |id: &str| format!("[kombo]\nintegration_id = '{id}'");
        let eleven = "'hr@acme.example',".repeat(11);
        for (text, field, hint) in [
            (
                "time_zone = \"Europe/Berlin\"\n[personio]\nvia = \"direct\"".to_owned(),
                "(file)",
                "tenant_id",
            ),
            (SMALLEST.replace("acme", "ACME"), "tenant_id", "a-z"),
            (
                SMALLEST.replace("acme", "A"),
                "tenant_id",
                "tenant_id: must be 2 to 40",
            ),
            (
                SMALLEST.replace("Europe/Berlin", "Berlin"),
                "time_zone",
                "IANA",
            ),
            (SMALLEST.replace("via = \"direct\"", ""), "personio", "via"),
            (through("fax", ""), "personio.via", "kombo-passthrough"),
            (
                with("base_url = 'http://personio.example'"),
                "personio.base_url",
                "https",
            ),
            (through("kombo", ""), "kombo", "[kombo]"),
            (
                through("kombo", &of_kombo("x")),
                "kombo.integration_id",
                "personio:",
            ),
            (
                through("kombo-passthrough", &of_kombo("hibob:abc")),
                "kombo.integration_id",
                "personio:",
            ),
            (
                with("[scope]\ninclude_companies = []"),
                "scope",
                "nobody in scope",
            ),
            (
                with("[employees.employment_type_labels]\ninternal = 'x'\nexternal = 'x'"),
                "employees.employment_type_labels",
                "differ",
            ),
            (
                with("[certificates]\nbackfill = 'hold'\nsince = '2026-01-01'"),
                "certificates.since",
                "leave one of them out",
            ),
            (
                with(&format!("[notices]\nmail = [{eleven}]")),
                "notices.mail",
                "at most 10",
            ),
            ("tenant_id = ".to_owned(), "line 1", ""),
            (with("[brake\nmail = 5"), "line 5", "unclosed table"),
        ] {
            assert_refused(&text, field, hint);
        }
        for (section, line, hint) in [
            ("employees", "position = 'label'", "field"),
            ("employees", "positions = 'tag'", "unknown field"),
            ("employees", "lock_on = 'never'", "day-after-end"),
            ("brake", "mail = 0", "more than 0"),
            ("brake", "mail = 'five'", "expected a number"),
            ("brake", "explained_lock = 101", "at most 100"),
            ("brake", "at_least = -1", "invalid value"),
            ("scope", "out_of_scope = 'delete'", "lock"),
            ("scope", "include_statuses = ['aktiv']", "onboarding"),
            (
                "reteach",
                "download_hosts = ['https://x.io/']",
                "host names",
            ),
            ("reteach", "max_calls_per_second = 0.4", "at least 0.5"),
            ("certificates", "backfill = 'none'", "hold"),
            ("certificates", "since = '01.02.2026'", "2026-01-31"),
            ("certificates", "since = 2026", "2026-01-31"),
            (
                "notices",
                "mail = ['HR <hr@acme.example>']",
                "hr@acme.example",
            ),
            ("notices", "mail = ['hr@acme']", "addresses"),
            ("notices", "language = 'fr'", "de"),
            ("notices", "webhook = 'irc'", "slack"),
            ("notices", "what = 'some'", "all"),
            ("notices", "webhook_url = 'https://x'", "unknown field"),
        ] {
            let (key, _) = line.split_once(' ').unwrap();
            let text = with(&format!("[{section}]\n{line}"));
            assert_refused(&text, &format!("{section}.{key}"), hint);
        }
    }

    #[track_caller]
    fn assert_refused(text: &str, field: &str, hint: &str) {
        let ConfigError(problems) = TenantConfig::parse(text).unwrap_err();
        let is_it =
            |problem: &Problem| problem.field == field && problem.to_string().contains(hint);
        assert!(problems.iter().any(is_it), "{text}\n{problems:?}");
    }

    #[test]
    fn a_stored_file_may_have_keys_of_a_newer_release_but_none_that_keep_people_out() {
        let later = "[employees]\nposition = \"tag\"\npositions = \"tag\"\n[later]\nwhy = { since = 2 }\n\
            [certificates]\nenabled = false\nseal = \"x\"\n";
        let text = format!("stage = 7\n{SMALLEST}{later}");
        let (config, mut unknown) = TenantConfig::parse_with_unknown(&text).unwrap();
        unknown.sort();
        let expected = ["certificates.seal", "employees.positions", "later", "stage"];
        assert_eq!(unknown, expected);
        assert_eq!(config.employees.position, Placement::Tag);
        assert!(!config.certificates.enabled);
        let known = TenantConfig::parse_with_unknown(SMALLEST).unwrap();
        assert_eq!(known, (TenantConfig::parse(SMALLEST).unwrap(), Vec::new()));
        for (text, hint) in [
            (format!("{text}[scope]\nteams = [\"x\"]"), "scope.teams"),
            (format!("{text}[brake]\nmail = 0"), "brake.mail"),
            (format!("{text}[brake]\nmail = \"five\""), "brake.mail"),
            ("tenant_id = ".to_owned(), "line 1"),
        ] {
            let error = TenantConfig::parse_stored(&text).unwrap_err().to_string();
            assert!(error.contains(hint), "{text}: {error}");
        }
    }

    #[test]
    fn the_backfill_is_everything_held_or_since_a_day() {
        let january = jiff::civil::date(2026, 1, 1);
        for (keys, expected) in [
            ("", Backfill::All),
            ("backfill = \"all\"", Backfill::All),
            ("backfill = \"hold\"", Backfill::Hold),
            ("since = \"2026-01-01\"", Backfill::Since(january)),
            ("since = 2026-01-01", Backfill::Since(january)),
        ] {
            let text = format!("{SMALLEST}[certificates]\n{keys}");
            let config = TenantConfig::parse(&text).unwrap();
            assert_eq!(config.certificates.backfill(), expected, "{keys}");
        }
    }

    #[test]
    fn a_since_in_the_future_is_refused_by_the_tenants_own_day() {
        let text = format!("{SMALLEST}[certificates]\nsince = \"2026-04-01\"");
        let config = TenantConfig::parse(&text).unwrap();
        // Berlin's first of April begins at 22:00 UTC.
        let check = |time: &str| config.check_at(time.parse().unwrap());
        let ConfigError(problems) = check("2026-03-31T21:59:59Z").unwrap_err();
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].field, "certificates.since");
        assert_eq!(check("2026-03-31T22:00:00Z"), Ok(()));
    }

    #[test]
    fn several_problems_are_reported_at_once() {
        let text = format!("{SMALLEST}[brake]\nunlock = 0\nhandover = 0\n");
        assert_eq!(TenantConfig::parse(&text).unwrap_err().0.len(), 2);
    }
}
