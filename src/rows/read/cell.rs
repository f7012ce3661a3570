//! A workbook's cell as the text that the sheet shows, as far as the file tells: text as it is, numbers without
//! needless zeros, dates as ISO 8601.
//!
//! How a number is dressed (percent, currency, digits shown) is not told, and so not followed.

use std::borrow::Cow;

use calamine::{DataType, ExcelDateTime};

/// The significant digits that spreadsheets show; what is behind them is noise of the arithmetic.
const DIGITS: usize = 15;

/// From here on, and below its inverse, a number is written with an exponent: nobody reads so many zeros.
const LONG: f64 = 1e21;

/// Returns the text of a cell, empty for an empty one.
pub(super) fn text(cell: &impl DataType) -> Cow<'_, str> {
    if let Some(text) = cell.get_string() {
        return Cow::Borrowed(text);
    }
    if let Some(number) = cell.get_float() {
        return Cow::Owned(float(number));
    }
    if let Some(number) = cell.get_int() {
        return Cow::Owned(number.to_string());
    }
    if let Some(moment) = cell.get_datetime() {
        return Cow::Owned(moment_text(&moment));
    }
    if let Some(iso) = cell.get_datetime_iso() {
        return Cow::Borrowed(date_only(iso));
    }
    if let Some(iso) = cell.get_duration_iso() {
        return clock_time(iso).map_or(Cow::Borrowed(iso), Cow::Owned);
    }
    if let Some(value) = cell.get_bool() {
        return Cow::Borrowed(if value { "TRUE" } else { "FALSE" });
    }
    cell.get_error().map(|error| Cow::Owned(error.to_string())).unwrap_or_default()
}

/// Returns a number as a sheet shows it in a wide cell.
fn float(number: f64) -> String {
    let size = number.abs();
    if size != 0.0 && !(1.0 / LONG..LONG).contains(&size) {
        return format!("{number:E}");
    }
    if number.fract() == 0.0 {
        // All digits of a whole number stay: it may be an id. `+ 0.0` takes the sign off a zero.
        return format!("{}", number + 0.0);
    }
    let rounded = format!("{number:.places$e}", places = DIGITS - 1);
    rounded.parse::<f64>().map_or(rounded, |number| number.to_string())
}

/// Returns a date, a time or both.
fn moment_text(moment: &ExcelDateTime) -> String {
    let serial = moment.as_f64();
    if !serial.is_finite() || serial < 0.0 {
        return float(serial);
    }
    if moment.is_duration() {
        return duration(serial);
    }
    let (year, month, day, hour, minute, second, milli) = moment.to_ymd_hms_milli();
    let fraction = if milli == 0 { String::new() } else { format!(".{milli:03}") };
    let time = format!("{hour:02}:{minute:02}:{second:02}{fraction}");
    if serial < 1.0 {
        return time;
    }
    let date = format!("{year:04}-{month:02}-{day:02}");
    let is_midnight = (hour, minute, second, milli) == (0, 0, 0, 0);
    if is_midnight { date } else { format!("{date}T{time}") }
}

/// Returns a duration in days as hours, which may be more than a day's, minutes and seconds.
fn duration(days: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is not negative; beyond what fits, the largest is as good as any"
    )]
    let seconds = (days * 86_400.0).round() as u64;
    format!("{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// Takes midnight off a date.
fn date_only(iso: &str) -> &str {
    iso.strip_suffix("T00:00:00").unwrap_or(iso)
}

/// Returns a duration such as `PT13H45M00S` as a clock shows it.
fn clock_time(iso: &str) -> Option<String> {
    let (hours, rest) = iso.strip_prefix("PT")?.split_once('H')?;
    let (minutes, rest) = rest.split_once('M')?;
    let (hours, minutes): (u64, u64) = (hours.parse().ok()?, minutes.parse().ok()?);
    let seconds: f64 = rest.strip_suffix('S')?.parse().ok()?;
    let width = if seconds.fract() == 0.0 { 2 } else { 6 };
    let places = if seconds.fract() == 0.0 { 0 } else { 3 };
    Some(format!("{hours:02}:{minutes:02}:{seconds:0width$.places$}"))
}

#[cfg(test)]
mod tests {
    use calamine::{Data, ExcelDateTimeType};

    use super::*;

    fn serial(value: f64, kind: ExcelDateTimeType) -> Data {
        Data::DateTime(ExcelDateTime::new(value, kind, false))
    }

    #[test]
    fn cells_are_shown_as_sheets_show_them() {
        let moment = |value| serial(value, ExcelDateTimeType::DateTime);
        for (cell, expected) in [
            (Data::String(" 007 \n".to_owned()), " 007 \n"),
            (Data::Float(42.0), "42"),
            (Data::Float(-0.0), "0"),
            (Data::Float(0.1 + 0.2), "0.3"),
            (Data::Float(1234.5), "1234.5"),
            (Data::Float(123_456_789_012_345.0), "123456789012345"),
            (Data::Float(9_007_199_254_740_992.0), "9007199254740992"),
            (Data::Float(12_345_678_901_234_568.0), "12345678901234568"),
            (Data::Float(1e300), "1E300"),
            (Data::Float(2.5e-30), "2.5E-30"),
            (Data::Int(-7), "-7"),
            (Data::Bool(true), "TRUE"),
            (Data::Error(calamine::CellErrorType::NA), "#N/A"),
            (moment(45_350.0), "2024-02-28"),
            (moment(45_350.572_916_666_664), "2024-02-28T13:45:00"),
            (moment(0.5), "12:00:00"),
            (moment(-3.0), "-3"),
            (serial(1.5, ExcelDateTimeType::TimeDelta), "36:00:00"),
            (Data::DateTimeIso("2024-02-28T00:00:00".to_owned()), "2024-02-28"),
            (Data::DateTimeIso("2024-02-28T13:45:00".to_owned()), "2024-02-28T13:45:00"),
            (Data::DurationIso("PT13H45M00S".to_owned()), "13:45:00"),
            (Data::DurationIso("P1D".to_owned()), "P1D"),
            (Data::Empty, ""),
        ] {
            assert_eq!(text(&cell), expected, "{cell:?}");
        }
    }
}
