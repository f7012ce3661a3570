//! Options, environment and profile to one validated struct per command: what was typed becomes what is meant.
//!
//! Reads environment, key files and home folder once. Nothing is opened, sent or started.

mod key;

use std::path::{Path, PathBuf};
use std::time::Duration;

use etcetera::BaseStrategy;
use jiff::{SignedDuration, Timestamp};
use url::Url;

pub use self::key::{KEY_VARIABLE, KeyOrigin, find_key, key_in_file, read_key};
use crate::cli::{CallArgs, ConnectionArgs, GlobalArgs, SubdomainsArg};
use crate::rules::credits::Allowance;
use crate::rules::field::FieldSet;
use crate::rules::gate::GatePolicy;
use crate::rules::redact::redact;
use crate::rules::signature::{Reuse, Wish};
use crate::rules::target::Subdomains;
use crate::secret::{ApiKey, ApiKeyError};

/// The vendor's address. Source: the vendor's reference of the endpoint.
const BASE_URL: &str = "https://data.leadlex.com/functions/v1/api-gateway";

/// A ledger of this name keeps nothing.
const IN_MEMORY: &str = ":memory:";

/// Why options and environment do not make sense together.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// There is no key.
    #[error("no API key")]
    NoKey,
    /// There is a key that cannot be one.
    #[error("{origin}: {source}")]
    Key {
        /// Where it was read.
        origin: KeyOrigin,
        /// What is wrong with it.
        source: ApiKeyError,
    },
    /// The key file cannot be read.
    #[error("the key file '{}' cannot be read", path.display())]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A URL cannot be read.
    #[error("{option}: '{text}' is no URL: {}", said(*fault))]
    Url {
        /// Which option.
        option: &'static str,
        /// What it said, without anything like a key.
        text: String,
        /// What is wrong with it.
        fault: url::ParseError,
    },
    /// There is no place for the ledger.
    #[error("the home folder is unknown, so there is no place for the ledger")]
    NoHome,
    /// Key and rows cannot both come from standard input.
    #[error("standard input cannot give both the key and the rows")]
    StdinTwice,
}

/// Where calls go.
#[derive(Debug)]
pub enum Api {
    /// To the API.
    Real {
        /// Everything before `/v1/enrich/company`.
        base_url: Url,
        /// The key.
        key: ApiKey,
        /// Where the key was found.
        origin: KeyOrigin,
    },
    /// To the API, of which nothing can be asked without a key.
    Keyless,
    /// To an in-process sandbox with these settings, as `KEY=VALUE,…`.
    Sandbox(String),
}

/// Where answers are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LedgerPlace {
    /// In a file.
    File(PathBuf),
    /// Nowhere, once the run is over.
    Nowhere,
}

impl LedgerPlace {
    /// Returns the file, if there is one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Nowhere => None,
        }
    }
}

/// The way to the API.
#[derive(Debug)]
pub struct Connection {
    /// Where calls go.
    pub api: Api,
    /// Under which name results are kept; absent: the key's fingerprint.
    pub workspace: Option<String>,
    /// The longest time for one attempt.
    pub timeout: Duration,
    /// The proxy; absent: as the environment says.
    pub proxy: Option<Url>,
    /// The certificates to trust; absent: the system's.
    pub cacert: Option<PathBuf>,
}

impl Connection {
    /// Makes sense of the options about the connection.
    pub fn new(global: &GlobalArgs, args: ConnectionArgs, api: Api) -> Result<Self, SettingsError> {
        Ok(Self {
            api,
            workspace: global.configured.workspace.clone(),
            timeout: args.timeout,
            proxy: args.proxy.map(|text| parse_proxy(&text)).transpose()?,
            cacert: args.cacert,
        })
    }
}

impl Api {
    /// Returns where calls go. `reads_stdin` tells that something else comes from standard input.
    pub fn resolve(
        global: &GlobalArgs,
        sandbox: Option<String>,
        reads_stdin: bool,
    ) -> Result<Self, SettingsError> {
        let Some(settings) = sandbox else {
            let base_url = base_url(global)?;
            let (key, origin) = find_key(global, reads_stdin)?;
            return Ok(Self::Real { base_url, key, origin });
        };
        Ok(Self::Sandbox(settings))
    }
}

