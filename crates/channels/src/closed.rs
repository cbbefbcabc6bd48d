//! Networks that nobody from outside can connect to, and what to do instead. Checked in November 2026;
//! a network leaves this list the day it opens.

use unisono_domain::{channel::ClosedNetwork, text::Text};

/// All of them, in the order of the add-account page.
pub const CLOSED: &[ClosedNetwork] = &[
    ClosedNetwork {
        id: "whatsapp-personal",
        name: "WhatsApp (personal)",
        why: Text::new(
            "WhatsApp gives an interface to businesses only; connecting a private number by other means breaks its \
             terms and ends in the number being blocked.",
            "WhatsApp gibt nur Unternehmen eine Schnittstelle; eine private Nummer anders anzubinden verstößt gegen die \
             Bedingungen und endet mit ihrer Sperrung.",
        ),
        instead: Text::new(
            "Use a second number with the WhatsApp Business platform (“WhatsApp” in the list), or invite your \
             contacts by a link: the first chat here takes them a minute.",
            "Nutze eine zweite Nummer mit der WhatsApp-Business-Plattform („WhatsApp“ in der Liste) oder lade deine \
             Kontakte per Link ein: der erste Chat hier kostet sie eine Minute.",
        ),
    },
    ClosedNetwork {
        id: "messenger-personal",
        name: "Messenger, Instagram (personal)",
        why: Text::new(
            "Meta opens only pages and professional accounts.",
            "Meta öffnet nur Seiten und professionelle Konten.",
        ),
        instead: Text::new(
            "Turn the Instagram account into a professional one (free), or connect a page.",
            "Stelle das Instagram-Konto auf ein professionelles um (kostenlos) oder verbinde eine Seite.",
        ),
    },
    ClosedNetwork {
        id: "imessage",
        name: "iMessage",
        why: Text::new(
            "Apple has no interface for it, and asks providers of “Messages for Business” for an approval per provider.",
            "Apple bietet keine Schnittstelle; für „Messages for Business“ wird jeder Anbieter einzeln zugelassen.",
        ),
        instead: Text::new(
            "The same people are reached by SMS, and by RCS since iOS 18.",
            "Dieselben Leute sind per SMS erreichbar, seit iOS 18 auch per RCS.",
        ),
    },
    ClosedNetwork {
        id: "rcs-personal",
        name: "Google Messages (personal RCS)",
        why: Text::new(
            "Private RCS has no interface; phone makers and carriers keep it inside the phone's own app.",
            "Privates RCS hat keine Schnittstelle; Hersteller und Netzbetreiber halten es in der App des Telefons.",
        ),
        instead: Text::new(
            "SMS, or RCS for businesses by seven.io or Twilio.",
            "SMS, oder RCS für Firmen über seven.io oder Twilio.",
        ),
    },
    ClosedNetwork {
        id: "threema-personal",
        name: "Threema (personal)",
        why: Text::new(
            "A private Threema ID works only in Threema's own app.",
            "Eine private Threema-ID funktioniert nur in der App von Threema.",
        ),
        instead: Text::new(
            "A Threema Gateway ID: it writes to every Threema user.",
            "Eine Threema-Gateway-ID: sie schreibt an alle Threema-Nutzer.",
        ),
    },
    ClosedNetwork {
        id: "snapchat",
        name: "Snapchat",
        why: Text::new("Its messages have no interface.", "Für seine Nachrichten gibt es keine Schnittstelle."),
        instead: Text::new(
            "Ask for another address, or send an invitation link.",
            "Frag nach einer anderen Adresse oder schick einen Einladungslink.",
        ),
    },
    ClosedNetwork {
        id: "tiktok",
        name: "TikTok (direct messages)",
        why: Text::new(
            "TikTok opens direct messages to chosen partners only, and not everywhere.",
            "TikTok öffnet Direktnachrichten nur für ausgewählte Partner und nicht überall.",
        ),
        instead: Text::new(
            "Put your live chat or a WhatsApp link into the profile.",
            "Setz deinen Website-Chat oder einen WhatsApp-Link ins Profil.",
        ),
    },
    ClosedNetwork {
        id: "linkedin",
        name: "LinkedIn",
        why: Text::new(
            "LinkedIn gives its messages to approved partners only.",
            "LinkedIn gibt seine Nachrichten nur an zugelassene Partner.",
        ),
        instead: Text::new(
            "Let LinkedIn notify you by mail: the notice appears here, with a link to answer.",
            "Lass dich von LinkedIn per Mail benachrichtigen: der Hinweis erscheint hier, mit Link zum Antworten.",
        ),
    },
    ClosedNetwork {
        id: "wechat-personal",
        name: "WeChat (personal)",
        why: Text::new(
            "Private accounts have no interface, and other programs lead to blocking.",
            "Private Konten haben keine Schnittstelle, und fremde Programme führen zur Sperrung.",
        ),
        instead: Text::new("Mail, or an invitation link.", "Mail oder ein Einladungslink."),
    },
    ClosedNetwork {
        id: "skype",
        name: "Skype",
        why: Text::new("Microsoft switched it off in May 2025.", "Microsoft hat es im Mai 2025 abgeschaltet."),
        instead: Text::new(
            "The same people are mostly in Teams, or by mail.",
            "Dieselben Leute sind meist in Teams oder per Mail zu erreichen.",
        ),
    },
];
