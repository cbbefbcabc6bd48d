//! Twilio's error codes in words (<https://www.twilio.com/docs/api/errors>).

use unisono_domain::text::Text;

/// Where an error has its words.
pub(super) const WORDS: &str = "/message";

/// The commonest of them; the others keep Twilio's own words.
pub(super) fn words(code: u64) -> Option<Text> {
    let (en, de) = match code {
        21211 | 21614 | 21217 => ("This number cannot get SMS.", "Diese Nummer kann keine SMS bekommen."),
        21408 => (
            "This country is not allowed in the account's geographic permissions at Twilio.",
            "Dieses Land ist in den Länderfreigaben des Kontos bei Twilio nicht erlaubt.",
        ),
        21606 | 21659 | 21660 => (
            "This sender does not belong to the account, or cannot send SMS.",
            "Dieser Absender gehört nicht zum Konto oder kann keine SMS senden.",
        ),
        21608 => (
            "A trial account reaches only numbers that were verified at Twilio.",
            "Ein Probekonto erreicht nur Nummern, die bei Twilio bestätigt sind.",
        ),
        21610 => (
            "The recipient has answered STOP and gets nothing more.",
            "Der Empfänger hat mit STOP geantwortet und bekommt nichts mehr.",
        ),
        21612 | 21623 => (
            "Twilio cannot carry this from this sender to this number.",
            "Twilio kann das von diesem Absender nicht an diese Nummer übertragen.",
        ),
        30002 => ("The account at Twilio is suspended.", "Das Konto bei Twilio ist gesperrt."),
        30003 => ("The phone is switched off or out of reach.", "Das Telefon ist aus oder nicht erreichbar."),
        30004 => ("The recipient or their phone company blocks it.", "Der Empfänger oder sein Netz sperrt es."),
        30005 => ("This number does not exist.", "Diese Nummer gibt es nicht."),
        30006 => ("This is a landline, or its network takes no SMS.", "Das ist ein Festnetz oder nimmt keine SMS."),
        30007 => (
            "The phone company took it for advertising and filtered it out.",
            "Die Telefongesellschaft hielt es für Werbung und hat es ausgefiltert.",
        ),
        30008 => ("It could not be delivered; nobody says why.", "Sie kam nicht an; warum, sagt niemand."),
        30034 => (
            "The sender is not registered for sending by programs in the USA (A2P 10DLC).",
            "Der Absender ist in den USA nicht für Versand durch Programme angemeldet (A2P 10DLC).",
        ),
        63016 => (
            "More than 24 hours after the last message, WhatsApp takes only approved templates.",
            "Mehr als 24 Stunden nach der letzten Nachricht nimmt WhatsApp nur freigegebene Vorlagen an.",
        ),
        _ => return None,
    };
    Some(Text::new(en, de))
}

/// Why a message did not arrive, from what a status call-back says.
pub(super) fn reason(code: Option<&str>, message: Option<&str>) -> Text {
    let known = code.and_then(|code| words(code.parse().ok()?));
    let theirs = message.filter(|message| !message.is_empty()).map(Text::verbatim);
    known.or(theirs).unwrap_or_else(|| {
        let code = code.unwrap_or("-").chars().take(10).collect::<String>();
        Text::owned(
            format!("Twilio could not deliver it (error {code})."),
            format!("Twilio konnte sie nicht zustellen (Fehler {code})."),
        )
    })
}
