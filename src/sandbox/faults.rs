//! The misbehaviours that can be ordered by name, and what each does to an answer.
//!
//! A fault strikes a request that passed the key, the rate limit and the validation, and counts against the quota like
//! any other. Half of them strike before the request is worked on and charge nothing; the others after it, so that a
//! credit is gone although the caller never learns it. Which request is struck is a pure function of the seed, the
//! body and how often that body has been asked, so that asking again can succeed.

use std::str::FromStr;

use bytes::Bytes;

use super::draws::Draws;
use super::response::{Response, Wire};
use super::settings::SettingError;

/// One way to misbehave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The connection is lost before the request is worked on. Charges nothing.
    DropBefore,
    /// The connection is lost after the request is worked on. Charges.
    DropAfter,
    /// The body breaks off in the middle and the connection with it. Charges.
    Truncate,
    /// No answer ever comes. Charges.
    Hang,
    /// 500 in the API's own form. Charges nothing.
    Http500,
    /// 502 as a gateway's HTML page without the API's headers: the gateway lost the API's answer. Charges.
    Http502Html,
    /// 503 with `Retry-After: 1`. Charges nothing.
    Http503,
    /// 429 with `Retry-After: 1` although the quota is not used up. Charges nothing.
    RateLimit,
    /// 429 with neither headers nor a readable body. Charges nothing.
    BareRateLimit,
    /// The right status with an unreadable body. Charges.
    Garbage,
    /// The right answer without rate-limit headers. Charges.
    NoHeaders,
    /// The right answer after ten times the latency. Charges.
    Slow,
}

impl Fault {
    /// All faults, in the order of the documentation.
    pub const ALL: [Self; 12] = [
        Self::DropBefore,
        Self::DropAfter,
        Self::Truncate,
        Self::Hang,
        Self::Http500,
        Self::Http502Html,
        Self::Http503,
        Self::RateLimit,
        Self::BareRateLimit,
        Self::Garbage,
        Self::NoHeaders,
        Self::Slow,
    ];

    /// Returns the name under which the fault is ordered.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DropBefore => "drop-before",
            Self::DropAfter => "drop-after",
            Self::Truncate => "truncate",
            Self::Hang => "hang",
            Self::Http500 => "http-500",
            Self::Http502Html => "http-502-html",
            Self::Http503 => "http-503",
            Self::RateLimit => "rate-limit",
            Self::BareRateLimit => "bare-rate-limit",
            Self::Garbage => "garbage",
            Self::NoHeaders => "no-headers",
            Self::Slow => "slow",
        }
    }

    /// Tells whether the request is worked on, and so charged where it finds a company.
    pub const fn charges(self) -> bool {
        !matches!(
            self,
            Self::DropBefore | Self::Http500 | Self::Http503 | Self::RateLimit | Self::BareRateLimit
        )
    }

    /// Turns the answer that was due into what arrives instead. For a fault that charges nothing the answer due is a
    /// blank one that carries the headers.
    pub(super) fn strike(self, due: Response) -> Response {
        match self {
            Self::DropBefore => Response { wire: Wire::DropBefore, ..due },
            Self::DropAfter => Response { wire: Wire::DropAfter, ..due },
            Self::Truncate => Response { wire: Wire::Truncate, ..due },
            Self::Hang => Response { wire: Wire::Hang, ..due },
            Self::Http500 => due.saying(500, "internal_error", "something went wrong on our side"),
            Self::Http503 => {
                due.saying(503, "service_unavailable", "temporarily overloaded, try again").retried_after("1")
            }
            Self::RateLimit => {
                due.saying(429, "rate_limited", "too many requests at once").retried_after("1")
            }
            Self::Http502Html => due.turned_into_page(502, BAD_GATEWAY),
            Self::BareRateLimit => Response { status: 429, headers: Vec::new(), body: Bytes::new(), ..due },
            Self::Garbage => Response { body: Bytes::from_static(GARBAGE), ..due },
            Self::NoHeaders => due.without_quota(),
            Self::Slow => Response { delay: due.delay.saturating_mul(10), ..due },
        }
    }
}

