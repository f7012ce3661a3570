//! Which headers speak of limits, whichever way they are spelled, gathered by the quota they speak of.

use http::{HeaderMap, HeaderValue};

/// The most quotas that one answer is heard on.
const MOST_QUOTAS: usize = 8;

/// A header as it came.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    /// Its name, in small letters.
    pub(super) name: &'a str,
    /// Its value, or one item of it.
    pub(super) text: &'a str,
}

/// A way of spelling the headers, the one that says most first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Family {
    /// `RateLimit-Limit`.
    Plain,
    /// `X-RateLimit-Limit`.
    Dashed,
    /// `X-Rate-Limit-Limit`.
    TwiceDashed,
}

/// Which of several quotas a header names, as in `X-RateLimit-Limit-Minute`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// None is named.
    Whole,
    /// The one of a span, in seconds.
    Span(u32),
    /// The one of calls, beside others of bytes or tokens.
    Requests,
}

/// Whose habits a header follows.
pub(super) type Source = (Family, Scope);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Limit,
    Remaining,
    Reset,
}

/// What is said of one quota in headers of its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told<'a> {
    pub(super) source: Source,
    pub(super) limit: Option<Line<'a>>,
    pub(super) remaining: Option<Line<'a>>,
    pub(super) reset: Option<Line<'a>>,
}

/// All that an answer's headers say of limits.
#[derive(Debug, Default)]
pub(super) struct Heard<'a> {
    pub(super) date: Option<Line<'a>>,
    pub(super) retry_after: Option<Line<'a>>,
    pub(super) quotas: Vec<Told<'a>>,
    /// `RateLimit`.
    pub(super) states: Vec<Line<'a>>,
    /// `RateLimit-Policy`.
    pub(super) policies: Vec<Line<'a>>,
}

impl<'a> Heard<'a> {
    /// Gathers what speaks of limits.
    pub(super) fn in_headers(headers: &'a HeaderMap) -> Self {
        let mut heard = Self::default();
        for (name, value) in headers {
            let name = name.as_str();
            // Most headers are others.
            if matches!(name.as_bytes().first(), Some(b'd' | b'r' | b'x')) {
                heard.hear(name, value);
            }
        }
        heard
    }

    fn hear(&mut self, name: &'a str, value: &'a HeaderValue) {
        let line = || Line { name, text: text(value) };
        match name {
            "date" => self.date = self.date.or(Some(line())),
            "retry-after" => self.retry_after = self.retry_after.or(Some(line())),
            "ratelimit" | "x-ratelimit" => self.states.push(line()),
            "ratelimit-policy" | "x-ratelimit-policy" | "x-rate-limit-policy" => self.policies.push(line()),
            _ => {
                if let Some((part, source)) = part(name) {
                    self.hear_part(part, source, line());
                }
            }
        }
    }

    /// Numbers may be a list: one for each of several quotas, as when a proxy has joined lines.
    fn hear_part(&mut self, part: Part, source: Source, line: Line<'a>) {
        let is_list = part != Part::Limit && !line.text.starts_with(|char: char| char.is_ascii_alphabetic());
        if is_list && line.text.contains(',') {
            for item in line.text.split(',') {
                self.put(part, source, Line { text: item.trim(), ..line });
            }
        } else {
            self.put(part, source, line);
        }
    }

    /// Gives a value to the first quota of its source that has none yet.
    fn put(&mut self, part: Part, source: Source, line: Line<'a>) {
        let lacking = self.quotas.iter_mut().filter(|told| told.source == source);
        for told in lacking {
            let slot = told.slot(part);
            if slot.is_none() {
                *slot = Some(line);
                return;
            }
        }
        if self.quotas.len() < MOST_QUOTAS {
            let mut told = Told { source, limit: None, remaining: None, reset: None };
            *told.slot(part) = Some(line);
            self.quotas.push(told);
        }
    }
}

impl<'a> Told<'a> {
    const fn slot(&mut self, part: Part) -> &mut Option<Line<'a>> {
        match part {
            Part::Limit => &mut self.limit,
            Part::Remaining => &mut self.remaining,
            Part::Reset => &mut self.reset,
        }
    }
}

/// A value in another encoding than UTF-8 is one that cannot be read.
fn text(value: &HeaderValue) -> &str {
    std::str::from_utf8(value.as_bytes()).map_or("\u{fffd}", str::trim)
}

/// Reads a name such as `x-ratelimit-remaining` or `x-ratelimit-limit-minute`.
fn part(name: &str) -> Option<(Part, Source)> {
    let families = [
        ("x-ratelimit-", Family::Dashed),
        ("ratelimit-", Family::Plain),
        ("x-rate-limit-", Family::TwiceDashed),
    ];
    let (rest, family) =
        families.iter().find_map(|(start, family)| Some((name.strip_prefix(start)?, *family)))?;
    let named = |word| match word {
        "limit" => Some(Part::Limit),
        "remaining" => Some(Part::Remaining),
        "reset" => Some(Part::Reset),
        _ => None,
    };
    let Some((one, other)) = rest.split_once('-') else {
        return Some((named(rest)?, (family, Scope::Whole)));
    };
    let (part, scope) = if let Some(part) = named(one) { (part, other) } else { (named(other)?, one) };
    let scope = match scope {
        "second" => Scope::Span(1),
        "minute" => Scope::Span(60),
        "hour" => Scope::Span(3_600),
        "day" => Scope::Span(86_400),
        "requests" => Scope::Requests,
        _ => return None,
    };
    Some((part, (family, scope)))
}
