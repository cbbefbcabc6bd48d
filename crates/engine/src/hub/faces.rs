//! Names and pictures of the people on networks, and of groups: asked for in the background when
//! somebody is first heard of, and again after a week.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ruma::{OwnedMxcUri, OwnedUserId};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use unisono_domain::channel::{
    AccountId, ChatInfo, ChatKind, Inbound, InboundBody, Media, MediaSource, PortalKey, RemoteUserId, RequestError,
    Sender, Session, UserInfo,
};
use unisono_store::{
    hub::{accounts::AccountRow, ghosts, portals},
    rooms::state,
};

use super::{ghosts::ghost_id, host::AccountHost};
use crate::{Engine, Error, Result, profile::ProfileChange};

const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// A face is looked at again after a week, in milliseconds.
const HOLDS: i64 = 7 * 24 * 60 * 60 * 1000;
/// More than this wait for nothing: they are asked for when they speak again.
const MOST_WAITING: usize = 10_000;

/// Whose face is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Wish {
    Person(RemoteUserId),
    Group(PortalKey),
    /// The network says that a group has a new picture, and by which id it is fetched.
    Picture(PortalKey, String),
}

/// What is to be asked, of which account, and what was since the start.
#[derive(Default)]
pub(super) struct Faces {
    state: Mutex<State>,
    news: Notify,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<(AccountRow, Wish)>,
    asked: HashSet<(i64, Wish)>,
}

impl Faces {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An event was worked in; its sender and its group may be new.
    pub(super) fn see(&self, account: &AccountRow, event: &Inbound) {
        if !matches!(event.body, InboundBody::Message { .. } | InboundBody::ChatInfo) {
            return;
        }
        if let Sender::Remote(user) = &event.sender {
            self.wish(account, Wish::Person(user.id.clone()));
        }
        let Some(chat) = event.chat.as_ref().filter(|chat| chat.kind == ChatKind::Group) else { return };
        match chat.avatar.as_ref().map(|avatar| &avatar.source) {
            None => self.wish(account, Wish::Group(event.portal.clone())),
            Some(MediaSource::Lazy(id)) => self.wish(account, Wish::Picture(event.portal.clone(), id.clone())),
            Some(MediaSource::Bytes(_) | MediaSource::Stored(_)) => {}
        }
    }

    fn wish(&self, account: &AccountRow, wish: Wish) {
        let mut state = self.state();
        if state.waiting.len() < MOST_WAITING && state.asked.insert((account.account_id, wish.clone())) {
            state.waiting.push_back((account.clone(), wish));
            drop(state);
            self.news.notify_one();
        }
    }

    /// Asked again at the next message, as after a lost connection.
    fn forget(&self, account: &AccountRow, wish: Wish) {
        self.state().asked.remove(&(account.account_id, wish));
    }

    fn next(&self) -> Option<(AccountRow, Wish)> {
        self.state().waiting.pop_front()
    }
}

/// Runs until the hub stops. One at a time: nobody waits for a picture, and vendors count requests.
pub(super) async fn run(engine: Engine, cancel: CancellationToken) {
    loop {
        let Some((account, wish)) = engine.hub.faces.next() else {
            tokio::select! {
                () = cancel.cancelled() => return,
                () = engine.hub.faces.news.notified() => continue,
            }
        };
        let asking = tokio::time::timeout(ANSWER_WITHIN, ask(&engine, &account, &wish));
        let asked = tokio::select! {
            () = cancel.cancelled() => return,
            asked = asking => asked,
        };
        match asked {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::debug!(account.id = account.account_id, error = %error, "a face could not be had");
                engine.hub.faces.forget(&account, wish);
            }
            Err(_) => engine.hub.faces.forget(&account, wish),
        }
    }
}

async fn ask(engine: &Engine, account: &AccountRow, wish: &Wish) -> Result<()> {
    let Some(session) = engine.hub.find_session(AccountId(account.account_id)) else {
        return Err(Error::Unavailable("not connected".to_owned()));
    };
    match wish {
        Wish::Person(user) => person(engine, account, &*session, user).await,
        Wish::Group(portal) => group(engine, account, &*session, portal).await,
        Wish::Picture(portal, id) => {
            let avatar = Some(Media::lazy(id, "avatar", "application/octet-stream"));
            let info = ChatInfo { avatar, ..ChatInfo::group(None::<String>, Vec::new()) };
            work_in(engine, account, &*session, portal, info).await
        }
    }
}

