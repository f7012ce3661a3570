//! What the name of a column tells about what it holds, as CRMs and people write it.
//!
//! The whole of a name has to be known: "Website Visits" is no website. What only says whose it is comes off first.

mod known;

use std::collections::HashMap;
use std::sync::LazyLock;

use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_normalizer::properties::CanonicalCombiningClassMapBorrowed;

/// What a column holds, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    /// A website or domain; the number is its place among several, the most trusted first.
    Website(usize),
    /// An e-mail address of someone at the company; the number as above.
    Email(usize),
    /// The id of a company record of the API.
    Id,
    /// The id of a record of some system: the API's only if the values look like it.
    SomeId,
    /// A domain or an id: this program's own name for the column of a plain list.
    Either,
}

/// The sorts of websites and e-mail addresses, the most trusted first.
const WEBSITES: [&[&str]; 5] =
    [known::DOMAINS, known::WEBSITES, known::PAGES, known::ALONE, known::EMAIL_DOMAINS];
const EMAILS: [&[&str]; 3] = [known::WORK_EMAILS, known::EMAILS, known::OTHER_EMAILS];

/// How far apart two sorts are: between them stand the numbers of "Website 2" to "Website 9".
const SORT: usize = 10;

/// The sort of the names that mean something only where they stand alone.
const ALONE: usize = 3 * SORT;

/// How many words may be taken off a name: "Properties.Primary Contact - Email" has three.
const TAKEN_OFF: usize = 4;

/// Whose a name says it is, by what stands before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Whose {
    Unsaid,
    Company,
    Person,
}

/// The tables, each name folded.
struct Names {
    roles: HashMap<String, Role>,
    before: Vec<(String, Whose)>,
    behind: Vec<String>,
}

static NAMES: LazyLock<Names> = LazyLock::new(|| {
    let mut roles = HashMap::from([("input".to_owned(), Role::Either)]);
    let mut add = |names: &[&str], role: Role| {
        for name in names {
            roles.entry(joined(name)).or_insert(role);
        }
    };
    for (sort, names) in WEBSITES.iter().enumerate() {
        add(names, Role::Website(sort * SORT));
    }
    for (sort, names) in EMAILS.iter().enumerate() {
        add(names, Role::Email(sort * SORT));
    }
    add(known::IDS, Role::Id);
    add(known::SOME_IDS, Role::SomeId);
    let all = |names: &'static [&str], whose| names.iter().map(move |name| (joined(name), whose));
    let before = all(known::COMPANY, Whose::Company)
        .chain(all(known::PERSON, Whose::Person))
        .chain(all(known::NEUTRAL, Whose::Unsaid));
    Names {
        roles,
        before: before.collect(),
        behind: known::OF_THE_COMPANY.iter().map(|name| joined(name)).collect(),
    }
});

/// Returns what a column of this name holds, if that is known.
pub(super) fn role(header: &str) -> Option<Role> {
    if is_elsewhere(header) {
        return None;
    }
    let (name, digit) = without_digit(joined(without_asides(header)));
    match known(&name, Whose::Unsaid, TAKEN_OFF)? {
        Role::Website(place) => Some(Role::Website(place + digit)),
        Role::Email(place) => Some(Role::Email(place + digit)),
        role if digit == 0 => Some(role),
        _ => None,
    }
}

/// Returns whether a name says that the column holds links or ids of something else: profiles, logos, own staff.
pub(super) fn is_elsewhere(header: &str) -> bool {
    let words = folded(header);
    let joined = words.replace(' ', "");
    known::ELSEWHERE.iter().any(|part| joined.contains(part))
        || words.split(' ').any(|word| known::ELSEWHERE_WORDS.contains(&word))
}

/// Returns whether a name is among those that mean much else besides websites, such as "URL".
pub(super) fn is_vague(role: Role) -> bool {
    matches!(role, Role::Website(place) if (ALONE..ALONE + SORT).contains(&place))
}

/// Returns a name's letters and digits in lower case without diacritics, and one space for all between them.
pub(super) fn folded(name: &str) -> String {
    let classes = CanonicalCombiningClassMapBorrowed::new();
    let decomposed = DecomposingNormalizerBorrowed::new_nfkd().normalize_iter(name.chars());
    let mut folded = String::with_capacity(name.len());
    for char in decomposed.filter(|char| classes.get_u8(*char) == 0).flat_map(char::to_lowercase) {
        if char.is_alphanumeric() {
            folded.push(char);
        } else if !folded.is_empty() && !folded.ends_with(' ') {
            folded.push(' ');
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// Returns a folded name in one word: "web-site" is "Website".
pub(super) fn joined(name: &str) -> String {
    folded(name).replace(' ', "")
}

/// Returns a name without what Salesforce and Dynamics put behind it: `__c`, and brackets that name a record.
fn without_asides(header: &str) -> &str {
    let mut name = header.trim();
    for custom in ["__c", "__C", "__pc", "__PC"] {
        name = name.strip_suffix(custom).unwrap_or(name);
    }
    while let Some((before, aside)) = name.strip_suffix(')').and_then(|name| name.rsplit_once('('))
        && folded(aside).split(' ').all(|word| known::ASIDES.contains(&word))
    {
        name = before.trim_end();
    }
    name
}

/// Takes the only digit out of a name: "E-mail 2 Address" is the second "E-mail Address".
fn without_digit(mut name: String) -> (String, usize) {
    let mut digits = name.char_indices().filter_map(|(at, char)| Some((at, char.to_digit(10)?)));
    match (digits.next(), digits.next()) {
        (Some((at, digit)), None) => {
            name.remove(at);
            (name, usize::try_from(digit).unwrap_or(0))
        }
        _ => (name, 0),
    }
}

/// Returns what a name means, as it is or without what says whose it is.
fn known(name: &str, whose: Whose, left: usize) -> Option<Role> {
    let means = |role: &Role| match role {
        Role::Id | Role::Either => left == TAKEN_OFF,
        Role::SomeId => whose < Whose::Person,
        role => whose == Whose::Unsaid || !is_vague(*role),
    };
    if let Some(role) = NAMES.roles.get(name).filter(|role| means(role)) {
        return Some(*role);
    }
    let left = left.checked_sub(1)?;
    let before = NAMES.before.iter().filter_map(|(word, of)| Some((name.strip_prefix(word.as_str())?, *of)));
    let behind = NAMES.behind.iter().filter_map(|words| name.strip_suffix(words.as_str()));
    before
        .chain(behind.map(|rest| (rest, Whose::Unsaid)))
        .filter(|(rest, _)| !rest.is_empty())
        .find_map(|(rest, of)| known(rest, whose.max(of), left))
}

#[cfg(test)]
mod tests;
