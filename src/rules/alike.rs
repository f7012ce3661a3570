//! Which of several names may have been meant by one that is none of them.

/// How much alike names of a user's own must be, such as columns: few are there to choose from, so the guess may be bold.
pub const ROUGHLY: f64 = 0.6;

/// How much alike names of ours must be, such as options: a wrong guess among many would mislead.
pub const CLOSELY: f64 = 0.8;

/// Returns the name that is most like `wanted`, whatever the case, if it is at least so much alike, from 0 to 1.
pub fn nearest<T: AsRef<str>>(wanted: &str, names: impl IntoIterator<Item = T>, least: f64) -> Option<T> {
    let wanted = wanted.trim().to_lowercase();
    let alike = |name: &T| strsim::jaro_winkler(&wanted, &name.as_ref().to_lowercase());
    let measured =
        names.into_iter().filter(|name| !name.as_ref().is_empty()).map(|name| (alike(&name), name));
    let best = measured.filter(|(alike, _)| *alike >= least).max_by(|a, b| a.0.total_cmp(&b.0));
    best.map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_alike_is_meant_and_nothing_is_where_none_is_alike() {
        let names = ["", "Website", "Web site visits", "Name"];
        assert_eq!(nearest(" websit", names, ROUGHLY), Some("Website"));
        assert_eq!(nearest("turnover", names, CLOSELY), None);
        assert_eq!(nearest("", names, ROUGHLY), None);
    }
}
