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
    "acme.com\nwww.acme.com\r\n",
    "ftp://anonymous@acme.com:21/pub",
    "xn--80ak6aa92e.acme.com",
    "ACME.COM:443/?q=a@b.com",
    // Slips of the hand that leave nothing else to be meant.
    "http//acme.com",
    "htpp://acme.com",
    "https:/acme.com",
    "https;//acme.com",
    "https.//acme.com",
    "https:://acme.com",
    "www.http://acme.com/",
    "www,acme.com",
    "http://www.https://acme.com",
    // Links as other programs write them.
    "[Acme](https://acme.com)",
    "[acme.com](https://acme.com/a_(b))",
    "[https://acme.com/](https://acme.com/)",
    "=HYPERLINK(\"https://acme.com\",\"Acme\")",
    "=HYPERLINK(\"https://acme.com/a,b\";\"acme.com\")",
    "<a href=\"https://acme.com\">Acme</a>",
    "[\"acme.com\", \"www.acme.com\"]",
    "Acme (acme.com)",
    // From keyboards of East Asia.
    "ｈｔｔｐｓ：／／ａｃｍｅ．ｃｏｍ／ａ",
    "ｊａｎｅ＠ａｃｍｅ．ｃｏｍ",
    "（acme.com）",
    // A page at a network beside the company's own site.
    "acme.com https://www.linkedin.com/company/acme",
    "https://facebook.com/acme, https://acme.com",
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
        ("https://acme.wixsite.com/shop", "acme.wixsite.com", "acme.wixsite.com"),
        ("www.acme.blogspot.com", "acme.blogspot.com", "acme.blogspot.com"),
        ("shop.acme.myshopify.com", "acme.myshopify.com", "shop.acme.myshopify.com"),
        ("about.linkedin.com", "linkedin.com", "about.linkedin.com"),
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
        ("XN--MLLER-GMBH-9DB.DE", "xn--mller-gmbh-9db.de"),
        ("💩.la", "xn--ls8h.la"),
        // A Cyrillic letter among Latin ones is another name, and is asked as such.
        ("аcme.com", "xn--cme-5cd.com"),
    ] {
        assert_eq!(domain(text), expected, "{text}");
    }
}

