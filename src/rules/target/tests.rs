//! What people type, and what is asked for it.

use proptest::prelude::*;

use super::*;

fn domain(text: &str) -> String {
    read(text, Subdomains::Collapse)
}

/// Returns the domain, or `!` and the reason.
fn read(text: &str, subdomains: Subdomains) -> String {
    match parse_domain(text, subdomains) {
        Ok(subject) => subject.to_string(),
        Err(error) => format!("!{error}"),
    }
}

/// Spellings of one company's domain.
const SPELLINGS: &[&str] = &[
    "acme.com",
    "ACME.com",
    " acme.com ",
    "acme.com.",
    "www.acme.com",
    "WWW2.Acme.Com",
    "www.www.acme.com",
    "http://acme.com",
    "https://www.acme.com/about?x=1#y",
    "HTTPS://ACME.COM:8443/",
    "//acme.com/x",
    "ftp://acme.com",
    "https://user:pa:ss@acme.com:80/p",
    "acme.com:443",
    "acme.com/",
    "acme.com/path,with;marks|here",
    "acme.com?x=y",
    "jane@acme.com",
    "Jane <jane@acme.com>",
    "Jane<jane@acme.com>",
    "\"Doe, Jane\" <jane@sales.acme.com>",
    "mailto:jane@acme.com",
    "mailto:jane@acme.com?subject=Hi",
    "MAILTO:Jane@Acme.com",
    "@acme.com",
    "\"acme.com\"",
    "'acme.com'",
    "“acme.com”",
    "(acme.com)",
    "[acme.com]",
    "<https://acme.com>",
    "<acme.com>,",
    "\u{feff}acme.com\u{200b}",
    "ac\u{200b}me.com",
    "a\u{ad}cme.com",
    "acme.com\u{a0}",
    "\u{202a}acme.com\u{202c}",
    "acme。com",
    "ａｃｍｅ．ｃｏｍ",
    "acme｡com",
    "http:acme.com",
    "http:/acme.com",
    "http:///acme.com",
    "http://https://acme.com",
    "http:\\\\acme.com\\x",
    "https://acme.com%2e",
    "Web: acme.com",
    "website:acme.com",
    "blog.acme.com",
    "my_shop.acme.com",
    "see acme.com",
    "acme.com (old)",
    "acme.com\n",
    ".acme.com",
    "acme.com, www.acme.com",
    "info@acme.com; sales@acme.com",
    "acme.com | http://acme.com/de",
    "jane@gmail.com, jane@acme.com",
    "https://acme.com/a,https://www.acme.com/b",
];

#[test]
fn every_spelling_of_a_domain_is_read() {
    for &text in SPELLINGS {
        assert_eq!(domain(text), "acme.com", "{text:?}");
    }
}

#[test]
fn the_public_suffix_list_decides_what_is_registrable() {
    for (text, collapsed, kept) in [
        ("blog.acme.co.uk", "acme.co.uk", "blog.acme.co.uk"),
        ("www.acme.github.io", "acme.github.io", "acme.github.io"),
        ("x.acme.github.io", "acme.github.io", "x.acme.github.io"),
        ("www.com", "www.com", "www.com"),
        ("www.www.com", "www.com", "www.com"),
        ("www.co.uk", "www.co.uk", "www.co.uk"),
        ("www3.shop.acme.com.br", "acme.com.br", "shop.acme.com.br"),
        ("wwwacme.com", "wwwacme.com", "wwwacme.com"),
        ("www-acme.com", "www-acme.com", "www-acme.com"),
        ("example.com", "example.com", "example.com"),
        ("r3---sn.acme.com", "acme.com", "r3---sn.acme.com"),
    ] {
        assert_eq!(domain(text), collapsed, "{text}");
        assert_eq!(read(text, Subdomains::Keep), kept, "{text}");
    }
}

