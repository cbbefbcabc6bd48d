//! Files that a message names, and how they are carried: up to the server (XEP-0363), down from any.

use unisono_domain::channel::{Media, PartKind};
use url::Url;
use xmpp_parsers::minidom::Element;

use super::xml::{element, ns, text_of};

/// More files in one message are not shown.
const MOST_FILES: usize = 20;

/// A file that a message names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub url: String,
    pub name: String,
    pub mime: String,
    pub size: Option<u64>,
}

impl Named {
    fn new(url: String, name: Option<String>, mime: Option<String>, size: Option<u64>) -> Self {
        let name = name.or_else(|| file_name(&url)).unwrap_or_else(|| "file".to_owned());
        // No path comes in by a name.
        let name = name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
        let mime = mime.unwrap_or_else(|| mime_of(&name).to_owned());
        Self { url, name, mime, size }
    }

    pub fn kind(&self) -> PartKind {
        PartKind::of_mime(&self.mime)
    }

    pub fn media(&self) -> Media {
        Media { size: self.size, ..Media::lazy(&self.url, &self.name, &self.mime) }
    }
}

/// The files of a message: out-of-band data (XEP-0066), stateless file sharing (XEP-0447), and media
/// sharing by reference (XEP-0385). The same file said in two ways is one.
pub fn named(payloads: &[Element]) -> Vec<Named> {
    let mut files: Vec<Named> = Vec::new();
    let mut add = |file: Named| {
        if files.len() < MOST_FILES && files.iter().all(|known| known.url != file.url) {
            files.push(file);
        }
    };
    for payload in payloads {
        if payload.is("file-sharing", ns::SFS) {
            let file = payload.get_child("file", ns::FILE_METADATA);
            let target =
                payload.get_child("sources", ns::SFS).and_then(|sources| sources.get_child("url-data", ns::URL_DATA));
            if let Some(url) = target.and_then(|target| target.attr("target")) {
                add(described(url, file, ns::FILE_METADATA));
            }
        } else if payload.is("reference", ns::REFERENCE)
            && let Some(sharing) = payload.get_child("media-sharing", ns::SIMS)
        {
            let file = sharing.get_child("file", ns::JINGLE_FT);
            let source = sharing
                .get_child("sources", ns::SIMS)
                .and_then(|sources| sources.get_child("reference", ns::REFERENCE));
            if let Some(url) = source.and_then(|source| source.attr("uri")) {
                add(described(url, file, ns::JINGLE_FT));
            }
        }
    }
    for payload in payloads.iter().filter(|payload| payload.is("x", ns::OOB)) {
        if let Some(url) = text_of(payload, "url", ns::OOB) {
            add(Named::new(url, None, None, None));
        }
    }
    files
}

fn described(url: &str, file: Option<&Element>, namespace: &str) -> Named {
    let say = |name: &str| file.and_then(|file| text_of(file, name, namespace));
    Named::new(url.to_owned(), say("name"), say("media-type"), say("size").and_then(|size| size.parse().ok()))
}

fn file_name(url: &str) -> Option<String> {
    let url: Url = url.parse().ok()?;
    let last = url.path_segments()?.next_back()?.to_owned();
    let name = percent_decoded(&last);
    Some(name).filter(|name| !name.is_empty())
}

fn percent_decoded(text: &str) -> String {
    // A form's rules would also turn `+` into a blank.
    let text = text.replace('+', "%2B");
    url::form_urlencoded::parse(text.as_bytes()).map(|(key, _)| key.into_owned()).next().unwrap_or_default()
}

/// What a file's ending says about it; the network says nothing.
fn mime_of(name: &str) -> &'static str {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    match ending.as_deref() {
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("png") => "image/png",
        Some("gif") => "image/gif",
        Some("webp") => "image/webp",
        Some("avif") => "image/avif",
        Some("heic") => "image/heic",
        Some("mp4" | "m4v") => "video/mp4",
        Some("webm") => "video/webm",
        Some("mov") => "video/quicktime",
        Some("m4a") => "audio/mp4",
        Some("mp3") => "audio/mpeg",
        Some("ogg" | "oga" | "opus") => "audio/ogg",
        Some("wav") => "audio/wav",
        Some("pdf") => "application/pdf",
        Some("txt") => "text/plain",
        Some("vcf") => "text/vcard",
        Some("zip") => "application/zip",
        _ => "application/octet-stream",
    }
}

/// The request for a place to put a file.
pub fn slot_request(name: &str, size: u64, mime: &str) -> Element {
    use super::xml::Build as _;
    element("request", ns::HTTP_UPLOAD).set("filename", name).set("size", &size.to_string()).set("content-type", mime)
}

/// Where a file goes, with the headers that the server wants to see again, and where it is then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    pub put: Url,
    pub headers: Vec<(String, String)>,
    pub get: Url,
}

/// Reads a place for a file. Only what the specification allows is a header.
pub fn slot(answer: &Element) -> Option<Slot> {
    let put = answer.get_child("put", ns::HTTP_UPLOAD)?;
    let get = answer.get_child("get", ns::HTTP_UPLOAD)?.attr("url")?.parse().ok()?;
    let headers = put
        .children()
        .filter(|child| child.is("header", ns::HTTP_UPLOAD))
        .filter_map(|header| Some((header.attr("name")?.to_owned(), header.text().replace(['\r', '\n'], ""))))
        .filter(|(name, _)| ["authorization", "cookie", "expires"].contains(&name.to_ascii_lowercase().as_str()))
        .collect();
    Some(Slot { put: put.attr("url")?.parse().ok()?, headers, get })
}

/// Files travel encrypted, but for a server on this very machine.
pub fn is_safe(url: &Url) -> bool {
    let here = match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && here)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(xml: &str) -> Element {
        xml.parse().unwrap()
    }

    #[test]
    fn a_file_said_in_two_ways_is_one() {
        let oob = read("<x xmlns='jabber:x:oob'><url>https://up.example.org/a/Caf%C3%A9+1.jpg</url></x>");
        let sfs = read(
            "<file-sharing xmlns='urn:xmpp:sfs:0'><file xmlns='urn:xmpp:file:metadata:0'><media-type>image/png</media-type>\
             <name>../../etc/photo.png</name><size>12</size></file><sources><url-data \
             xmlns='http://jabber.org/protocol/url-data' target='https://up.example.org/a/Caf%C3%A9+1.jpg'/></sources>\
             </file-sharing>",
        );
        let alone = named(std::slice::from_ref(&oob));
        assert_eq!((alone[0].name.as_str(), alone[0].mime.as_str()), ("Café+1.jpg", "image/jpeg"));
        let both = named(&[oob, sfs]);
        assert_eq!(both.len(), 1);
        assert_eq!((both[0].name.as_str(), both[0].size, both[0].kind()), ("photo.png", Some(12), PartKind::Image));
    }

    #[test]
    fn only_harmless_headers_are_sent_along() {
        let answer = read(
            "<slot xmlns='urn:xmpp:http:upload:0'><put url='https://up.example.org/1'><header name='Authorization'>Basic \
             x\ny</header><header name='Host'>evil</header></put><get url='https://up.example.org/1'/></slot>",
        );
        let slot = slot(&answer).unwrap();
        assert_eq!(slot.headers, [("Authorization".to_owned(), "Basic xy".to_owned())]);
        assert!(is_safe(&slot.put) && !is_safe(&"http://up.example.org/1".parse().unwrap()));
    }
}
