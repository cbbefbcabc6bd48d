//! The servers' configuration files.

use std::{fs, io, path::Path, process::Command};

/// Everything that mailboxes belong to; exists on every Debian.
pub const OWNER: &str = "mail";

/// A certificate for `localhost` that is its own authority.
pub fn certificate(root: &Path) -> io::Result<()> {
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
        .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
        .arg("-keyout")
        .arg(root.join("key.pem"))
        .arg("-out")
        .arg(root.join("cert.pem"))
        .output()?;
    if made.status.success() {
        Ok(())
    } else {
        Err(io::Error::other(String::from_utf8_lossy(&made.stderr).into_owned()))
    }
}

pub fn dovecot(root: &Path, users: &[(&str, &str)], imap: u16, imaps: u16) -> io::Result<()> {
    let passwords: String =
        users.iter().map(|(address, password)| format!("{address}:{{PLAIN}}{password}\n")).collect();
    fs::write(root.join("passwd"), passwords)?;
    let root = root.display();
    let text = format!(
        r#"protocols = imap lmtp
listen = 127.0.0.1
base_dir = {root}/run
state_dir = {root}/run
log_path = {root}/dovecot.log
ssl = yes
ssl_cert = <{root}/cert.pem
ssl_key = <{root}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login
mail_location = maildir:{root}/mail/%d/%n/Maildir
mail_uid = {OWNER}
mail_gid = {OWNER}
first_valid_uid = 1
first_valid_gid = 1
mail_fsync = never
mail_max_userip_connections = 50
passdb {{
  driver = passwd-file
  args = username_format=%u {root}/passwd
}}
userdb {{
  driver = static
  args = uid={OWNER} gid={OWNER} home={root}/mail/%d/%n
}}
namespace inbox {{
  inbox = yes
  mailbox Sent {{
    auto = create
    special_use = \Sent
  }}
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service lmtp {{
  unix_listener {root}/lmtp {{
    mode = 0666
  }}
}}
service auth {{
  unix_listener {root}/auth {{
    mode = 0666
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
"#
    );
    fs::write(format!("{root}/dovecot/dovecot.conf"), text)
}

pub fn postfix(root: &Path, users: &[(&str, &str)], smtp: u16, smtps: u16) -> io::Result<()> {
    let mut domains: Vec<&str> =
        users.iter().filter_map(|(address, _)| address.split_once('@')).map(|(_, domain)| domain).collect();
    domains.sort_unstable();
    domains.dedup();
    // `lost@` every domain is taken by Postfix and refused by Dovecot: mail to it bounces.
    let lost = domains.iter().map(|domain| format!("lost@{domain} ok\n"));
    let known: String = users.iter().map(|(address, _)| format!("{address} ok\n")).chain(lost).collect();
    fs::write(root.join("postfix/users"), known)?;
    let domains = domains.join(" ");
    let root_text = root.display();
    let main = format!(
        r"compatibility_level = 3.6
queue_directory = {root_text}/queue
data_directory = {root_text}/data
maillog_file = {root_text}/postfix.log
maillog_file_prefixes = {root_text}
myhostname = mail.unisono.test
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
virtual_mailbox_domains = {domains}
virtual_mailbox_maps = texthash:{root_text}/postfix/users
virtual_transport = lmtp:unix:{root_text}/lmtp
default_transport = error:5.4.4 nobody delivers outside of this test
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {root_text}/auth
smtpd_tls_cert_file = {root_text}/cert.pem
smtpd_tls_key_file = {root_text}/key.pem
smtpd_tls_security_level = may
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
message_size_limit = 80000000
mailbox_size_limit = 0
virtual_mailbox_limit = 0
"
    );
    fs::write(root.join("postfix/main.cf"), main)?;
    let mut master = format!(
        "127.0.0.1:{smtp} inet n - n - - smtpd\n127.0.0.1:{smtps} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes\n"
    );
    for line in [
        "pickup unix n - n 60 1 pickup",
        "cleanup unix n - n - 0 cleanup",
        "qmgr unix n - n 300 1 qmgr",
        "tlsmgr unix - - n 1000? 1 tlsmgr",
        "rewrite unix - - n - - trivial-rewrite",
        "bounce unix - - n - 0 bounce",
        "defer unix - - n - 0 bounce",
        "trace unix - - n - 0 bounce",
        "verify unix - - n - 1 verify",
        "flush unix n - n 1000? 0 flush",
        "proxymap unix - - n - - proxymap",
        "smtp unix - - n - - smtp",
        "error unix - - n - - error",
        "retry unix - - n - - error",
        "discard unix - - n - - discard",
        "lmtp unix - - n - - lmtp",
        "anvil unix - - n - 1 anvil",
        "scache unix - - n - 1 scache",
        "postlog unix-dgram n - n - 1 postlogd",
    ] {
        master.push_str(line);
        master.push('\n');
    }
    fs::write(root.join("postfix/master.cf"), master)?;
    let owned = Command::new("chown").arg("postfix").arg(root.join("data")).status()?;
    if owned.success() { Ok(()) } else { Err(io::Error::other("there is no user postfix")) }
}
