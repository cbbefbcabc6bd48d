//! What the other side's status codes mean (SMPP 3.4, section 5.1.3).

use rusmpp::CommandStatus;
use unisono_domain::{channel::SessionError, text::Text};

use super::link::trouble;

/// Why a message was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Not now.
    Later(Text),
    Never(Text),
}

pub(super) fn refusal(status: CommandStatus) -> Refusal {
    let code = u32::from(status);
    let later = |en, de| Refusal::Later(Text::new(en, de));
    let never = |en, de| Refusal::Never(Text::new(en, de));
    match code {
        0x58 => later("The provider asks us to slow down.", "Der Anbieter bittet um Geduld."),
        0x14 => later("The provider's queue is full.", "Die Warteschlange des Anbieters ist voll."),
        0x04 => later("The provider has closed the access.", "Der Anbieter hat den Zugang geschlossen."),
        0x08 | 0x64 => later("The provider has a fault of its own.", "Der Anbieter ist selbst gestört."),
        0x0a => never("The provider does not allow this sender.", "Der Anbieter erlaubt diesen Absender nicht."),
        0x0b | 0x50 | 0x51 => never("This number cannot get SMS.", "Diese Nummer kann keine SMS bekommen."),
        0x01 => never("The text is too long.", "Der Text ist zu lang."),
        _ => Refusal::Never(Text::owned(
            format!("The provider refused the message (code 0x{code:08x})."),
            format!("Der Anbieter hat die Nachricht abgelehnt (Code 0x{code:08x})."),
        )),
    }
}

/// Why there is no session.
pub(super) fn not_bound(status: CommandStatus) -> SessionError {
    let code = u32::from(status);
    match code {
        0x0d..=0x0f => SessionError::BadCredentials(Text::new(
            "The provider does not accept the system ID and password.",
            "Der Anbieter nimmt System-ID und Passwort nicht an.",
        )),
        0x05 => trouble(Text::new(
            "This access is in use already; the provider allows no second connection.",
            "Dieser Zugang ist schon in Gebrauch; eine zweite Verbindung lässt der Anbieter nicht zu.",
        )),
        _ => trouble(Text::owned(
            format!("The provider does not let us in (code 0x{code:08x})."),
            format!("Der Anbieter lässt uns nicht herein (Code 0x{code:08x})."),
        )),
    }
}
