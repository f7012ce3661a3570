//! What cards look like, from narrow to wide, for whatever companies are called.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::report::clean::is_hidden;
use crate::report::samples::{self, records};
use crate::rules::target::InvalidInput;

fn layout() -> Layout {
    Layout {
        width: 60,
        color: false,
        links: false,
        fields: FieldSet::ALL,
        started_at: "2026-11-22T15:00:00.120999Z".parse().unwrap(),
        credits: Credits { spent: 1, saved: 0, remaining: Some(4_998), uncertain: 0 },
    }
}

fn styled_layout() -> Layout {
    Layout { color: true, links: true, ..layout() }
}

/// Returns a text with its escape sequences as a snapshot shows them.
fn visible(text: &str) -> String {
    text.replace("\u{1b}]8;;", "<").replace("\u{1b}\\", ">").replace('\u{1b}', "ESC")
}

/// Returns a company with everything, in other scripts too.
fn large() -> Record {
    let company = json!({
        "name": "Nihon Kōgaku 日本光学工業株式会社",
        "domain": "nikon.example",
        "industry": "Optical Instruments 🔭 and Cameras",
        "size": "10001+",
        "founded_year": 1917,
        "hq_location": "東京都品川区",
        "logo_url": "https://logo.example/nikon.example.png",
        "linkedin_url": "https://linkedin.com/company/nihon-kogaku-kogyo-kabushiki-gaisha-of-tokyo",
        "tech_stack": ["Google Analytics", "Amazon Web Services", "Adobe Experience Manager", "SAP S/4HANA",
            "Salesforce Marketing Cloud", "Cloudflare", "Akamai", "React", "Kubernetes", "PostgreSQL", "Kafka",
            "Snowflake", "Datadog", "Okta", "Zendesk", "Microsoft 365"],
        "description": "日本光学工業は、カメラ、双眼鏡、顕微鏡、測定機器、半導体露光装置などの光学機器を製造する会社です。\
            It makes cameras, lenses and the machines that print chips; a part of its revenue comes from measuring instruments.",
    });
    records::enriched("https://www.Nikon.example/jp?utm_source=mail", &company.to_string())
}

/// Returns what a stranger may write where a company is expected.
fn hostile() -> Record {
    let company = json!({
        "name": "\u{1b}[2J\u{1b}]0;owned\u{7}Acme\u{202e} proC\u{202c}\u{200b}\u{e0041}",
        "domain": "evil.com/\u{1b}]8;;https://x\u{1b}\\",
        "industry": "line\nbreak\r\u{9b}31mred",
        "hq_location": "\u{2066}\u{200f}here\u{2069}",
        "logo_url": "javascript:alert(1)",
        "linkedin_url": "https://linkedin.com/\u{1b}\\\u{7}\u{9c}company\u{1b}]8;;https://evil.example\u{7}",
        "tech_stack": "one \u{feff}string, not a list",
        "description": "a".repeat(70),
        "size": {"not": "text"},
    });
    records::enriched("evil\u{1b}]0;x\u{7}.com wbk_live_1", &company.to_string())
}

fn incomplete() -> Record {
    let company = json!({"domain": "sparse.example", "name": null, "size": "", "tech_stack": []});
    records::enriched("sparse.example", &company.to_string())
}

fn several() -> Vec<Record> {
    let failed = Verdict::Failed { reason: "gave up after 6 attempts: 503 Service Unavailable".into() };
    let large = large();
    vec![
        large.clone(),
        large,
        records::settled("nobody.example", Verdict::NoMatch),
        records::settled("3f2504e0-4f89-41d3-9a0c-0305e82c3301", Verdict::NotFound),
        records::settled("b.com", failed),
        records::record("gmail.com", RowOutcome::Invalid(InvalidInput::FreeMail("gmail.com".into()))),
        records::record("c.com", RowOutcome::Pending),
    ]
}

#[test]
fn cards_at_every_width() {
    let few = |layout| Layout { fields: "name,size".parse().unwrap(), ..layout };
    for (name, records, layout) in [
        ("card", vec![large()], layout()),
        ("card-styled", vec![large()], styled_layout()),
        ("cards", several(), few(layout())),
        ("cards-styled", several(), few(styled_layout())),
    ] {
        samples::assert_screens(name, |width| visible(&pretty(&records, &Layout { width, ..layout })));
    }
}

