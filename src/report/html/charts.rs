//! The charts of the page, as SVG that stands in the page itself.
//!
//! Every colour says what it stands for and occurs for nothing else, so that `style.css` can give it another value in the
//! dark and on paper. Texts are escaped by the library that draws them.

use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// Why a chart could not be drawn. Drawing into a text, it always can.
pub type ChartError = DrawingAreaErrorKind<std::io::Error>;

/// What a colour stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// Text.
    Text,
    /// Text of less weight: axes.
    Muted,
    /// What a bar could fill.
    Track,
    /// Lines behind the values.
    Grid,
    /// A value without a meaning of its own.
    Plain,
    /// Enriched rows, credits saved.
    Good,
    /// Rows without a match.
    Missing,
    /// Company ids that are not there.
    Unknown,
    /// Rows that could not be asked.
    Invalid,
    /// Rows that failed, calls that were refused.
    Bad,
    /// Rows that are still to be asked; what is summed up.
    Rest,
    /// Waiting.
    Wait,
    /// The quota beginning anew.
    Reset,
}

impl Ink {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Text,
        Self::Muted,
        Self::Track,
        Self::Grid,
        Self::Plain,
        Self::Good,
        Self::Missing,
        Self::Unknown,
        Self::Invalid,
        Self::Bad,
        Self::Rest,
        Self::Wait,
        Self::Reset,
    ];

    /// Returns its colour on a white page.
    pub const fn color(self) -> RGBColor {
        match self {
            Self::Text => RGBColor(0x1f, 0x23, 0x28),
            Self::Muted => RGBColor(0x57, 0x60, 0x6a),
            Self::Track => RGBColor(0xea, 0xee, 0xf2),
            Self::Grid => RGBColor(0xd8, 0xde, 0xe4),
            Self::Plain => RGBColor(0x09, 0x69, 0xda),
            Self::Good => RGBColor(0x1a, 0x7f, 0x37),
            Self::Missing => RGBColor(0x9a, 0x67, 0x00),
            Self::Unknown => RGBColor(0x82, 0x50, 0xdf),
            Self::Invalid => RGBColor(0xbc, 0x4c, 0x00),
            Self::Bad => RGBColor(0xcf, 0x22, 0x2e),
            Self::Rest => RGBColor(0x6e, 0x77, 0x81),
            Self::Wait => RGBColor(0xb5, 0x7e, 0x00),
            Self::Reset => RGBColor(0xbf, 0x39, 0x89),
        }
    }

    fn filled(self) -> ShapeStyle {
        self.color().filled()
    }

    fn text(self, size: u32) -> TextStyle<'static> {
        ("sans-serif", size).into_font().color(&self.color())
    }
}

/// The size of a chart on the page, in pixels; it shrinks and grows with its place.
type Size = (u32, u32);
type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// The width of a chart that shares its line with others.
const WIDTH: u32 = 340;
/// The size of texts. The library writes them smaller by a fifth.
const LABEL: u32 = 17;
const AXIS: u32 = 15;

/// A bar with its texts above it.
#[derive(Clone, Debug)]
pub struct Bar {
    /// What is counted.
    pub label: String,
    /// How much of it there is.
    pub value: u64,
    /// The same in words.
    pub shown: String,
    /// Its colour.
    pub ink: Ink,
}

/// The height of a bar with its texts.
const BAR_LINE: i32 = 38;

/// Draws bars, one below the other, by their share of `whole`; `is_all` tells that nothing goes beyond it.
pub fn bars(bars: &[Bar], whole: u64, is_all: bool) -> Result<String, ChartError> {
    let lines = i32::try_from(bars.len()).unwrap_or(i32::MAX / BAR_LINE);
    drawn((WIDTH, (lines * BAR_LINE).max(1).unsigned_abs()), |area| {
        let right = WIDTH.cast_signed();
        for (line, bar) in (0..).zip(bars) {
            let top = line * BAR_LINE;
            let value = Ink::Muted.text(LABEL).pos(Pos::new(HPos::Right, VPos::Top));
            area.draw(&Text::new(fitting(&bar.label, &bar.shown), (0, top + 2), Ink::Text.text(LABEL)))?;
            area.draw(&Text::new(bar.shown.clone(), (right, top + 2), value))?;
            if is_all {
                area.draw(&Rectangle::new([(0, top + 21), (right, top + 30)], Ink::Track.filled()))?;
            }
            if bar.value > 0 {
                // What is there is seen, however small its share.
                let end = pixels(share(bar.value, whole) * f64::from(WIDTH)).clamp(2, right);
                area.draw(&Rectangle::new([(0, top + 21), (end, top + 30)], bar.ink.filled()))?;
            }
        }
        Ok(())
    })
}

