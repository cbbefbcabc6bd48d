//! Names and lengths of source files, and notes to oneself in them.

use super::Complaint;

const LONGEST_RUST: usize = 800;
const LONGEST_WEB: usize = 300;
/// Names that say nothing, and therefore collect everything.
const EMPTY_NAMES: [&str; 8] = ["utils", "util", "helpers", "helper", "common", "manager", "misc", "shared"];

/// Complains about a module's name.
pub fn check_path(path: &str) -> Vec<Complaint> {
    if !is_source(path) {
        return Vec::new();
    }
    let mut complaints = Vec::new();
    for part in path.split('/') {
        let stem = part.split('.').next().unwrap_or(part);
        if EMPTY_NAMES.contains(&stem.to_ascii_lowercase().as_str()) {
            complaints.push(format!("{path}: `{stem}` says nothing; name it for what it holds"));
        }
    }
    complaints
}

/// Complains about length and left-over notes.
pub fn check_text(path: &str, text: &str) -> Vec<Complaint> {
    if !is_source(path) || is_made(path) {
        return Vec::new();
    }
    let mut complaints = Vec::new();
    let lines = text.lines().count();
    if let Some(longest) = longest(path)
        && lines > longest
    {
        complaints.push(format!("{path}: {lines} lines; split it where a reader needs two ideas (at most {longest})"));
    }
    for (at, line) in text.lines().enumerate() {
        for word in left_over_words() {
            if has_word(line, &word) {
                complaints.push(format!("{path}:{}: {word}: do it now, or write an issue", at + 1));
            }
        }
    }
    complaints
}

fn is_source(path: &str) -> bool {
    [".rs", ".ts", ".tsx", ".css", ".mjs", ".js"].iter().any(|end| path.ends_with(end))
}

/// Generated files, recorded payloads and others' descriptions.
fn is_made(path: &str) -> bool {
    path.contains("/fixtures/") || path.contains("generated") || path.ends_with(".d.ts")
}

fn longest(path: &str) -> Option<usize> {
    if path.ends_with(".rs") {
        return Some(LONGEST_RUST);
    }
    let test = path.contains(".test.") || path.contains("/tests/") || path.starts_with("tests/");
    let catalogue = path.contains("/i18n/") || path.contains("/locales/") || path.contains("catalogue");
    if path.starts_with("web/") && !test && !catalogue {
        return Some(LONGEST_WEB);
    }
    Some(LONGEST_RUST)
}

/// Put together here, so that this file does not complain about itself.
fn left_over_words() -> [String; 3] {
    [["TO", "DO"].concat(), ["FIX", "ME"].concat(), ["X", "XX"].concat()]
}

fn has_word(line: &str, word: &str) -> bool {
    line.split(|letter: char| !letter.is_alphanumeric()).any(|part| part == word)
}

#[cfg(test)]
mod tests {
    use super::{check_path, check_text, left_over_words};

    #[test]
    fn a_module_that_could_hold_anything_is_noticed() {
        assert_eq!(check_path("crates/http/src/utils.rs").len(), 1);
        assert_eq!(check_path("web/src/lib/helpers/dates.ts").len(), 1);
        assert_eq!(check_path("crates/http/src/sync.rs").len(), 0);
        assert_eq!(check_path("docs/common.md").len(), 0);
    }

    #[test]
    fn a_long_file_is_noticed_unless_it_is_a_recording() {
        let long = "x\n".repeat(801);
        assert_eq!(check_text("crates/engine/src/sync.rs", &long).len(), 1);
        assert_eq!(check_text("crates/channels/src/email/fixtures/big.rs", &long).len(), 0);
    }

    #[test]
    fn a_web_file_may_be_as_long_as_300_lines() {
        assert_eq!(check_text("web/src/ui/Row.tsx", &"x\n".repeat(301)).len(), 1);
        assert_eq!(check_text("web/src/ui/Row.tsx", &"x\n".repeat(300)).len(), 0);
        assert_eq!(check_text("web/src/ui/Row.test.tsx", &"x\n".repeat(301)).len(), 0);
    }

    #[test]
    fn a_note_to_oneself_is_noticed_and_a_method_name_is_not() {
        let word = &left_over_words()[0];
        assert_eq!(check_text("crates/engine/src/a.rs", &format!("// {word}: later")).len(), 1);
        assert_eq!(check_text("crates/engine/src/a.rs", "fn to_domain() {}").len(), 0);
    }
}
