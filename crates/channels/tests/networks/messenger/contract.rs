//! What we send, as Meta's documentation tells it: there is no description that a mock could check.

use std::sync::Arc;

use serde_json::{Value, json};
use unisono_channels::messenger::{INSTAGRAM, MESSENGER, PageChannel};
use unisono_domain::channel::{
    AccountId, Channel, InboundBody, Media, MediaSource, MessageRef, Outbound, OutboundBody, Part, PartKind, PortalKey,
    RemoteId, RemoteUserId, SendOutcome, Sender, Session,
    login::{LoginContext, LoginError, LoginInput, LoginStep},
};
use unisono_testkit::{
    test_host::{NOW, TestHost, account},
    vendor::Vendor,
};

use super::{INSTAGRAM_ID, Meta, OLD, PAGE, credentials};

const HOUR: i64 = 3_600_000;

fn outbound(ago: i64, body: OutboundBody) -> Outbound {
    Outbound {
        portal: PortalKey::private(AccountId(1), "491789"),
        txn: "t1".to_owned(),
        sent_at: NOW,
        sender_name: None,
        subject: None,
        body,
        last: None,
        last_received: Some(MessageRef { id: RemoteId::new("m_IN"), data: json!({ "at": NOW - ago }) }),
    }
}

fn open(channel: PageChannel, base: &str) -> Arc<dyn Session> {
    channel.connect(account(credentials(base)), TestHost::start()).unwrap()
}

fn say(part: Part) -> OutboundBody {
    OutboundBody::Message { parts: vec![part], reply_to: None }
}

fn file(kind: PartKind, name: &str, mime: &str) -> OutboundBody {
    say(Part::media("0", kind, Media::bytes(vec![1, 2, 3], name, mime), ""))
}

/// The path, and the body or what of a form can be read.
fn sent(vendor: &Vendor) -> Vec<Value> {
    let sent = vendor.asked().into_iter().map(|asked| match asked.json() {
        Value::Null => {
            let form = asked.text();
            let fields = form
                .split("\r\n")
                .filter(|line| line.starts_with('{') || line.starts_with("Content-") || *line == "instagram");
            json!({ "path": asked.path, "form": fields.collect::<Vec<_>>() })
        }
        body => json!({ "path": asked.path, "body": body }),
    });
    sent.collect()
}

#[tokio::test]
async fn everything_goes_out_as_meta_documents_it() {
    for (channel, name) in [(MESSENGER, "sent_to_messenger"), (INSTAGRAM, "sent_to_instagram")] {
        let vendor = Vendor::start(Arc::new(Meta(channel)));
        let session = open(channel, &vendor.base());
        let target = || MessageRef { id: RemoteId::new("m_IN"), data: Value::Null };
        let mut card = Part::text("0", "Which?").with(
            "org.unisono.card",
            json!({ "text": "Which?",
            "buttons": [{ "id": "y", "label": "Yes" }, { "id": "n", "label": "No" }] }),
        );
        card.kind = PartKind::Card;
        let bodies = [
            say(Part::text("0", "hello")),
            OutboundBody::Message { parts: vec![Part::text("0", "yes")], reply_to: Some(target()) },
            file(PartKind::Image, "a.png", "image/png"),
            file(PartKind::Voice, "a.m4a", "audio/mp4"),
            file(PartKind::Video, "a.mp4", "video/mp4"),
            file(PartKind::File, "a.pdf", "application/pdf"),
            say(card),
            OutboundBody::Reaction { target: target(), key: "❤️".to_owned() },
            OutboundBody::ReactionRemove { target: target(), key: "❤️".to_owned() },
            OutboundBody::Read { up_to: target() },
            OutboundBody::Typing { typing: true },
            OutboundBody::Typing { typing: false },
        ];
        for body in bodies {
            let outcome = session.send(outbound(HOUR, body.clone())).await;
            assert!(matches!(outcome, SendOutcome::Sent { .. }), "{body:?}: {outcome:?}");
        }
        insta::assert_json_snapshot!(name, sent(&vendor));
    }
}

#[tokio::test]
async fn after_a_day_a_person_answers_and_after_a_week_nobody() {
    let vendor = Vendor::start(Arc::new(Meta(MESSENGER)));
    let session = open(MESSENGER, &vendor.base());
    for (ago, kind, tag) in [(23 * HOUR, "RESPONSE", Value::Null), (25 * HOUR, "MESSAGE_TAG", json!("HUMAN_AGENT"))] {
        session.send(outbound(ago, say(Part::text("0", "hello")))).await;
        let last = vendor.asked().pop().unwrap().json();
        assert_eq!((&last["messaging_type"], &last["tag"]), (&json!(kind), &tag));
    }
    let before = vendor.asked().len();
    let late = session.send(outbound(7 * 24 * HOUR, file(PartKind::Image, "a.png", "image/png"))).await;
    assert!(matches!(late, SendOutcome::Rejected { .. }), "{late:?}");
    assert_eq!(vendor.asked().len(), before, "nothing is uploaded for a message that cannot go");
}

