//! How a page is connected and what Meta asks for it, in words
//! (<https://developers.facebook.com/docs/messenger-platform/getting-started>).

use unisono_domain::{
    channel::{Catalogue, ChannelMeta, Figure, GuideStep, login::LoginFlow},
    text::Text,
};

pub(super) static META: ChannelMeta = ChannelMeta {
    id: "messenger",
    name: Text::new("Messenger", "Messenger"),
    summary: Text::new("The messages of a Facebook page.", "Die Nachrichten einer Facebook-Seite."),
    docs: Some("https://developers.facebook.com/docs/messenger-platform/getting-started"),
    privacy: Text::new(
        "Messenger for pages · Meta and this server can read it.",
        "Messenger für Seiten · Meta und dieser Server können mitlesen.",
    ),
    flows: &[LoginFlow { id: "token", name: Text::new("Page token", "Seiten-Token") }],
    guide: &[
        GuideStep {
            text: Text::new(
                "Create an app at Meta, with your business portfolio.",
                "Lege bei Meta eine App an, mit deinem Unternehmensportfolio.",
            ),
            figure: Some(Figure::Menu {
                path: &["developers.facebook.com/apps", "Create app", "Engage with customers on Messenger from Meta"],
            }),
        },
        GuideStep {
            text: Text::new("Copy the app's secret.", "Kopiere das Geheimnis der App."),
            figure: Some(Figure::Menu { path: &["App Dashboard", "App settings", "Basic", "App secret", "Show"] }),
        },
        TOKEN,
        SYSTEM_USER,
        GuideStep {
            text: Text::new(
                "Connect the account here. It then shows an address and a token: paste both at Meta, press “Verify and \
                 save”, and subscribe to these fields. The page itself is subscribed for you.",
                "Verbinde das Konto hier. Es zeigt dann eine Adresse und ein Token: Füge beide bei Meta ein, drücke \
                 „Verify and save“ und abonniere diese Felder. Die Seite selbst wird für dich abonniert.",
            ),
            figure: Some(Figure::Form {
                fields: &[
                    (
                        "App Dashboard",
                        "Use cases > Messenger > Customize > Messenger API Settings > Configure webhooks",
                    ),
                    ("Callback URL", ""),
                    ("Verify token", ""),
                    (
                        "Webhook fields",
                        "messages, message_echoes, message_edits, message_reactions, message_reads, message_deliveries, \
                         messaging_postbacks, messaging_referrals, messaging_optins",
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
            "Texts up to 2,000 characters (longer ones are split), files up to 25 MB, 13 quick replies or three \
             buttons. Only who wrote to the page can be written to. A sent message cannot be changed or taken back. No \
             groups, no calls.",
            "Texte bis 2.000 Zeichen (längere werden geteilt), Dateien bis 25 MB, 13 Schnellantworten oder drei Knöpfe. \
             Nur wer der Seite geschrieben hat, kann angeschrieben werden. Eine gesendete Nachricht lässt sich nicht \
             ändern oder zurückholen. Keine Gruppen, keine Anrufe.",
        ),
        tested: TESTED,
    },
    hook: true,
};

pub(crate) const TOKEN: GuideStep = GuideStep {
    text: Text::new(
        "Generate a token for the page. A page's token made here does not expire as long as you stay its administrator.",
        "Erzeuge ein Token für die Seite. Ein hier erzeugtes Seiten-Token läuft nicht ab, solange du Administrator der Seite bleibst.",
    ),
    figure: Some(Figure::Menu {
        path: &[
            "App Dashboard",
            "Use cases",
            "Messenger",
            "Customize",
            "Messenger API Settings",
            "Generate access tokens",
            "Connect",
            "Generate",
        ],
    }),
};

pub(crate) const SYSTEM_USER: GuideStep = GuideStep {
    text: Text::new(
        "Or, so that it depends on nobody: a system user to whom you assign the app and the page, with a token that \
         never expires and these rights. We find the page's own token by it.",
        "Oder, damit es an niemandem hängt: ein Systemnutzer, dem du die App und die Seite zuweist, mit einem Token, das \
         nie abläuft, und diesen Rechten. Das Token der Seite finden wir damit selbst.",
    ),
    figure: Some(Figure::Form {
        fields: &[
            ("business.facebook.com/settings", "Users > System users > Generate token"),
            ("Token expiration", "Never"),
            ("Permissions", "pages_messaging, pages_manage_metadata, pages_show_list, pages_read_engagement"),
        ],
    }),
};

pub(crate) const PUBLISH: GuideStep = GuideStep {
    text: Text::new(
        "Publish the app. For people outside of your business Meta must have reviewed it: ask for pages_messaging \
         (Instagram: instagram_manage_messages) and, to answer later than after 24 hours, for “Human Agent”.",
        "Veröffentliche die App. Für Menschen außerhalb deiner Firma muss Meta sie geprüft haben: Beantrage \
         pages_messaging (Instagram: instagram_manage_messages) und, um später als nach 24 Stunden zu antworten, „Human \
         Agent“.",
    ),
    figure: Some(Figure::Menu { path: &["App Dashboard", "Review", "App Review", "Permissions and features"] }),
};

pub(crate) const RULES: Text = Text::new(
    "You may answer for 24 hours after the other side wrote; until 7 days only people may (not programs), marked as \
     “Human Agent”, which Meta has to allow your app. Later not at all, until they write again.",
    "Antworten darfst du 24 Stunden lang, nachdem die andere Seite geschrieben hat; bis 7 Tage nur Menschen (keine \
     Programme), gekennzeichnet als „Human Agent“, was Meta deiner App erlauben muss. Danach gar nicht, bis sie wieder \
     schreibt.",
);

pub(crate) const TESTED: Text = Text::new(
    "A server that answers as Meta's documentation says, and calls written from it; not yet a page in use.",
    "Ein Server, der antwortet, wie Metas Dokumentation es sagt, und daraus geschriebene Aufrufe; noch keine Seite im Betrieb.",
);
