//! Instagram's words; its code is Messenger's ([`crate::messenger`]), as both are one platform
//! (<https://developers.facebook.com/docs/messenger-platform/instagram/get-started>).

use unisono_domain::{
    channel::{Catalogue, ChannelMeta, Figure, GuideStep, login::LoginFlow},
    text::Text,
};

use crate::messenger::guide::{PUBLISH, RULES, TESTED, TOKEN};

pub(crate) static META: ChannelMeta = ChannelMeta {
    id: "instagram",
    name: Text::new("Instagram", "Instagram"),
    summary: Text::new(
        "The direct messages of a professional Instagram account.",
        "Die Direktnachrichten eines professionellen Instagram-Kontos.",
    ),
    docs: Some("https://developers.facebook.com/docs/messenger-platform/instagram/get-started"),
    privacy: Text::new(
        "Instagram for business · Meta and this server can read it.",
        "Instagram für Firmen · Meta und dieser Server können mitlesen.",
    ),
    flows: &[LoginFlow { id: "token", name: Text::new("Page token", "Seiten-Token") }],
    guide: &[
        GuideStep {
            text: Text::new(
                "Make the Instagram account a professional one, connect it to your Facebook page, and let apps read its \
                 messages.",
                "Mach das Instagram-Konto zu einem professionellen, verbinde es mit deiner Facebook-Seite und erlaube \
                 Apps, seine Nachrichten zu lesen.",
            ),
            figure: Some(Figure::Menu {
                path: &[
                    "Instagram",
                    "Settings",
                    "Messages and story replies",
                    "Message controls",
                    "Allow access to messages",
                ],
            }),
        },
        GuideStep {
            text: Text::new(
                "Create an app at Meta, with your business portfolio, and copy its secret.",
                "Lege bei Meta eine App an, mit deinem Unternehmensportfolio, und kopiere ihr Geheimnis.",
            ),
            figure: Some(Figure::Menu {
                path: &[
                    "developers.facebook.com/apps",
                    "Create app",
                    "Manage messaging & content on Instagram",
                    "App settings",
                    "Basic",
                    "App secret",
                ],
            }),
        },
        TOKEN,
        GuideStep {
            text: Text::new(
                "Or a system user's token that never expires, with the app, the page and the Instagram account assigned \
                 to them, and these rights.",
                "Oder das Token eines Systemnutzers, das nie abläuft; weise ihm App, Seite und Instagram-Konto zu und gib \
                 ihm diese Rechte.",
            ),
            figure: Some(Figure::Form {
                fields: &[
                    ("business.facebook.com/settings", "Users > System users > Generate token"),
                    ("Token expiration", "Never"),
                    (
                        "Permissions",
                        "instagram_basic, instagram_manage_messages, pages_messaging, pages_manage_metadata, \
                         pages_show_list, pages_read_engagement",
                    ),
                ],
            }),
        },
        GuideStep {
            text: Text::new(
                "Connect the account here. It then shows an address and a token: paste both at Meta under “Instagram”, \
                 press “Verify and save”, and subscribe to these fields.",
                "Verbinde das Konto hier. Es zeigt dann eine Adresse und ein Token: Füge beide bei Meta unter „Instagram“ \
                 ein, drücke „Verify and save“ und abonniere diese Felder.",
            ),
            figure: Some(Figure::Form {
                fields: &[
                    ("App Dashboard", "Use cases > Messenger > Customize > Instagram settings > Configure webhooks"),
                    ("Callback URL", ""),
                    ("Verify token", ""),
                    (
                        "Webhook fields",
                        "messages, message_reactions, messaging_postbacks, messaging_seen, messaging_referral",
                    ),
                ],
            }),
        },
        PUBLISH,
    ],
    catalogue: Catalogue {
        official: true,
        cost: Text::new("Nothing.", "Nichts."),
        rules: RULES,
        limits: Text::new(
            "Texts up to 500 characters (longer ones are split), pictures up to 8 MB, sound (AAC, M4A, WAV, MP4), video \
             and PDF up to 25 MB. Stories are shown as links, which end after a day. Only who wrote first can be written \
             to. No groups, no calls.",
            "Texte bis 500 Zeichen (längere werden geteilt), Bilder bis 8 MB, Ton (AAC, M4A, WAV, MP4), Video und PDF bis \
             25 MB. Storys erscheinen als Links, die nach einem Tag enden. Nur wer zuerst geschrieben hat, kann \
             angeschrieben werden. Keine Gruppen, keine Anrufe.",
        ),
        tested: TESTED,
    },
    hook: true,
};
