//! From the folders to the hub: everything above the cursor, inbox and sent mails merged by time, in
//! batches, the next one being fetched while the last one is stored.

use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use unisono_domain::channel::{AccountState, RemoteId, SessionError};

use super::{
    convert::{self, Fetched},
    cursor::{Cursor, Position},
    imap::{Imap, ImapError, Listed, Raw, day},
    message::{Mail, Person},
    notes::{Notes, Place},
    parse::{hash, parse, unreadable},
    session::EmailSession,
    thread::Known,
};

const BATCH_MAILS: usize = 50;
const BATCH_BYTES: u64 = 8 * 1024 * 1024;
/// Larger mails are not fetched whole.
pub const LARGEST: u64 = 50 * 1024 * 1024;
/// What is fetched of them: the header and, as mails are built, the text.
const BEGINNING: usize = 512 * 1024;
/// From so many mails on the user sees how far the import is.
pub const WORTH_TELLING: usize = 60;
/// A mail that broke the connection so often alone is given up.
const TRIES: u32 = 3;

/// A folder on its own connection.
pub struct Folder {
    pub imap: Imap,
    pub name: String,
}

/// Mails at which the connection broke, so that one that no server or parser can handle does not stop
/// all others.
#[derive(Default)]
pub struct Suspects {
    /// So many mails are fetched singly.
    careful: AtomicU32,
    failures: Mutex<HashMap<(bool, u32), u32>>,
}

/// What is fetched in one go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Batch {
    /// From which folder (sent?), in the order of delivery.
    mails: Vec<(bool, Listed)>,
}

impl Batch {
    fn uids(&self, in_sent: bool) -> Vec<u32> {
        self.mails.iter().filter(|(sent, _)| *sent == in_sent).map(|(_, mail)| mail.uid).collect()
    }
}

/// Opens a folder and makes sure that the cursor has a position in it.
pub async fn open(folder: &mut Folder, cursor: &mut Cursor) -> Result<(), ImapError> {
    let selected = folder.imap.select(&folder.name).await?;
    let known = cursor.folders.get(&folder.name).is_some_and(|position| position.uid_validity == selected.uid_validity);
    if known {
        return Ok(());
    }
    // The first time, or the server has numbered its mails anew (RFC 3501, section 2.3.1.1): what we
    // have already is recognised by its Message-ID.
    let found = folder.imap.search(&format!("SINCE {}", day(cursor.since))).await?;
    let lowest = found.first().copied().unwrap_or(selected.uid_next).max(1);
    cursor.folders.insert(
        folder.name.clone(),
        Position {
            uid_validity: selected.uid_validity,
            last: lowest - 1,
            lowest,
            import_until: selected.uid_next.saturating_sub(1),
            unseen: String::new(),
        },
    );
    Ok(())
}

/// Delivers everything that is above the cursor. Gives the number of mails.
pub async fn pull(
    session: &EmailSession,
    inbox: &mut Folder,
    mut sent: Option<&mut Folder>,
    cursor: &mut Cursor,
) -> Result<usize, SessionError> {
    inbox.imap.refresh().await?;
    let mut listed = vec![(false, inbox.imap.list_from(next(cursor, &inbox.name)).await?)];
    if let Some(sent) = sent.as_deref_mut() {
        sent.imap.refresh().await?;
        listed.push((true, sent.imap.list_from(next(cursor, &sent.name)).await?));
    }
    let merged = merge(listed);
    let total = merged.len();
    let mut batches = batches(merged, &session.suspects).into_iter();
    let Some(mut batch) = batches.next() else { return Ok(0) };
    let mut done = 0;
    let mut raws = fetch(session, &batch, inbox, sent.as_deref_mut()).await?;
    loop {
        if total >= WORTH_TELLING {
            session.host.report(AccountState::Backfilling { done: done as u64, total: total as u64 });
        }
        done += batch.mails.len();
        let following = batches.next();
        let names = (inbox.name.clone(), sent.as_deref().map(|sent| sent.name.clone()));
        let fetching = async {
            match &following {
                Some(following) => fetch(session, following, inbox, sent.as_deref_mut()).await.map(Some),
                None => Ok(None),
            }
        };
        // What is fetched is stored even if the connection breaks over the next ones.
        let (fetched, stored) = tokio::join!(fetching, store(session, &batch, raws, names, cursor));
        stored?;
        match (fetched?, following) {
            (Some(more), Some(following)) => {
                raws = more;
                batch = following;
            }
            _ => return Ok(total),
        }
    }
}

