//! Writing and reading elements. Most extensions are a handful of attributes; a type for each would
//! say no more than their names do.

use xmpp_parsers::minidom::{Element, rxml};

pub mod ns {
    //! Namespaces that `xmpp_parsers::ns` does not have.
    pub use xmpp_parsers::ns::*;

    /// XEP-0424.
    pub const RETRACT: &str = "urn:xmpp:message-retract:1";
    /// XEP-0424 before version 0.4, inside of [`FASTEN`].
    pub const RETRACT_0: &str = "urn:xmpp:message-retract:0";
    pub const FASTEN: &str = "urn:xmpp:fasten:0";
    /// XEP-0461.
    pub const REPLY: &str = "urn:xmpp:reply:0";
    /// XEP-0428.
    pub const FALLBACK: &str = "urn:xmpp:fallback:0";
    /// XEP-0334.
    pub const HINTS: &str = "urn:xmpp:hints";
    /// XEP-0384, the present version.
    pub const OMEMO: &str = "urn:xmpp:omemo:2";
    /// XEP-0080.
    pub const GEOLOC: &str = "http://jabber.org/protocol/geoloc";
    /// XEP-0372.
    pub const REFERENCE: &str = "urn:xmpp:reference:0";
    /// XEP-0385.
    pub const SIMS: &str = "urn:xmpp:sims:1";
    /// XEP-0447.
    pub const SFS: &str = "urn:xmpp:sfs:0";
    /// XEP-0446.
    pub const FILE_METADATA: &str = "urn:xmpp:file:metadata:0";
    /// XEP-0103.
    pub const URL_DATA: &str = "http://jabber.org/protocol/url-data";
    /// XEP-0249.
    pub const CONFERENCE: &str = "jabber:x:conference";
}

/// Building elements in one expression.
pub trait Build: Sized {
    #[must_use]
    fn set(self, name: &str, value: &str) -> Self;
    #[must_use]
    fn child(self, child: Element) -> Self;
    #[must_use]
    fn says(self, text: &str) -> Self;
}

impl Build for Element {
    fn set(mut self, name: &str, value: &str) -> Self {
        if let Ok(name) = rxml::NcName::try_from(name) {
            self.set_attr(rxml::Namespace::NONE, name, clean(value));
        }
        self
    }

    fn child(mut self, child: Element) -> Self {
        self.append_child(child);
        self
    }

    fn says(mut self, text: &str) -> Self {
        self.append_text_node(clean(text));
        self
    }
}

pub fn element(name: &str, namespace: &str) -> Element {
    Element::bare(name, namespace)
}

/// The text without the characters that XML 1.0 cannot carry even escaped.
pub fn clean(text: &str) -> String {
    let allowed =
        |c: &char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    text.chars().filter(allowed).collect()
}

/// A form of XEP-0004 that is sent back filled in.
pub fn form(kind: &str, fields: &[(&str, &str)]) -> Element {
    let field = |name: &str, value: &str| {
        element("field", ns::DATA_FORMS).set("var", name).child(element("value", ns::DATA_FORMS).says(value))
    };
    let first = field("FORM_TYPE", kind).set("type", "hidden");
    let form = element("x", ns::DATA_FORMS).set("type", "submit").child(first);
    fields.iter().fold(form, |form, (name, value)| form.child(field(name, value)))
}

/// What stands in a field of a form.
pub fn field(form: &Element, name: &str) -> Option<String> {
    let field = form.children().find(|child| child.is("field", ns::DATA_FORMS) && child.attr("var") == Some(name))?;
    Some(field.get_child("value", ns::DATA_FORMS)?.text())
}

/// The first of a stanza's extensions with this name.
pub fn find<'a>(payloads: &'a [Element], name: &str, namespace: &str) -> Option<&'a Element> {
    payloads.iter().find(|payload| payload.is(name, namespace))
}

pub fn has(payloads: &[Element], name: &str, namespace: &str) -> bool {
    find(payloads, name, namespace).is_some()
}

/// A child's text, if it says anything.
pub fn text_of(parent: &Element, name: &str, namespace: &str) -> Option<String> {
    let text = parent.get_child(name, namespace)?.text();
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_cannot_carry_is_left_out() {
        assert_eq!(clean("a\u{0}b\u{1b}c\u{ffff}\n😀"), "abc\n😀");
    }

    #[test]
    fn forms_are_read_as_they_are_written() {
        let form = form("urn:x", &[("with", "anna@example.org")]);
        assert_eq!(field(&form, "with").as_deref(), Some("anna@example.org"));
        assert_eq!(field(&form, "FORM_TYPE").as_deref(), Some("urn:x"));
        assert_eq!(field(&form, "start"), None);
    }
}
