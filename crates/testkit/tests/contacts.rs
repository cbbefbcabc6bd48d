//! One person behind many handles: suggested, put together, taken apart, undone, and written to on
//! whichever network.

#![expect(clippy::unwrap_used, reason = "a test ends here with the reason")]

use ruma::OwnedUserId;
use serde_json::Value;
use unisono_domain::channel::{Inbound, InboundBody, Part, PortalKey, RemoteUser, Sender};
use unisono_engine::{Error, contacts::Contact};
use unisono_store::account_data;
use unisono_testkit::{
    bench::{Bench, life},
    fake_channel::FakeNetwork,
};

const TEL: &str = "tel:+491701234567";

fn from(id: &str, name: &str, handles: &[&str]) -> Inbound {
    let mut user = RemoteUser::new(id).named(Some(name));
    user.handles = handles.iter().map(|handle| (*handle).to_owned()).collect();
    let body = InboundBody::message(vec![Part::text("0", format!("hello from {id}"))]);
    let portal = PortalKey::shared(id);
    Inbound::new(portal, Sender::Remote(user.clone()), format!("m-{id}"), 1_700_000_000_000, body)
        .in_chat(unisono_domain::channel::ChatInfo::direct(user))
}

/// Three people have written: two with the same number, one without any.
fn with_three(story: impl AsyncFnOnce(Bench)) {
    let network = FakeNetwork::default();
    let home = tempfile::tempdir().unwrap();
    life(home.path(), vec![network.channel()], async |bench| {
        bench.connect("one").await;
        network.happen("one", from("anna", "Anna", &[TEL]));
        network.happen("one", from("a.schmidt", "Anna Schmidt", &[TEL, "mailto:anna@example.org"]));
        network.happen("one", from("bert", "Bert", &[]));
        for id in ["anna", "a.schmidt", "bert"] {
            bench.room_of(&format!("hello from {id}")).await;
        }
        story(bench).await;
    });
}

fn ghost(id: &str) -> OwnedUserId {
    format!("@fake_{id}:test.local").try_into().unwrap()
}

async fn names(bench: &Bench) -> Vec<(String, usize)> {
    let contacts = bench.engine.list_contacts(bench.owner.clone(), "", 100).await.unwrap();
    contacts.into_iter().map(|contact: Contact| (contact.name, contact.members.len())).collect()
}

async fn suggested(bench: &Bench) -> usize {
    bench.engine.suggest_contacts(bench.owner.clone()).await.unwrap().len()
}

fn pair(name: &str, members: usize) -> (String, usize) {
    (name.to_owned(), members)
}

#[test]
fn an_equal_number_is_suggested_and_a_merge_can_be_undone() {
    with_three(async |bench| {
        let apart = vec![pair("Anna", 1), pair("Anna Schmidt", 1), pair("Bert", 1)];
        assert_eq!(names(&bench).await, apart);
        let suggestions = bench.engine.suggest_contacts(bench.owner.clone()).await.unwrap();
        assert_eq!((suggestions.len(), suggestions[0].handle.as_str()), (1, TEL));

        let both = vec![ghost("anna"), ghost("a.schmidt")];
        let (change, contact) =
            bench.engine.merge_contacts(bench.owner.clone(), both, Some("Anna S.".to_owned())).await.unwrap();
        assert_eq!((contact.name.as_str(), contact.members.len()), ("Anna S.", 2));
        assert_eq!(names(&bench).await, [pair("Anna S.", 2), pair("Bert", 1)]);
        assert_eq!(suggested(&bench).await, 0);
        let found = bench.engine.list_contacts(bench.owner.clone(), "0170 123 45 67", 9).await.unwrap();
        assert_eq!(found.len(), 1, "a number is found however it is written");

        bench.engine.undo_contacts(bench.owner.clone(), change).await.unwrap();
        assert_eq!(names(&bench).await, apart);
        assert_eq!(suggested(&bench).await, 1);
        let again = bench.engine.undo_contacts(bench.owner.clone(), change).await;
        assert!(matches!(again, Err(Error::NotFound(_))), "nothing is undone twice");
    });
}

