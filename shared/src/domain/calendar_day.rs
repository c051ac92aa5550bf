//! A calendar day out of whatever form a vendor writes it in.

use jiff::civil::Date;

use super::employee::Field;

/// The calendar day as written: `2014-11-09T00:00:00+01:00` is the 9th, in every time zone.
///
/// Takes a bare date, or a date with a time and an offset in any notation (`+01:00`, `+0100`, `Z`, the local mean
/// time `+00:53` of old dates). The offset is never applied: converting a local midnight to UTC moves the day.
/// `None` for anything else.
#[must_use]
pub fn calendar_day(text: &str) -> Option<Date> {
    let (day, time) = text.split_at_checked(10)?;
    let is_time = |rest: &str| {
        rest.starts_with(['T', 't', ' '])
            && rest.len() > 1
            && rest.chars().skip(1).all(is_part_of_time)
    };
    let is_day = day.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    if !is_day || !(time.is_empty() || is_time(time)) {
        return None;
    }
    let (year, month, day) = (day.get(..4)?, day.get(5..7)?, day.get(8..)?);
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
        .ok()
        .filter(|day| day.year() > 0)
}

/// HR systems write a day from this year on where a contract has no end: 9999-12-31.
const NO_END_FROM: i16 = 2200;

/// The last day of a contract; empty where the day stands for "no end".
#[must_use]
pub fn end_of_contract(day: Field<Date>) -> Field<Date> {
    match day {
        Field::Value(day) if day.year() >= NO_END_FROM => Field::Null,
        other => other,
    }
}

fn is_part_of_time(char: char) -> bool {
    char.is_ascii_digit() || matches!(char, ':' | '.' | '+' | '-' | 'Z' | 'z' | ' ')
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    #[test]
    fn takes_the_day_as_written() {
        for (text, day) in [
            ("2014-11-09T00:00:00+01:00", date(2014, 11, 9)),
            ("2012-02-01T00:00:00+0100", date(2012, 2, 1)),
            ("2021-01-01", date(2021, 1, 1)),
            ("1835-02-01T00:00:00+00:53", date(1835, 2, 1)),
            ("2020-04-07T00:00:00.000Z", date(2020, 4, 7)),
            ("2020-04-07 00:00:00", date(2020, 4, 7)),
            ("2024-02-29T23:59:59-11:00", date(2024, 2, 29)),
        ] {
            assert_eq!(calendar_day(text), Some(day), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_day() {
        for text in [
            "",
            "-",
            "01.02.2021",
            "2021-1-1",
            "2021-13-01",
            "2023-02-29",
            "0000-00-00",
            "0000-01-01",
            "2021-01-01T",
            "2021-01-01Tmorning",
            "2021-01-01x",
            " 2021-01-01",
            "20210101",
            "+021-01-01",
            "2021-01-0ü",
        ] {
            assert_eq!(calendar_day(text), None, "{text}");
        }
    }

    #[test]
    fn an_end_in_the_far_future_is_no_end() {
        for (text, end) in [
            ("9999-12-31", Field::Null),
            ("2999-12-31T00:00:00+01:00", Field::Null),
            ("2199-12-31", Field::Value(date(2199, 12, 31))),
        ] {
            assert_eq!(end_of_contract(calendar_day(text).into()), end, "{text}");
        }
        assert_eq!(end_of_contract(Field::Absent), Field::Absent);
    }

    proptest! {
        #[test]
        fn no_offset_moves_a_day(
            year in 1800_i16..2200, month in 1_i8..=12, day in 1_i8..=28,
            hour in 0..24, sign in "[+-]", offset_hours in 0..15, offset_minutes in 0..60, colon in "|:",
        ) {
            let text = format!(
                "{year:04}-{month:02}-{day:02}T{hour:02}:00:00{sign}{offset_hours:02}{colon}{offset_minutes:02}"
            );
            prop_assert_eq!(calendar_day(&text), Some(date(year, month, day)));
        }

        #[test]
        fn never_panics(text in "\\PC{0,30}|[0-9T:+-]{0,30}") {
            let _ = calendar_day(&text);
        }
    }
}