fn next(cursor: &Cursor, folder: &str) -> u32 {
    cursor.folders.get(folder).map_or(1, |position| position.last.saturating_add(1))
}

/// Interleaves folders by time; each keeps its own order, on which its cursor relies.
fn merge(folders: Vec<(bool, Vec<Listed>)>) -> Vec<(bool, Listed)> {
    let mut queues: Vec<_> =
        folders.into_iter().map(|(in_sent, mails)| (in_sent, mails.into_iter().peekable())).collect();
    let mut merged = Vec::new();
    loop {
        let earliest = queues
            .iter_mut()
            .enumerate()
            .filter_map(|(at, (_, queue))| queue.peek().map(|mail| (mail.received, at)))
            .min();
        let Some((_, at)) = earliest else { return merged };
        let (in_sent, queue) = &mut queues[at];
        merged.extend(queue.next().map(|mail| (*in_sent, mail)));
    }
}

fn batches(mails: Vec<(bool, Listed)>, suspects: &Suspects) -> Vec<Batch> {
    let mut careful = suspects.careful.load(Ordering::Relaxed);
    let mut batches: Vec<Batch> = Vec::new();
    let mut bytes = 0;
    let mut alone = true;
    for (in_sent, mail) in mails {
        let single = careful > 0 || mail.size > LARGEST;
        careful = careful.saturating_sub(1);
        let full = batches.last().is_none_or(|batch| batch.mails.len() >= BATCH_MAILS);
        if full || single || alone || bytes + mail.size > BATCH_BYTES {
            batches.push(Batch::default());
            bytes = 0;
        }
        alone = single;
        bytes += mail.size;
        if let Some(batch) = batches.last_mut() {
            batch.mails.push((in_sent, mail));
        }
    }
    batches
}

async fn fetch(
    session: &EmailSession,
    batch: &Batch,
    inbox: &mut Folder,
    sent: Option<&mut Folder>,
) -> Result<Vec<(bool, Raw)>, ImapError> {
    if let [(in_sent, mail)] = batch.mails.as_slice()
        && session.suspects.gave_up(*in_sent, mail.uid)
    {
        return Ok(Vec::new());
    }
    let first = batch.mails.iter().any(|(_, mail)| mail.size > LARGEST).then_some(BEGINNING);
    let (from_inbox, from_sent) = (batch.uids(false), batch.uids(true));
    let (received, written) = tokio::join!(inbox.imap.fetch_mails(&from_inbox, first), async {
        match sent {
            Some(sent) => sent.imap.fetch_mails(&from_sent, first).await,
            None => Ok(Vec::new()),
        }
    });
    let result = received.and_then(|received| Ok((received, written?)));
    let (received, written) = match result {
        Ok(both) => both,
        Err(error) => {
            if matches!(error, ImapError::Broken(_) | ImapError::No(_)) {
                session.suspects.note(batch);
            }
            return Err(error);
        }
    };
    session.suspects.relax(batch.mails.len());
    Ok(received.into_iter().map(|raw| (false, raw)).chain(written.into_iter().map(|raw| (true, raw))).collect())
}

impl Suspects {
    fn note(&self, batch: &Batch) {
        self.careful.store(BATCH_MAILS as u32, Ordering::Relaxed);
        if let [(in_sent, mail)] = batch.mails.as_slice() {
            let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
            *failures.entry((*in_sent, mail.uid)).or_default() += 1;
        }
    }

    fn gave_up(&self, in_sent: bool, uid: u32) -> bool {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.get(&(in_sent, uid)).is_some_and(|count| *count >= TRIES)
    }

