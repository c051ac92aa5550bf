//! Wrapped text and tables.

use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{ContentArrangement, Table};

/// Columns of the terminal that are used.
pub const WIDTH: usize = 100;

/// Breaks `text` between words into lines of at most [`WIDTH`] characters. The first line begins with `first`, the others with
/// `others`.
#[must_use]
pub fn wrapped(text: &str, first: &str, others: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) => lines.push(format!("{others}{word}")),
            None => lines.push(format!("{first}{word}")),
        }
    }
    lines.join("\n")
}

/// An empty table in the house's style.
#[must_use]
pub fn table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table
        .load_style(UTF8_HORIZONTAL_ONLY)
        .set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(WIDTH).unwrap_or(u16::MAX));
    table.set_header(header);
    for column in table.column_iter_mut() {
        column.set_padding((0, 1));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_wrapped_between_words() {
        let text = "word ".repeat(30);
        let lines = wrapped(&text, "- ", "  ");
        let lengths: Vec<usize> = lines.lines().map(|line| line.chars().count()).collect();
        assert_eq!(lengths, [96, 56]);
        assert!(lines.starts_with("- word") && lines.contains("\n  word"));
        let long = "x".repeat(120);
        assert_eq!(wrapped(&long, "", "  "), long);
    }
}
