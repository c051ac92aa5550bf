//! What bytes spell: choices, one after the other, of values that a parser should not expect.

use serde_json::{Value, json};

use super::{Damage, Harm};

/// What looks like a moment, a day, a number, a link, an id and is none, or nearly.
const ODD: [&str; 20] = [
    "0000-00-00",
    "2026-02-30",
    "2026-03-29T02:30:00+25:00",
    "-009999-01-01T00:00:00Z",
    "9999-12-31T23:59:60.999999999999999999Z",
    "+275760-09-13",
    "2026-05-11T08:00:00+02:00[Mars/Phobos]",
    "99999999999999999999999999",
    "-1",
    "1e400",
    "NaN",
    "null",
    "..",
    "/",
    "\u{0}",
    "\u{202e}\u{feff}\u{1f9ff}",
    "#?%2e%2e%00\r\nX-Injected: 1",
    "https://zwetschge.example/?cursor=zwetschge",
    "http://[::ffff:169.254.169.254]/zwetschge",
    "TENANT#zwetschge",
];

/// The parts of a value: more than any sample has.
const PARTS: usize = 1 << 16;

/// Choices that bytes spell. Where they end, each choice is the first one.
pub(crate) struct Choices<'a>(&'a [u8]);

impl<'a> Choices<'a> {
    pub(crate) fn of(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        *first
    }

    /// A number below `end`, which is at most 65,536.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let number = if end <= 1 << 8 {
            usize::from(self.byte())
        } else {
            usize::from(u16::from_be_bytes([self.byte(), self.byte()]))
        };
        number % end.max(1)
    }

    pub(crate) fn pick<'t, T>(&mut self, from: &'t [T]) -> &'t T {
        &from[self.below(from.len())]
    }

    /// Bytes as they are, at most 255.
    pub(crate) fn some(&mut self) -> &'a [u8] {
        let length = usize::from(self.byte()).min(self.0.len());
        let (some, rest) = self.0.split_at(length);
        self.0 = rest;
        some
    }

    /// All that is left.
    pub(crate) fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }

    /// Text with the mark, odd text, or bytes as they are.
    pub(crate) fn text(&mut self) -> String {
        match self.byte() % 8 {
            0..3 => "Frau Zwetschge, zwetschge@zwetschge.example".to_owned(),
            3..6 => (*self.pick(&ODD)).to_owned(),
            6 => "zwetschge ".repeat(1 + self.below(500)),
            _ => String::from_utf8_lossy(self.some()).into_owned(),
        }
    }

    pub(crate) fn value(&mut self) -> Value {
        match self.byte() % 12 {
            0 => Value::Null,
            1 => json!(true),
            2 => json!([]),
            3 => json!({}),
            4 => json!(*self.pick(&[0, -1, i64::MIN, i64::MAX])),
            5 => json!(self.below(PARTS)),
            6 => json!(u64::MAX),
            7 => json!(*self.pick(&[1e308, -0.0, 5e-324, 1.5])),
            8 => Value::String(self.text()),
            9 => {
                let text = self.text();
                json!([{text.clone(): {text.clone(): [text, null]}}])
            }
            10 => {
                let text = self.text();
                json!({"id": text, "value": {"attributes": {"name": text}}, "name": text})
            }
            _ => {
                let text = self.text();
                json!({"$serde_json::private::RawValue": text, "$serde_json::private::Number": text})
            }
        }
    }

    pub(crate) fn harms(&mut self) -> Vec<Harm> {
        let number = self.below(5);
        let one = |_| match self.byte() % 9 {
            0..6 => Harm::Replace(self.below(PARTS), self.value()),
            6 | 7 => Harm::Drop(self.below(PARTS)),
            _ => Harm::Repeat(self.below(PARTS), 2 + self.below(18)),
        };
        (0..number).map(one).collect()
    }

    pub(crate) fn damage(&mut self) -> Damage {
        match self.byte() % 14 {
            0..8 => Damage::None,
            8 | 9 => Damage::CutAt(self.below(PARTS)),
            10 | 11 => Damage::Byte(self.below(PARTS), self.byte()),
            12 => Damage::Noise(self.rest().to_vec()),
            _ => Damage::Deep(1 + self.below(400)),
        }
    }
}