async fn person(engine: &Engine, account: &AccountRow, session: &dyn Session, user: &RemoteUserId) -> Result<()> {
    let ghost = ghost_id(engine, &account.channel, user.as_str())?;
    let (due, now) = (ghost.clone(), engine.now());
    if !engine.db.read(move |tx| Ok::<_, Error>(ghosts::is_due(tx, &due, now - HOLDS)?)).await? {
        return Ok(());
    }
    match session.user_info(user).await {
        Ok(info) => show(engine, account, session, &ghost, info).await?,
        Err(RequestError::Unsupported | RequestError::NotFound | RequestError::Invalid(_)) => {}
        Err(RequestError::Unavailable(reason)) => return Err(Error::Unavailable(reason)),
    }
    engine.db.write(move |tx| Ok::<_, Error>(ghosts::set_asked(tx, &ghost, now)?)).await
}

async fn show(
    engine: &Engine,
    account: &AccountRow,
    session: &dyn Session,
    ghost: &OwnedUserId,
    info: UserInfo,
) -> Result<()> {
    let known = engine.profile(ghost.clone()).await?;
    if let Some(name) = info.name.filter(|name| !name.trim().is_empty() && known.display_name.as_ref() != Some(name)) {
        engine.change_profile(ghost.clone(), ProfileChange::DisplayName(Some(name))).await?;
    }
    let Some(mut avatar) = info.avatar else { return Ok(()) };
    if let Some(uri) = stored(engine, account, session, &mut avatar).await? {
        engine.change_profile(ghost.clone(), ProfileChange::AvatarUrl(Some(uri))).await?;
    }
    Ok(())
}

/// Gets a picture into the media store.
async fn stored(
    engine: &Engine,
    account: &AccountRow,
    session: &dyn Session,
    picture: &mut Media,
) -> Result<Option<OwnedMxcUri>> {
    if let MediaSource::Lazy(id) = &picture.source {
        match session.download(id).await {
            Ok(bytes) => picture.source = MediaSource::Bytes(bytes),
            Err(RequestError::Unavailable(reason)) => return Err(Error::Unavailable(reason)),
            Err(_) => return Ok(None),
        }
    }
    if let MediaSource::Bytes(bytes) = &picture.source {
        let bytes = bytes.clone();
        engine.store_file(&account.owner, picture, &mut serde_json::Map::new(), bytes).await?;
    }
    match &picture.source {
        MediaSource::Stored(uri) => Ok(Some(uri.as_str().into())),
        _ => Ok(None),
    }
}

async fn group(engine: &Engine, account: &AccountRow, session: &dyn Session, portal: &PortalKey) -> Result<()> {
    let (channel, key) = (account.channel.clone(), portal.clone());
    let has_picture = engine
        .db
        .read(move |tx| {
            let receiver = key.receiver.map_or(0, |receiver| receiver.0);
            let portal_no = portals::find_key(tx, &channel, key.chat.as_str(), receiver)?;
            let Some(portal_no) = portal_no else { return Ok(true) };
            let Some(room_no) = portals::get(tx, portal_no)?.room_no else { return Ok(true) };
            Ok::<_, Error>(state::find_pdu(tx, room_no, "m.room.avatar", "")?.is_some())
        })
        .await?;
    if has_picture {
        return Ok(());
    }
    let info = match session.chat_info(portal).await {
        Ok(info) => info,
        Err(RequestError::Unavailable(reason)) => return Err(Error::Unavailable(reason)),
        Err(_) => return Ok(()),
    };
    work_in(engine, account, session, portal, info).await
}

/// Works news of a chat in like any other, in its order.
async fn work_in(
    engine: &Engine,
    account: &AccountRow,
    session: &dyn Session,
    portal: &PortalKey,
    mut info: ChatInfo,
) -> Result<()> {
    if let Some(avatar) = &mut info.avatar
        && stored(engine, account, session, avatar).await?.is_none()
    {
        info.avatar = None;
    }
    let id = format!("face.{}.{}", portal.chat, engine.now());
    let event = Inbound::new(portal.clone(), Sender::System, id, engine.now(), InboundBody::ChatInfo).in_chat(info);
    AccountHost::new(engine, account).store(vec![event], None).await
}
