//! People's cards: WhatsApp's JSON on one side, vCard (RFC 6350) on the other.

use serde_json::{Map, Value, json};
use unisono_domain::channel::Part;

use crate::meta_graph::read::{cut, list, text};

/// More than this is nobody's card.
const LONGEST: usize = 64 * 1024;

/// One part a person.
pub fn parts(contacts: &[Value]) -> Vec<Part> {
    let parts = contacts.iter().take(50).enumerate().map(|(number, contact)| {
        let given = text(contact, "/vcard");
        let names = [
            text(contact, "/name/formatted_name"),
            text(contact, "/name/first_name"),
            text(contact, "/phones/0/phone"),
        ];
        let name = names.into_iter().find(|name| !name.is_empty()).unwrap_or("?");
        let vcard = if given.starts_with("BEGIN:VCARD") { cut(given, LONGEST) } else { vcard(contact, name) };
        // A name is no path.
        let name: String =
            name.chars().map(|c| if matches!(c, '/' | '\\') || c.is_control() { ' ' } else { c }).collect();
        Part::contact(number.to_string(), &cut(&name, 100), vcard)
    });
    parts.collect()
}

fn vcard(contact: &Value, name: &str) -> String {
    let mut lines = vec!["BEGIN:VCARD".to_owned(), "VERSION:3.0".to_owned(), format!("FN:{}", escaped(name))];
    let several = |pointers: &[&str]| {
        let fields: Vec<String> = pointers.iter().map(|pointer| escaped(text(contact, pointer))).collect();
        fields.iter().any(|field| !field.is_empty()).then(|| fields.join(";"))
    };
    let mut put = |key: &str, value: Option<String>| lines.extend(value.map(|value| format!("{key}:{value}")));
    put("N", several(&["/name/last_name", "/name/first_name", "/name/middle_name", "/name/prefix", "/name/suffix"]));
    put("ORG", several(&["/org/company", "/org/department"]));
    put("TITLE", several(&["/org/title"]));
    put("BDAY", several(&["/birthday"]));
    for (list_of, key, field) in
        [("/phones", "TEL", "/phone"), ("/emails", "EMAIL", "/email"), ("/urls", "URL", "/url")]
    {
        for one in list(contact, list_of).iter().take(20).filter(|one| !text(one, field).is_empty()) {
            put(&typed(key, one), Some(escaped(text(one, field))));
        }
    }
    for one in list(contact, "/addresses").iter().take(20) {
        let fields = ["/street", "/city", "/state", "/zip", "/country"].map(|field| escaped(text(one, field)));
        put(&typed("ADR", one), Some(format!(";;{}", fields.join(";"))));
    }
    lines.push("END:VCARD\r\n".to_owned());
    lines.join("\r\n")
}

fn typed(key: &str, one: &Value) -> String {
    let kind: String = text(one, "/type").chars().filter(char::is_ascii_alphanumeric).take(20).collect();
    if kind.is_empty() { key.to_owned() } else { format!("{key};TYPE={kind}") }
}

fn escaped(value: &str) -> String {
    let mut escaped = String::new();
    for char in value.chars().take(1_000) {
        match char {
            '\\' | ',' | ';' => escaped.extend(['\\', char]),
            '\n' => escaped.push_str("\\n"),
            other if other.is_control() => {}
            other => escaped.push(other),
        }
    }
    escaped
}

fn unescaped(value: &str) -> String {
    value.replace("\\n", " ").replace("\\N", " ").replace("\\,", ",").replace("\\;", ";").replace("\\\\", "\\")
}

/// The card as WhatsApp takes it; `None` if there is no name in it, or nothing to reach it by.
pub fn from_vcard(vcard: &str) -> Option<Value> {
    // A line that begins with a blank goes on with the one before.
    let unfolded = vcard.replace("\r\n", "\n").replace("\n ", "").replace("\n\t", "");
    let mut contact = Map::new();
    let (mut name, mut phones, mut emails, mut urls) = (None, Vec::new(), Vec::new(), Vec::new());
    for line in unfolded.lines().take(500) {
        let Some((key, value)) = line.split_once(':') else { continue };
        let value = unescaped(value.trim());
        // `item1.TEL;TYPE=cell` is a TEL.
        let key = key.split(';').next().unwrap_or_default().rsplit('.').next().unwrap_or_default().to_ascii_uppercase();
        match key.as_str() {
            _ if value.is_empty() => {}
            "FN" => name = Some(value),
            "TEL" => phones.push(json!({ "phone": value.trim_start_matches("tel:") })),
            "EMAIL" => emails.push(json!({ "email": value })),
            "URL" => urls.push(json!({ "url": value })),
            "ORG" => drop(contact.insert("org".to_owned(), json!({ "company": value.trim_end_matches(';') }))),
            _ => {}
        }
    }
    let name = name?;
    for (key, values) in [("phones", phones), ("emails", emails), ("urls", urls)] {
        if !values.is_empty() {
            contact.insert(key.to_owned(), values.into_iter().take(10).collect());
        }
    }
    // WhatsApp wants one of the parts of the name beside the whole.
    contact.insert("name".to_owned(), json!({ "formatted_name": name, "first_name": name }));
    Some(Value::Object(contact))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_survives_the_way_there_and_back() {
        let contact = json!({ "name": { "formatted_name": "Lucía; Gómez\nX", "first_name": "Lucía" },
            "phones": [{ "phone": "+1 (983) 555-2319", "type": "MOBILE" }], "org": { "company": "A, B & C" },
            "emails": [{ "email": "l@example.org" }] });
        let card = vcard(&contact, "Lucía; Gómez\nX");
        assert!(card.contains("FN:Lucía\\; Gómez\\nX\r\n"), "{card}");
        assert!(card.contains("TEL;TYPE=MOBILE:+1 (983) 555-2319\r\n"), "{card}");
        let back = from_vcard(&card).unwrap();
        assert_eq!(back["name"]["formatted_name"], "Lucía; Gómez X");
        assert_eq!(back["phones"][0]["phone"], "+1 (983) 555-2319");
        assert_eq!(back["org"]["company"], "A, B & C");
    }

    #[test]
    fn apples_folded_lines_are_read() {
        let card = "BEGIN:VCARD\r\nFN:Anna Ma\r\n rie\r\nitem1.TEL;type=CELL:tel:+49170\r\nEND:VCARD";
        let contact = from_vcard(card).unwrap();
        assert_eq!(
            (&contact["name"]["formatted_name"], &contact["phones"][0]["phone"]),
            (&json!("Anna Marie"), &json!("+49170"))
        );
        assert!(from_vcard("BEGIN:VCARD\nEND:VCARD").is_none());
    }
}
