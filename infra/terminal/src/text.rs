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

/// `text` with each line that is too long broken between words. What follows in the next line begins at `indent`; the spaces
/// inside a line stay.
#[must_use]
pub fn wrapped_rows(text: &str, indent: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let mut rest = line.to_owned();
        while rest.chars().count() > WIDTH {
            let limit = rest
                .char_indices()
                .nth(WIDTH + 1)
                .map_or(rest.len(), |(at, _)| at);
            // Not in the indent: that would never end.
            let place = rest.get(..limit).and_then(|head| head.rfind(' '));
            let Some((head, tail)) = place
                .filter(|place| *place > indent)
                .and_then(|place| rest.split_at_checked(place))
            else {
                break;
            };
            let next = format!("{}{}", " ".repeat(indent), tail.trim_start());
            lines.push(head.trim_end().to_owned());
            rest = next;
        }
        lines.push(rest);
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
    fn long_rows_are_broken_and_keep_the_spaces_inside() {
        let row = format!("skip    1011  {}", "word ".repeat(30).trim_end());
        let rows = wrapped_rows(&format!("lock    7  (inactive)\n{row}"), 8);
        let mut lines = rows.lines();
        assert_eq!(lines.next(), Some("lock    7  (inactive)"));
        assert!(lines.clone().all(|line| line.chars().count() <= WIDTH));
        assert!(
            lines
                .next()
                .is_some_and(|line| line.starts_with("skip    1011  word"))
        );
        assert!(
            lines
                .next()
                .is_some_and(|line| line.starts_with("        word"))
        );
        let long = "x".repeat(120);
        assert_eq!(wrapped_rows(&long, 8), long);
    }

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