#[test]
fn what_was_known_before_is_free_and_can_be_asked_again() {
    let layout = Layout {
        fields: "name,size".parse().unwrap(),
        started_at: "2026-11-23T09:00:00Z".parse().unwrap(),
        credits: Credits { spent: 0, saved: 1, remaining: None, uncertain: 0 },
        ..layout()
    };
    let records = [
        records::acme(),
        records::settled("nobody.example", Verdict::NoMatch),
        records::settled("3f2504e0-4f89-41d3-9a0c-0305e82c3301", Verdict::NotFound),
    ];
    insta::assert_snapshot!(pretty(&records, &layout), @r"
    https://www.Acme.com/about
      Name         Acme Corp
      Domain       acme.com
      Size         201-500
      Confidence   0.870, from vendor_a
      Cost         nothing, paid on 2026-11-22

    nobody.example
      No match     the providers know nothing about it, as told
                   on 2026-11-22
      Next         another domain of the company may be known;
                   --refresh asks again
      Cost         nothing

    3f2504e0-4f89-41d3-9a0c-0305e82c3301
      Not found    the workspace has no company with this id, as
                   told on 2026-11-22
      Next         compare the id with the workspace, or ask by
                   domain; --refresh asks again
      Cost         nothing

    1 of 3 targets found: 0 credits spent, 1 saved
    ");
}

#[test]
fn a_strangers_text_is_cleaned() {
    insta::assert_snapshot!(visible(&pretty(&[hostile()], &styled_layout())), @r#"
    ESC[1mevil.com wbk_[redacted]ESC[0m
    ESC[2m  Name         ESC[0mAcme proC
    ESC[2m  Domain       ESC[0mevil.com/
    ESC[2m  Industry     ESC[0mline break red
    ESC[2m  Size         ESC[0m{"not":"text"}
    ESC[2m  Location     ESC[0mhere
    ESC[2m  LinkedIn     ESC[0m<https://linkedin.com/company>https://linkedin.com/company<>
    ESC[2m  Logo         ESC[0mjavascript:alert(1)
    ESC[2m  Tech stack   ESC[0mone string, not a list
    ESC[2m  Description  ESC[0maaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
                   aaaaaaaaaaaaaaaaaaaaaaaaa
    ESC[2m  No value     ESC[0mfounded_year
    ESC[2m  Confidence   ESC[0m0.870, from vendor_a
    ESC[2m  Cost         ESC[0m1 credit, 4,998 left
    "#);
}

#[test]
fn what_is_not_known_is_said() {
    insta::assert_snapshot!(pretty(&[incomplete()], &Layout { width: 80, ..layout() }), @r"
    sparse.example
      Domain       sparse.example
      No value     name, industry, size, founded_year, description, hq_location,
                   logo_url, linkedin_url, tech_stack
      Confidence   0.870, from vendor_a
      Cost         1 credit, 4,998 left
    ");
}

#[test]
fn any_width_will_do() {
    for width in [0, 1, 20, 10_000] {
        assert!(pretty(&[records::acme()], &Layout { width, ..layout() }).contains("Acme Corp"));
    }
    assert_eq!(pretty(&[], &layout()), "0 of 0 targets found: 1 credit spent, 4,998 left\n");
}

/// Returns the values of a company, each with what is likely to do harm.
fn values() -> impl Strategy<Value = Vec<String>> {
    let dense = "[\u{1b}\u{9b}\u{9c}\u{9d}\u{7}\\\\\\]\\[;80mAz.\u{202e}\u{2066}\u{200b}\u{e0041}\u{ad} \n日🔭]{0,30}";
    let address = dense.prop_map(|text| format!("https://a.com/{text}"));
    prop::collection::vec(prop_oneof![any::<String>(), dense.boxed(), address], 10)
}

proptest! {
    #[test]
    fn no_company_reaches_the_terminal_but_by_its_letters(values in values()) {
        let names = ["name", "domain", "industry", "size", "hq_location", "logo_url", "linkedin_url", "tech_stack",
            "description"];
        let company: serde_json::Map<_, _> =
            names.into_iter().zip(&values).map(|(name, value)| (name.to_owned(), json!(value))).collect();
        let found = records::enriched(&values[9], &json!(company).to_string());
        let failed = records::settled(&values[0], Verdict::Failed { reason: values[1].as_str().into() });
        let records = [found, failed];
        let plain = pretty(&records, &layout());
        prop_assert!(!plain.chars().any(|char| is_hidden(char) && char != '\n'));

        // What is added is what was meant to be: styles, and links whose targets hold nothing but themselves.
        let links = pretty(&records, &Layout { links: true, ..layout() });
        let mut rest = String::new();
        for (place, part) in links.split("\u{1b}]8;;").enumerate() {
            let Some((target, shown)) = part.split_once("\u{1b}\\") else {
                prop_assert_eq!(place, 0);
                rest.push_str(part);
                continue;
            };
            prop_assert!(target.is_empty() || target.starts_with("https://"), "{:?}", target);
            prop_assert!(target.bytes().all(|byte| byte.is_ascii_graphic()));
            rest.push_str(shown);
        }
        prop_assert_eq!(&rest, &plain);
        prop_assert_eq!(cleaned(&pretty(&records, &styled_layout())), cleaned(&plain));
    }

    #[test]
    fn no_line_is_wider_than_the_terminal(text in "[a-z日本🔭ä ]{0,200}", width in 40_usize..220) {
        let record = records::enriched("a.com", &json!({"name": text, "description": text}).to_string());
        for line in pretty(&[record], &Layout { width, ..layout() }).lines() {
            prop_assert!(textwrap::core::display_width(line) <= width || line.contains("No value"), "{}", line);
        }
    }
}
