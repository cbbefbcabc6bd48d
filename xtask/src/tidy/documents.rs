//! The documents: links that lead somewhere, decisions that are found, a change log that is kept.

use super::{Complaint, File};

/// Complains about links to files of the project that are not there.
pub fn check_links(path: &str, text: &str, exists: &dyn Fn(&str) -> bool) -> Vec<Complaint> {
    if !path.ends_with(".md") {
        return Vec::new();
    }
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    links(text)
        .into_iter()
        .filter_map(|link| {
            let target = link.split('#').next().unwrap_or_default();
            let outside = target.is_empty() || target.contains("://") || target.starts_with("mailto:");
            (!outside && !exists(&resolve(folder, target))).then(|| format!("{path}: `{link}` leads nowhere"))
        })
        .collect()
}

/// Complains when there is no place for the next change.
pub fn check_changelog(text: &str) -> Vec<Complaint> {
    let has = text.lines().any(|line| line.trim() == "## [Unreleased]");
    if has { Vec::new() } else { vec!["CHANGELOG.md: has no section `## [Unreleased]`".to_owned()] }
}

/// Complains about decision records that the index does not name.
pub fn check_decisions(files: &[File], index: &str) -> Vec<Complaint> {
    let records = files.iter().filter_map(|file| file.path.strip_prefix("docs/adr/"));
    records
        .filter(|name| name.ends_with(".md") && *name != "README.md" && !index.contains(&format!("({name})")))
        .map(|name| format!("docs/adr/{name}: is not in docs/adr/README.md"))
        .collect()
}

/// The targets of `[text](target)`, outside of code and comments.
fn links(text: &str) -> Vec<&str> {
    let mut targets = Vec::new();
    let mut in_code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code || line.trim_start().starts_with("<!--") {
            continue;
        }
        for rest in line.split("](").skip(1) {
            targets.extend(rest.split(')').next().and_then(|target| target.split_whitespace().next()));
        }
    }
    targets
}

/// `docs/adr` and `../guide/email.md` -> `docs/guide/email.md`
fn resolve(folder: &str, target: &str) -> String {
    let mut parts: Vec<&str> = if target.starts_with('/') { Vec::new() } else { folder.split('/').collect() };
    for part in target.split('/') {
        match part {
            ".." => _ = parts.pop(),
            "." | "" => {}
            name => parts.push(name),
        }
    }
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::{File, check_changelog, check_decisions, check_links, resolve};

    #[test]
    fn a_link_is_read_from_the_folder_of_its_file() {
        assert_eq!(resolve("docs/adr", "../guide/email.md"), "docs/guide/email.md");
        assert_eq!(resolve("", "./README.md"), "README.md");
    }

    #[test]
    fn a_link_that_leads_nowhere_is_noticed() {
        let text = "[a](gone.md) [b](there.md#part) [c](https://example.org) [d](#here)\n```\n[e](code.md)\n```\n";
        let complaints = check_links("docs/README.md", text, &|path| path == "docs/there.md");
        assert_eq!(complaints, ["docs/README.md: `gone.md` leads nowhere"]);
    }

    #[test]
    fn a_change_log_without_room_for_changes_is_noticed() {
        assert_eq!(check_changelog("# Changes\n## [0.1.0]\n").len(), 1);
        assert_eq!(check_changelog("# Changes\n## [Unreleased]\n").len(), 0);
    }

    #[test]
    fn a_decision_that_nobody_finds_is_noticed() {
        let files = [File { path: "docs/adr/0001-a.md".to_owned(), text: String::new() }];
        assert_eq!(check_decisions(&files, "").len(), 1);
        assert_eq!(check_decisions(&files, "[a](0001-a.md)").len(), 0);
    }
}
