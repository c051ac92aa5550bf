//! Violations of a document, as Prism reports them.

use std::fmt;

use http::HeaderValue;
use serde::Deserialize;

/// One difference between a call or its answer and the document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Violation {
    /// Path to the value, from `request` or `response`; `*` stands for any index of a list.
    pub(crate) at: String,
    pub(crate) message: String,
}

#[derive(Deserialize)]
struct Entry {
    location: Vec<String>,
    #[serde(default)]
    code: serde_json::Value,
    message: String,
}

impl Violation {
    pub(crate) fn new(at: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            at: at.into(),
            message: message.into(),
        }
    }

    fn of(
        Entry {
            location,
            code,
            message,
        }: Entry,
        status: u16,
    ) -> Self {
        let at = place(&location);
        // Prism repeats the path in its text.
        let message = match message.split_once(" property ") {
            Some((_, rest)) if at.contains(".body.") => rest
                .split_once(' ')
                .map_or(rest, |(_, message)| message)
                .to_owned(),
            _ => message,
        };
        match message.split_once("additional properties; found '") {
            Some((_, found)) if code == "additionalProperties" => Self::new(
                format!("{at}.{}", found.trim_end_matches('\'')),
                NOT_IN_DOCUMENT,
            ),
            _ if message.contains("returned status code") => {
                Self::new(format!("{at}.status.{status}"), message)
            }
            _ => Self::new(at, message),
        }
    }
}

pub(crate) const NOT_IN_DOCUMENT: &str = "is not in the document";

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.message)
    }
}

/// Parses Prism's header about an answer with this status.
pub(crate) fn parse(header: Option<HeaderValue>, status: u16) -> Vec<Violation> {
    let Some(header) = header else {
        return Vec::new();
    };
    match serde_json::from_slice::<Vec<Entry>>(header.as_bytes()) {
        Ok(entries) => entries
            .into_iter()
            .map(|entry| Violation::of(entry, status))
            .collect(),
        // Prism cuts off a list that is too long: the loss is a violation of its own.
        Err(error) => vec![Violation::new(
            "sl-violations",
            format!("Prism's list cannot be read: {error}"),
        )],
    }
}

fn place(location: &[String]) -> String {
    let step = |step: &String| {
        if step.parse::<u64>().is_ok() {
            "*".to_owned()
        } else {
            step.clone()
        }
    };
    location.iter().map(step).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_violation_has_one_path_for_all_rows() {
        let header = r#"[
            {"location":["response","body","results","0"],"severity":"Error","code":"additionalProperties",
             "message":"Response body property results.0 must NOT have additional properties; found 'position'"},
            {"location":["response","body","data","7","office"],"severity":"Error","code":"type",
             "message":"Response body property data.7.office must be object"},
            {"location":["request","body"],"severity":"Error","code":"required",
             "message":"Request body must have required property 'tags'"},
            {"location":["response"],"severity":"Error",
             "message":"Unable to match the returned status code with those defined in the document: 200"},
            {"location":["request"],"severity":"Warning","message":"Selected route not found"}]"#;
        let header = HeaderValue::from_str(&header.replace('\n', " ")).unwrap();
        let found: Vec<_> = parse(Some(header), 409)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            found,
            [
                "response.body.results.*.position: is not in the document",
                "response.body.data.*.office: must be object",
                "request.body: Request body must have required property 'tags'",
                "response.status.409: Unable to match the returned status code with those defined in the document: 200",
                "request: Selected route not found",
            ]
        );
    }

    #[test]
    fn a_truncated_list_is_a_violation() {
        let cut = HeaderValue::from_static(r#"Too many violations! [{"location":["#);
        assert_eq!(parse(Some(cut), 200).len(), 1);
        assert!(parse(None, 200).is_empty());
    }
}