#[test]
fn international_names_are_asked_in_punycode() {
    for (text, expected) in [
        ("müller-gmbh.de", "xn--mller-gmbh-9db.de"),
        ("MÜLLER-GMBH.DE", "xn--mller-gmbh-9db.de"),
        ("mu\u{308}ller-gmbh.de", "xn--mller-gmbh-9db.de"),
        ("https://www.müller-gmbh.de/kontakt", "xn--mller-gmbh-9db.de"),
        ("info@m%C3%BCller-gmbh.de", "xn--mller-gmbh-9db.de"),
        ("xn--mller-gmbh-9db.de", "xn--mller-gmbh-9db.de"),
        ("straße.de", "xn--strae-oqa.de"),
        ("例え.jp", "xn--r8jz45g.jp"),
        ("例子.中国", "xn--fsqu00a.xn--fiqs8s"),
        ("пример.рф", "xn--e1afmkfd.xn--p1ai"),
        ("公司.公司.cn", "xn--55qx5d.xn--55qx5d.cn"),
    ] {
        assert_eq!(domain(text), expected, "{text}");
    }
}

/// What is asked for nothing, and why.
const REFUSED: &[(&str, &str)] = &[
    ("", "empty"),
    (" \u{200b}\t", "empty"),
    ("\"\"", "empty"),
    ("n/a", "'n/a' is not a domain: it has no dot"),
    ("-", "'-' is not a domain: it has no dot"),
    ("Acme Corporation", "'Acme Corporation' is not a domain: it has no dot"),
    ("localhost:8080", "'localhost' is a name for local or test networks, not a company's domain"),
    (
        "http://crm.acme.internal/",
        "'crm.acme.internal' is a name for local or test networks, not a company's domain",
    ),
    ("192.168.0.1", "'192.168.0.1' is an IP address, not a domain"),
    ("http://10.0.0.1:80/x", "'10.0.0.1:80' is an IP address, not a domain"),
    ("http://[::1]/", "'[::1]' is an IP address, not a domain"),
    ("2001:db8::1", "'2001:db8::1' is an IP address, not a domain"),
    ("co.uk", "'co.uk' is a public suffix, under which others register, not a company's domain"),
    (
        "https://github.io",
        "'github.io' is a public suffix, under which others register, not a company's domain",
    ),
    ("Jane@GMail.com", "'gmail.com' is a free-mail provider, not a company's domain"),
    ("uk.yahoo.com", "'uk.yahoo.com' is a free-mail provider, not a company's domain"),
    ("my_company.com", "'my_company.com' is not a domain: 'my_company' cannot be part of one"),
    ("-acme-.com", "'-acme-.com' is not a domain: '-acme-' cannot be part of one"),
    ("acme..com", "'acme..com' is not a domain: '' cannot be part of one"),
    ("ac*me.com", "'ac*me.com' is not a domain: 'ac*me' cannot be part of one"),
    ("acme.com:port", "'acme.com:port' is not a domain: 'acme.com:port' cannot be part of one"),
    ("report.pdf", "'report.pdf' is not a domain: there is no top-level domain '.pdf'"),
    ("1.5", "'1.5' is not a domain: '5' cannot be part of one"),
    ("acme.com, beta.com", "several domains: 'acme.com' and 'beta.com'"),
    ("acme.com beta.com", "several domains: 'acme.com' and 'beta.com'"),
    ("https://acme.com/x,https://beta.com", "several domains: 'acme.com' and 'beta.com'"),
    ("Jane <jane@acme.com>; Bob <bob@beta.com>", "several domains: 'acme.com' and 'beta.com'"),
    ("wbk_live_secret", "'wbk_[redacted]' is not a domain: it has no dot"),
    (
        "https://wbk_live_secret.com/x",
        "'wbk_[redacted]' is not a domain: 'wbk_[redacted]' cannot be part of one",
    ),
];

#[test]
fn what_is_no_company_is_refused_with_the_reason() {
    for &(text, expected) in REFUSED {
        assert_eq!(domain(text), format!("!{expected}"), "{text:?}");
    }
}

