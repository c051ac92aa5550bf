//! The log: one JSON object per line, in the shape that Lambda's JSON format has.

use std::io;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::layer::SubscriberExt as _;

/// Crates that see requests and replies: whatever our own level, they say no more than warnings, so that no body
/// gets into the log by somebody looking for something else.
const LIBRARIES: [&str; 8] = [
    "aws_runtime",
    "aws_sdk_dynamodb",
    "aws_sdk_secretsmanager",
    "aws_smithy_runtime",
    "aws_smithy_runtime_api",
    "hyper",
    "hyper_util",
    "reqwest",
];

/// Sets up the log on standard output, once per process; later calls do nothing.
///
/// The level is `RUST_LOG` (which also takes directives), else `AWS_LAMBDA_LOG_LEVEL`, else `info`.
pub fn init() {
    init_to(io::stdout);
}

/// The same to another place: programs that print results keep standard output for those.
pub fn init_to<W>(writer: W)
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = filter(|name| std::env::var(name).ok());
    // It fails only when there is a log already.
    let _ = tracing::subscriber::set_global_default(subscriber(filter, writer));
}

fn subscriber<W>(filter: Targets, writer: W) -> impl tracing::Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_ansi(false)
        .with_writer(writer);
    tracing_subscriber::registry().with(lines).with(filter)
}

/// A wish that cannot be read is no reason to run without a log.
fn filter(environment: impl Fn(&str) -> Option<String>) -> Targets {
    let read = |name: &str| environment(name).filter(|value| !value.trim().is_empty());
    let wish = read("RUST_LOG").or_else(|| read("AWS_LAMBDA_LOG_LEVEL"));
    wish.and_then(|wish| directives(wish.trim()))
        .unwrap_or_else(|| everything_at(LevelFilter::INFO))
}

/// A level is for our own lines; directives (`shared=debug,hyper=trace`) are taken as they are.
fn directives(wish: &str) -> Option<Targets> {
    let level = match wish {
        // Lambda's levels are ours but for this one.
        "FATAL" => Ok(LevelFilter::ERROR),
        level => level.parse(),
    };
    level.map_or_else(|_| wish.parse().ok(), |level| Some(everything_at(level)))
}

fn everything_at(level: LevelFilter) -> Targets {
    let quiet = level.min(LevelFilter::WARN);
    Targets::new()
        .with_default(level)
        .with_targets(LIBRARIES.map(|library| (library, quiet)))
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    fn with(variables: &[(&str, &str)]) -> String {
        let read = |name: &str| {
            variables
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        };
        filter(read).to_string()
    }

    #[test]
    fn takes_the_level_from_the_environment() {
        let at = |level| everything_at(level).to_string();
        let level = |level: &'static str| ("AWS_LAMBDA_LOG_LEVEL", level);
        let rust = |directives: &'static str| ("RUST_LOG", directives);
        let (info, error) = (at(LevelFilter::INFO), at(LevelFilter::ERROR));
        assert_eq!(with(&[]), info);
        assert_eq!(with(&[level("INFO")]), info);
        assert_eq!(with(&[level("FATAL")]), error);
        let debug = with(&[level("DEBUG"), rust("")]);
        assert_eq!(debug, at(LevelFilter::DEBUG));
        assert_eq!(with(&[level("DEBUG"), rust("error")]), error);
        assert_eq!(with(&[rust("shared=trace")]), "shared=trace");
        assert_eq!(with(&[rust("shared=loudly")]), info);
    }

    #[test]
    fn libraries_stay_at_warnings_whatever_our_own_level() {
        for (level, expected) in [
            ("trace", "hyper=warn"),
            ("info", "hyper=warn"),
            ("error", "hyper=error"),
        ] {
            let filter = directives(level).unwrap().to_string();
            assert!(
                filter.split(',').any(|directive| directive == expected),
                "{filter}"
            );
        }
    }

    /// Keeps what is written to any of its copies.
    #[derive(Clone, Default)]
    pub(crate) struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Lines {
        pub(crate) fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn writes_one_json_object_per_line_with_the_span_s_fields() {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = subscriber(everything_at(LevelFilter::INFO), move || writer.clone());
        tracing::subscriber::with_default(subscriber, || {
            let _span = tracing::info_span!("run", tenant = "acme").entered();
            tracing::info!(created = 3, "run finished");
            tracing::debug!("not wanted");
        });
        let line: serde_json::Value = serde_json::from_str(&lines.text()).unwrap();
        insta::assert_json_snapshot!(line, {".timestamp" => "[time]"}, @r#"
        {
          "created": 3,
          "level": "INFO",
          "message": "run finished",
          "span": {
            "name": "run",
            "tenant": "acme"
          },
          "target": "shared::telemetry::log::tests",
          "timestamp": "[time]"
        }
        "#);
    }
}
