//! Users and groups.

use super::Form;
use crate::word::is_word;

/// A user and an optional group, each by number or name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Owner {
    /// The user, or the group for a key that takes only a group.
    pub user: Account,
    /// The group after the colon.
    pub group: Option<Account>,
}

/// A user or a group.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Account {
    /// By number.
    Id(u32),
    /// By name.
    Name(String),
}

impl Account {
    /// The number, if the file determines it. root is user 0 and group 0.
    pub fn id(&self) -> Option<u32> {
        match self {
            Account::Id(id) => Some(*id),
            Account::Name(name) => (name == "root").then_some(0),
        }
    }

    /// Reports whether this is root or root's group.
    pub fn is_root(&self) -> bool {
        self.id() == Some(0)
    }
}

impl std::fmt::Display for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Account::Id(id) => id.fmt(f),
            Account::Name(name) => name.fmt(f),
        }
    }
}

impl Form for Owner {
    const NOUN: &'static str = "a user or group";
    const LOOKS: &'static str = " such as 1000 or 1000:1000";
    const EXPECTED: &'static str = "a name or a number, or USER:GROUP";
    const EXAMPLE: &'static str = "1000:1000";
    const PATTERN: &'static str = r"^[A-Za-z0-9_][A-Za-z0-9_.-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?$";
    const NUMBERS: bool = true;

    fn parse(text: &str) -> Option<Owner> {
        match text.split_once(':') {
            Some((user, group)) => Some(Owner { user: account(user)?, group: Some(account(group)?) }),
            None => Some(Owner { user: account(text)?, group: None }),
        }
    }
}

/// Parses a user or a group. A number is written as the kernel prints it; a number out of range is not a name either.
fn account(text: &str) -> Option<Account> {
    if text.parse::<u64>().is_ok() {
        return text.parse().ok().filter(|id: &u32| id.to_string() == text).map(Account::Id);
    }
    let is_name = is_word(text, b"_-.") && !text.starts_with(['-', '.']);
    is_name.then(|| Account::Name(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::super::tests::parses;
    use super::*;

    #[test]
    fn an_owner_is_a_user_with_an_optional_group() {
        let by_name = |name: &str| Account::Name(name.to_owned());
        assert_eq!(Owner::parse("1000"), Some(Owner { user: Account::Id(1000), group: None }));
        let both = Owner { user: by_name("me"), group: Some(Account::Id(100)) };
        assert_eq!(Owner::parse("me:100"), Some(both));
        parses::<Owner>(&["www-data", "0:0"], &["", "-x", "01000", "4294967296", "a:b:c", "a:", "a b"]);
    }
}
