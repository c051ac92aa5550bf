//! JSON, and where in it something does not fit.

use serde::Deserialize;
use serde_json::Deserializer;
use serde_json::de::Read;

/// Where, and what is wrong there.
pub(crate) type Misfit = serde_path_to_error::Error<serde_json::Error>;

/// Reads one value from what `text` opens.
///
/// Keeping the path of every member takes more than reading does: it is kept only when the same text is read once more because
/// it did not fit.
///
/// # Errors
/// The path of what does not fit.
pub(crate) fn read<'a, R: Read<'a>, T: Deserialize<'a>>(
    text: impl Fn() -> Deserializer<R>,
) -> Result<T, Misfit> {
    T::deserialize(&mut text()).or_else(|_| serde_path_to_error::deserialize(&mut text()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Row {
        id: u32,
        name: Option<String>,
    }

    #[test]
    fn what_fits_is_read_and_what_does_not_is_told_by_its_path() {
        let text = r#"[{"id": 1}, {"id": 2, "name": "Zwetschge"}]"#;
        let rows: Vec<Row> = read(|| Deserializer::from_str(text)).unwrap();
        assert_eq!((rows[1].id, rows[1].name.as_deref()), (2, Some("Zwetschge")));
        for (text, path) in
            [(r#"[{"id": 1}, {"id": "Zwetschge"}]"#, "[1].id"), (r#"[{"id": 1, "name": 7}]"#, "[0].name")]
        {
            let misfit = read::<_, Vec<Row>>(|| Deserializer::from_slice(text.as_bytes())).unwrap_err();
            assert_eq!(misfit.path().to_string(), path);
        }
    }
}
