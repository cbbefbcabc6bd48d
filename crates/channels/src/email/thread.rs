//! Which conversation a mail belongs to.
//!
//! Chat ids, opaque to everybody else: `t:<message id>` a thread by its root, `n:<address>:<nonce>` a
//! thread that we begin, `c:<address>` a person, `g:<addresses>` several (`g#<hash>` when they are
//! many), `l:<list id>` a mailing list.

use std::collections::{BTreeSet, HashMap};

use unisono_domain::channel::{ChatId, ChatInfo, ChatKind, PortalKey, RemoteUser, RemoteUserId};

use super::{
    config::{Owner, Threading},
    message::{Mail, Person, normalise},
    parse::hash,
};

/// Longest list of addresses that serves as an id itself.
const LONGEST_GROUP: usize = 200;

/// Portals of messages that are stored already, by message id.
pub type Known = HashMap<String, PortalKey>;

/// Whether the owner wrote it.
pub fn is_own(mail: &Mail, in_sent: bool, owner: &Owner) -> bool {
    in_sent || mail.from.first().is_some_and(|from| owner.has(&from.address))
}

/// Everybody in a mail but the owner, sorted; the owner alone in a mail to themselves.
pub fn others(mail: &Mail, own: bool, owner: &Owner) -> Vec<Person> {
    let is_mine = |person: &Person| owner.has(&person.address) || (!own && mail.delivered_to.contains(&person.key()));
    let named_here = mail.to.iter().chain(&mail.cc).any(is_mine);
    let mut found: Vec<Person> = Vec::new();
    // Not addressed to us by name: a blind copy or a newsletter. Only its sender is in it with us, so
    // that an answer does not betray the blind copy.
    let everybody: Vec<&Person> = if own || named_here {
        mail.from.iter().chain(&mail.to).chain(&mail.cc).collect()
    } else {
        mail.from.iter().collect()
    };
    for person in everybody {
        if !is_mine(person) && !found.iter().any(|known| known.key() == person.key()) {
            found.push(person.clone());
        }
    }
    if found.is_empty() {
        found.extend(mail.from.first().cloned());
    }
    found.sort_by_key(Person::key);
    found
}

/// The portal of each mail. `known` holds the portals of all their ancestors that are stored. The
/// result does not depend on the order of the mails.
pub fn assign(mails: &[(&Mail, bool)], owner: &Owner, known: &Known) -> Vec<PortalKey> {
    match owner.threading {
        Threading::Thread => by_thread(mails, owner, known),
        Threading::Correspondent => mails.iter().map(|(mail, own)| by_people(mail, *own, owner, known)).collect(),
    }
}

/// Trees of References and In-Reply-To, joined wherever they share an id.
fn by_thread(mails: &[(&Mail, bool)], owner: &Owner, known: &Known) -> Vec<PortalKey> {
    let mut forest = Forest::default();
    for (mail, _) in mails {
        let mut line = mail.ancestors();
        line.push(&mail.id);
        for pair in line.windows(2) {
            forest.join(pair[0], pair[1]);
        }
        forest.node(&mail.id);
    }
    // The smallest wins, so that nothing depends on order.
    let mut stored: HashMap<usize, PortalKey> = HashMap::new();
    for (id, portal) in known {
        if let Some(node) = forest.find(id) {
            let first = stored.entry(node).or_insert_with(|| portal.clone());
            if portal.chat < first.chat {
                *first = portal.clone();
            }
        }
    }
    let roots = forest.roots();
    mails
        .iter()
        .map(|(mail, _)| {
            let node = forest.node(&mail.id);
            stored.get(&node).cloned().unwrap_or_else(|| {
                let root = roots.get(&node).copied().unwrap_or(&mail.id);
                key(format!("t:{root}"), owner)
            })
        })
        .collect()
}

fn by_people(mail: &Mail, own: bool, owner: &Owner, known: &Known) -> PortalKey {
    if let Some(list) = mail.list.as_ref().filter(|list| !list.id.is_empty() && list.post.is_some()) {
        return key(format!("l:{}", list.id), owner);
    }
    let people = others(mail, own, owner);
    // Our answer to a Reply-To that differs from the sender's address stays in their conversation.
    if own && people.len() == 1 {
        let answered = mail.in_reply_to.iter().find_map(|id| known.get(id));
        if let Some(portal) = answered.filter(|portal| portal.chat.as_str().starts_with("c:")) {
            return portal.clone();
        }
    }
    people_key(&people.iter().map(Person::key).collect::<Vec<_>>(), owner)
}

/// The portal of a set of people.
pub fn people_key(addresses: &[String], owner: &Owner) -> PortalKey {
    let sorted: BTreeSet<&str> = addresses.iter().map(String::as_str).collect();
    let joined = sorted.iter().copied().collect::<Vec<_>>().join(",");
    let chat = match sorted.len() {
        0 => "c:unknown".to_owned(),
        1 => format!("c:{joined}"),
        _ if joined.len() <= LONGEST_GROUP => format!("g:{joined}"),
        _ => format!("g#{}", hash(joined.as_bytes())),
    };
    key(chat, owner)
}

