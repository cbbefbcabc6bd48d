//! The folder of sent mails: our copy goes in, and it tells whether a mail went out.

use unisono_domain::channel::{MessageRef, RemoteId};

use super::{
    imap::{Imap, ImapError, quoted},
    notes::{Notes, Place},
    parse::parse,
    session::EmailSession,
};

/// Submission servers that file what they send themselves.
const FILE_THEMSELVES: [&str; 4] = ["gmail.com", "googlemail.com", "office365.com", "outlook.com"];

/// The folder of sent mails, open and searched, so that filing takes one command.
pub struct Filing {
    imap: Imap,
    folder: String,
    /// The mail lies there: it went out at an earlier try.
    pub there: bool,
}

/// Gets ready to file a mail; `None` if the server files what it sends itself.
pub async fn prepare(session: &EmailSession, id: &str) -> Result<Option<Filing>, ImapError> {
    let smtp = &session.mailbox.credentials.smtp.host;
    if FILE_THEMSELVES.iter().any(|domain| smtp == domain || smtp.ends_with(&format!(".{domain}"))) {
        return Ok(None);
    }
    let mut imap = session.connection().await?;
    if imap.abilities.gmail {
        session.give_back(imap);
        return Ok(None);
    }
    let folder = match session.sent_folder(&mut imap).await? {
        Some(folder) => folder,
        None => {
            imap.create("Sent").await?;
            "Sent".to_owned()
        }
    };
    let there = search(&mut imap, &folder, id).await?.is_some();
    Ok(Some(Filing { imap, folder, there }))
}

impl Filing {
    /// Puts the mail into the folder.
    pub async fn file(mut self, session: &EmailSession, raw: &[u8]) -> Result<(), ImapError> {
        self.imap.append(&self.folder, raw).await?;
        session.give_back(self.imap);
        Ok(())
    }

    /// Leaves it.
    pub fn leave(self, session: &EmailSession) {
        session.give_back(self.imap);
    }
}

/// Files a mail after all, where getting ready or filing failed.
pub async fn file_late(session: &EmailSession, id: &str, raw: &[u8]) -> Result<(), ImapError> {
    match prepare(session, id).await? {
        Some(filing) if !filing.there => filing.file(session, raw).await,
        Some(filing) => {
            filing.leave(session);
            Ok(())
        }
        None => Ok(()),
    }
}

/// The mail with this id, if it is among the sent ones.
pub async fn find(session: &EmailSession, id: &str) -> Result<Option<MessageRef>, ImapError> {
    let mut imap = session.connection().await?;
    let Some(folder) = session.sent_folder(&mut imap).await? else {
        session.give_back(imap);
        return Ok(None);
    };
    let mut found = None;
    if let Some(place) = search(&mut imap, &folder, id).await?
        && let Some(raw) = imap.fetch_mails(&[place.uid], Some(64 * 1024)).await?.first()
    {
        let mail = parse(&raw.bytes, raw.received);
        found = Some(MessageRef { id: RemoteId::new(id), data: Notes::of(&mail, true, Some(place)).to_value() });
    }
    session.give_back(imap);
    Ok(found)
}

async fn search(imap: &mut Imap, folder: &str, id: &str) -> Result<Option<Place>, ImapError> {
    let selected = imap.select(folder).await?;
    let Some(id) = quoted(id) else { return Ok(None) };
    let found = imap.search(&format!("HEADER Message-ID {id}")).await?;
    Ok(found.last().map(|uid| Place { folder: folder.to_owned(), uid_validity: selected.uid_validity, uid: *uid }))
}
