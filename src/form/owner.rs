//! Users and groups.

use super::Form;
use crate::word::is_word;

/// A user and perhaps a group, by number or name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Owner {
    /// The user, or where only a group is asked for, the group.
    pub user: Account,
    /// What stands behind the colon.
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
    /// Its number, where the file has it: that of root and of root's group is 0.
    pub fn id(&self) -> Option<u32> {
        match self {
            Account::Id(id) => Some(*id),
            Account::Name(name) => (name == "root").then_some(0),
        }
    }

    /// Whether it is root or root's group.
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
    const NOUN: &'static str = "a user";
    const LOOKS: &'static str = " or user:group, by number or name";
    const EXAMPLE: &'static str = "1000:1000";
    const PATTERN: &'static str = r"^[A-Za-z0-9_][A-Za-z0-9_.-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?$";
    const NUMBERS: bool = true;

    fn title() -> &'static str {
        "user or group"
    }

    fn parse(text: &str) -> Option<Owner> {
        match text.split_once(':') {
            Some((user, group)) => Some(Owner { user: account(user)?, group: Some(account(group)?) }),
            None => Some(Owner { user: account(text)?, group: None }),
        }
    }
}

/// A number is written as the kernel prints it. A larger one than it has is no name either.
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
    fn users_and_groups_by_number_and_name() {
        let by_name = |name: &str| Account::Name(name.to_owned());
        assert_eq!(Owner::parse("1000"), Some(Owner { user: Account::Id(1000), group: None }));
        let both = Owner { user: by_name("me"), group: Some(Account::Id(100)) };
        assert_eq!(Owner::parse("me:100"), Some(both));
        parses::<Owner>(&["www-data", "0:0"], &["", "-x", "01000", "4294967296", "a:b:c", "a:", "a b"]);
    }
}
