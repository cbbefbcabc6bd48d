//! Texts that Meta has approved: what they look like, and filled in
//! (<https://developers.facebook.com/docs/whatsapp/business-management-api/message-templates>).

use serde_json::{Value, json};
use unisono_domain::{
    channel::{RequestError, Template},
    text::Text,
};

use crate::{
    meta_graph::{
        Graph,
        read::{list, text},
        request_error,
    },
    rest::RestError,
};

const FIELDS: &str = "name,language,category,status,parameter_format,components";
/// More pages than any account may have (250 names, each in all languages).
const PAGES: usize = 50;

/// A place that is filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Slot {
    place: Place,
    /// The name in the template, where it uses names and not numbers.
    name: Option<String>,
    /// What we call it: unlike in Meta's text, each place of a template has its own name.
    label: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Header,
    /// A picture, video or document: `image` ..., given by its address.
    HeaderFile(&'static str),
    Body,
    /// The end of the address behind the button of this number.
    Button(usize),
}

/// All approved ones, over all pages.
pub async fn fetch(graph: &Graph, waba: &str) -> Result<Vec<Template>, RequestError> {
    let mut templates = Vec::new();
    let mut after = String::new();
    for _ in 0..PAGES {
        let page = page(graph, waba, &[("status", "APPROVED"), ("limit", "100"), ("after", &after)]).await;
        let page = page.map_err(request_error)?;
        templates.extend(list(&page, "/data").iter().filter(|one| text(one, "/status") == "APPROVED").map(read));
        after = text(&page, "/paging/cursors/after").to_owned();
        if after.is_empty() || text(&page, "/paging/next").is_empty() {
            break;
        }
    }
    Ok(templates)
}

async fn page(graph: &Graph, waba: &str, query: &[(&str, &str)]) -> Result<Value, RestError> {
    let query: Vec<_> = query.iter().filter(|(_, value)| !value.is_empty()).collect();
    graph.get(&format!("{waba}/message_templates")).query(&[("fields", FIELDS)]).query(&query).send().await
}

/// What Meta takes for `{name, language, parameters}`; the inner error says why it takes nothing.
pub async fn fill(graph: &Graph, waba: &str, wish: &Value) -> Result<Result<Value, Text>, RestError> {
    let (name, language) = (text(wish, "/name"), text(wish, "/language"));
    let page = page(graph, waba, &[("name", name)]).await?;
    // Meta looks for the name as a part of names.
    let is_this = |one: &&Value| text(one, "/name") == name && text(one, "/language") == language;
    let Some(template) = list(&page, "/data").iter().find(is_this) else {
        return Ok(Err(Text::owned(
            format!("There is no template “{name}” in {language}."),
            format!("Es gibt keine Vorlage „{name}“ in {language}."),
        )));
    };
    let slots = slots(template);
    let given: Vec<&str> = list(wish, "/parameters").iter().filter_map(Value::as_str).collect();
    if slots.len() != given.len() || given.iter().any(|value| value.trim().is_empty()) {
        let (needed, got) = (slots.len(), given.iter().filter(|value| !value.trim().is_empty()).count());
        return Ok(Err(Text::owned(
            format!("The template has {needed} places to fill in; {got} are filled in."),
            format!("Die Vorlage hat {needed} Felder; {got} sind ausgefüllt."),
        )));
    }
    let language = json!({ "code": language, "policy": "deterministic" });
    Ok(Ok(json!({ "name": name, "language": language, "components": components(&slots, &given) })))
}

fn components(slots: &[Slot], given: &[&str]) -> Vec<Value> {
    let filled: Vec<(&Slot, &str)> = slots.iter().zip(given.iter().copied()).collect();
    let text_of = |(slot, value): &(&Slot, &str)| match &slot.name {
        Some(name) => json!({ "type": "text", "parameter_name": name, "text": value }),
        None => json!({ "type": "text", "text": value }),
    };
    let mut components = Vec::new();
    for (place, kind) in [(Place::Header, "header"), (Place::Body, "body")] {
        let texts: Vec<Value> = filled.iter().filter(|(slot, _)| slot.place == place).map(text_of).collect();
        if !texts.is_empty() {
            components.push(json!({ "type": kind, "parameters": texts }));
        }
    }
    for (slot, value) in filled {
        match &slot.place {
            Place::HeaderFile(kind) => {
                components
                    .push(json!({ "type": "header", "parameters": [{ "type": kind, *kind: { "link": value } }] }));
            }
            Place::Button(index) => components.push(json!({
                "type": "button", "sub_type": "url", "index": index.to_string(),
                "parameters": [{ "type": "text", "text": value }],
            })),
            Place::Header | Place::Body => {}
        }
    }
    components
}

/// The components of a kind.
fn component<'a>(template: &'a Value, kind: &'a str) -> Option<&'a Value> {
    list(template, "/components").iter().find(|component| text(component, "/type").eq_ignore_ascii_case(kind))
}