#[test]
fn who_was_taken_apart_is_not_suggested_again_until_that_is_undone() {
    with_three(async |bench| {
        let owner = || bench.owner.clone();
        let all = vec![ghost("anna"), ghost("a.schmidt"), ghost("bert")];
        let (merge, _) = bench.engine.merge_contacts(owner(), all, None).await.unwrap();
        assert_eq!(names(&bench).await, [pair("Anna Schmidt", 3)]);
        let split = bench.engine.split_contacts(owner(), vec![ghost("anna")]).await.unwrap();
        assert_eq!(names(&bench).await, [pair("Anna", 1), pair("Anna Schmidt", 2)]);
        assert_eq!(suggested(&bench).await, 0, "the owner has said that they differ");

        let too_early = bench.engine.undo_contacts(owner(), merge).await;
        assert!(
            matches!(too_early, Err(Error::Invalid { code: "ORG.UNISONO.CHANGED_SINCE", .. })),
            "they have changed since"
        );
        bench.engine.undo_contacts(owner(), split).await.unwrap();
        bench.engine.undo_contacts(owner(), merge).await.unwrap();
        assert_eq!(names(&bench).await.len(), 3);
        assert_eq!(suggested(&bench).await, 1);
    });
}

#[test]
fn a_refused_suggestion_stays_away() {
    with_three(async |bench| {
        let both = vec![ghost("anna"), ghost("a.schmidt")];
        let dismissed = bench.engine.dismiss_contacts(bench.owner.clone(), both).await.unwrap();
        assert_eq!(suggested(&bench).await, 0);
        bench.engine.undo_contacts(bench.owner.clone(), dismissed).await.unwrap();
        assert_eq!(suggested(&bench).await, 1);
    });
}

#[test]
fn every_device_hears_of_a_contact_and_strangers_cannot_be_put_in() {
    with_three(async |bench| {
        let both = vec![ghost("anna"), ghost("bert")];
        bench.engine.merge_contacts(bench.owner.clone(), both, None).await.unwrap();
        let owner = bench.owner.clone();
        let data = bench
            .engine
            .db
            .read(move |tx| Ok::<_, Error>(account_data::find(tx, &owner, "", "org.unisono.contacts")?))
            .await
            .unwrap();
        let data: Value = serde_json::from_str(&data.unwrap()).unwrap();
        assert_eq!(data["contacts"][0]["user_ids"].as_array().unwrap().len(), 2);

        let stranger = vec![ghost("anna"), ghost("nobody")];
        let refused = bench.engine.merge_contacts(bench.owner.clone(), stranger, None).await;
        assert!(matches!(refused, Err(Error::NotFound(_))));
        let alone = bench.engine.merge_contacts(bench.owner.clone(), vec![ghost("anna")], None).await;
        assert!(matches!(alone, Err(Error::Invalid { .. })));
    });
}

#[test]
fn a_contact_can_be_written_to_wherever_it_is_known() {
    with_three(async |bench| {
        let both = vec![ghost("anna"), ghost("a.schmidt")];
        bench.engine.merge_contacts(bench.owner.clone(), both, None).await.unwrap();
        let ways = bench.engine.list_ways(bench.owner.clone(), ghost("anna")).await.unwrap();
        let rooms: Vec<_> = ways.iter().filter_map(|way| way.room_id.as_ref()).collect();
        assert_eq!(rooms.len(), 2, "the chats that there are");
        assert!(ways.iter().all(|way| way.account_id.is_some()));

        let second = bench.connect("two").await;
        let ways = bench.engine.list_ways(bench.owner.clone(), ghost("anna")).await.unwrap();
        let new: Vec<_> = ways.iter().filter(|way| way.room_id.is_none()).collect();
        assert_eq!(new.len(), 1, "the same number on another account");
        assert_eq!((new[0].account_id, new[0].identifier.as_str()), (Some(second), "+491701234567"));
    });
}