/// Cuts a label so that the value beside it has its place.
fn fitting(label: &str, value: &str) -> String {
    // By the width of letters in the fonts of most systems, wide ones included.
    let most = 42_usize.saturating_sub(textwrap::core::display_width(value));
    console::truncate_str(label, most, "…").into_owned()
}

/// Draws how often values between 0 and 1 occur, in steps of equal width.
pub fn histogram(steps: &[u64]) -> Result<String, ChartError> {
    let most = steps.iter().copied().max().unwrap_or_default().max(1);
    drawn((WIDTH, 220), |area| {
        let mut chart = ChartBuilder::on(area)
            .margin_top(8)
            .margin_right(12)
            .x_label_area_size(46)
            .y_label_area_size(50)
            .build_cartesian_2d(0.0..1.0, 0.0..number(most) * 1.05)?;
        mesh(&mut chart, ("confidence", "rows"), |x| format!("{x:.1}"))?;
        let width = 1.0 / number(steps.len() as u64);
        chart.draw_series((0..).zip(steps).filter(|(_, rows)| **rows > 0).map(|(step, rows)| {
            let left = number(step) * width;
            let mut column =
                Rectangle::new([(left, number(*rows)), (left + width, 0.0)], Ink::Plain.filled());
            column.set_margin(0, 0, 1, 1);
            column
        }))?;
        Ok(())
    })
}

/// A stretch of a run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Span {
    /// Companies a second.
    pub speed: f64,
    /// The share of the time in which no call left, from 0 to 1.
    pub waited: f64,
    /// Whether the quota began anew.
    pub is_reset: bool,
}

/// The size of the chart of a whole run, which has a line for itself.
const COURSE: Size = (880, 300);
/// How much of it shows the waiting.
const LANE: i32 = 64;

/// Draws a run over time: its speed above, its waiting below, the resets through both. Times are in units of `unit`.
pub fn course(spans: &[Span], length: f64, unit: &str) -> Result<String, ChartError> {
    let end = (length * number(spans.len() as u64)).max(f64::MIN_POSITIVE);
    let fastest = spans.iter().map(|span| span.speed).fold(0.0, f64::max).max(0.001);
    drawn(COURSE, |area| {
        let (speed, lane) = area.split_vertically(COURSE.1.cast_signed() - LANE);
        let mut chart = ChartBuilder::on(&speed)
            .margin_top(10)
            .margin_right(14)
            .x_label_area_size(0)
            .y_label_area_size(64)
            .build_cartesian_2d(0.0..end, 0.0..fastest * 1.08)?;
        mesh(&mut chart, ("", "companies a second"), |_| String::new())?;
        let place = |number_of: usize| number(number_of as u64) * length;
        chart.draw_series(spans.iter().enumerate().filter(|(_, span)| span.speed > 0.0).map(
            |(at, span)| Rectangle::new([(place(at), span.speed), (place(at + 1), 0.0)], Ink::Plain.filled()),
        ))?;
        let mut waiting = ChartBuilder::on(&lane)
            .margin_top(6)
            .margin_right(14)
            .x_label_area_size(38)
            .y_label_area_size(64)
            .build_cartesian_2d(0.0..end, 0.0..1.0)?;
        waiting
            .configure_mesh()
            .disable_y_mesh()
            .disable_x_mesh()
            .y_labels(0)
            .axis_style(Ink::Grid.color())
            .label_style(Ink::Muted.text(AXIS))
            .x_label_formatter(&|x| plain(*x))
            .x_desc(unit)
            .draw()?;
        waiting.draw_series(spans.iter().enumerate().filter(|(_, span)| span.waited > 0.005).map(
            |(at, span)| Rectangle::new([(place(at), span.waited), (place(at + 1), 0.0)], Ink::Wait.filled()),
        ))?;
        let resets = || spans.iter().enumerate().filter(|(_, span)| span.is_reset).map(|(at, _)| place(at));
        let mark = |x, top| PathElement::new(vec![(x, 0.0), (x, top)], Ink::Reset.color().stroke_width(2));
        chart.draw_series(resets().map(|x| mark(x, fastest * 1.08)))?;
        waiting.draw_series(resets().map(|x| mark(x, 1.0)))?;
        lane.draw(&Text::new("waiting", (0, 8), Ink::Muted.text(AXIS)))
    })
}

