//! Which crates there are and who may know whom (ARCHITECTURE.md).

use serde_json::Value;

use super::Complaint;

/// Our crates and which others of ours each may depend on. A further crate needs a decision record.
const MAY_KNOW: [(&str, &[&str]); 8] = [
    ("unisono-domain", &[]),
    ("unisono-store", &["unisono-domain"]),
    ("unisono-channels", &["unisono-domain"]),
    ("unisono-engine", &["unisono-store", "unisono-domain"]),
    ("unisono-http", &["unisono-engine", "unisono-domain"]),
    ("unisono-server", &["unisono-http", "unisono-channels", "unisono-engine", "unisono-domain"]),
    (TESTKIT, &["unisono-domain", "unisono-store", "unisono-channels", "unisono-engine", "unisono-http"]),
    ("xtask", &[]),
];
const TESTKIT: &str = "unisono-testkit";

/// Second TLS stacks and second providers of cryptography.
const NOT_IN_THE_TREE: [&str; 5] = ["openssl", "openssl-sys", "native-tls", "aws-lc-rs", "aws-lc-sys"];

/// Takes the output of `cargo metadata`.
pub fn check(metadata: &Value) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for package in list(metadata, "packages") {
        let name = text(package, "name");
        // Packages of ours are those without a registry or repository behind them.
        if package["source"].is_null() {
            complaints.extend(check_ours(name, package));
        }
    }
    for package in list(metadata, "packages").filter(|package| is_used(metadata, package)) {
        let name = text(package, "name");
        if NOT_IN_THE_TREE.contains(&name) {
            complaints.push(format!("Cargo.lock: `{name}` is in the tree; all TLS goes through rustls with ring"));
        }
    }
    complaints
}

fn check_ours(name: &str, package: &Value) -> Vec<Complaint> {
    let Some((_, known)) = MAY_KNOW.iter().find(|(known, _)| *known == name) else {
        return vec![format!("{name}: a further crate needs a decision record and a line in tidy/crates.rs")];
    };
    let mut complaints = Vec::new();
    for dependency in list(package, "dependencies") {
        let other = text(dependency, "name");
        let ours = MAY_KNOW.iter().any(|(known, _)| *known == other);
        // A crate's tests may use the test kit, and through it everything.
        if !ours || (text(dependency, "kind") == "dev") {
            continue;
        }
        if !known.contains(&other) {
            complaints.push(format!("{name}: must not depend on {other} (ARCHITECTURE.md says who may know whom)"));
        }
    }
    complaints
}

/// `cargo metadata` also lists what only other platforms or features need; the resolved graph does not.
fn is_used(metadata: &Value, package: &Value) -> bool {
    list(&metadata["resolve"], "nodes").any(|node| node["id"] == package["id"])
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value[key].as_array().into_iter().flatten()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::check;

    fn with(name: &str, other: &str, kind: Option<&str>) -> serde_json::Value {
        json!({ "packages": [{ "name": name, "id": name, "source": null,
                               "dependencies": [{ "name": other, "kind": kind }] }],
                "resolve": { "nodes": [{ "id": name }] } })
    }

    #[test]
    fn a_channel_must_not_know_the_store() {
        assert_eq!(check(&with("unisono-channels", "unisono-store", None)).len(), 1);
        assert_eq!(check(&with("unisono-channels", "unisono-domain", None)).len(), 0);
    }

    #[test]
    fn the_test_kit_is_for_tests_only() {
        assert_eq!(check(&with("unisono-server", "unisono-testkit", None)).len(), 1);
        assert_eq!(check(&with("unisono-server", "unisono-testkit", Some("dev"))).len(), 0);
    }

    #[test]
    fn an_eighth_crate_is_noticed() {
        assert_eq!(check(&with("unisono-desk", "serde", None)).len(), 1);
    }

    #[test]
    fn a_second_tls_stack_is_noticed_when_it_is_really_used() {
        let package = json!({ "name": "native-tls", "id": "n", "source": "registry", "dependencies": [] });
        let used = json!({ "packages": [package], "resolve": { "nodes": [{ "id": "n" }] } });
        let listed = json!({ "packages": [package], "resolve": { "nodes": [] } });
        assert_eq!(check(&used).len(), 1);
        assert_eq!(check(&listed).len(), 0);
    }
}
