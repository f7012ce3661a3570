//! What can be typed after `leadenrich sandbox`. The values are read by the sandbox itself.

use clap::Args;

/// Arguments of `sandbox`.
#[derive(Debug, Args)]
pub struct SandboxArgs {
    /// The port to listen on; 0: a free one
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = port)]
    pub port: u16,
    /// The key that it accepts
    #[arg(long, value_name = "KEY")]
    pub api_key: Option<String>,
    /// The workspace's balance
    #[arg(long, value_name = "N")]
    pub credits: Option<String>,
    /// The calls that a window allows
    #[arg(long, value_name = "N")]
    pub limit: Option<String>,
    /// The window's length; a fixed one of 1d resets at midnight UTC
    #[arg(long, value_name = "DUR")]
    pub window: Option<String>,
    /// How calls are counted: fixed, from-first, sliding or bucket [default: fixed]
    #[arg(long, value_name = "KIND")]
    pub limiter: Option<String>,
    /// What a bucket holds [default: the limit]
    #[arg(long, value_name = "N")]
    pub burst: Option<String>,
    /// The limit's headers: x-ratelimit, x-rate-limit, ratelimit, ietf-7, ietf or none [default: x-ratelimit]
    #[arg(long, value_name = "STYLE")]
    pub headers: Option<String>,
    /// How they write the reset: epoch, epoch-floor, epoch-ms, epoch-fraction, delta, delta-ms, delta-fraction, iso,
    /// http-date or js-date [default: epoch]
    #[arg(long, value_name = "STYLE")]
    pub reset: Option<String>,
    /// When Retry-After is told: refused, always, floor, date or none [default: refused]
    #[arg(long, value_name = "WHEN")]
    pub retry_after: Option<String>,
    /// How far its clock is ahead, such as 5m or -300s
    #[arg(long, value_name = "DUR", allow_hyphen_values = true)]
    pub skew: Option<String>,
    /// Whether answers have a Date: on or off [default: on]
    #[arg(long, value_name = "ON|OFF")]
    pub date: Option<String>,
    /// What a refused call does: free, counts, restarts, doubles or ban-N [default: free]
    #[arg(long, value_name = "WHAT")]
    pub refused: Option<String>,
    /// The share of the limit that another client on the same key takes
    #[arg(long, value_name = "PCT")]
    pub rival: Option<String>,
    /// The share of domains that the providers do not know
    #[arg(long, value_name = "PCT")]
    pub no_match: Option<String>,
    /// How long an answer takes
    #[arg(long, value_name = "DUR|MIN..MAX")]
    pub latency: Option<String>,
    /// Misbehaviours with their share in percent, such as http-500=2,drop-after=5
    #[arg(long, value_name = "LIST")]
    pub faults: Option<String>,
    /// What the answers are made from
    #[arg(long, value_name = "N")]
    pub seed: Option<String>,
}

fn port(text: &str) -> Result<u16, String> {
    text.trim().parse().map_err(|_| format!("'{text}' is no port: give a number from 0 to 65535"))
}
