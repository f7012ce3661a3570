//! Where requests go, in the forms that protocols want: where the key may travel, and where it may not.

use std::net::IpAddr;

use http::header::HeaderValue;
use http::{HeaderMap, StatusCode, Uri};
use url::{Host, Url};

/// An address at the API.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) url: Url,
    /// The whole address, as HTTP/2 and proxies want it.
    pub(super) whole: Uri,
    /// The path alone, as HTTP/1 wants it, and the host beside it.
    pub(super) path: Uri,
    pub(super) host: HeaderValue,
}

impl Place {
    /// Returns where calls go, if the key may travel there; else what is wrong.
    pub(super) fn endpoint(base: &Url) -> Result<Self, &'static str> {
        match base.scheme() {
            "https" => {}
            "http" if is_this_machine(base) => {}
            "http" => return Err("is plain http, by which the key would travel readably"),
            _ => return Err("is neither https nor http"),
        }
        if base.query().is_some() || base.fragment().is_some() {
            return Err("has a query or a fragment");
        }
        let mut endpoint = base.clone();
        let path = format!("{}/v1/enrich/company", base.path().trim_end_matches('/'));
        endpoint.set_path(&path);
        Self::at(endpoint).ok_or("has a path or a host that no request can carry")
    }

    fn at(mut url: Url) -> Option<Self> {
        // Who asks is told by the key. These fail only for addresses without a host.
        let _ = url.set_username("").and_then(|()| url.set_password(None));
        url.set_fragment(None);
        let path =
            url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        let name = url.host_str()?;
        let host = url.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"));
        Some(Self {
            whole: url.as_str().parse().ok()?,
            path: path.parse().ok()?,
            host: host.parse().ok()?,
            url,
        })
    }

    /// Returns where an answer sends the request, if that is the same scheme, host and port, and the request is to be
    /// repeated as it was.
    pub(super) fn moved(&self, status: StatusCode, headers: &HeaderMap) -> Option<Self> {
        let repeats = matches!(
            status,
            StatusCode::MOVED_PERMANENTLY
                | StatusCode::FOUND
                | StatusCode::TEMPORARY_REDIRECT
                | StatusCode::PERMANENT_REDIRECT
        );
        let location = headers.get(http::header::LOCATION).filter(|_| repeats)?;
        let url = self.url.join(location.to_str().ok()?).ok()?;
        (url.origin() == self.url.origin()).then(|| Self::at(url)).flatten()
    }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(base: &str) -> Result<Place, &'static str> {
        Place::endpoint(&Url::parse(base).unwrap())
    }

    #[test]
    fn the_path_is_appended_whatever_the_slashes() {
        for (base, whole) in [
            ("https://api.test/a", "https://api.test/a/v1/enrich/company"),
            ("https://api.test/a/", "https://api.test/a/v1/enrich/company"),
            ("https://api.test", "https://api.test/v1/enrich/company"),
            ("https://me:secret@api.test:444", "https://api.test:444/v1/enrich/company"),
        ] {
            assert_eq!(endpoint(base).unwrap().whole, whole, "{base}");
        }
    }

    #[test]
    fn a_port_is_named_where_it_is_not_the_usual_one() {
        for (base, host) in [
            ("https://api.test:443/a", "api.test"),
            ("https://api.test:444/a", "api.test:444"),
            ("http://[::1]:80", "[::1]"),
            ("http://[::1]:81", "[::1]:81"),
        ] {
            assert_eq!(endpoint(base).unwrap().host, host, "{base}");
        }
    }

    #[test]
    fn plain_http_goes_to_this_machine_only() {
        for base in ["http://127.0.0.1:8080", "http://[::1]:1", "http://localhost:3", "http://api.localhost"]
        {
            assert!(endpoint(base).is_ok(), "{base}");
        }
        for base in ["http://api.test", "http://10.0.0.1", "http://localhost.evil.com", "ftp://localhost"] {
            assert!(endpoint(base).is_err(), "{base}");
        }
    }

    #[test]
    fn a_redirect_is_followed_to_the_same_place_only() {
        let place = endpoint("https://api.test/a").unwrap();
        let moved = |status, to: &str| {
            let headers = HeaderMap::from_iter([(http::header::LOCATION, to.parse().unwrap())]);
            place.moved(StatusCode::from_u16(status).unwrap(), &headers).map(|place| place.path.to_string())
        };
        for status in [301, 302, 307, 308] {
            assert_eq!(moved(status, "/b?c=1#d").as_deref(), Some("/b?c=1"));
            assert_eq!(moved(status, "https://api.test:443/b").as_deref(), Some("/b"));
            for elsewhere in ["https://api.test:444/b", "http://api.test/b", "//other.test/b", "https://"] {
                assert_eq!(moved(status, elsewhere), None, "{elsewhere}");
            }
        }
        for status in [200, 300, 303, 304, 404] {
            assert_eq!(moved(status, "/b"), None);
        }
    }
}
