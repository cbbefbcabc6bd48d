//! By which signs a network tells its styles.

use unisono_domain::channel::Formatting;

use super::doc::Style;

pub type Mark = (Style, &'static str, &'static str);

/// What opens and closes each style, outermost first. What is missing is left out.
pub const fn of(formatting: Formatting) -> &'static [Mark] {
    match formatting {
        Formatting::Plain => &[HIDDEN],
        // https://support.discord.com/hc/en-us/articles/210298617
        Formatting::Markdown => &[
            (Style::SPOILER, "||", "||"),
            (Style::BOLD, "**", "**"),
            (Style::UNDERLINE, "__", "__"),
            (Style::ITALIC, "_", "_"),
            (Style::STRIKE, "~~", "~~"),
            (Style::CODE, "`", "`"),
        ],
        // https://faq.whatsapp.com/539178204879377, XEP-0393, https://docs.slack.dev/messaging/formatting-message-text
        Formatting::WhatsApp | Formatting::Slack => &[
            HIDDEN,
            (Style::BOLD, "*", "*"),
            (Style::ITALIC, "_", "_"),
            (Style::STRIKE, "~", "~"),
            (Style::CODE, "`", "`"),
        ],
        // https://core.telegram.org/bots/api#html-style
        Formatting::Telegram => &[
            (Style::SPOILER, "<tg-spoiler>", "</tg-spoiler>"),
            (Style::BOLD, "<b>", "</b>"),
            (Style::UNDERLINE, "<u>", "</u>"),
            (Style::ITALIC, "<i>", "</i>"),
            (Style::STRIKE, "<s>", "</s>"),
            (Style::CODE, "<code>", "</code>"),
        ],
        // Matrix specification, "m.room.message msgtypes".
        Formatting::Html => &[
            (Style::SPOILER, "<span data-mx-spoiler>", "</span>"),
            (Style::BOLD, "<strong>", "</strong>"),
            (Style::UNDERLINE, "<u>", "</u>"),
            (Style::ITALIC, "<em>", "</em>"),
            (Style::STRIKE, "<del>", "</del>"),
            (Style::CODE, "<code>", "</code>"),
        ],
    }
}

/// Where nothing can be hidden, it is at least said.
const HIDDEN: Mark = (Style::SPOILER, "[Spoiler: ", "]");

/// What a reader looks for, longest first.
pub const fn read(formatting: Formatting) -> &'static [(Style, &'static str)] {
    match formatting {
        Formatting::Markdown => &[
            (Style::BOLD, "**"),
            (Style::UNDERLINE, "__"),
            (Style::STRIKE, "~~"),
            (Style::SPOILER, "||"),
            (Style::ITALIC, "*"),
            (Style::ITALIC, "_"),
        ],
        _ => &[(Style::BOLD, "*"), (Style::ITALIC, "_"), (Style::STRIKE, "~")],
    }
}

/// Whether styles are told by signs that are letters, too.
pub fn is_signs(formatting: Formatting) -> bool {
    matches!(formatting, Formatting::Markdown | Formatting::WhatsApp | Formatting::Slack)
}

/// Whether a style begins and ends only where a word does.
pub fn is_by_word(formatting: Formatting) -> bool {
    matches!(formatting, Formatting::WhatsApp | Formatting::Slack)
}
