//! Which names are known, and which only look like it.

use proptest::prelude::*;

use super::*;

fn website(header: &str) -> usize {
    match role(header) {
        Some(Role::Website(place)) => place,
        other => panic!("{header:?} is {other:?}"),
    }
}

fn email(header: &str) -> usize {
    match role(header) {
        Some(Role::Email(place)) => place,
        other => panic!("{header:?} is {other:?}"),
    }
}

#[test]
fn names_are_known_in_any_spelling() {
    for header in ["domain", " Domain ", "DOMAIN", "\u{feff}domain", "Ｄｏｍａｉｎ"] {
        assert_eq!(role(header), Some(Role::Website(0)), "{header:?}");
    }
    for header in ["Web Site", "web-site", "WEBSITE", "Website", "webSite", "Web\u{ad}site"] {
        assert_eq!(website(header), 10, "{header:?}");
    }
    assert_eq!(role("LeadLex ID"), Some(Role::Id));
    assert_eq!(role("Company ID"), Some(Role::Id));
    assert_eq!(role("Record ID"), Some(Role::SomeId));
    assert_eq!(role("Account ID"), Some(Role::SomeId));
    assert_eq!(role("input"), Some(Role::Either));
    assert_eq!(role("Company name"), None);
    assert_eq!(role(""), None);
}

#[test]
fn diacritics_are_folded_however_they_are_written() {
    assert_eq!(folded("Nom de domaine de l'entreprise"), "nom de domaine de l entreprise");
    assert_eq!(folded("Página Web"), folded("Pa\u{301}gina  WEB"));
    assert_eq!(folded("  (Do Not Modify) Account "), "do not modify account");
    assert_eq!(folded("ﾄﾞﾒｲﾝ"), folded("ドメイン"));
    assert_eq!(folded("İNTERNET"), "internet");
    for header in ["Página web", "PÁGINA WEB", "Pa\u{301}gina web", "pagina_web"] {
        assert_eq!(website(header), 10, "{header:?}");
    }
}

#[test]
fn what_says_whose_it_is_comes_off() {
    for header in [
        "Organization - Website",
        "Account: Website",
        "Company.Website",
        "company_website__c",
        "Website__c",
        "Person Website__pc",
        "properties.website",
        "Website (Company)",
        "Website (Primary Contact) (Contact)",
        "Primary Company Website",
        "companyWebsite",
        "organization_website_url",
        "Account.Website",
        "websiteurl",
        "Firmenwebsite",
        "Unternehmens-Website",
        "Sitio web de la empresa",
        "Site web de l’entreprise",
        "会社のウェブサイト",
        "公司网站",
    ] {
        assert_eq!(website(header), 10, "{header:?}");
    }
    for header in [
        "Company Domain Name",
        "Unternehmens-Domainname",
        "Domainname des Unternehmens",
        "Nombre de dominio de la empresa",
        "Nome de domínio da empresa",
        "properties.domain",
        "organization_primary_domain",
    ] {
        assert_eq!(website(header), 0, "{header:?}");
    }
}

#[test]
fn names_of_many_languages_are_known() {
    let websites = "Webseite,Internetadresse,Site web,Página web,Sito web,Webadres,Strona internetowa,Strona WWW,\
        Webbplats,Hemsida,Hjemmeside,Nettside,Webová stránka,Web sitesi,İnternet sitesi,ウェブサイト,ホームページ,网址,\
        官网,網站,웹사이트,Веб-сайт,Verkkosivusto";
    let domains = "Domäne,Nom de domaine,Dominio,Domínio,Domeinnaam,Domena,Domän,Domæne,Doména,Alan adı,ドメイン,域名,Домен";
    let emails = "E-Mail,E-Mail-Adresse,Adresse e-mail,Courriel,Correo electrónico,Endereço de e-mail,Indirizzo e-mail,\
        E-mailadres,Adres e-mail,E-post,E-postadress,E-mailová adresa,E-posta,メールアドレス,电子邮件,邮箱,이메일,\
        Электронная почта";
    for header in websites.split(',') {
        assert_eq!(website(header), 10, "{header:?}");
    }
    for header in domains.split(',') {
        assert_eq!(website(header), 0, "{header:?}");
    }
    for header in emails.split(',') {
        assert_eq!(email(header), 10, "{header:?}");
    }
}