/// What is asked for nothing, and why.
const REFUSED: &[(&str, &str)] = &[
    ("", "empty"),
    (" \u{200b}\t", "empty"),
    ("\"\"", "empty"),
    ("n/a", "'n/a' stands for no value"),
    ("-", "'-' stands for no value"),
    ("(None)", "'None' stands for no value"),
    ("#N/A", "'#N/A' stands for no value"),
    ("#REF!", "'#REF' stands for no value"),
    ("http://", "'http://' stands for no value"),
    ("n/a, n/a", "'n/a, n/a' is not a domain: it has no dot"),
    ("acme//about", "'about' is not a domain: it has no dot"),
    ("acme,com", "'acme,com' is not a domain: it has no dot"),
    ("www.acme", "'www.acme' is not a domain: there is no top-level domain '.acme'"),
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
    ("x@mailinator.com", "'mailinator.com' is a disposable-mail provider, not a company's domain"),
    ("yopmail.com", "'yopmail.com' is a disposable-mail provider, not a company's domain"),
    (
        "jane@mail.zoho.com",
        "'mail.zoho.com' gives its customers mailboxes: an address there names no company",
    ),
    (
        "HTTPS://uk.LinkedIn.com/Company/Acme/?trk=x",
        "'uk.linkedin.com/Company/Acme/' is a profile or page at uk.linkedin.com, not a company's own site",
    ),
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
fn a_page_at_a_network_is_no_company_and_the_network_is_one() {
    for page in [
        "linkedin.com/company/acme",
        "http://www.linkedin.com/in/jane-doe/",
        "https://de.linkedin.com//company/acme?originalSubdomain=de",
        "facebook.com/acme",
        "m.facebook.com/profile.php?id=1",
        "https://x.com/acme",
        "tiktok.com/@acme",
        "https://youtube.com/@acme?si=1",
        "crunchbase.com/organization/acme",
        "https://apps.apple.com/us/app/acme/id1",
        "google.com/maps/place/Acme",
        "https://maps.app.goo.gl/abc",
        "docs.google.com/spreadsheets/d/1/edit#gid=0",
        "https://sites.google.com/view/acme",
        "bit.ly/3acme",
        "[Acme](https://github.com/acme)",
    ] {
        for subdomains in [Subdomains::Keep, Subdomains::Collapse] {
            let reason = parse_domain(page, subdomains).unwrap_err();
            assert!(matches!(reason, InvalidInput::Page { .. }), "{page}: {reason}");
        }
    }
    for (text, company) in [
        ("linkedin.com", "linkedin.com"),
        ("https://www.linkedin.com/", "linkedin.com"),
        ("https://x.com?lang=de", "x.com"),
        ("press@linkedin.com", "linkedin.com"),
        ("mailto:press@facebook.com?subject=a/b", "facebook.com"),
        ("https://www.google.com/about", "google.com"),
        ("google.com/maps", "google.com"),
        ("docs.google.com", "google.com"),
        ("https://www.crunchbase.com/about", "crunchbase.com"),
        ("acme.com/linkedin.com/company/x", "acme.com"),
    ] {
        assert_eq!(domain(text), company, "{text}");
    }
}

#[test]
fn an_address_at_a_seller_of_mailboxes_is_a_customer_s_and_its_domain_the_company_s() {
    for text in ["zoho.com", "https://www.zoho.com/crm", "//zoho.com", "https://user:pass@zoho.com/"] {
        assert_eq!(domain(text), "zoho.com", "{text}");
    }
    for text in ["jane@zoho.com", "Jane <JANE@ZOHO.COM>", "mailto:jane@zoho.com?cc=x", "@zoho.com"] {
        let reason = parse_domain(text, Subdomains::Collapse).unwrap_err();
        assert!(matches!(reason, InvalidInput::CustomerMail(_)), "{text}: {reason}");
    }
    for company in ["apple.com", "microsoft.com", "google.com", "comcast.com", "telekom.de", "alibaba.com"] {
        assert_eq!(domain(&format!("jane@{company}")), company);
    }
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
    assert_eq!(asks(Some("n/a"), &[""]), Err(InvalidInput::Placeholder("n/a".into())));
    let page = "https://www.linkedin.com/company/acme";
    assert_eq!(asks(None, &[page, "jane@acme.com"]), Ok("acme.com,".to_owned()));
    assert_eq!(asks(None, &[page, "jane@gmail.com"]).unwrap_err().name(), "page");
}

/// Names of companies, some below suffixes of two labels or more.
fn company() -> impl Strategy<Value = String> {
    let name = "[a-z]{2}[a-z0-9]{0,10}(-[a-z0-9]{1,5})?";
    let suffix =
        prop::sample::select(vec!["com", "de", "co.uk", "com.br", "io", "dev", "github.io", "co.jp"]);
    (name, suffix).prop_map(|(name, suffix)| format!("{name}.{suffix}")).prop_filter(
        "is a provider or a network",
        |name| {
            [name.clone(), format!("a@{name}"), format!("{name}/a/b")]
                .iter()
                .all(|text| parse_domain(text, Subdomains::Keep).is_ok())
        },
    )
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
    fn case_and_space_around_change_nothing(
        text in "(https?://|mailto:|jane@|www\\.)?([a-zäß0-9_-]{1,6}\\.){0,3}(com|co\\.uk|рф|zip|test)(/[a-z]{0,3}|:80)?",
        before in "[ \t\u{a0}\u{200b}\"'<(]{0,3}",
        after in "[ \r\n\u{a0}\u{feff}\"'>),;]{0,3}",
    ) {
        // Upper case of `ß` is `SS`, which is another name.
        let upper: String = text.chars().map(|char| if char == 'ß' { char } else { char.to_uppercase().next().unwrap_or(char) }).collect();
        for subdomains in [Subdomains::Keep, Subdomains::Collapse] {
            let plain = parse_domain(&text, subdomains).map_err(|reason| reason.name());
            for other in [upper.clone(), format!("{before}{text}{after}")] {
                let read = parse_domain(&other, subdomains).map_err(|reason| reason.name());
                prop_assert_eq!(read, plain.clone(), "{:?}", other);
            }
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