    fn relax(&self, mails: usize) {
        let left = self.careful.load(Ordering::Relaxed).saturating_sub(u32::try_from(mails).unwrap_or(u32::MAX));
        self.careful.store(left, Ordering::Relaxed);
    }
}

/// Converts and delivers one batch, the cursor with it.
async fn store(
    session: &EmailSession,
    batch: &Batch,
    raws: Vec<(bool, Raw)>,
    names: (String, Option<String>),
    cursor: &mut Cursor,
) -> Result<(), SessionError> {
    let mut places: HashMap<(bool, u32), (Place, bool)> = HashMap::new();
    for (in_sent, mail) in &batch.mails {
        let Some(name) = folder_name(*in_sent, &names) else { continue };
        let Some(position) = cursor.folders.get(name) else { continue };
        let place = Place { folder: name.to_owned(), uid_validity: position.uid_validity, uid: mail.uid };
        places.insert((*in_sent, mail.uid), (place, mail.uid <= position.import_until));
    }
    let gave_up: Vec<(bool, Listed)> =
        batch.mails.iter().filter(|(in_sent, mail)| session.suspects.gave_up(*in_sent, mail.uid)).copied().collect();

    let order: Vec<(bool, u32)> = batch.mails.iter().map(|(in_sent, mail)| (*in_sent, mail.uid)).collect();
    let fetched = blocking(move || {
        let mut fetched: Vec<Fetched> = raws
            .into_iter()
            .filter_map(|(in_sent, raw)| {
                let (place, historical) = places.get(&(in_sent, raw.uid)).cloned()?;
                Some(Fetched {
                    cut_at: (raw.size > LARGEST).then_some(raw.size),
                    mail: safely(&raw),
                    place,
                    in_sent,
                    seen: raw.seen,
                    historical,
                })
            })
            .collect();
        for (in_sent, mail) in gave_up {
            if let Some((place, historical)) = places.get(&(in_sent, mail.uid)).cloned() {
                fetched.push(Fetched {
                    mail: not_fetched(&place, mail.received),
                    place,
                    in_sent,
                    seen: false,
                    historical,
                    cut_at: None,
                });
            }
        }
        let at: HashMap<(bool, u32), usize> = order.into_iter().enumerate().map(|(at, key)| (key, at)).collect();
        fetched.sort_by_key(|mail| at.get(&(mail.in_sent, mail.place.uid)).copied());
        fetched
    })
    .await?;

    for (in_sent, mail) in &batch.mails {
        let Some(position) = folder_name(*in_sent, &names).and_then(|name| cursor.folders.get_mut(name)) else {
            continue;
        };
        position.last = position.last.max(mail.uid);
    }
    if let Some(position) = cursor.folders.get_mut(&names.0) {
        let mut unseen = position.unseen();
        unseen.extend(fetched.iter().filter(|mail| !mail.in_sent && !mail.seen).map(|mail| mail.place.uid));
        position.set_unseen(&unseen);
    }

    let known: Known = session
        .host
        .find_portals(&convert::asked_for(&fetched))
        .await?
        .into_iter()
        .map(|(id, portal)| (id.as_str().to_owned(), portal))
        .collect();
    let fetched = without_repeated(session, fetched, &known).await?;
    let owner = session.owner.clone();
    let events = blocking(move || convert::convert(&fetched, &owner, &known)).await?;
    session.host.deliver(events, Some(cursor.to_value())).await?;
    Ok(())
}

