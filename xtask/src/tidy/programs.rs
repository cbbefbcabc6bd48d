//! Every program that our code starts is one that `cargo xtask test` sees to.

use super::Complaint;
use crate::debian;

/// Programs and the Debian package that has each.
const OF_DEBIAN: [(&str, &str); 14] = [
    ("dovecot", "dovecot-imapd"),
    ("doveadm", "dovecot-imapd"),
    ("doveconf", "dovecot-imapd"),
    ("dovecot-lda", "dovecot-imapd"),
    ("postfix", "postfix"),
    ("postconf", "postfix"),
    ("postmap", "postfix"),
    ("postqueue", "postfix"),
    ("sendmail", "postfix"),
    ("chromium", "chromium"),
    ("openssl", "openssl"),
    ("prosody", "prosody"),
    ("python3", "python3"),
    ("sqlite3", "sqlite3"),
];
/// Required of everybody, or part of every Debian.
const ALWAYS: [&str; 17] = [
    "apt-get", "bash", "cargo", "cc", "chmod", "chown", "dpkg", "git", "id", "kill", "node", "npm", "npx", "sh",
    "stty", "tar", "true",
];

/// Looks at what is started by a name written in the code.
pub fn check(path: &str, text: &str) -> Vec<Complaint> {
    if !path.ends_with(".rs") || path.ends_with("tidy/programs.rs") {
        return Vec::new();
    }
    let mut complaints = Vec::new();
    for name in started(text) {
        let program = name.rsplit('/').next().unwrap_or(name);
        if ALWAYS.contains(&program) {
            continue;
        }
        let complaint = match OF_DEBIAN.iter().find(|(known, _)| *known == program) {
            Some((_, package)) if debian::listed().contains(package) => continue,
            Some((_, package)) => format!("{path}: `{program}` needs {package} in xtask/debian-packages.txt"),
            None => format!("{path}: where does `{program}` come from? Say so in xtask/src/tidy/programs.rs"),
        };
        complaints.push(complaint);
    }
    complaints
}

/// The names in `Command::new("name")` and `program("name")`.
fn started(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for call in ["Command::new(\"", "program(\""] {
        for rest in text.split(call).skip(1) {
            names.extend(rest.split('"').next());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn a_program_from_nowhere_is_noticed() {
        assert_eq!(check("crates/testkit/src/a.rs", r#"Command::new("exim4")"#).len(), 1);
        assert_eq!(check("crates/testkit/src/a.rs", r#"Command::new("/usr/sbin/dovecot")"#).len(), 0);
        assert_eq!(check("crates/testkit/src/a.rs", r#"Command::new("git")"#).len(), 0);
    }
}
