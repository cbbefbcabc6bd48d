//! The documented example file, made from one table.

struct Key {
    /// With its table, if it is in one.
    name: &'static str,
    /// A value as it would be written; the default where there is one.
    value: &'static str,
    environment: Option<&'static str>,
    about: &'static str,
}

const fn key(name: &'static str, value: &'static str, environment: Option<&'static str>, about: &'static str) -> Key {
    Key { name, value, environment, about }
}

const KEYS: &[Key] = &[
    key(
        "server_name",
        "\"localhost\"",
        Some("UNISONO_SERVER_NAME"),
        "The part of user ids behind the colon: @anna:example.org. Cannot be changed once there is data.",
    ),
    key(
        "listen",
        "\"127.0.0.1:8008\"",
        Some("UNISONO_LISTEN"),
        "Where the server listens. Put a proxy with TLS before it to serve other machines.",
    ),
    key(
        "public_url",
        "\"https://chat.example.org\"",
        Some("UNISONO_PUBLIC_URL"),
        "Where people and networks reach the server from outside. Without it, links name the address that was asked.",
    ),
    key("data_dir", "\"data\"", Some("UNISONO_DATA_DIR"), "Everything that is kept lies in this folder."),
    key(
        "registration",
        "\"invite\"",
        Some("UNISONO_REGISTRATION"),
        "Who may make an account: \"open\" (anybody), \"token\" (who has a link of an administrator), \"invite\" (who has\n\
         a link of somebody here), \"off\" (nobody; `unisono user add` makes accounts).",
    ),
    key("rate_limits", "true", Some("UNISONO_RATE_LIMITS"), "Whether asking too often is slowed down."),
    key("max_upload", "\"100 MiB\"", None, "Largest file that may be uploaded, with unit (KiB, MiB, GiB)."),
    key(
        "trusted_proxies",
        "[]",
        None,
        "Networks of our own proxies, whose X-Forwarded-For is believed: [\"127.0.0.1\", \"10.0.0.0/8\"].",
    ),
    key(
        "outbound.allow",
        "[]",
        Some("UNISONO_OUTBOUND_ALLOW"),
        "Private networks that the server may connect to on somebody's behalf, such as a mail server in the house:\n\
         [\"192.168.1.0/24\"]. In the environment separated by commas.",
    ),
    key(
        "log.level",
        "\"info\"",
        Some("UNISONO_LOG"),
        "How much is logged: error, warn, info, debug, trace; also by module: \"info,unisono_engine=debug\".",
    ),
    key("log.format", "\"human\"", Some("UNISONO_LOG_FORMAT"), "\"human\" or \"json\" (one object a line)."),
    key(
        "metrics.listen",
        "\"127.0.0.1:9008\"",
        None,
        "A listener of its own for Prometheus at /metrics. Without it, /metrics is on the main one for this machine.",
    ),
    key("metrics.allow", "[]", None, "Networks that may read /metrics on the main listener besides this machine."),
];

/// The text of `unisono.example.toml`.
pub fn example() -> String {
    let mut text = String::from(
        "# Unisono's configuration, with every key and its default or an example. Made by `unisono example-config`.\n\
         # Flags of the command line come before the environment, that before this file.\n",
    );
    let mut table = "";
    for Key { name, value, environment, about } in KEYS {
        let (of, name) = name.split_once('.').unwrap_or(("", name));
        if of != table {
            text.push_str(&format!("\n[{of}]\n"));
            table = of;
        }
        text.push('\n');
        for line in about.lines() {
            text.push_str(&format!("# {}\n", line.trim()));
        }
        if let Some(environment) = environment {
            text.push_str(&format!("# Environment: {environment}\n"));
        }
        text.push_str(&format!("#{name} = {value}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{KEYS, example};
    use crate::config::file::File;

    #[test]
    fn the_committed_example_is_the_generated_one() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../unisono.example.toml");
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(committed, example(), "run: cargo run -p unisono-server -- example-config > unisono.example.toml");
    }

    #[test]
    fn the_example_names_every_key_and_no_other() {
        let uncommented: String = example()
            .lines()
            .map(|line| match line.strip_prefix('#') {
                Some(key) if !key.starts_with(' ') => key,
                _ => line,
            })
            .map(|line| format!("{line}\n"))
            .collect();
        let file: File = toml::from_str(&uncommented).unwrap();
        let written = serde_json::to_value(file).unwrap();
        let mut known = Vec::new();
        for (name, value) in written.as_object().unwrap() {
            match value.as_object() {
                Some(table) => known.extend(table.keys().map(|key| format!("{name}.{key}"))),
                None => known.push(name.clone()),
            }
        }
        let mut documented: Vec<&str> = KEYS.iter().map(|key| key.name).collect();
        known.sort();
        documented.sort_unstable();
        assert_eq!(known, documented);
    }
}
