//! JSON, and where in it something does not fit.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::error::Category;
use serde_path_to_error::Track;

#[derive(Debug)]
pub(crate) struct DecodeError {
    /// Its path, as in `data[3].attributes.id`; `.` is all of it. A path in text that is not JSON could repeat foreign keys: it is `.`.
    pub(crate) path: String,
    /// The line of the text, from 1; 0 in an empty one.
    pub(crate) line: usize,
    pub(crate) category: Category,
    /// In serde's words, which can repeat the value.
    pub(crate) message: String,
}

pub(crate) fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, DecodeError> {
    read_within(text, &[])
}

/// Reads the value at the end of `keys`: the member `keys[0]` of `text`, of that the member `keys[1]`, and so on. What
/// surrounds it is read in the same pass and dropped.
///
/// Tracking the path takes time: it is found in a second pass, only if something does not fit.
pub(crate) fn read_within<'a, T: Deserialize<'a>>(
    text: &'a str,
    keys: &[&str],
) -> Result<T, DecodeError> {
    parse_within(text, keys).map_err(|error| {
        let place = format!(" at line {} column {}", error.line(), error.column());
        let message = error.to_string();
        DecodeError {
            path: if error.is_data() {
                path::<T>(text, keys)
            } else {
                ".".to_owned()
            },
            line: error.line(),
            category: error.classify(),
            message: message.strip_suffix(&place).unwrap_or(&message).to_owned(),
        }
    })
}

/// As [`read_within`], without the path.
pub(crate) fn parse_within<'a, T: Deserialize<'a>>(
    text: &'a str,
    keys: &[&str],
) -> serde_json::Result<T> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = Within::new(keys).deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

fn path<'a, T: Deserialize<'a>>(text: &'a str, keys: &[&str]) -> String {
    let mut track = Track::new();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let tracked = serde_path_to_error::Deserializer::new(&mut deserializer, &mut track);
    // The value is not needed: it does not fit.
    let _ = Within::<T>::new(keys).deserialize(tracked);
    let path = track.path().to_string();
    let inner = path.strip_prefix(&keys.join(".")).unwrap_or(&path);
    let inner = inner.strip_prefix('.').unwrap_or(inner);
    if inner.is_empty() {
        ".".to_owned()
    } else {
        inner.to_owned()
    }
}

struct Within<'k, T> {
    keys: &'k [&'k str],
    value: PhantomData<T>,
}

impl<'k, T> Within<'k, T> {
    fn new(keys: &'k [&'k str]) -> Self {
        Self {
            keys,
            value: PhantomData,
        }
    }
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Within<'_, T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        if self.keys.is_empty() {
            T::deserialize(deserializer)
        } else {
            deserializer.deserialize_map(self)
        }
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Within<'_, T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<T, A::Error> {
        let Some((wanted, deeper)) = self.keys.split_first() else {
            return Err(A::Error::custom("nothing is wrapped around it"));
        };
        let mut value = None;
        while let Some(key) = members.next_key::<Cow<'_, str>>()? {
            if key == *wanted && value.is_none() {
                value = Some(members.next_value_seed(Within::new(deeper))?);
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        value.ok_or_else(|| A::Error::custom("missing field"))
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
    fn a_value_that_does_not_fit_is_named_by_its_path() {
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
            (r#"[{"id": 1, "id": 2}]"#, "[0]"),
            (r#"[[]]"#, "[0]"),
            ("{\"id\": 1}", "."),
            ("7", "."),
        ] {
            let error = read::<Vec<Row>>(text).unwrap_err();
            let both = (error.path.as_str(), error.category);
            assert_eq!(both, (expected, Category::Data), "{text}");
            assert!(!error.message.contains("column"), "{}", error.message);
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
            let error = read::<Vec<Row>>(text).unwrap_err();
            let both = (error.path.as_str(), error.category);
            assert_eq!(both, (".", category), "{text}");
        }
    }

    #[test]
    fn what_is_wrapped_is_read_in_one_go_with_a_path_of_its_own() {
        let wrapped =
            |row: &str| format!(r#"{{"x": [1], "data": {{"data": {row}, "status": 200}}}}"#);
        let keys = ["data", "data"];
        let row: Row = read_within(&wrapped(r#"{"id": 7}"#), &keys).unwrap();
        assert_eq!(row.id, 7);
        for (text, path) in [
            (wrapped(r#"{"id": "x"}"#), "id"),
            (wrapped(r#"{"id": 1, "of": [{"id": null}]}"#), "of[0].id"),
            (wrapped("7"), "."),
            (r#"{"data": {}}"#.to_owned(), "data"),
            ("{}".to_owned(), "."),
        ] {
            assert_eq!(
                read_within::<Row>(&text, &keys).unwrap_err().path,
                path,
                "{text}"
            );
        }
    }
}
