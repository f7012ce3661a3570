//! From what people type and paste to the domain that is asked.
//!
//! A cell is taken apart into pieces (see [`Pieces`]), a piece is reduced to a host, and a host is checked and
//! normalised by [`registered`], the only way to a result. A plain lower-case name goes there directly.
//! Reading of a cell that holds several pieces: where all that are domains agree, that domain; where they differ,
//! [`InvalidInput::SeveralDomains`], since choosing would spend a credit on a guess. Words beside them do not count.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use url::Url;

use super::hosts::{Mention, refusal};
use super::pieces::{Pieces, is_placeholder, is_wrapper, narrow};
use super::redact::{excerpt, is_invisible, redact};
use super::target::{InvalidInput, Subdomains};

/// The longest text that is looked at, in bytes: room for any URL with tracking parameters.
const MAX_TEXT: usize = 8 * 1024;

/// The longest domain name, in bytes without the final dot (RFC 1035).
const MAX_DOMAIN: usize = 253;

/// The longest label of a domain name, in bytes (RFC 1035).
const MAX_LABEL: usize = 63;

/// Reads the domain that a text names.
pub(super) fn parse(text: &str, subdomains: Subdomains) -> Result<Arc<str>, InvalidInput> {
    match plain_host(text) {
        Some((host, mention)) => registered(host, mention, subdomains),
        None => parse_any_spelling(text, subdomains),
    }
}

/// Reads the domain that a text names, however it is spelt.
fn parse_any_spelling(text: &str, subdomains: Subdomains) -> Result<Arc<str>, InvalidInput> {
    let cleaned: Cow<'_, str> = if text.is_ascii() {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.chars().filter(|char| !is_invisible(*char)).map(narrow).collect())
    };
    let cleaned = cleaned.trim_matches(is_wrapper);
    if cleaned.is_empty() {
        return Err(InvalidInput::Empty);
    }
    if cleaned.len() > MAX_TEXT {
        return Err(InvalidInput::TooLong(excerpt(cleaned)));
    }
    parse_pieces(cleaned, subdomains).map_err(|error| {
        if is_placeholder(cleaned) { InvalidInput::Placeholder(excerpt(cleaned)) } else { error }
    })
}

/// Returns the host of a text that is spelt as most are: a plain name, alone, in a URL or in an address. It saves the
/// reading of all that a text could be, and comes to the same.
fn plain_host(text: &str) -> Option<(&str, Mention<'_>)> {
    let is_harmless = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let url = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let (host, mention) = if let Some(rest) = url {
        let end = rest.bytes().position(|byte| byte == b'/').unwrap_or(rest.len());
        let (host, path) = rest.split_at_checked(end)?;
        let is_path = path.as_bytes().iter().all(|byte| is_harmless(byte) || *byte == b'/');
        is_path.then_some((host, Mention::Site(path)))?
    } else if let Some(at) = text.bytes().position(|byte| byte == b'@') {
        let (user, host) = text.split_at_checked(at)?;
        let is_plain = !user.is_empty() && user.as_bytes().iter().all(is_harmless);
        (host.get(1..).filter(|_| is_plain)?, Mention::Address)
    } else {
        (text, Mention::Site(""))
    };
    (text.len() <= MAX_TEXT && is_plain(host)).then_some((host, mention))
}

/// Returns whether a host is fit for [`registered`] as it stands, looking at each byte once. The last label begins with a
/// letter, so that it is no part of an address by number; none has the two hyphens of punycode, which is to be checked.
fn is_plain(host: &str) -> bool {
    let mut start = 0;
    let mut before = b'.';
    for (at, byte) in host.bytes().enumerate() {
        let fits = match byte {
            b'a'..=b'z' | b'0'..=b'9' => true,
            b'.' => !matches!(before, b'.' | b'-') && at - start <= MAX_LABEL,
            b'-' => !matches!(before, b'.' | b'-'),
            _ => false,
        };
        if !fits {
            return false;
        }
        if byte == b'.' {
            start = at + 1;
        }
        before = byte;
    }
    let top = host.get(start..).unwrap_or_default();
    let is_name = top.starts_with(|char: char| char.is_ascii_lowercase()) && before != b'-';
    is_name && top.len() <= MAX_LABEL && start > 0 && host.len() <= MAX_DOMAIN
}

/// Reads the one domain on which the pieces of a text agree.
fn parse_pieces(text: &str, subdomains: Subdomains) -> Result<Arc<str>, InvalidInput> {
    let mut found: Option<Arc<str>> = None;
    let mut reason: Option<InvalidInput> = None;
    let mut pieces = 0_u32;
    for piece in Pieces::of(text) {
        pieces += 1;
        match (parse_piece(piece, subdomains), &found) {
            (Ok(domain), Some(first)) if domain != *first => {
                return Err(InvalidInput::SeveralDomains { first: excerpt(first), second: excerpt(&domain) });
            }
            (Ok(domain), _) => found = Some(domain),
            (Err(error), _) => reason = InvalidInput::more_telling(reason, Some(error)),
        }
    }
    let several_words = pieces > 1 && matches!(reason, Some(InvalidInput::NoDot(_)));
    match found {
        Some(domain) => Ok(domain),
        None if several_words => Err(InvalidInput::NoDot(excerpt(text))),
        None => Err(reason.unwrap_or(InvalidInput::Empty)),
    }
}

