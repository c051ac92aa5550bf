//! The log: one JSON object per line, in the shape that Lambda's JSON format has.

use std::io;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Without any other wish: our own news, and only warnings of the libraries.
const DEFAULT: &str =
    "info,aws_config=warn,aws_smithy_runtime=warn,hyper=warn,hyper_util=warn,reqwest=warn,rustls=warn";

/// Sets up the log on standard output, once per process; later calls do nothing.
///
/// The level is `RUST_LOG`, else `AWS_LAMBDA_LOG_LEVEL`, else `info`.
pub fn init() {
    let filter = filter(|name| std::env::var(name).ok());
    // It fails only when there is a log already.
    let _ = tracing::subscriber::set_global_default(subscriber(filter, io::stdout));
}

fn subscriber<W>(filter: EnvFilter, writer: W) -> impl tracing::Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_ansi(false)
        .with_env_filter(filter)
        .with_writer(writer)
        .finish()
}

/// A wish that cannot be read is no reason to run without a log.
fn filter(environment: impl Fn(&str) -> Option<String>) -> EnvFilter {
    let read = |name: &str| environment(name).filter(|value| !value.trim().is_empty());
    let wish = read("RUST_LOG").or_else(|| read("AWS_LAMBDA_LOG_LEVEL").map(|level| lambda(&level)));
    wish.and_then(|wish| EnvFilter::try_new(wish).ok()).unwrap_or_else(|| EnvFilter::new(DEFAULT))
}

/// Lambda's levels are ours but for FATAL. Its wish is for our own lines: libraries stay at warnings.
fn lambda(level: &str) -> String {
    let level = level.trim().to_ascii_lowercase();
    match level.as_str() {
        "fatal" => "error".to_owned(),
        "info" => DEFAULT.to_owned(),
        _ => level,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    fn with(variables: &'static [(&str, &str)]) -> String {
        let read = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        filter(read).to_string()
    }

    #[test]
    fn takes_the_level_from_the_environment() {
        let default = EnvFilter::new(DEFAULT).to_string();
        assert_eq!(with(&[]), default);
        assert_eq!(with(&[("AWS_LAMBDA_LOG_LEVEL", "INFO")]), default);
        assert_eq!(with(&[("AWS_LAMBDA_LOG_LEVEL", "FATAL")]), "error");
        assert_eq!(with(&[("AWS_LAMBDA_LOG_LEVEL", "DEBUG"), ("RUST_LOG", "")]), "debug");
        assert_eq!(with(&[("AWS_LAMBDA_LOG_LEVEL", "DEBUG"), ("RUST_LOG", "shared=trace")]), "shared=trace");
        assert_eq!(with(&[("RUST_LOG", "shared=loudly")]), default);
    }

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

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
        let subscriber = subscriber(EnvFilter::new("info"), move || writer.clone());
        tracing::subscriber::with_default(subscriber, || {
            let _span = tracing::info_span!("run", tenant = "acme").entered();
            tracing::info!(created = 3, "run finished");
            tracing::debug!("not wanted");
        });
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        insta::assert_json_snapshot!(line, {".timestamp" => "[time]"}, @"");
    }
}