/// Drops what is known already: our own sends, the second copy of a mail to ourselves or to a list,
/// everything after the server has renumbered. A different mail under a used Message-ID (devices that
/// number from one at every start) gets an id of its own.
async fn without_repeated(
    session: &EmailSession,
    fetched: Vec<Fetched>,
    known: &Known,
) -> Result<Vec<Fetched>, SessionError> {
    let mut here: HashMap<String, Identity> = HashMap::new();
    let mut kept = Vec::with_capacity(fetched.len());
    for mut mail in fetched {
        let identity = Identity::of(&mail.mail.from, mail.mail.date);
        let first = match (here.get(&mail.mail.id), known.get(&mail.mail.id)) {
            (Some(first), _) => Some(first.clone()),
            (None, Some(portal)) => {
                let id = RemoteId::new(&mail.mail.id);
                let stored = session.host.messages_up_to(portal, &id, 1).await?;
                let stored = stored.iter().find(|stored| stored.id == id).map(Notes::read);
                // Our own messages are not among those: then it is our mail come back to us.
                Some(stored.map_or_else(|| identity.clone(), |notes| Identity::of(&notes.from, notes.date)))
            }
            (None, None) => None,
        };
        match first {
            Some(first) if first == identity => continue,
            Some(_) => {
                let words = format!("{}{}{}", mail.mail.id, identity.date, identity.from);
                mail.mail.id = format!("{}#{}", mail.mail.id, hash(words.as_bytes()));
                if here.insert(mail.mail.id.clone(), identity).is_some() {
                    continue;
                }
            }
            None => {
                here.insert(mail.mail.id.clone(), identity);
            }
        }
        kept.push(mail);
    }
    Ok(kept)
}

/// What two copies of one mail have in common, whatever was added on the way.
#[derive(Clone, PartialEq, Eq)]
struct Identity {
    from: String,
    date: i64,
}

impl Identity {
    fn of(from: &[Person], date: i64) -> Self {
        Self { from: from.first().map(Person::key).unwrap_or_default(), date }
    }
}

fn folder_name(in_sent: bool, names: &(String, Option<String>)) -> Option<&str> {
    if in_sent { names.1.as_deref() } else { Some(&names.0) }
}

/// Runs what needs the processor where it holds up nobody.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, SessionError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| SessionError::Trouble {
        reason: unisono_domain::text::Text::verbatim(&error.to_string()),
        retry_after: None,
    })
}

/// Parses, and if the parser itself fails, keeps the mail as a file.
pub fn safely(raw: &Raw) -> Mail {
    catch_unwind(AssertUnwindSafe(|| parse(&raw.bytes, raw.received)))
        .unwrap_or_else(|_| unreadable(&raw.bytes, raw.received))
}

fn not_fetched(place: &Place, received: i64) -> Mail {
    let mut mail = unreadable(format!("{}:{}:{}", place.folder, place.uid_validity, place.uid).as_bytes(), received);
    mail.attachments.clear();
    mail.text =
        "A mail could not be fetched from the server. · Eine Mail konnte nicht vom Server abgeholt werden.".to_owned();
    mail
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(uid: u32, received: i64, size: u64) -> Listed {
        Listed { uid, received, size }
    }

    #[test]
    fn folders_are_merged_by_time_and_keep_their_own_order() {
        let merged = merge(vec![
            (false, vec![mail(1, 10, 0), mail(2, 40, 0), mail(3, 5, 0)]),
            (true, vec![mail(1, 20, 0), mail(2, 50, 0)]),
        ]);
        let order: Vec<(bool, u32)> = merged.into_iter().map(|(sent, mail)| (sent, mail.uid)).collect();
        assert_eq!(order, [(false, 1), (true, 1), (false, 2), (false, 3), (true, 2)]);
    }

    #[test]
    fn batches_are_bounded_in_number_and_bytes_and_huge_mails_stand_alone() {
        let suspects = Suspects::default();
        let small = batches((1..=120).map(|uid| (false, mail(uid, 0, 10))).collect(), &suspects);
        assert_eq!(small.iter().map(|batch| batch.mails.len()).collect::<Vec<_>>(), [50, 50, 20]);
        let mixed = batches(
            vec![
                (false, mail(1, 0, 10)),
                (false, mail(2, 0, LARGEST + 1)),
                (false, mail(3, 0, 10)),
                (false, mail(4, 0, BATCH_BYTES)),
            ],
            &suspects,
        );
        assert_eq!(mixed.iter().map(|batch| batch.mails.len()).collect::<Vec<_>>(), [1, 1, 1, 1]);
    }
}
