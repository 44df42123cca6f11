//! Facts about command lines that run without a shell.

/// Servers and clients that do not expand variables in their arguments. The start scripts of their images pass arguments
/// unchanged.
const PLAIN: &[&str] = &[
    "curl",
    "keydb-server",
    "mariadb",
    "mariadb-admin",
    "mariadbd",
    "mongod",
    "mysql",
    "mysqladmin",
    "mysqld",
    "pg_isready",
    "postgres",
    "psql",
    "redis-cli",
    "redis-server",
    "valkey-cli",
    "valkey-server",
    "wget",
];

/// Programs with arguments that look like shell operators.
const WITH_OPERATORS: &[&str] = &["[", "awk", "expr", "find", "jq", "test", "xargs"];

/// The shell operators between two commands.
const BETWEEN_COMMANDS: &[&str] = &["&&", "||"];

/// The shell operators that can also be values of options.
const OTHER_OPERATORS: &[&str] = &["|", ";", "&", ">", ">>", "<", "2>", "2>&1", ">/dev/null", "2>/dev/null"];

/// Reports whether a word is the name or the path of a program that does not expand variables.
pub(crate) fn is_plain_program(word: &str) -> bool {
    PLAIN.contains(&name(word))
}

/// The first argument that only a shell interprets: an operator, a command substitution `$(…)`, or a variable for the
/// programs in [`PLAIN`]. A script after `-c` is run by a shell.
pub(crate) fn of_shell<'a>(words: &[&'a str]) -> Option<&'a str> {
    let program = name(words.first()?);
    let (mut after_option, mut after_line) = (false, false);
    for (at, word) in words.iter().enumerate() {
        let before = at.checked_sub(1).map_or("", |before| words[before]);
        let is_operator = BETWEEN_COMMANDS.contains(word)
            || OTHER_OPERATORS.contains(word) && !before.starts_with('-') && at + 1 < words.len();
        let is_operator = is_operator && !WITH_OPERATORS.contains(&program);
        let is_expansion = word.contains("$(cat ") || word.contains("$(<") || is_variable(word, program);
        let is_script = after_option && (is_expansion || after_line);
        if at > 0 && (is_operator || is_expansion) && !is_script {
            return Some(word);
        }
        after_option |= word.starts_with('-') && word.ends_with('c');
        after_line |= word.contains(' ');
    }
    None
}

/// Reports whether a word is a shell variable, for a program that does not expand it.
fn is_variable(word: &str, program: &str) -> bool {
    let variable = word.strip_prefix('$').map(|rest| rest.trim_start_matches('{'));
    PLAIN.contains(&program)
        && variable.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'))
}

fn name(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::of_shell;

    #[test]
    fn shell_syntax_outside_of_a_shell_is_found() {
        for (line, found) in [
            ("migrate && serve", Some("&&")),
            ("sh -c migrate && serve", Some("&&")),
            ("curl -f http://localhost || exit 1", Some("||")),
            ("serve > /data/log", Some(">")),
            ("serve | tee /data/log", Some("|")),
            ("redis-server --requirepass $PASSWORD", Some("$PASSWORD")),
            ("/usr/bin/pg_isready -U ${POSTGRES_USER}", Some("${POSTGRES_USER}")),
            ("serve --token \"$(cat /run/secrets/token)\"", Some("$(cat /run/secrets/token)")),
            ("sh -c 'migrate && serve'", None),
            ("bash -lc 'exec serve --token \"$(cat /run/secrets/token)\"'", None),
            ("sh -c 'exec \"$@\"' sh serve '&&'", None),
            ("find /data -name x -exec rm {} ;", None),
            ("serve --separator | --title x", None),
            ("serve --url $URL", None),
            ("test 1 > 0", None),
            ("expr 1 | 2", None),
        ] {
            let words = shell_words::split(line).expect("words");
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            assert_eq!(of_shell(&words), found, "{line}");
        }
    }
}
