//! Telephone numbers in the one form that networks agree on (ITU-T E.164).

use phonenumber::{Mode, country::Id};

/// `+491701234567` from whatever a person types. `region`: the country that a number without its
/// code is in, as two letters (ISO 3166).
pub fn e164(typed: &str, region: Option<&str>) -> Option<String> {
    let country: Option<Id> = region.and_then(|region| region.parse().ok());
    let typed = typed.trim();
    let typed = typed.strip_prefix("tel:").unwrap_or(typed);
    // The international prefix of most of the world.
    let typed = typed.strip_prefix("00").map_or_else(|| typed.to_owned(), |rest| format!("+{rest}"));
    let number = phonenumber::parse(country, typed).ok()?;
    number.is_valid().then(|| number.format().mode(Mode::E164).to_string())
}

/// The country of a whole number (`+49...`), as two letters (ISO 3166).
pub fn region(number: &str) -> Option<String> {
    let number = phonenumber::parse(None, number).ok()?;
    number.country().id().map(|id| id.as_ref().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_becomes_one_form() {
        for typed in ["0170 1234567", "+49 (170) 12345-67", "0049 170 1234567", "tel:+491701234567"] {
            assert_eq!(e164(typed, Some("DE")).as_deref(), Some("+491701234567"), "{typed}");
        }
        assert_eq!(e164("12", Some("DE")), None);
        assert_eq!(e164("anna@example.org", Some("DE")), None);
        assert_eq!(e164("0170 1234567", None), None);
    }
}
