//! Servers of the largest providers, so that their users need not wait for a search, and what each
//! wants instead of the usual password.

use unisono_domain::text::Text;

use super::{
    config::Security,
    discover::{Candidate, Endpoint, Username},
};

struct Provider {
    /// Domains of addresses, and endings of MX hosts.
    domains: &'static [&'static str],
    mx: &'static [&'static str],
    imap: (&'static str, u16, Security),
    smtp: (&'static str, u16, Security),
}

use Security::{StartTls, Tls};

const PROVIDERS: &[Provider] = &[
    Provider {
        domains: &["gmail.com", "googlemail.com"],
        mx: &["google.com", "googlemail.com"],
        imap: ("imap.gmail.com", 993, Tls),
        smtp: ("smtp.gmail.com", 465, Tls),
    },
    Provider {
        domains: &["icloud.com", "me.com", "mac.com"],
        mx: &["mail.icloud.com"],
        imap: ("imap.mail.me.com", 993, Tls),
        smtp: ("smtp.mail.me.com", 587, StartTls),
    },
    Provider {
        domains: &["gmx.de", "gmx.net", "gmx.at", "gmx.ch", "gmx.com"],
        mx: &["gmx.net"],
        imap: ("imap.gmx.net", 993, Tls),
        smtp: ("mail.gmx.net", 587, StartTls),
    },
    Provider {
        domains: &["web.de"],
        mx: &["web.de"],
        imap: ("imap.web.de", 993, Tls),
        smtp: ("smtp.web.de", 587, StartTls),
    },
    Provider {
        domains: &["t-online.de", "magenta.de"],
        mx: &["t-online.de"],
        imap: ("secureimap.t-online.de", 993, Tls),
        smtp: ("securesmtp.t-online.de", 465, Tls),
    },
    Provider {
        domains: &["freenet.de"],
        mx: &["freenet.de"],
        imap: ("mx.freenet.de", 993, Tls),
        smtp: ("mx.freenet.de", 587, StartTls),
    },
    Provider {
        domains: &["posteo.de", "posteo.net", "posteo.org"],
        mx: &["posteo.de"],
        imap: ("posteo.de", 993, Tls),
        smtp: ("posteo.de", 465, Tls),
    },
    Provider {
        domains: &["mailbox.org"],
        mx: &["mailbox.org"],
        imap: ("imap.mailbox.org", 993, Tls),
        smtp: ("smtp.mailbox.org", 465, Tls),
    },
    Provider {
        domains: &["outlook.com", "outlook.de", "hotmail.com", "hotmail.de", "live.com", "live.de", "msn.com"],
        mx: &[],
        imap: ("outlook.office365.com", 993, Tls),
        smtp: ("smtp-mail.outlook.com", 587, StartTls),
    },
    Provider {
        domains: &[],
        mx: &["protection.outlook.com"],
        imap: ("outlook.office365.com", 993, Tls),
        smtp: ("smtp.office365.com", 587, StartTls),
    },
    Provider {
        domains: &["yahoo.com", "yahoo.de", "ymail.com", "rocketmail.com"],
        mx: &["yahoodns.net"],
        imap: ("imap.mail.yahoo.com", 993, Tls),
        smtp: ("smtp.mail.yahoo.com", 465, Tls),
    },
    Provider {
        domains: &["aol.com", "aol.de"],
        mx: &[],
        imap: ("imap.aol.com", 993, Tls),
        smtp: ("smtp.aol.com", 465, Tls),
    },
    Provider {
        domains: &["fastmail.com", "fastmail.fm"],
        mx: &["messagingengine.com"],
        imap: ("imap.fastmail.com", 993, Tls),
        smtp: ("smtp.fastmail.com", 465, Tls),
    },
    Provider {
        domains: &["zoho.com", "zohomail.eu"],
        mx: &["zoho.com", "zoho.eu"],
        imap: ("imap.zoho.eu", 993, Tls),
        smtp: ("smtp.zoho.eu", 465, Tls),
    },
    Provider {
        domains: &[],
        mx: &["kundenserver.de", "ionos.de", "ionos.com"],
        imap: ("imap.ionos.de", 993, Tls),
        smtp: ("smtp.ionos.de", 465, Tls),
    },
    Provider {
        domains: &[],
        mx: &["rzone.de"],
        imap: ("imap.strato.de", 993, Tls),
        smtp: ("smtp.strato.de", 465, Tls),
    },
    Provider {
        domains: &[],
        mx: &["your-server.de"],
        imap: ("mail.your-server.de", 993, Tls),
        smtp: ("mail.your-server.de", 465, Tls),
    },
    Provider { domains: &[], mx: &["ovh.net"], imap: ("ssl0.ovh.net", 993, Tls), smtp: ("ssl0.ovh.net", 465, Tls) },
    Provider {
        domains: &[],
        mx: &["mail.gandi.net"],
        imap: ("mail.gandi.net", 993, Tls),
        smtp: ("mail.gandi.net", 465, Tls),
    },
];

/// The servers for a domain of addresses.
pub fn by_domain(domain: &str) -> Option<Candidate> {
    PROVIDERS.iter().find(|provider| provider.domains.contains(&domain)).map(candidate)
}

/// The servers behind a mail exchanger.
pub fn by_mx(host: &str) -> Option<Candidate> {
    PROVIDERS
        .iter()
        .find(|provider| provider.mx.iter().any(|end| host == *end || host.ends_with(&format!(".{end}"))))
        .map(candidate)
}

fn candidate(provider: &Provider) -> Candidate {
    let endpoint = |(host, port, security): (&str, u16, Security)| Endpoint {
        host: host.to_owned(),
        port,
        security,
        username: Username::Address,
    };
    Candidate { imap: endpoint(provider.imap), smtp: endpoint(provider.smtp) }
}

/// What to say about a refused password at this server.
pub fn password_hint(imap_host: &str) -> Text {
    let is = |end: &str| imap_host == end || imap_host.ends_with(&format!(".{end}"));
    if is("gmail.com") || is("googlemail.com") {
        Text::new(
            "Google refused this password. Turn on two-step verification, create an app password at myaccount.google.com/apppasswords and enter that here.",
            "Google hat dieses Passwort abgelehnt. Schalte die Bestätigung in zwei Schritten ein, erstelle unter myaccount.google.com/apppasswords ein App-Passwort und gib dieses hier ein.",
        )
    } else if is("me.com") || is("icloud.com") {
        Text::new(
            "iCloud refused this password. Create an app-specific password at account.apple.com and enter that here.",
            "iCloud hat dieses Passwort abgelehnt. Erstelle unter account.apple.com ein anwendungsspezifisches Passwort und gib dieses hier ein.",
        )
    } else if is("yahoo.com") || is("aol.com") {
        Text::new(
            "Yahoo refused this password. Create an app password in the account security settings and enter that here.",
            "Yahoo hat dieses Passwort abgelehnt. Erstelle in den Sicherheitseinstellungen ein App-Passwort und gib dieses hier ein.",
        )
    } else if is("gmx.net") || is("web.de") {
        Text::new(
            "The password was refused. At GMX and WEB.DE, first allow IMAP in the mailbox settings (POP3/IMAP); with two-factor login an application-specific password is needed.",
            "Das Passwort wurde abgelehnt. Erlaube bei GMX und WEB.DE zuerst IMAP in den Postfach-Einstellungen (POP3/IMAP); mit Zwei-Faktor-Anmeldung braucht es ein anwendungsspezifisches Passwort.",
        )
    } else if is("t-online.de") {
        Text::new(
            "The password was refused. Telekom has a separate e-mail password: set it in the customer centre and enter that here.",
            "Das Passwort wurde abgelehnt. Bei der Telekom gilt ein eigenes E-Mail-Passwort: lege es im Kundencenter fest und gib dieses hier ein.",
        )
    } else if is("office365.com") || is("outlook.com") {
        Text::new(
            "Microsoft refused this password. Outlook accounts no longer allow mail programs to sign in with a password.",
            "Microsoft hat dieses Passwort abgelehnt. Outlook-Konten lassen Mailprogramme nicht mehr mit Passwort herein.",
        )
    } else {
        Text::new(
            "The mail server refused this password. Some providers want an app password instead of the usual one.",
            "Der Mailserver hat dieses Passwort abgelehnt. Manche Anbieter verlangen ein App-Passwort statt des üblichen.",
        )
    }
}