/// Reads the domain that one piece names: a domain, URL, address, or any of them with a scheme in front.
fn parse_piece(piece: &str, subdomains: Subdomains) -> Result<Arc<str>, InvalidInput> {
    let bare = without_schemes(piece);
    if bare.parse::<IpAddr>().is_ok() {
        return Err(InvalidInput::IpAddress(excerpt(bare)));
    }
    let authority = authority(bare);
    if authority == bare && !bare.contains(['@', ':', '%']) {
        return from_host(bare, Mention::Site(""), subdomains);
    }
    let not_a_domain = || InvalidInput::NotADomain { text: excerpt(piece), part: excerpt(authority) };
    // A scheme of which the URL standard knows hosts; which one it was says nothing about the company.
    let url = Url::parse(&format!("https://{bare}")).map_err(|_| not_a_domain())?;
    // What stands before the `@` of a URL are credentials.
    let mention = if authority.contains('@') && !piece.contains("//") {
        Mention::Address
    } else {
        let behind = bare.get(authority.len()..).unwrap_or_default();
        Mention::Site(behind.split(['?', '#']).next().unwrap_or_default())
    };
    match url.host() {
        Some(url::Host::Domain(host)) => from_host(host, mention, subdomains).map_err(|error| match error {
            // Of `n/a`, all of it is shown.
            InvalidInput::NoDot(_) => InvalidInput::NoDot(excerpt(piece)),
            error => error,
        }),
        Some(url::Host::Ipv4(_) | url::Host::Ipv6(_)) => Err(InvalidInput::IpAddress(excerpt(authority))),
        None => Err(not_a_domain()),
    }
}