#[tokio::test]
async fn instagram_is_not_sent_what_it_does_not_take() {
    let vendor = Vendor::start(Arc::new(Meta(INSTAGRAM)));
    let session = open(INSTAGRAM, &vendor.base());
    let refused = session.send(outbound(HOUR, file(PartKind::File, "a.zip", "application/zip"))).await;
    assert!(matches!(refused, SendOutcome::Rejected { .. }), "{refused:?}");
    assert!(vendor.asked().is_empty());
}

#[tokio::test]
async fn conversations_from_before_are_there_and_go_back_page_by_page() {
    let vendor = Vendor::start(Arc::new(Meta(MESSENGER)));
    let host = TestHost::start();
    let session = MESSENGER.connect(account(credentials(&vendor.base())), Arc::<TestHost>::clone(&host)).unwrap();
    let events = tokio::select! {
        ended = session.run() => panic!("it ended: {ended:?}"),
        events = host.wait_for(2) => events,
    };
    let said: Vec<_> = events.iter().map(|event| (event.id.as_str(), event.sender == Sender::Me, event.seen)).collect();
    assert_eq!(said, [("m_H1", false, true), ("m_H2", true, true)]);
    assert_eq!(events[0].data["at"], 1_795_168_801_000_i64);
    assert!(events.iter().all(|event| event.portal.chat.as_str() == OLD));

    // Both are known now: the page before comes.
    let older = session.fetch_history(&PortalKey::private(AccountId(1), OLD), 50).await.unwrap();
    assert_eq!(older.iter().map(|event| event.id.as_str()).collect::<Vec<_>>(), ["m_H0"]);
    let InboundBody::Message { parts, .. } = &older[0].body else { panic!("a message") };
    assert_eq!(parts[0].kind, PartKind::Image);
}

#[tokio::test]
async fn a_person_has_a_name_and_a_picture() {
    let vendor = Vendor::start(Arc::new(Meta(MESSENGER)));
    let session = open(MESSENGER, &vendor.base());
    let info = session.user_info(&RemoteUserId::new("491789")).await.unwrap();
    assert_eq!(info.name.as_deref(), Some("Anna Muster"));
    assert_eq!(info.avatar.unwrap().source, MediaSource::Lazy("https://scontent.example/p.jpg".to_owned()));
    assert!(session.user_info(&RemoteUserId::new("../me")).await.is_err());
}

#[tokio::test]
async fn signing_in_finds_the_page_behind_either_kind_of_token() {
    let vendor = Vendor::start(Arc::new(Meta(MESSENGER)));
    let loopback = "127.0.0.0/8".parse().unwrap();
    let guard = unisono_domain::net::OutboundGuard::new(vec![loopback]);
    let context = LoginContext { guard, now: NOW, public_url: None };
    let sign_in = async |channel: PageChannel, token: &str, page: &str| {
        let fields = [("token", token), ("secret", "s"), ("page_id", page), ("api", &vendor.base())];
        let fields = fields.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        channel.login(None, LoginInput::Submit(fields), &context).await.map(|reply| match reply.step {
            LoginStep::Done(account) => account,
            other => panic!("not done: {other:?}"),
        })
    };
    let account = sign_in(MESSENGER, "page-token", "").await.unwrap();
    assert_eq!((&*account.remote_id, &*account.display_name), (PAGE, "Jasper's Market"));
    assert_eq!(account.credentials["token"], "page-token");

    let account = sign_in(INSTAGRAM, "system-user-token", PAGE).await.unwrap();
    assert_eq!((&*account.remote_id, &*account.display_name), (INSTAGRAM_ID, "@jaspers.market"));
    assert_eq!(account.credentials["token"], "EAAG-of-the-page");

    let which = sign_in(MESSENGER, "system-user-token", "").await;
    assert!(matches!(which, Err(LoginError::Invalid { field: Some("page_id"), .. })));
    let none = sign_in(INSTAGRAM, "system-user-token", "2").await;
    assert!(matches!(none, Err(LoginError::Invalid { field: Some("token"), .. })), "no Instagram behind it");
}