#[test]
fn the_second_of_several_comes_after_the_first() {
    assert_eq!((website("Website"), website("Website 2")), (10, 12));
    assert_eq!((email("E-mail 1 - Value"), email("E-mail 2 - Value")), (11, 12));
    assert_eq!((email("emailaddress1"), email("E-mail 3 Address")), (11, 13));
    assert!(website("Domain 2") < website("Website"));
    assert!(website("Website") < website("Web Page"));
    assert!(website("Web Page") < website("URL"));
    assert!(website("URL") < website("Email Domain"));
    assert!(email("Person - Email - Work") < email("Person - Email"));
    assert!(email("Email") < email("Person - Email - Home"));
}

#[test]
fn names_that_mean_something_else_are_not_known() {
    for header in [
        "Website Visits",
        "Website_Visits__c",
        "Email Opt Out",
        "Email Domain Type",
        "Last Email Date",
        "Company Domain Verified",
        "Number of Web Pages",
        "Website (old)",
        "Website 1 - Type",
        "E-mail 1 - Label",
        "E-mail Type",
        "E-mail Display Name",
        "E-Mail: Angezeigter Name",
        "Email Status",
        "Primary Email Source",
        "Accepts Email Marketing",
        "Account Site",
        "Contact URL",
        "Lead URL",
        "Contact ID",
        "Record ID - Contact",
        "Customer Domain Expert",
        "Parent Account Website",
        "Previous Company Website",
        "Additional Domains",
        "Dominios adicionales",
        "Lead Owner Email",
        "Account Owner",
        "Organization - Address",
        "Mailing Address",
        "Company / Account",
        "Company",
        "Account",
        "Website 2019",
        "web2print",
        "catalogue",
    ] {
        assert_eq!(role(header), None, "{header:?}");
    }
}

#[test]
fn profiles_logos_and_foreign_ids_are_elsewhere() {
    for header in [
        "LinkedIn",
        "Company Linkedin Url",
        "linkedin_url",
        "linkedInProfileUrl",
        "LinkedIn_URL__c",
        "Twitter Url",
        "Facebook",
        "Website (LinkedIn)",
        "Xing-Profil",
        "Logo URL",
        "PhotoUrl",
        "(Do Not Modify) Account",
        "(Nicht ändern) Konto",
        "accountid",
        "Account Owner",
    ] {
        assert!(is_elsewhere(header), "{header:?}");
        assert_eq!(role(header), None, "{header:?}");
    }
    for header in ["Website", "Boxing site", "Account ID", ""] {
        assert!(!is_elsewhere(header), "{header:?}");
    }
}

#[test]
fn no_name_stands_in_two_sorts() {
    let sorts = WEBSITES.iter().chain(&EMAILS).chain(&[known::IDS, known::SOME_IDS]);
    let mut names: Vec<String> = sorts.flat_map(|names| names.iter().map(|name| joined(name))).collect();
    let before = names.len();
    names.sort_unstable();
    names.dedup();
    assert!(before - names.len() <= 12, "languages share names, but few: {}", before - names.len());
}

proptest! {
    #[test]
    fn folding_is_total_and_changes_nothing_twice(name in any::<String>()) {
        let once = folded(&name);
        prop_assert_eq!(&folded(&once), &once);
        let _ = (role(&name), is_elsewhere(&name));
    }

    #[test]
    fn spelling_changes_no_meaning(
        name in prop::sample::select(WEBSITES.concat()),
        separator in prop::sample::select(vec![" ", "_", "-", ".", " - ", ": ", "/"]),
        upper in any::<bool>(),
    ) {
        let spelled = name.replace(' ', separator);
        let spelled = if upper { spelled.to_uppercase() } else { spelled.to_lowercase() };
        prop_assert_eq!(role(&spelled), role(name), "{}", spelled);
    }
}
