//! What is left undone on purpose, and exactly which differences that makes.

/// A dialect that no run can name, and what it leaves as it was.
pub(crate) struct ByDesign {
    dialect: &'static str,
    pub(crate) why: &'static str,
    differences: fn() -> Vec<String>,
}

const ALL: [ByDesign; 2] = [
    ByDesign {
        dialect: "Kombo no nulls",
        why: "an absent value never empties a field: it may be one that could not be read",
        differences: emptied_fields,
    },
    ByDesign {
        dialect: "Kombo no remote_deleted_at",
        why: "nothing tells a deleted profile from one that is there",
        differences: deleted_profile,
    },
];

impl ByDesign {
    pub(crate) fn of(dialect: &str) -> Option<&'static Self> {
        const { &ALL }.iter().find(|row| row.dialect == dialect)
    }

    /// Whether an academy differs in this way alone.
    pub(crate) fn explains(&self, differences: &[String]) -> bool {
        let mut expected = (self.differences)();
        let mut differences = differences.to_vec();
        expected.sort_unstable();
        differences.sort_unstable();
        expected == differences
    }
}

/// Positions and offices that HR has emptied stay.
fn emptied_fields() -> Vec<String> {
    let kept = |id, field, value| {
        format!("account personio:{id}: {field} should be null and is \"{value}\"")
    };
    let positions = (23..=28).map(|id| kept(id, "position", "Ingenieurin"));
    let offices = (26..=31).map(|id| kept(id, "location", "München"));
    positions.chain(offices).collect()
}

/// The account of the deleted profile stays open.
fn deleted_profile() -> Vec<String> {
    let account = "account personio:35";
    let end = "2026-05-11T08:20:00Z";
    vec![format!(
        "{account}: setInactiveAt should be {end} and is null"
    )]
}
