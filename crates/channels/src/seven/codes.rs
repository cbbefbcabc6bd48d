//! What seven.io answers: HTTP 200 in most cases, and the truth in a code of its own
//! (<https://docs.seven.io/en/rest-api/endpoints/sms>, "Status codes").

use serde_json::Value;
use unisono_domain::text::Text;

/// What a code means for us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Taken,
    /// The access does not hold.
    NoAccess(Text),
    Refused(Text),
    /// It may have been sent.
    Unclear,
}

/// The code in an answer: alone (`900`), or as `success` with the message's own `error`.
pub(super) fn judge(answer: &Value) -> Verdict {
    let message = &answer["messages"][0];
    let outer = code(answer).or_else(|| code(&answer["success"]));
    let own = code(&message["error"]);
    let failed = message["success"] == false || outer != Some(100);
    let words = message["error_text"].as_str();
    match (failed, own.or(outer)) {
        (false, _) => Verdict::Taken,
        (true, Some(code)) => verdict(code, words),
        (true, None) => Verdict::Unclear,
    }
}

/// Whether an answer is only a code that says that the access does not hold.
pub(super) fn no_access(answer: &Value) -> Option<Text> {
    match verdict(code(answer)?, None) {
        Verdict::NoAccess(reason) => Some(reason),
        _ => None,
    }
}

fn code(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}

fn verdict(code: u64, words: Option<&str>) -> Verdict {
    let refused = |en, de| Verdict::Refused(Text::new(en, de));
    let no_access = |en, de| Verdict::NoAccess(Text::new(en, de));
    match code {
        100 => Verdict::Taken,
        201 | 202 | 301 => refused("This number cannot get SMS.", "Diese Nummer kann keine SMS bekommen."),
        305 => refused("The message is empty.", "Die Nachricht ist leer."),
        306 => refused(
            "seven.io does not allow this sender. Please connect the account again with another one.",
            "seven.io erlaubt diesen Absender nicht. Bitte verbinde das Konto mit einem anderen neu.",
        ),
        401 => refused("The text is too long for SMS.", "Der Text ist zu lang für SMS."),
        402 => refused(
            "The same text went to this number a moment ago; seven.io does not send it twice within three minutes.",
            "Derselbe Text ging eben erst an diese Nummer; seven.io sendet ihn nicht zweimal in drei Minuten.",
        ),
        403 => refused(
            "The most messages a day to this number have been sent.",
            "An diese Nummer sind für heute genug Nachrichten gesendet.",
        ),
        500 => refused(
            "There is not enough credit at seven.io. Please top it up and send the message again.",
            "Das Guthaben bei seven.io reicht nicht. Bitte lade es auf und sende die Nachricht noch einmal.",
        ),
        600 => {
            refused("The phone company refused the message.", "Die Telefongesellschaft hat die Nachricht abgelehnt.")
        }
        700 => Verdict::Unclear,
        300 | 900 => no_access(
            "seven.io does not know this API key. Please connect the account again.",
            "seven.io kennt diesen API-Schlüssel nicht. Bitte verbinde das Konto neu.",
        ),
        902 => no_access(
            "This API key may not use the interface. Please allow it at seven.io.",
            "Dieser API-Schlüssel darf die Schnittstelle nicht benutzen. Bitte erlaube es bei seven.io.",
        ),
        903 => no_access(
            "seven.io does not let this server in: its IP address is not among those allowed there.",
            "seven.io lässt diesen Server nicht herein: Seine IP-Adresse ist dort nicht erlaubt.",
        ),
        other => match words.filter(|words| !words.is_empty()) {
            Some(words) => Verdict::Refused(Text::verbatim(&words.chars().take(300).collect::<String>())),
            None => Verdict::Refused(Text::owned(
                format!("seven.io refused the message (code {other})."),
                format!("seven.io hat die Nachricht abgelehnt (Code {other})."),
            )),
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_success_of_http_is_no_success_by_itself() {
        let sent = json!({ "success": "100", "messages": [{ "id": "77", "success": true, "error": null }] });
        assert_eq!(judge(&sent), Verdict::Taken);
        let refused = json!({ "success": "100", "messages": [{ "success": false, "error": 202 }] });
        assert!(matches!(judge(&refused), Verdict::Refused(_)));
        for broke in [json!(500), json!("500"), json!({ "success": "500", "messages": [] })] {
            assert!(matches!(judge(&broke), Verdict::Refused(reason) if reason.en.contains("credit")), "{broke}");
        }
        assert!(matches!(judge(&json!(900)), Verdict::NoAccess(_)));
        for odd in [json!(null), json!([]), json!({ "success": true })] {
            assert_eq!(judge(&odd), Verdict::Unclear);
        }
        let own = json!({ "success": "101", "messages": [{ "success": false, "error": 999, "error_text": "Moon" }] });
        assert_eq!(judge(&own), Verdict::Refused(Text::verbatim("Moon")));
    }
}