/// The page of a gateway that lost its upstream, as nginx writes it.
const BAD_GATEWAY: &str = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n\
    <center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";

/// Looks like the beginning of an answer, and is neither JSON nor UTF-8.
const GARBAGE: &[u8] = b"{\"data\": {\"company\": \xff\xfe\x00 upstream buffer overrun";

/// How often each fault strikes; at most one strikes a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults(Vec<(Fault, u8)>);

impl Faults {
    /// Draws which fault strikes this turn, if any.
    pub(super) fn draw(&self, turn: Draws) -> Option<Fault> {
        // Every reading of a request asks this: no faults is the common case.
        if self.0.is_empty() {
            return None;
        }
        let drawn = turn.below("fault", 100);
        let mut reached = 0;
        self.0.iter().find_map(|&(fault, percent)| {
            reached += u64::from(percent);
            (drawn < reached).then_some(fault)
        })
    }
}

impl FromStr for Faults {
    type Err = SettingError;

    /// Reads `drop-after=5,http-500=2`; `:` and `+` serve as well as `=` and `,`. Empty or `none` means no faults.
    fn from_str(text: &str) -> Result<Self, SettingError> {
        if matches!(text.trim(), "" | "none") {
            return Ok(Self::default());
        }
        let refused = || SettingError::refused("faults", text, allowed());
        let mut faults = Vec::new();
        for item in text.split([',', '+']) {
            let (name, percent) = item.split_once([':', '=']).ok_or_else(refused)?;
            let fault =
                Fault::ALL.into_iter().find(|fault| fault.name() == name.trim()).ok_or_else(refused)?;
            let percent: u8 = percent.trim().parse().map_err(|_| refused())?;
            faults.push((fault, percent));
        }
        let total: u32 = faults.iter().map(|&(_, percent)| u32::from(percent)).sum();
        if total > 100 { Err(refused()) } else { Ok(Self(faults)) }
    }
}

/// Says what can be ordered.
fn allowed() -> String {
    let names = Fault::ALL.map(Fault::name).join(", ");
    format!("'none', or NAME=PERCENT,… with at most 100 percent together, NAME being one of {names}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_read_the_same() {
        let comma: Faults = "drop-after=5,http-500=2".parse().unwrap();
        let plus: Faults = "drop-after:5+http-500:2".parse().unwrap();
        assert_eq!(comma, plus);
        assert_eq!(comma, Faults(vec![(Fault::DropAfter, 5), (Fault::Http500, 2)]));
        assert_eq!("none".parse::<Faults>().unwrap(), Faults::default());
        assert_eq!("".parse::<Faults>().unwrap(), Faults::default());
    }

    #[test]
    fn wrong_orders_are_refused_with_the_names() {
        for text in
            ["drop", "drop-after", "drop-after=x", "drop-after=-1", "slow=60,hang=41", "slow=1,,hang=1"]
        {
            let error = text.parse::<Faults>().unwrap_err().to_string();
            assert!(error.contains(text) && error.contains("http-502-html"), "{error}");
        }
        assert!("slow=60,hang=40".parse::<Faults>().is_ok());
    }

    #[test]
    fn each_strikes_as_often_as_ordered() {
        let faults: Faults = "hang=10,slow=30".parse().unwrap();
        let mut counts = [0_u32; 3];
        for number in 0..10_000_u32 {
            let slot = match faults.draw(Draws::about(1, &[&number.to_le_bytes()])) {
                Some(Fault::Hang) => 0,
                Some(Fault::Slow) => 1,
                None => 2,
                Some(other) => panic!("{other:?} was not ordered"),
            };
            counts[slot] += 1;
        }
        assert!((900..1_100).contains(&counts[0]), "{counts:?}");
        assert!((2_800..3_200).contains(&counts[1]), "{counts:?}");
    }
}