#[test]
fn no_key_is_asked_as_a_subdomain() {
    for subdomains in [Subdomains::Keep, Subdomains::Collapse] {
        assert_eq!(read("wb\u{200b}k_live_51Hx.acme.com", subdomains), "acme.com");
    }
    let several = read("beta.com, wbk_live_51Hx.acme.com", Subdomains::Keep);
    assert_eq!(several, "!several domains: 'beta.com' and 'acme.com'");
    assert_eq!(read("_dmarc.acme.com", Subdomains::Keep), "_dmarc.acme.com");
}

#[test]
fn length_is_bounded() {
    let label = "a".repeat(63);
    let fits = format!("{label}.{label}.{label}.{}.com", "b".repeat(57));
    assert_eq!(read(&fits, Subdomains::Keep), fits);
    assert!(matches!(parse_domain(&format!("b{fits}"), Subdomains::Keep), Err(InvalidInput::TooLong(_))));
    assert!(matches!(
        parse_domain(&format!("a{label}.com"), Subdomains::Keep),
        Err(InvalidInput::NotADomain { .. })
    ));
    let huge = format!("acme.com/{}", "x".repeat(9_000));
    let error = parse_domain(&huge, Subdomains::Keep).unwrap_err();
    assert!(matches!(error, InvalidInput::TooLong(_)) && error.to_string().chars().count() < 130);
}

#[test]
fn an_id_is_a_uuid_in_any_spelling() {
    let id = "6f0c1f0e-9c1b-4f0a-8f6e-0d9a5c3b2a10";
    let simple = id.replace('-', "");
    for text in [
        id.to_owned(),
        id.to_uppercase(),
        format!("{{{id}}}"),
        format!("urn:uuid:{id}"),
        format!("URN:UUID:{id}"),
        simple.clone(),
        format!("{{{simple}}}"),
        format!(" \"{id}\" "),
        format!("\u{feff}{id}"),
    ] {
        assert_eq!(parse_company_id(&text).unwrap().text(), id, "{text}");
        assert_eq!(parse_any(&text, Subdomains::Collapse).unwrap().kind(), "company_id");
    }
    assert_eq!(parse_company_id(" "), Err(InvalidInput::Empty));
    assert_eq!(
        parse_company_id("c_1").unwrap_err().to_string(),
        "'c_1' is not a company id: it is not a UUID"
    );
    assert_eq!(parse_any("acme.com", Subdomains::Collapse).unwrap().kind(), "domain");
}

#[test]
fn a_row_asks_its_id_first_and_its_domain_next() {
    let id = "6f0c1f0e-9c1b-4f0a-8f6e-0d9a5c3b2a10";
    let asks = |id: Option<&str>, domains: &[&str]| {
        parse_row(id, domains, Subdomains::Collapse).map(|target| {
            let fallback = target.fallback.map(|subject| subject.to_string()).unwrap_or_default();
            format!("{},{fallback}", target.first)
        })
    };
    assert_eq!(asks(Some(id), &["acme.com"]), Ok(format!("{id},acme.com")));
    assert_eq!(asks(Some(id), &["junk"]), Ok(format!("{id},")));
    assert_eq!(asks(Some("17"), &["", "jane@acme.com"]), Ok("acme.com,".to_owned()));
    assert_eq!(asks(None, &["site.com", "jane@acme.com"]), Ok("site.com,".to_owned()));
    assert_eq!(asks(None, &["n/a", "jane@acme.com"]), Ok("acme.com,".to_owned()));
    assert_eq!(asks(Some(" "), &["", " "]), Err(InvalidInput::Empty));
    assert_eq!(asks(None, &[]), Err(InvalidInput::Empty));
    assert_eq!(asks(None, &["n/a", "x@gmail.com"]), Err(InvalidInput::FreeMail("gmail.com".into())));
    assert_eq!(asks(Some("17"), &["n/a"]), Err(InvalidInput::NotAnId("17".into())));
}

