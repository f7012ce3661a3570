//! A setting in force, and where it comes from: plain data.

/// An option's value, and whose word it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// What it is called in the configuration.
    pub name: String,
    /// Its value, without secrets; absent where there is none.
    pub value: Option<String>,
    /// What its absence means, where that is known.
    pub absent: Option<String>,
    /// Where it comes from.
    pub origin: Origin,
    /// The commands that it holds for, in their order; none: it is no option.
    pub commands: Vec<String>,
}

/// Where a setting comes from, the first before the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// An option of this name.
    Typed(String),
    /// A variable.
    Environment(String),
    /// A profile of the configuration.
    Profile {
        /// Its name.
        name: String,
        /// The line, from 1.
        line: usize,
    },
    /// The top of the configuration.
    Top {
        /// The line, from 1.
        line: usize,
    },
    /// Nobody said anything.
    Default,
}