pub fn key(chat: String, owner: &Owner) -> PortalKey {
    PortalKey { chat: ChatId::new(chat), receiver: Some(owner.account) }
}

/// The addresses that a portal's id itself names.
pub fn addresses_of(portal: &PortalKey) -> Vec<String> {
    let chat = portal.chat.as_str();
    if let Some(address) = chat.strip_prefix("c:") {
        return vec![address.to_owned()];
    }
    if let Some(list) = chat.strip_prefix("g:") {
        return list.split(',').map(ToOwned::to_owned).collect();
    }
    match chat.strip_prefix("n:").and_then(|rest| rest.rsplit_once(':')) {
        Some((address, _)) => vec![address.to_owned()],
        None => Vec::new(),
    }
}

/// A person as the hub knows people.
pub fn user(person: &Person) -> RemoteUser {
    let key = person.key();
    RemoteUser {
        id: RemoteUserId::new(&key),
        name: person.name.clone().filter(|name| normalise(name) != key),
        handles: vec![format!("mailto:{key}")],
    }
}

/// Name and members of the conversation as this mail shows them.
pub fn chat_info(mail: &Mail, own: bool, owner: &Owner, portal: &PortalKey) -> ChatInfo {
    let people = others(mail, own, owner);
    let chat = portal.chat.as_str();
    let (kind, name) = if chat.starts_with("t:") || chat.starts_with("n:") {
        let subject = base_subject(&mail.subject);
        (ChatKind::Group, (!subject.is_empty()).then_some(subject))
    } else if chat.starts_with("l:") {
        let name = mail.list.as_ref().map(|list| list.name.clone().unwrap_or_else(|| list.id.clone()));
        (ChatKind::Group, name)
    } else if chat.starts_with("c:") {
        (ChatKind::Direct, None)
    } else {
        (ChatKind::Group, None)
    };
    let members = if chat.starts_with("l:") {
        mail.from.iter().filter(|_| !own).map(user).collect()
    } else {
        people.iter().map(user).collect()
    };
    ChatInfo { kind, name, topic: None, avatar: None, members }
}

/// A subject without its `Re:`, `AW:`, `Fwd:` and `[list]` (RFC 5256, section 2.1, and what is used).
pub fn base_subject(subject: &str) -> String {
    let mut rest = subject.trim();
    loop {
        let before = rest;
        for prefix in ["re:", "aw:", "antw:", "sv:", "fwd:", "fw:", "wg:", "wtr:", "rif:", "ref:", "tr:", "r:"] {
            if rest.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix)) {
                rest = rest[prefix.len()..].trim_start();
            }
        }
        // `Re[2]:`
        if let Some(tail) =
            rest.get(..3).filter(|start| start.eq_ignore_ascii_case("re[")).and_then(|_| rest[3..].split_once("]:"))
            && tail.0.chars().all(|char| char.is_ascii_digit())
        {
            rest = tail.1.trim_start();
        }
        if rest == before {
            return rest.to_owned();
        }
    }
}

/// Sets of ids that belong together.
#[derive(Default)]
struct Forest<'a> {
    index: HashMap<&'a str, usize>,
    names: Vec<&'a str>,
    parents: Vec<usize>,
    answers: Vec<bool>,
}

impl<'a> Forest<'a> {
    fn add(&mut self, id: &'a str) -> usize {
        if let Some(at) = self.index.get(id) {
            return *at;
        }
        let at = self.names.len();
        self.index.insert(id, at);
        self.names.push(id);
        self.parents.push(at);
        self.answers.push(false);
        at
    }

    fn top(&mut self, mut at: usize) -> usize {
        while self.parents[at] != at {
            self.parents[at] = self.parents[self.parents[at]];
            at = self.parents[at];
        }
        at
    }

    fn node(&mut self, id: &'a str) -> usize {
        let at = self.add(id);
        self.top(at)
    }

    fn find(&mut self, id: &str) -> Option<usize> {
        let at = *self.index.get(id)?;
        Some(self.top(at))
    }

    fn join(&mut self, older: &'a str, newer: &'a str) {
        let (older, newer) = (self.add(older), self.add(newer));
        self.answers[newer] = true;
        let (older, newer) = (self.top(older), self.top(newer));
        self.parents[newer] = older;
    }

    /// The root of each set: what answers nothing; among several, and in a circle, the smallest.
    fn roots(&mut self) -> HashMap<usize, &'a str> {
        let mut roots: HashMap<usize, (bool, &'a str)> = HashMap::new();
        for at in 0..self.names.len() {
            let top = self.top(at);
            let candidate = (self.answers[at], self.names[at]);
            let best = roots.entry(top).or_insert(candidate);
            *best = (*best).min(candidate);
        }
        roots.into_iter().map(|(top, (_, name))| (top, name)).collect()
    }
}
