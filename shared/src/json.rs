//! JSON, and where in it something does not fit.

use std::borrow::Cow;
use std::fmt;

use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer as _};
use serde_json::Deserializer;
use serde_json::error::Category;
use serde_json::value::RawValue;

/// What does not fit: where, and why.
#[derive(Debug)]
pub(crate) struct DecodeError {
    /// Its path, as in `data[3].attributes.id`; `.` is all of it. A path of what is not JSON could repeat foreign keys: it is `.`.
    pub(crate) path: String,
    /// Whether it is JSON at all.
    pub(crate) category: Category,
    /// In serde's words, which can repeat the value.
    pub(crate) message: String,
}

/// Reads all of `text` as one value.
///
/// Keeping the path of every member takes time, and a second parser for every type: the path is looked for where serde stopped, and
/// only when something does not fit.
///
/// # Errors
/// [`DecodeError`].
pub(crate) fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, DecodeError> {
    serde_json::from_str(text).map_err(|error| misfit(text, &error))
}

fn misfit(text: &str, error: &serde_json::Error) -> DecodeError {
    let lines = text
        .split_inclusive('\n')
        .take(error.line().saturating_sub(1));
    let stopped = lines.map(str::len).sum::<usize>() + error.column();
    let path = if error.is_data() {
        path(text, stopped)
    } else {
        String::new()
    };
    let message = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    DecodeError {
        path: if path.is_empty() {
            ".".to_owned()
        } else {
            path
        },
        category: error.classify(),
        message: message.strip_suffix(&place).unwrap_or(&message).to_owned(),
    }
}

/// The path of the value in `text` at which a reader stopped after so many bytes: in it, at its end, or before what it did not expect.
fn path(text: &str, stopped: usize) -> String {
    let start = |inner: &str| inner.as_ptr().addr() - text.as_ptr().addr();
    let mut path = String::new();
    let mut value = text.trim_ascii_start();
    while start(value) < stopped {
        let reached = |inner: &str| start(inner) + inner.len() >= stopped;
        let Ok(Some((step, inner))) = Deserializer::from_str(value).deserialize_any(First(reached))
        else {
            break;
        };
        path += &step;
        value = inner.get();
    }
    path.strip_prefix('.').map(str::to_owned).unwrap_or(path)
}

/// The first element or member of a value for which this holds, and the step to it. Foreign lists are long: no other one is kept.
struct First<F>(F);

impl<'de, F: Fn(&str) -> bool> Visitor<'de> for First<F> {
    type Value = Option<(String, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list or an object")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut first = None;
        let mut index = 0;
        while let Some(element) = list.next_element::<&RawValue>()? {
            if first.is_none() && self.0(element.get()) {
                first = Some((format!("[{index}]"), element));
            }
            index += 1;
        }
        Ok(first)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut first = None;
        while let Some((name, member)) = object.next_entry::<Cow<'_, str>, &RawValue>()? {
            if first.is_none() && self.0(member.get()) {
                first = Some((format!(".{name}"), member));
            }
        }
        Ok(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Row {
        id: u32,
        name: Option<String>,
        of: Option<Vec<Row>>,
    }

    #[test]
    fn what_fits_is_read() {
        let row = |id, name: Option<&str>, of| Row {
            id,
            name: name.map(str::to_owned),
            of,
        };
        let rows: Vec<Row> =
            read(r#"[{"id": 1}, {"id": 2, "name": "Zwetschge", "of": [{"id": 3}]}]"#).unwrap();
        assert_eq!(
            rows,
            [
                row(1, None, None),
                row(2, Some("Zwetschge"), Some(vec![row(3, None, None)]))
            ]
        );
    }

    #[test]
    fn what_does_not_fit_is_told_by_its_path() {
        for (text, expected) in [
            (r#"[{"id": 1}, {"id": "Zwetschge"}]"#, "[1].id"),
            (r#"[{"id": 1, "name": 7}]"#, "[0].name"),
            (r#"[{"id": 1, "name": ["x", {"y": 1}]}]"#, "[0].name"),
            (r#"[{"id": {"name": 1}}]"#, "[0].id"),
            (r#"[{"name": "x"}, {"id": 1}]"#, "[0]"),
            (
                r#"[{"id": 1, "of": [{"id": 2}, {"name": "x"}]}]"#,
                "[0].of[1]",
            ),
            (r#"[{"id": 1, "of": [{"id": 2}, 7]}]"#, "[0].of[1]"),
            (
                r#"[{"id": 1, "of": [{"id": 2}, {"id": 3, "of": {"id": 4}}]}]"#,
                "[0].of[1].of",
            ),
            (
                "[\n  {\"id\": 1},\n  {\n    \"id\": 1,\n    \"nöme\": null}]",
                "[1].nöme",
            ),
            (r#"[{"id": 1, "id": 2}]"#, "[0].id"),
            (r#"[[]]"#, "[0]"),
            ("{\"id\": 1}", "."),
            ("7", "."),
        ] {
            let misfit = read::<Vec<Row>>(text).unwrap_err();
            assert_eq!(
                (misfit.path.as_str(), misfit.category),
                (expected, Category::Data),
                "{text}"
            );
            assert!(!misfit.message.contains("column"), "{}", misfit.message);
        }
    }

    #[test]
    fn what_is_not_json_has_no_path() {
        for (text, category) in [
            ("", Category::Eof),
            ("[{\"id\": 1}", Category::Eof),
            ("[}", Category::Syntax),
            ("[] []", Category::Syntax),
        ] {
            let misfit = read::<Vec<Row>>(text).unwrap_err();
            assert_eq!(
                (misfit.path.as_str(), misfit.category),
                (".", category),
                "{text}"
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_has_a_path_or_none(text in "[\\[\\]{}:,\"a1 \n]{0,24}", stopped in 0..30_usize) {
            path(&text, stopped);
        }
    }
}