type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// Draws axes, with lines at the values of the upright one.
fn mesh(
    chart: &mut Chart<'_, '_>,
    (across, up): (&str, &str),
    x_label: impl Fn(f64) -> String,
) -> Result<(), ChartError> {
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(Ink::Grid.color())
        .axis_style(Ink::Grid.color())
        .label_style(Ink::Muted.text(AXIS))
        .axis_desc_style(Ink::Muted.text(AXIS))
        .y_labels(5)
        .x_label_formatter(&|x| x_label(*x))
        .y_label_formatter(&|y| plain(*y))
        .x_desc(across)
        .y_desc(up)
        .draw()
}

/// Draws on an area of a size.
fn drawn(size: Size, draw: impl FnOnce(&Area<'_>) -> Result<(), ChartError>) -> Result<String, ChartError> {
    let mut svg = String::new();
    let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
    draw(&area)?;
    area.present()?;
    drop(area);
    Ok(svg)
}

/// Returns a number as axes show it: without digits that say nothing.
fn plain(value: f64) -> String {
    match value {
        1_000.0.. => format!("{}", indicatif::HumanFloatCount(value.round())),
        _ => format!("{}", (value * 100.0).round() / 100.0),
    }
}

/// Returns the share of a whole, from 0 to 1; 0 of nothing.
#[expect(clippy::cast_precision_loss, reason = "exact up to 2^53, and drawn with three digits")]
pub fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// Returns a count as it is drawn.
#[expect(clippy::cast_precision_loss, reason = "exact up to 2^53, and drawn with three digits")]
pub const fn number(count: u64) -> f64 {
    count as f64
}

#[expect(clippy::cast_possible_truncation, reason = "pixels of a small chart")]
const fn pixels(length: f64) -> i32 {
    length.round() as i32
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn bar(label: &str, value: u64) -> Bar {
        Bar { label: label.to_owned(), value, shown: value.to_string(), ink: Ink::Plain }
    }

    #[test]
    fn a_strangers_text_is_text() {
        let svg = bars(&[bar("</text></svg><script>x</script>", 1)], 1, true).unwrap();
        assert!(svg.contains("&lt;/text&gt;&lt;/svg&gt;&lt;script"), "{svg}");
        assert_eq!(svg.matches("</svg>").count(), 1);
        // A style of its own would be stopped by the page's policy.
        assert!(!svg.contains(" style="), "{svg}");
    }

    #[test]
    fn charts_of_nothing_can_be_drawn() {
        for svg in [bars(&[], 0, true), histogram(&[]), histogram(&[0; 20]), course(&[], 1.0, "s")] {
            assert!(svg.unwrap().ends_with("</svg>\n"));
        }
    }

    #[test]
    fn a_little_is_seen_and_too_much_stays_inside() {
        let svg = bars(&[bar("a", 1), bar("b", 5_000_000), bar("c", 0)], 1_000_000, false).unwrap();
        let color = "#0969DA";
        assert!(svg.contains("width=\"2\"") && svg.contains("width=\"340\""), "{svg}");
        assert_eq!(svg.matches(color).count(), 2);
    }

    #[test]
    fn every_colour_stands_for_one_thing_and_has_a_value_in_the_style() {
        let style = include_str!("style.css");
        let mut seen = BTreeSet::new();
        for ink in Ink::ALL {
            let RGBColor(red, green, blue) = ink.color();
            let written = format!("#{red:02X}{green:02X}{blue:02X}");
            assert!(style.contains(&format!("[fill=\"{written}\"]")), "{ink:?} is {written}");
            assert!(seen.insert(written));
        }
    }
}
