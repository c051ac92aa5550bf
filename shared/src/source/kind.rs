//! Personio's "Anstellungsart", wherever its value is carried.

use crate::domain::employee::EmploymentType;

/// The employment type that `text` names, in English or German and any case; anything else as written.
#[must_use]
pub fn employment_type(text: String) -> EmploymentType {
    match text.to_ascii_lowercase().as_str() {
        "internal" | "intern" => EmploymentType::Internal,
        "external" | "extern" => EmploymentType::External,
        _ => EmploymentType::Other(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_both_languages_and_keeps_other_words() {
        for (text, kind) in [
            ("internal", EmploymentType::Internal),
            ("Intern", EmploymentType::Internal),
            ("INTERNAL", EmploymentType::Internal),
            ("external", EmploymentType::External),
            ("Extern", EmploymentType::External),
            (
                "Werkstudent ",
                EmploymentType::Other("Werkstudent ".to_owned()),
            ),
            (" intern", EmploymentType::Other(" intern".to_owned())),
        ] {
            assert_eq!(employment_type(text.to_owned()), kind, "{text}");
        }
    }
}