fn read(template: &Value) -> Template {
    let own = |key: &str| text(template, key).to_owned();
    let words = |kind: &str| component(template, kind).map(|found| text(found, "/text").to_owned());
    let slots = slots(template);
    let header = component(template, "HEADER").map(|header| {
        let words = text(header, "/text").to_owned();
        // In its own words the header may use the same number as the body.
        slots.iter().filter(|slot| slot.place != Place::Body).fold(words, |words, slot| {
            match (&slot.place, &slot.name) {
                (Place::Header, Some(name)) => {
                    words.replace(&format!("{{{{{name}}}}}"), &format!("{{{{{}}}}}", slot.label))
                }
                (Place::Header, None) => words.replace("{{1}}", &format!("{{{{{}}}}}", slot.label)),
                (Place::HeaderFile(_), _) => format!("{{{{{}}}}}", slot.label),
                _ => words,
            }
        })
    });
    let buttons = component(template, "BUTTONS").map(|buttons| list(buttons, "/buttons")).unwrap_or_default();
    Template {
        name: own("/name"),
        language: own("/language"),
        category: own("/category"),
        body: words("BODY").unwrap_or_default(),
        header: header.filter(|header| !header.is_empty()),
        footer: words("FOOTER"),
        buttons: buttons.iter().map(|button| text(button, "/text").to_owned()).collect(),
        parameters: slots.into_iter().map(|slot| slot.label).collect(),
    }
}

/// All places of a template, in the order in which they are filled in.
fn slots(template: &Value) -> Vec<Slot> {
    let is_named = text(template, "/parameter_format").eq_ignore_ascii_case("NAMED");
    let name = |name: &str| is_named.then(|| name.to_owned());
    let mut slots = Vec::new();
    if let Some(header) = component(template, "HEADER") {
        let file = match text(header, "/format").to_ascii_uppercase().as_str() {
            "IMAGE" => Some("image"),
            "VIDEO" => Some("video"),
            "DOCUMENT" => Some("document"),
            _ => None,
        };
        let file =
            file.map(|kind| Slot { place: Place::HeaderFile(kind), name: None, label: format!("header.{kind}") });
        slots.extend(file);
        slots.extend(places(text(header, "/text")).into_iter().map(|place| Slot {
            place: Place::Header,
            name: name(place),
            label: format!("header.{place}"),
        }));
    }
    if let Some(body) = component(template, "BODY") {
        slots.extend(places(text(body, "/text")).into_iter().map(|place| Slot {
            place: Place::Body,
            name: name(place),
            label: place.to_owned(),
        }));
    }
    let buttons = component(template, "BUTTONS").map(|buttons| list(buttons, "/buttons")).unwrap_or_default();
    for (index, button) in buttons.iter().enumerate() {
        if !places(text(button, "/url")).is_empty() {
            slots.push(Slot { place: Place::Button(index), name: None, label: format!("button.{}", index + 1) });
        }
    }
    slots
}

/// What stands between double braces, each once, in order: by number where they are numbers.
fn places(words: &str) -> Vec<&str> {
    let mut places: Vec<&str> = Vec::new();
    for piece in words.split("{{").skip(1) {
        let Some((place, _)) = piece.split_once("}}") else { continue };
        if !places.contains(&place.trim()) && place.len() <= 100 {
            places.push(place.trim());
        }
    }
    if places.iter().all(|place| place.parse::<u32>().is_ok()) {
        places.sort_by_key(|place| place.parse::<u32>().unwrap_or_default());
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_has_a_name_of_its_own_and_goes_where_it_belongs() {
        let template = json!({ "name": "order", "language": "de", "category": "UTILITY", "components": [
            { "type": "HEADER", "format": "TEXT", "text": "Hallo {{1}}" },
            { "type": "BODY", "text": "Paket {{2}} für {{1}}, {{1}}!" },
            { "type": "FOOTER", "text": "Danke" },
            { "type": "BUTTONS", "buttons": [{ "type": "QUICK_REPLY", "text": "Stopp" },
                { "type": "URL", "text": "Verfolgen", "url": "https://example.org/{{1}}" }] },
        ] });
        let read = read(&template);
        assert_eq!(read.parameters, ["header.1", "1", "2", "button.2"]);
        assert_eq!(read.header.as_deref(), Some("Hallo {{header.1}}"));
        assert_eq!(read.buttons, ["Stopp", "Verfolgen"]);
        let filled = components(&slots(&template), &["Anna", "Bert", "17", "x/17"]);
        assert_eq!(
            Value::from(filled),
            json!([
                { "type": "header", "parameters": [{ "type": "text", "text": "Anna" }] },
                { "type": "body", "parameters": [{ "type": "text", "text": "Bert" }, { "type": "text", "text": "17" }] },
                { "type": "button", "sub_type": "url", "index": "1", "parameters": [{ "type": "text", "text": "x/17" }] },
            ])
        );
    }

    #[test]
    fn named_places_keep_their_names_and_files_their_kind() {
        let template = json!({ "parameter_format": "NAMED", "components": [
            { "type": "HEADER", "format": "IMAGE" }, { "type": "BODY", "text": "Hi {{first_name}}, {{ day }}" } ] });
        let slots = slots(&template);
        let filled = components(&slots, &["https://example.org/a.jpg", "Anna", "Monday"]);
        assert_eq!(
            Value::from(filled),
            json!([
                { "type": "body", "parameters": [
                    { "type": "text", "parameter_name": "first_name", "text": "Anna" },
                    { "type": "text", "parameter_name": "day", "text": "Monday" } ] },
                { "type": "header", "parameters": [{ "type": "image", "image": { "link": "https://example.org/a.jpg" } }] },
            ])
        );
    }
}
