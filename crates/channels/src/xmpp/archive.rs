//! Archives of messages (XEP-0313): our own, and those of rooms.

use unisono_domain::Millis;
use xmpp_parsers::{jid::BareJid, message::Message, minidom::Element};

use super::{
    heard::{Heard, Way, forwarded},
    link::{Link, LinkError},
    xml::{Build as _, element, form, ns},
};

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// A private chat with somebody.
    pub with: Option<String>,
    pub start: Option<Millis>,
    pub end: Option<Millis>,
    pub place: Place,
    pub most: usize,
}

#[derive(Clone, Debug, Default)]
pub enum Place {
    #[default]
    First,
    After(String),
    /// The page before a message; `None`: the last page.
    Before(Option<String>),
}

/// One page, oldest first.
#[derive(Debug, Default)]
pub struct Page {
    pub messages: Vec<Heard>,
    pub first: Option<String>,
    pub last: Option<String>,
    /// There is no more in this direction.
    pub complete: bool,
}

/// Asks for one page. `None`: there is no archive, or it does not tell.
pub async fn ask(link: &Link, archive: &BareJid, question: &Question, way: Way) -> Result<Option<Page>, LinkError> {
    let query = link.fresh_id();
    match link.query(archive, &query, write(question, &query)).await {
        Ok((found, answer)) => Ok(Some(read(&found, answer.as_ref(), way))),
        Err(LinkError::Refused(refusal)) if refusal.condition == "item-not-found" => Err(LinkError::Refused(refusal)),
        Err(LinkError::Refused(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn write(question: &Question, query: &str) -> Element {
    let stamp = |at: &Millis| jiff::Timestamp::from_millisecond(*at).map(|at| at.to_string()).unwrap_or_default();
    let (start, end) = (question.start.as_ref().map(stamp), question.end.as_ref().map(stamp));
    let fields: Vec<(&str, &str)> = [("with", &question.with), ("start", &start), ("end", &end)]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.as_deref()?)))
        .collect();
    let set = element("set", ns::RSM).child(element("max", ns::RSM).says(&question.most.to_string()));
    let set = match &question.place {
        Place::First => set,
        Place::After(id) => set.child(element("after", ns::RSM).says(id)),
        Place::Before(id) => set.child(element("before", ns::RSM).says(id.as_deref().unwrap_or_default())),
    };
    element("query", ns::MAM).set("queryid", query).child(form(ns::MAM, &fields)).child(set)
}

fn read(found: &[Element], answer: Option<&Element>, way: Way) -> Page {
    let fin = answer.filter(|answer| answer.is("fin", ns::MAM));
    let set = fin.and_then(|fin| fin.get_child("set", ns::RSM));
    let edge = |name: &str| Some(set?.get_child(name, ns::RSM)?.text()).filter(|id| !id.is_empty());
    Page {
        messages: found.iter().filter_map(|result| heard(result, way)).collect(),
        first: edge("first"),
        last: edge("last"),
        complete: fin.is_none_or(|fin| fin.attr("complete") == Some("true")),
    }
}

fn heard(result: &Element, way: Way) -> Option<Heard> {
    let (message, at) = forwarded(result)?;
    let message: Message = message;
    Some(Heard { at: at?, archived: Some(result.attr("id")?.to_owned()), message, way })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_with_its_edges() {
        let result: Element = "<result xmlns='urn:xmpp:mam:2' queryid='q' id='A'><forwarded xmlns='urn:xmpp:forward:0'><delay \
             xmlns='urn:xmpp:delay' stamp='2026-11-23T12:00:00Z'/><message xmlns='jabber:client' from='anna@x/1' to='me@x' \
             type='chat' id='1'><body>hi</body></message></forwarded></result>"
            .parse()
            .unwrap();
        let fin: Element = "<fin xmlns='urn:xmpp:mam:2' complete='true'><set xmlns='http://jabber.org/protocol/rsm'>\
             <first>A</first><last>A</last></set></fin>"
            .parse()
            .unwrap();
        let broken: Element = "<result xmlns='urn:xmpp:mam:2' id='B'/>".parse().unwrap();
        let page = read(&[result, broken], Some(&fin), Way::CaughtUp);
        assert_eq!((page.messages.len(), page.complete, page.last.as_deref()), (1, true, Some("A")));
        assert_eq!(page.messages[0].at, 1_795_435_200_000);
    }

    #[test]
    fn times_are_written_as_the_specification_wants_them() {
        let question = Question { start: Some(1_795_435_200_000), ..Question::default() };
        let written = String::from(&write(&question, "q"));
        assert!(written.contains("2026-11-23T12:00:00Z"), "{written}");
    }
}
