//! A page of a list, of a bounded length.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};

/// The most rows that a page may have. Vendors send some hundreds; a reply of the largest size can hold millions of empty
/// ones, and each is many times as large once it is read.
const MOST_ROWS: usize = 10_000;

/// Reads the rows of a page, for `deserialize_with`.
///
/// # Errors
/// If there are more than 10,000 of them.
pub(crate) fn rows<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct Rows<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for Rows<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "at most {MOST_ROWS} rows")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Vec<T>, A::Error> {
            let mut rows = Vec::new();
            while let Some(row) = sequence.next_element()? {
                if rows.len() == MOST_ROWS {
                    return Err(Error::invalid_length(MOST_ROWS + 1, &self));
                }
                rows.push(row);
            }
            Ok(rows)
        }
    }

    deserializer.deserialize_seq(Rows(PhantomData))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Page {
        #[serde(deserialize_with = "rows")]
        data: Vec<u8>,
    }

    #[test]
    fn a_page_has_ten_thousand_rows_at_most() {
        for (count, fits) in [(0, true), (MOST_ROWS, true), (MOST_ROWS + 1, false)] {
            let text = format!("{{\"data\":[{}]}}", vec!["7"; count].join(","));
            let page = serde_json::from_str::<Page>(&text);
            assert_eq!(page.map(|page| page.data.len()).ok(), fits.then_some(count));
        }
        assert!(serde_json::from_str::<Page>(r#"{"data":{}}"#).is_err());
    }
}
