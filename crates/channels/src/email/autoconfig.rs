//! Thunderbird's autoconfiguration file ("config-v1.1.xml"), as providers publish it.

use quick_xml::{Reader, events::Event};

use super::{
    config::Security,
    discover::{Endpoint, Username},
};

/// The servers that a file names, best first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Servers {
    pub imap: Vec<Endpoint>,
    pub smtp: Vec<Endpoint>,
}

#[derive(Default)]
struct Draft {
    imap: bool,
    host: String,
    port: String,
    socket: String,
    username: String,
    password_allowed: Option<bool>,
}

/// Reads a file; what cannot be read is left out.
pub fn read(xml: &str, domain: &str) -> Servers {
    let mut reader = Reader::from_str(xml);
    let mut servers = Servers::default();
    let mut draft: Option<Draft> = None;
    let mut text = String::new();
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) => {
                text.clear();
                let name = tag.local_name();
                if matches!(name.as_ref(), "incomingServer" | "outgoingServer") {
                    let kind = tag
                        .attributes()
                        .flatten()
                        .find(|attribute| attribute.key.as_ref() == "type")
                        .map(|attribute| attribute.value.to_ascii_lowercase());
                    let fits = match name.as_ref() {
                        "incomingServer" => kind.as_deref() == Some("imap"),
                        _ => kind.as_deref() == Some("smtp"),
                    };
                    draft = fits.then(|| Draft { imap: name.as_ref() == "incomingServer", ..Draft::default() });
                }
            }
            Ok(Event::Text(piece)) => {
                text.push_str(&piece);
            }
            Ok(Event::End(tag)) => {
                let value = text.trim().to_owned();
                match (tag.local_name().as_ref(), &mut draft) {
                    ("incomingServer" | "outgoingServer", _) => {
                        if let Some((imap, endpoint)) = draft.take().and_then(|draft| endpoint(&draft, domain)) {
                            if imap { &mut servers.imap } else { &mut servers.smtp }.push(endpoint);
                        }
                    }
                    ("hostname", Some(draft)) => draft.host = value,
                    ("port", Some(draft)) => draft.port = value,
                    ("socketType", Some(draft)) => draft.socket = value,
                    ("username", Some(draft)) => draft.username = value,
                    ("authentication", Some(draft)) => {
                        let password = value.starts_with("password") || value == "plain" || value == "secure";
                        draft.password_allowed = Some(draft.password_allowed.unwrap_or(false) || password);
                    }
                    _ => {}
                }
                text.clear();
            }
            Ok(Event::Eof) | Err(_) => return servers,
            Ok(_) => {}
        }
    }
}

fn endpoint(draft: &Draft, domain: &str) -> Option<(bool, Endpoint)> {
    let security = match draft.socket.to_ascii_uppercase().as_str() {
        "SSL" | "TLS" => Security::Tls,
        "STARTTLS" => Security::StartTls,
        _ => return None,
    };
    if draft.host.is_empty() || draft.password_allowed == Some(false) {
        return None;
    }
    let username = match draft.username.as_str() {
        "%EMAILLOCALPART%" => Username::LocalPart,
        other if other.is_empty() || other.contains("%EMAILADDRESS%") => Username::Address,
        _ => Username::Address,
    };
    Some((
        draft.imap,
        Endpoint {
            host: draft.host.replace("%EMAILDOMAIN%", domain),
            port: draft.port.parse().ok()?,
            security,
            username,
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_read_in_order_and_unencrypted_ones_are_left_out() {
        let xml = r#"<?xml version="1.0"?><clientConfig version="1.1"><emailProvider id="example.org">
            <domain>example.org</domain>
            <incomingServer type="pop3"><hostname>pop.example.org</hostname><port>995</port>
              <socketType>SSL</socketType></incomingServer>
            <incomingServer type="imap"><hostname>imap.%EMAILDOMAIN%</hostname><port>993</port>
              <socketType>SSL</socketType><authentication>OAuth2</authentication>
              <authentication>password-cleartext</authentication><username>%EMAILLOCALPART%</username></incomingServer>
            <incomingServer type="imap"><hostname>plain.example.org</hostname><port>143</port>
              <socketType>plain</socketType></incomingServer>
            <outgoingServer type="smtp"><hostname>smtp.example.org</hostname><port>587</port>
              <socketType>STARTTLS</socketType><username>%EMAILADDRESS%</username></outgoingServer>
            </emailProvider></clientConfig>"#;
        let servers = read(xml, "example.org");
        assert_eq!(
            servers.imap,
            [Endpoint {
                host: "imap.example.org".into(),
                port: 993,
                security: Security::Tls,
                username: Username::LocalPart
            }]
        );
        assert_eq!(
            servers.smtp,
            [Endpoint {
                host: "smtp.example.org".into(),
                port: 587,
                security: Security::StartTls,
                username: Username::Address
            }]
        );
    }

    #[test]
    fn a_file_that_is_no_xml_names_no_servers() {
        assert_eq!(read("<html><incomingServer type=\"imap\"><hostname>x", "example.org"), Servers::default());
    }
}
