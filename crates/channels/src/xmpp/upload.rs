//! Putting a file where others can fetch it (XEP-0363).

use reqwest::Method;
use unisono_domain::{
    channel::{Media, MediaSource, SendOutcome},
    text::Text,
};
use url::Url;
use xmpp_parsers::jid::Jid;

use super::{
    files,
    link::{Link, LinkError},
    refusal::refused,
    session::XmppSession,
    xml::{element, field, find, ns},
};
use crate::net::NetError;

/// A server's place for files.
#[derive(Clone, Debug)]
pub struct Upload {
    service: Jid,
    most: Option<u64>,
}

const NO_SERVICE: Text = Text::new(
    "This XMPP server takes no files (it has no HTTP upload).",
    "Dieser XMPP-Server nimmt keine Dateien an (ihm fehlt HTTP-Upload).",
);
const UNSAFE: Text = Text::new(
    "The server names an unencrypted place for files; nothing was sent there.",
    "Der Server nennt einen unverschlüsselten Ort für Dateien; dorthin wurde nichts gesendet.",
);
const AWAY: Text = Text::new("The file could not be uploaded yet.", "Die Datei ließ sich noch nicht hochladen.");

/// Looks for the service among what the server offers (XEP-0363, 4).
async fn discover(link: &Link) -> Result<Option<Upload>, LinkError> {
    let server = Jid::from(xmpp_parsers::jid::BareJid::from_parts(None, link.me.domain()));
    let mut candidates = vec![server.clone()];
    if let Some(items) = answered(link.get(Some(server), element("query", ns::DISCO_ITEMS)).await)? {
        let items = items.children().filter_map(|item| item.attr("jid")?.parse().ok());
        candidates.extend(items.take(30));
    }
    for service in candidates {
        let Some(info) = answered(link.get(Some(service.clone()), element("query", ns::DISCO_INFO)).await)? else {
            continue;
        };
        let features: Vec<_> = info.children().cloned().collect();
        if !features.iter().any(|feature| feature.attr("var") == Some(ns::HTTP_UPLOAD)) {
            continue;
        }
        let most = find(&features, "x", ns::DATA_FORMS).and_then(|form| field(form, "max-file-size")?.parse().ok());
        return Ok(Some(Upload { service, most }));
    }
    Ok(None)
}

/// A refusal is an answer, too.
fn answered<T>(answer: Result<Option<T>, LinkError>) -> Result<Option<T>, LinkError> {
    match answer {
        Err(LinkError::Refused(_)) => Ok(None),
        other => other,
    }
}

async fn service(session: &XmppSession, link: &Link) -> Result<Option<Upload>, LinkError> {
    let known = session.upload.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
    if let Some(known) = known {
        return Ok(known);
    }
    let found = discover(link).await?;
    *session.upload.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(found.clone());
    Ok(found)
}

/// Uploads a file; gives its address.
pub async fn put(session: &XmppSession, link: &Link, media: &Media) -> Result<Url, SendOutcome> {
    let retry = || SendOutcome::Retry { after: None, reason: AWAY };
    let reject = |reason: Text| SendOutcome::Rejected { reason };
    let MediaSource::Bytes(bytes) = &media.source else { return Err(reject(NO_SERVICE)) };
    let upload = service(session, link).await.map_err(|_| retry())?.ok_or_else(|| reject(NO_SERVICE))?;
    let size = bytes.len() as u64;
    if let Some(most) = upload.most.filter(|most| size > *most) {
        let megabytes = most.div_ceil(1024 * 1024);
        return Err(reject(Text::owned(
            format!("This XMPP server takes files up to {megabytes} MB."),
            format!("Dieser XMPP-Server nimmt Dateien bis {megabytes} MB an."),
        )));
    }
    let mime = media.mime.split(';').next().unwrap_or("application/octet-stream");
    let answer = link.get(Some(upload.service), files::slot_request(&media.name, size, mime)).await;
    let slot = match answer {
        Ok(answer) => answer.as_ref().and_then(files::slot),
        Err(LinkError::Refused(refusal)) if !refusal.passing => return Err(reject(refused(&refusal))),
        Err(_) => return Err(retry()),
    };
    let Some(slot) = slot.filter(|slot| files::is_safe(&slot.put) && files::is_safe(&slot.get)) else {
        return Err(reject(UNSAFE));
    };
    let mut request = session.http.request(Method::PUT, &slot.put).header("content-type", mime).body(bytes.clone());
    for (name, value) in &slot.headers {
        request = request.header(name, value);
    }
    match session.http.fetch(request, 64 * 1024).await {
        Ok(_) => Ok(slot.get),
        Err(NetError::Http(status)) if status.starts_with('4') => Err(reject(Text::owned(
            format!("The server does not take the file: {status}"),
            format!("Der Server nimmt die Datei nicht an: {status}"),
        ))),
        Err(NetError::Forbidden(host)) => Err(reject(Text::owned(
            format!("The server's place for files ({host}) must not be connected to."),
            format!("Der Ort für Dateien ({host}) darf nicht angesprochen werden."),
        ))),
        Err(_) => Err(retry()),
    }
}
