//! A vendor's free text, made fit for logs and reports.

use super::safe_words::is_known;

/// How much of a vendor's text is kept, in characters.
const MAX_CHARS: usize = 200;

/// The text with only the words of error messages left, at most 200 characters: no quoted value, no mail address, no name.
///
/// Validation messages echo what was sent; `"erika@example.com" of Erika Muster is not allowed` becomes `… of … is not
/// allowed`.
#[must_use]
pub fn redact(text: &str) -> String {
    let unquoted = without_quoted(text);
    let words = unquoted
        .split_whitespace()
        .map(|word| if is_known(word) { word } else { "…" });
    let mut kept: Vec<&str> = words.collect();
    kept.dedup_by(|word, before| *word == "…" && *before == "…");
    let mut kept = kept.join(" ");
    if kept.chars().count() > MAX_CHARS {
        kept = kept.chars().take(MAX_CHARS - 1).chain(['…']).collect();
    }
    kept
}

fn without_quoted(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text.chars();
    let mut previous = ' ';
    while let Some(char) = rest.next() {
        match closing(char, previous) {
            // A quote that is never closed takes the rest of the text with it.
            Some(ends) => {
                kept.push('…');
                skip_to(&mut rest, ends);
            }
            None => kept.push(char),
        }
        previous = char;
    }
    kept
}

/// The characters that end a quotation opened by `char`; an apostrophe inside a word opens none.
fn closing(char: char, previous: char) -> Option<&'static [char]> {
    match char {
        '"' => Some(&['"']),
        '`' => Some(&['`', '\'']),
        '\'' if !previous.is_alphanumeric() => Some(&['\'']),
        '„' | '“' => Some(&['“', '”', '"']),
        '‚' | '‘' => Some(&['‘', '’']),
        '«' => Some(&['»']),
        '»' => Some(&['«']),
        _ => None,
    }
}

/// Moves behind the closing quote; one that a letter follows (`'d'Arc'`) is part of the value.
fn skip_to(rest: &mut std::str::Chars<'_>, ends: &[char]) {
    while let Some(char) = rest.next() {
        let inside_word = rest.clone().next().is_some_and(char::is_alphanumeric);
        if ends.contains(&char) && !inside_word {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn takes_out_addresses_and_quoted_values() {
        for (given, kept) in [
            ("The given data was invalid.", "The given data was invalid."),
            (
                "Frau Erika Muster, erika@example.com, was not found",
                "… was not found",
            ),
            (
                "Es ist ein Problem aufgetreten ",
                "Es ist ein Problem aufgetreten",
            ),
            ("erika.muster@example.com is taken", "… is taken"),
            ("mail <erika@example.com>, taken", "mail … taken"),
            ("GET /customer/erika%40example.com failed", "… failed"),
            (
                r#"value "Erika Muster" is not allowed"#,
                "value … is not allowed",
            ),
            (
                "value 'Erika Muster' is not allowed",
                "value … is not allowed",
            ),
            ("name 'Jeanne d'Arc' is too long", "name … is too long"),
            ("it doesn't exist", "it doesn't exist"),
            ("„Erika“ fehlt, «Muster» nicht", "… fehlt, … nicht"),
            ("never closed: \"Erika Muster", "never closed: …"),
            ("several\n lines\tof text ", "several lines of text"),
            ("", ""),
        ] {
            assert_eq!(redact(given), kept, "{given}");
        }
    }

    #[test]
    fn keeps_at_most_200_characters() {
        assert_eq!(redact(&"the ".repeat(50)).chars().count(), 199);
        let cut = redact(&"invalid ".repeat(30));
        assert_eq!(cut.chars().count(), 200);
        assert!(cut.ends_with('…'));
    }

    proptest! {
        #[test]
        fn no_address_and_no_double_quoted_value_survives(before in "[a-z ]{0,20}", name in "[a-z]{1,10}", after in ".{0,300}") {
            let kept = redact(&format!("{before} {name}@example.com \"{name}SECRET\" {after}"));
            prop_assert!(!kept.contains("@example.com"));
            prop_assert!(!kept.contains("SECRET"));
            prop_assert!(kept.chars().count() <= 200);
        }
    }
}