/// Names of companies, some below suffixes of two labels or more.
fn company() -> impl Strategy<Value = String> {
    let name = "[a-z]{2}[a-z0-9]{0,10}(-[a-z0-9]{1,5})?";
    let suffix =
        prop::sample::select(vec!["com", "de", "co.uk", "com.br", "io", "dev", "github.io", "co.jp"]);
    (name, suffix)
        .prop_map(|(name, suffix)| format!("{name}.{suffix}"))
        .prop_filter("is no company", |name| parse_domain(name, Subdomains::Keep).is_ok())
}

/// One way in which a domain is written down; the oracle only wraps, the parser only unwraps.
fn spelling(domain: &str, way: usize) -> String {
    match way {
        0 => domain.to_uppercase(),
        1 => format!("www.{domain}"),
        2 => format!("https://{domain}"),
        3 => format!("{domain}:8080"),
        4 => format!("http://www.{domain}:80/a/b.html?c=d@e.com#f"),
        5 => format!("jane.doe+x@{domain}"),
        6 => format!("Jane Doe <jane@{domain}>"),
        7 => format!("mailto:jane@{domain}?cc=bob"),
        8 => format!("  \"{domain}.\""),
        9 => format!("//{domain}/"),
        10 => domain.replace('.', "．"),
        11 => format!("{domain}, WWW.{domain}"),
        _ => domain.chars().flat_map(|char| [char, '\u{200b}']).collect(),
    }
}

proptest! {
    #[test]
    fn parsing_is_total_and_the_result_canonical(text in any::<String>()) {
        for subdomains in [Subdomains::Keep, Subdomains::Collapse] {
            check_canonical(&text, subdomains)?;
        }
    }

    #[test]
    fn parsing_is_total_on_what_looks_like_input(
        text in "(https?:/{0,3}|mailto:|//|<|\\[|\"|www\\.|@|ü|xn--|。|wbk_){0,3}[a-zA-Z0-9äß中._@:/%-]{0,30}(\\.com|\\.co\\.uk|\\.рф|:80|/x|>|, b\\.de|\\.){0,3}"
    ) {
        for subdomains in [Subdomains::Keep, Subdomains::Collapse] {
            check_canonical(&text, subdomains)?;
        }
    }

    #[test]
    fn all_spellings_of_a_domain_are_one_subject(domain in company(), way in 0_usize..13) {
        for subdomains in [Subdomains::Keep, Subdomains::Collapse] {
            let plain = parse_domain(&domain, subdomains);
            prop_assert_eq!(plain.clone().map(|subject| subject.to_string()), Ok(domain.clone()));
            prop_assert_eq!(parse_domain(&spelling(&domain, way), subdomains), plain, "{}", spelling(&domain, way));
        }
    }

    #[test]
    fn a_subdomain_is_kept_or_collapsed(domain in company(), below in "[a-v][a-z0-9]{0,8}") {
        let host = format!("{below}.{domain}");
        prop_assert_eq!(read(&host, Subdomains::Keep), host.clone());
        prop_assert_eq!(read(&host, Subdomains::Collapse), domain);
    }
}

fn check_canonical(text: &str, subdomains: Subdomains) -> Result<(), TestCaseError> {
    match parse_any(text, subdomains) {
        Ok(subject) => {
            let canonical = subject.text();
            prop_assert!(canonical.is_ascii() && canonical == canonical.to_lowercase());
            let mark = if subject.kind() == "domain" { '.' } else { '-' };
            prop_assert!(canonical.contains(mark));
            prop_assert_eq!(parse_any(canonical, subdomains), Ok(subject.clone()));
        }
        Err(error) => {
            let message = error.to_string();
            prop_assert!(message.chars().count() < 300 && !message.contains(char::is_control));
        }
    }
    Ok(())
}
