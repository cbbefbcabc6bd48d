//! Adding a mailbox.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
};

use unisono_domain::{
    channel::{
        Channel,
        login::{LoginContext, LoginError, LoginInput, LoginStep},
    },
    net::OutboundGuard,
};
use unisono_testkit::mail::MailServer;

use super::{ME, server};
use crate::email::{Email, discover::discover_with};

fn context(allow: &[&str]) -> LoginContext {
    LoginContext {
        guard: OutboundGuard::new(allow.iter().map(|network| network.parse().unwrap()).collect()),
        now: 0,
        public_url: None,
    }
}

fn fields(server: &MailServer, changes: &[(&str, &str)]) -> BTreeMap<String, String> {
    let (imap, smtp) = (server.imaps_port.to_string(), server.smtp_port.to_string());
    let mut fields: BTreeMap<String, String> = [
        ("email", ME.0),
        ("password", ME.1),
        ("imap_host", "localhost"),
        ("imap_port", &imap),
        ("imap_security", "tls"),
        ("smtp_host", "localhost"),
        ("smtp_port", &smtp),
        ("smtp_security", "starttls"),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect();
    for (name, value) in changes {
        fields.insert((*name).to_owned(), (*value).to_owned());
    }
    fields
}

async fn sign_in(context: &LoginContext, fields: BTreeMap<String, String>) -> Result<LoginStep, LoginError> {
    let start = Email.login(None, LoginInput::Start { flow: "manual".into() }, context).await.unwrap();
    Ok(Email.login(Some(start.state), LoginInput::Submit(fields), context).await?.step)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_by_hand_make_an_account_in_every_kind_of_encryption() {
    let Some(server) = server() else { return };
    let context = context(&["127.0.0.0/8", "::1"]);
    let (imap, smtps) = (server.imap_port.to_string(), server.smtps_port.to_string());
    for changes in [
        vec![],
        vec![
            ("imap_port", imap.as_str()),
            ("imap_security", "starttls"),
            ("smtp_port", smtps.as_str()),
            ("smtp_security", "tls"),
        ],
        vec![("imap_port", imap.as_str()), ("imap_security", "none")],
    ] {
        let LoginStep::Done(account) = sign_in(&context, fields(&server, &changes)).await.unwrap() else { panic!() };
        assert_eq!(account.remote_id, ME.0);
        assert_eq!(account.settings["threading"], "correspondent");
        assert!(!account.settings.to_string().contains(ME.1), "the password is no setting");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_and_a_wrong_server_are_told_apart() {
    let Some(server) = server() else { return };
    let context = context(&["127.0.0.0/8", "::1"]);
    let wrong = sign_in(&context, fields(&server, &[("password", "falsch")])).await;
    assert!(matches!(wrong, Err(LoginError::BadCredentials(_))), "{wrong:?}");
    let nowhere = sign_in(&context, fields(&server, &[("imap_port", "1")])).await;
    assert!(matches!(nowhere, Err(LoginError::Invalid { field: Some("imap_host"), .. })), "{nowhere:?}");
    let bad = sign_in(&context, fields(&server, &[("email", "me")])).await;
    assert!(matches!(bad, Err(LoginError::Invalid { field: Some("email"), .. })), "{bad:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_private_server_is_refused_unless_the_operator_opened_it() {
    let Some(server) = server() else { return };
    let refused = sign_in(&context(&[]), fields(&server, &[])).await;
    assert!(
        matches!(&refused, Err(LoginError::Invalid { message, .. }) if message.en.contains("private network")),
        "{refused:?}"
    );
}

#[tokio::test]
async fn an_address_without_servers_leads_to_the_fields_to_fill_in() {
    let context = context(&[]);
    let start = Email.login(None, LoginInput::Start { flow: "password".into() }, &context).await.unwrap();
    let fields =
        [("email", "me@nowhere.invalid"), ("password", "x")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let reply = Email.login(Some(start.state), LoginInput::Submit(fields.into()), &context).await.unwrap();
    let LoginStep::Fields { message, fields, .. } = reply.step else { panic!() };
    assert!(message.is_some());
    let value = |id: &str| fields.iter().find(|field| field.id == id).and_then(|field| field.value.clone());
    assert_eq!(value("imap_host").as_deref(), Some("imap.nowhere.invalid"));
    assert_eq!(value("email").as_deref(), Some("me@nowhere.invalid"));
    assert_eq!(value("password"), None, "a password is never sent back");
    assert!(!reply.state.to_string().contains("\"x\""));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_are_found_in_a_database_of_providers() {
    let xml = r#"<clientConfig><emailProvider>
        <incomingServer type="imap"><hostname>localhost</hostname><port>10993</port><socketType>SSL</socketType></incomingServer>
        <outgoingServer type="smtp"><hostname>localhost</hostname><port>10587</port><socketType>STARTTLS</socketType></outgoingServer>
        </emailProvider></clientConfig>"#;
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://127.0.0.1:{}/v1.1/", listener.local_addr().unwrap().port()).parse().unwrap();
    let serving = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 2048];
        let count = stream.read(&mut request).unwrap();
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{xml}", xml.len()).unwrap();
        String::from_utf8_lossy(&request[..count]).into_owned()
    });
    let guard = context(&["127.0.0.0/8"]).guard;
    let found = discover_with(&guard, "me@nowhere.invalid", Some(&url)).await;
    assert!(serving.join().unwrap().starts_with("GET /v1.1/nowhere.invalid "));
    assert!(found.certain);
    assert_eq!((found.imap[0].host.as_str(), found.imap[0].port), ("localhost", 10993));
    assert_eq!((found.smtp[0].host.as_str(), found.smtp[0].port), ("localhost", 10587));
}
