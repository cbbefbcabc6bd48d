//! What Telegram wants to know of a contact (vCard: RFC 6350).

use unisono_domain::channel::{MediaSource, Part};

/// Name, telephone number and the whole card; `None` without a number.
pub(super) fn read(part: &Part) -> Option<(String, String, String)> {
    let MediaSource::Bytes(bytes) = &part.media.as_ref()?.source else { return None };
    let card = String::from_utf8_lossy(bytes);
    // Long lines go on in the next one, after a blank.
    let card = card.replace("\r\n", "\n").replace("\n ", "").replace("\n\t", "");
    let property = |name: &str| {
        card.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            let key = key.split(';').next()?.rsplit('.').next()?;
            key.eq_ignore_ascii_case(name).then(|| value.trim().trim_start_matches("tel:").replace('\\', ""))
        })
    };
    let number = property("TEL").filter(|number| !number.is_empty())?;
    let name = property("FN").filter(|name| !name.is_empty()).unwrap_or_else(|| number.clone());
    Some((name.chars().take(64).collect(), number, card))
}

#[cfg(test)]
mod tests {
    use unisono_domain::channel::Part;

    use super::*;

    #[test]
    fn name_and_number_are_found_in_any_card() {
        let card =
            "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Anna\r\n  Muster\r\nitem1.TEL;TYPE=cell:tel:+49 170 1\r\nEND:VCARD";
        let (name, number, _) = read(&Part::contact("0", "x", card.to_owned())).unwrap();
        assert_eq!((name.as_str(), number.as_str()), ("Anna Muster", "+49 170 1"));
        assert!(read(&Part::contact("0", "x", "BEGIN:VCARD\nFN:A\nEND:VCARD".to_owned())).is_none());
    }
}
