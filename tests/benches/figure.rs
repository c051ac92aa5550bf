//! A measured value with its unit, and tables of them.

use std::fmt;
use std::time::Duration;

use comfy_table::presets::ASCII_MARKDOWN;
use comfy_table::{CellAlignment, Table as Grid};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

/// A measured value. Text shows its unit, JSON has base units: seconds and bytes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Figure {
    Text(String),
    Count(u64),
    /// With this number of digits after the point.
    Number(f64, usize),
    Time(Duration),
    /// The size of a file.
    Bytes(u64),
    Memory(u64),
    /// How many times another figure.
    Times(f64),
    Percent(f64),
    NotMeasured,
}

impl Figure {
    /// How many times `other` this value is.
    pub(crate) fn ratio(value: impl Into<Self>, other: impl Into<Self>) -> Self {
        match (value.into().number(), other.into().number()) {
            (Some(value), Some(other)) => Self::Times(value / other),
            _ => Self::NotMeasured,
        }
    }

    /// In its base unit.
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Self::Text(_) | Self::NotMeasured => None,
            Self::Count(number) | Self::Bytes(number) | Self::Memory(number) => {
                Some(*number as f64)
            }
            Self::Number(number, _) | Self::Times(number) | Self::Percent(number) => Some(*number),
            Self::Time(time) => Some(time.as_secs_f64()),
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Count(number) => f.write_str(&thousands(*number)),
            Self::Number(number, digits) => write!(f, "{number:.digits$}"),
            Self::Time(time) => f.write_str(&milliseconds(*time)),
            Self::Bytes(bytes) => write!(f, "{} bytes", thousands(*bytes)),
            Self::Memory(bytes) => write!(f, "{:.1} MiB", *bytes as f64 / f64::from(1 << 20)),
            Self::Times(times) => write!(f, "{times:.2} times"),
            Self::Percent(percent) => write!(f, "{percent:.1} %"),
            Self::NotMeasured => f.write_str("not measured"),
        }
    }
}

impl Serialize for Figure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Count(number) => serializer.serialize_u64(*number),
            _ => self.number().serialize(serializer),
        }
    }
}

impl From<&str> for Figure {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Figure {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Figure {
    fn from(number: u64) -> Self {
        Self::Count(number)
    }
}

impl From<usize> for Figure {
    fn from(number: usize) -> Self {
        Self::Count(number as u64)
    }
}

impl From<f64> for Figure {
    fn from(number: f64) -> Self {
        Self::Number(number, 2)
    }
}

impl From<Duration> for Figure {
    fn from(time: Duration) -> Self {
        Self::Time(time)
    }
}

impl<T: Into<Self>> From<Option<T>> for Figure {
    fn from(figure: Option<T>) -> Self {
        figure.map_or(Self::NotMeasured, Into::into)
    }
}

pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut all = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            all.push(',');
        }
        all.push(digit);
    }
    all
}

/// The shorter the time, the more digits; from ten seconds on in seconds.
fn milliseconds(time: Duration) -> String {
    let milliseconds = time.as_secs_f64() * 1e3;
    match milliseconds {
        ..10.0 => format!("{milliseconds:.2} ms"),
        ..100.0 => format!("{milliseconds:.1} ms"),
        ..10_000.0 => format!("{} ms", thousands(milliseconds.round() as u64)),
        _ => format!("{:.1} s", time.as_secs_f64()),
    }
}

/// A column's name, and its figure in the row of a `T`.
pub(crate) type Column<T> = (&'static str, fn(&T) -> Figure);

/// Figures under a title. Every row has one figure for each column.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    title: String,
    columns: Vec<String>,
    rows: Vec<Vec<Figure>>,
}

impl Table {
    /// One row for each item.
    pub(crate) fn of<T>(
        title: impl Into<String>,
        items: impl IntoIterator<Item = T>,
        columns: &[Column<T>],
    ) -> Self {
        let row = |item: T| columns.iter().map(|(_, figure)| figure(&item)).collect();
        Self {
            title: title.into(),
            columns: columns.iter().map(|(name, _)| (*name).to_owned()).collect(),
            rows: items.into_iter().map(row).collect(),
        }
    }

    /// With columns that are known only at run time.
    pub(crate) fn new(title: &str, columns: Vec<String>, rows: Vec<Vec<Figure>>) -> Self {
        Self {
            title: title.to_owned(),
            columns,
            rows,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn is_text(&self, column: usize) -> bool {
        let mut figures = self.rows.iter().filter_map(|row| row.get(column));
        figures.any(|figure| matches!(figure, Figure::Text(_)))
    }

    pub(crate) fn json(&self) -> Value {
        let row = |row: &Vec<Figure>| -> Map<String, Value> {
            let cells = self.columns.iter().zip(row);
            cells
                .map(|(name, figure)| (name.clone(), json!(figure)))
                .collect()
        };
        json!({ "title": self.title, "rows": self.rows.iter().map(row).collect::<Vec<_>>() })
    }
}

fn cell(figure: &Figure) -> String {
    match figure {
        Figure::NotMeasured => String::new(),
        figure => figure.to_string(),
    }
}

/// Markdown, figures aligned to the right.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut grid = Grid::new();
        grid.load_style(ASCII_MARKDOWN)
            .set_header(self.columns.clone())
            .add_rows(self.rows.iter().map(|row| row.iter().map(cell)));
        for (number, column) in grid.column_iter_mut().enumerate() {
            if !self.is_text(number) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        if self.title.is_empty() {
            write!(f, "{grid}")
        } else {
            write!(f, "{}\n\n{grid}", self.title)
        }
    }
}