/// Removes every leading `scheme:`, `scheme://` and `//`; people paste `http://https://acme.com` and `Web: acme.com`.
fn without_schemes(piece: &str) -> &str {
    let mut rest = piece;
    loop {
        rest = rest.trim_start_matches(['/', '\\']);
        if let Some((before, after)) = rest.split_once("//")
            && is_mistyped_scheme(before)
        {
            rest = after;
            continue;
        }
        let Some((scheme, after)) = rest.split_once(':') else {
            return rest;
        };
        let is_scheme = scheme.starts_with(|char: char| char.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-'));
        let is_port = after
            .split(['/', '?', '#'])
            .next()
            .is_none_or(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
        // Without letters before the colon it is an IPv6 address; with digits after it, a host and its port.
        if !is_scheme || (is_port && !after.starts_with('/')) || piece.parse::<IpAddr>().is_ok() {
            return rest;
        }
        rest = after;
    }
}

/// Tells whether what stands before `//` is a word and marks, as in `http//`, `https.//` and `www.http://`. None of these
/// can be a host, so that it cannot be the wrong part that is left out.
fn is_mistyped_scheme(before: &str) -> bool {
    let word = before.strip_prefix("www.").unwrap_or(before).trim_end_matches(['.', ':']);
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// Returns the part of a text before the path.
fn authority(bare: &str) -> &str {
    bare.split(['/', '\\', '?', '#']).next().unwrap_or(bare)
}

/// Reads a host in any spelling: mixed case, Unicode, full-width, with dots at its ends.
fn from_host(host: &str, mention: Mention<'_>, subdomains: Subdomains) -> Result<Arc<str>, InvalidInput> {
    let not_a_domain = || InvalidInput::NotADomain { text: excerpt(host), part: excerpt(host) };
    if host.len() > MAX_TEXT {
        return Err(InvalidInput::TooLong(excerpt(host)));
    }
    let ascii = to_ascii(host).ok_or_else(not_a_domain)?;
    let ascii = ascii.trim_matches('.');
    if ascii.parse::<IpAddr>().is_ok() {
        return Err(InvalidInput::IpAddress(excerpt(ascii)));
    }
    if !ascii.contains('.') {
        let reserved = is_reserved(ascii);
        let text = excerpt(host);
        return Err(if reserved { InvalidInput::Reserved(text) } else { InvalidInput::NoDot(text) });
    }
    from_ascii(ascii, mention, subdomains)
}

/// Returns a host in lower-case ASCII, Unicode as punycode, by the rules of browsers (UTS #46, without transition).
///
/// Hyphens and lengths are looked at later. The underscore is let through here: it is legal below a registrable domain.
fn to_ascii(host: &str) -> Option<Cow<'_, str>> {
    Uts46::new().to_ascii(host.as_bytes(), AsciiDenyList::URL, Hyphens::Allow, DnsLength::Ignore).ok()
}

/// Checks and normalises a lower-case ASCII host with a dot inside.
fn from_ascii(host: &str, mention: Mention<'_>, subdomains: Subdomains) -> Result<Arc<str>, InvalidInput> {
    if host.len() > MAX_DOMAIN {
        return Err(InvalidInput::TooLong(excerpt(host)));
    }
    let not_a_domain = |part: &str| InvalidInput::NotADomain { text: excerpt(host), part: excerpt(part) };
    if let Some(label) = host.split('.').find(|label| !is_label(label)) {
        return Err(not_a_domain(label));
    }
    let top = last_label(host);
    if top.bytes().all(|byte| byte.is_ascii_digit()) {
        let is_address = host.parse::<IpAddr>().is_ok();
        return Err(if is_address { InvalidInput::IpAddress(excerpt(host)) } else { not_a_domain(top) });
    }
    registered(host, mention, subdomains)
}

/// Returns what is asked for a well-formed host, if it is a company's.
fn registered(host: &str, mention: Mention<'_>, subdomains: Subdomains) -> Result<Arc<str>, InvalidInput> {
    let top = last_label(host);
    if is_reserved(top) {
        return Err(InvalidInput::Reserved(excerpt(host)));
    }
    let Some(suffix) = psl::suffix(host.as_bytes()).filter(psl::Suffix::is_known) else {
        return Err(InvalidInput::UnknownTopLevel { text: excerpt(host), top: excerpt(top) });
    };
    let Some(registrable) = registrable(host, suffix.as_bytes().len()) else {
        return Err(InvalidInput::PublicSuffix(excerpt(host)));
    };
    if registrable.as_bytes().contains(&b'_') {
        let label = registrable.split('.').find(|label| label.contains('_')).unwrap_or_default();
        return Err(InvalidInput::NotADomain { text: excerpt(host), part: excerpt(label) });
    }
    let host_itself = without_www(host, registrable);
    if let Some(reason) = refusal(host_itself, registrable, mention) {
        return Err(reason);
    }
    match subdomains {
        // What is asked is shown too: a key before a company's name is no part of it.
        Subdomains::Keep if redact(host_itself) == host_itself => Ok(host_itself.into()),
        Subdomains::Keep | Subdomains::Collapse => Ok(registrable.into()),
    }
}

/// Returns whether a top-level name never leads to a company's site: one of RFC 2606, RFC 6761, RFC 7686, ICANN's
/// `internal`, and names in common use inside networks.
fn is_reserved(top: &str) -> bool {
    matches!(
        top,
        "alt"
            | "arpa"
            | "corp"
            | "example"
            | "home"
            | "internal"
            | "intranet"
            | "invalid"
            | "lan"
            | "local"
            | "localdomain"
            | "localhost"
            | "onion"
            | "private"
            | "test"
    )
}

/// Returns the suffix of a host and the label before it; nothing, where there is none.
fn registrable(host: &str, suffix: usize) -> Option<&str> {
    let before = host.get(..host.len().checked_sub(suffix + 1)?)?;
    host.get(before.len() - last_label(before).len()..)
}

/// Returns what stands behind the last dot.
fn last_label(host: &str) -> &str {
    let dot = host.bytes().rposition(|byte| byte == b'.');
    dot.and_then(|dot| host.get(dot + 1..)).unwrap_or(host)
}

/// Returns whether a text may stand between the dots of a host.
fn is_label(label: &str) -> bool {
    (1..=MAX_LABEL).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'))
}

/// Removes leading labels such as `www` and `www2` that stand below the registrable domain.
fn without_www<'a>(host: &'a str, registrable: &str) -> &'a str {
    let mut rest = host;
    while let Some((number, after)) = rest.strip_prefix("www").and_then(|after| after.split_once('.')) {
        if rest.len() <= registrable.len() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            break;
        }
        rest = after;
    }
    rest
}

#[cfg(test)]
mod vectors;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_plain_is_read_as_in_any_other_spelling(
            before in "(https?://|mailto:|[a-zA-Z0-9._-]{0,6}@|http:|ftp://|//)?",
            host in "([a-z0-9_-]{0,6}\\.){0,4}(com|de|co.uk|github.io|test|gmail.com|zoho.com|linkedin.com|net|0x1f|12|xn--p1ai|a)?\\.?",
            after in "([/:?#@][a-zA-Z0-9/._:@-]{0,8})?",
        ) {
            let text = format!("{before}{host}{after}");
            for subdomains in [Subdomains::Keep, Subdomains::Collapse] {
                prop_assert_eq!(parse(&text, subdomains), parse_any_spelling(&text, subdomains), "{}", text);
            }
        }
    }

    #[test]
    fn what_people_paste_most_is_plain() {
        for text in
            ["acme.com", "https://www.acme.com/", "http://acme.com/About_us/a.html", "jane.doe@acme.com"]
        {
            assert!(plain_host(text).is_some_and(|(host, _)| host.ends_with("acme.com")), "{text}");
        }
    }
}