/// How the API is called.
#[derive(Debug)]
pub struct CallSettings {
    /// The way to the API.
    pub connection: Connection,
    /// Where answers are kept.
    pub ledger: LedgerPlace,
    /// What is asked about every subject.
    pub wish: Wish,
    /// How old a paid answer may be to be reused.
    pub max_age: Duration,
    /// The same for `no_match` and `not_found`.
    pub no_match_age: Duration,
    /// What the gate allows.
    pub gate: GatePolicy,
    /// Extra attempts for one call.
    pub retries: u32,
    /// What a subdomain stands for.
    pub subdomains: Subdomains,
}

impl CallSettings {
    /// Makes sense of options and environment; a missing key is told by whoever needs one. `reads_stdin` tells that the rows come from standard input.
    pub fn resolve(global: &GlobalArgs, calls: CallArgs, reads_stdin: bool) -> Result<Self, SettingsError> {
        let api = match Api::resolve(global, calls.sandbox, reads_stdin) {
            Err(SettingsError::NoKey) => Api::Keyless,
            api => api?,
        };
        let ledger = ledger_place(global, matches!(api, Api::Sandbox(_)))?;
        let (max_age, no_match_age) = if calls.refresh {
            (Duration::ZERO, Duration::ZERO)
        } else {
            (calls.max_age, calls.no_match_age)
        };
        Ok(Self {
            connection: Connection::new(global, calls.connection, api)?,
            ledger,
            wish: Wish { fields: calls.fields.unwrap_or(FieldSet::ALL), overwrite: calls.overwrite },
            max_age,
            no_match_age: if max_age.is_zero() { Duration::ZERO } else { no_match_age },
            gate: GatePolicy {
                allowance: Allowance { max: calls.max_credits, keep: calls.keep_credits },
                concurrency: calls.concurrency,
                rate: calls.rate,
                wait: calls.wait,
            },
            retries: calls.retries,
            subdomains: match calls.subdomains {
                SubdomainsArg::Keep => Subdomains::Keep,
                SubdomainsArg::Collapse => Subdomains::Collapse,
            },
        })
    }

    /// Returns which stored answers a run that starts at this time reuses.
    pub fn reuse(&self, started: Timestamp) -> Reuse {
        let run_started = Timestamp::from_millisecond(started.as_millisecond()).unwrap_or(started);
        let back = |age: Duration| {
            let age = SignedDuration::try_from(age).unwrap_or(SignedDuration::MAX);
            run_started.checked_sub(age).unwrap_or(Timestamp::MIN)
        };
        Reuse {
            wish: self.wish,
            run_started,
            paid_since: back(self.max_age),
            unmatched_since: back(self.no_match_age),
        }
    }
}

/// Returns everything before `/v1/enrich/company`.
pub fn base_url(global: &GlobalArgs) -> Result<Url, SettingsError> {
    parse_url("--base-url", global.base_url.as_deref().filter(|text| !text.is_empty()).unwrap_or(BASE_URL))
}

/// Reads a proxy as curl does: `host:port` is one that is spoken to by plain http.
fn parse_proxy(text: &str) -> Result<Url, SettingsError> {
    let whole = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    parse_url("--proxy", &whole)
}

fn said(fault: url::ParseError) -> String {
    match fault {
        url::ParseError::RelativeUrlWithoutBase => "it does not begin with https://".to_owned(),
        other => other.to_string(),
    }
}

fn parse_url(option: &'static str, text: &str) -> Result<Url, SettingsError> {
    Url::parse(text).map_err(|fault| SettingsError::Url { option, text: redact(text).into_owned(), fault })
}

/// Finds the ledger. A sandbox's answers are worth nothing later: they are kept only where the user says so.
pub fn ledger_place(global: &GlobalArgs, is_sandbox: bool) -> Result<LedgerPlace, SettingsError> {
    match &global.ledger {
        Some(path) if path.as_os_str() == IN_MEMORY => Ok(LedgerPlace::Nowhere),
        Some(path) if !path.as_os_str().is_empty() => Ok(LedgerPlace::File(path.clone())),
        _ if is_sandbox => Ok(LedgerPlace::Nowhere),
        _ => {
            let folders = etcetera::choose_base_strategy().map_err(|_| SettingsError::NoHome)?;
            let state = folders.state_dir().unwrap_or_else(|| folders.data_dir());
            Ok(LedgerPlace::File(state.join("leadenrich").join("ledger.db")))
        }
    }
}
