//! What servers refuse, in words (<https://modern.ircdocs.horse/#numerics>).

use unisono_domain::text::Text;

/// How a refusal is met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// For good, as far as this message goes.
    Final(Text),
    /// The server wants some patience.
    Later(Text),
}

/// What a numeric says about a message or a channel of ours. `words` begin with the target.
pub fn refusal(number: u16, words: &[String]) -> Option<Refusal> {
    let known = match number {
        439 => {
            return Some(Refusal::Later(Text::new(
                "The server asks for some patience.",
                "Der Server bittet um etwas Geduld.",
            )));
        }
        401 if words.first().is_some_and(|target| target.starts_with(['#', '&', '+', '!'])) => NO_CHANNEL,
        401 | 406 => Text::new(
            "Nobody with this name is online. IRC keeps nothing for later.",
            "Niemand mit diesem Namen ist online. IRC hebt nichts für später auf.",
        ),
        403 => NO_CHANNEL,
        404 => Text::new(
            "This channel does not let you write: you are not in it, muted or banned.",
            "Dieser Kanal lässt dich nicht schreiben: Du bist nicht darin, stummgeschaltet oder verbannt.",
        ),
        405 => Text::new("You are in too many channels.", "Du bist in zu vielen Kanälen."),
        442 => Text::new("You are not in this channel.", "Du bist nicht in diesem Kanal."),
        471 => Text::new("The channel is full.", "Der Kanal ist voll."),
        473 => Text::new(
            "Only who was invited may enter this channel.",
            "Diesen Kanal darf nur betreten, wer eingeladen wurde.",
        ),
        474 => Text::new("You are banned from this channel.", "Du bist aus diesem Kanal verbannt."),
        475 => Text::new(
            "The channel wants another key. Write it after the name: #channel key",
            "Der Kanal will einen anderen Schlüssel. Schreib ihn hinter den Namen: #kanal schlüssel",
        ),
        477 | 486 => Text::new(
            "This works only with a registered name (account and password in the settings of the network).",
            "Das geht nur mit registriertem Namen (Konto und Passwort bei diesem Netz).",
        ),
        402 | 407 | 411..=415 | 417 | 437 | 476 | 479 | 482 | 489 | 494 | 495 | 515 | 520 | 531 | 716 => {
            let said = words.last().map(String::as_str).unwrap_or_default();
            Text::owned(format!("The server refuses it: {said}"), format!("Der Server lehnt es ab: {said}"))
        }
        _ => return None,
    };
    Some(Refusal::Final(known))
}

const NO_CHANNEL: Text = Text::new("There is no such channel.", "Diesen Kanal gibt es nicht.");
