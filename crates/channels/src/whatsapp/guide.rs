//! How a number is obtained and what it costs, in words.
//! (<https://developers.facebook.com/docs/whatsapp/cloud-api/get-started>)

use unisono_domain::{
    channel::{Catalogue, ChannelMeta, Figure, GuideStep, login::LoginFlow},
    text::Text,
};

pub(super) static META: ChannelMeta = ChannelMeta {
    id: "whatsapp",
    name: Text::new("WhatsApp", "WhatsApp"),
    summary: Text::new(
        "A business number on WhatsApp, by Meta's official interface.",
        "Eine geschäftliche Nummer bei WhatsApp, über Metas offizielle Schnittstelle.",
    ),
    docs: Some("https://developers.facebook.com/docs/whatsapp/cloud-api/get-started"),
    privacy: Text::new(
        "WhatsApp for business · encrypted on the way, but Meta and this server can read it.",
        "WhatsApp für Firmen · unterwegs verschlüsselt, aber Meta und dieser Server können mitlesen.",
    ),
    flows: &[LoginFlow { id: "token", name: Text::new("Number and token", "Nummer und Token") }],
    guide: &[
        GuideStep {
            text: Text::new(
                "Create an app at Meta, with your business portfolio.",
                "Lege bei Meta eine App an, mit deinem Unternehmensportfolio.",
            ),
            figure: Some(Figure::Menu {
                path: &["developers.facebook.com/apps", "Create app", "Connect with customers through WhatsApp"],
            }),
        },
        GuideStep {
            text: Text::new(
                "Add your number there (it must not be in use in the WhatsApp app, unless you connect the Business \
                 app), or take Meta's test number. Copy both ids; the number's id is not the number.",
                "Füge dort deine Nummer hinzu (sie darf nicht in der WhatsApp-App benutzt werden, es sei denn, du \
                 verbindest die Business-App) oder nimm Metas Testnummer. Kopiere beide IDs; die ID ist nicht die Nummer.",
            ),
            figure: Some(Figure::Form {
                fields: &[
                    ("App Dashboard", "WhatsApp > API Setup"),
                    ("Phone number ID", "106540352242922"),
                    ("WhatsApp Business Account ID", "102290129340398"),
                ],
            }),
        },
        GuideStep {
            text: Text::new("Copy the app's secret.", "Kopiere das Geheimnis der App."),
            figure: Some(Figure::Menu { path: &["App Dashboard", "App settings", "Basic", "App secret", "Show"] }),
        },
        GuideStep {
            text: Text::new(
                "Make a token that does not expire: a system user (Admin) to whom you assign the app and the WhatsApp \
                 account with full control. The token on the page API Setup ends after a day.",
                "Erzeuge ein Token, das nicht abläuft: einen Systemnutzer (Admin), dem du die App und das \
                 WhatsApp-Konto mit voller Kontrolle zuweist. Das Token auf der Seite API Setup endet nach einem Tag.",
            ),
            figure: Some(Figure::Menu {
                path: &[
                    "business.facebook.com/settings",
                    "Users",
                    "System users",
                    "Add",
                    "Assign assets",
                    "Generate token",
                ],
            }),
        },
        GuideStep {
            text: Text::new("Give the token these two rights.", "Gib dem Token diese beiden Rechte."),
            figure: Some(Figure::Form {
                fields: &[
                    ("Token expiration", "Never"),
                    ("Permissions", "whatsapp_business_messaging, whatsapp_business_management"),
                ],
            }),
        },
        GuideStep {
            text: Text::new(
                "Connect the account here. It then shows an address and a token: paste both at Meta, press “Verify and \
                 save”, and subscribe to these fields.",
                "Verbinde das Konto hier. Es zeigt dann eine Adresse und ein Token: Füge beide bei Meta ein, drücke \
                 „Verify and save“ und abonniere diese Felder.",
            ),
            figure: Some(Figure::Form {
                fields: &[
                    ("App Dashboard", "WhatsApp > Configuration > Webhook"),
                    ("Callback URL", ""),
                    ("Verify token", ""),
                    ("Webhook fields", "messages, smb_message_echoes, calls, user_preferences, group_*"),
                ],
            }),
        },
        GuideStep {
            text: Text::new(
                "Publish the app: before, Meta sends no messages from the public. For templates, add a way to pay.",
                "Veröffentliche die App: Vorher schickt Meta keine Nachrichten von Fremden. Für Vorlagen hinterlege \
                 eine Zahlungsart.",
            ),
            figure: Some(Figure::Menu { path: &["App Dashboard", "Publish"] }),
        },
    ],
    catalogue: Catalogue {
        official: true,
        cost: Text::new(
            "Answers within 24 hours are free. Meta charges for each template it delivers, by country and kind \
             (utility templates within the 24 hours are free).",
            "Antworten innerhalb von 24 Stunden sind frei. Meta berechnet jede zugestellte Vorlage, nach Land und Art \
             (Service-Vorlagen innerhalb der 24 Stunden sind frei).",
        ),
        rules: Text::new(
            "Businesses only. Free messages only within 24 hours after the customer wrote; the first message and later \
             ones must be templates that Meta has approved. The customer must have agreed.",
            "Nur für Unternehmen. Freie Nachrichten nur innerhalb von 24 Stunden, nachdem der Kunde geschrieben hat; \
             die erste und spätere müssen Vorlagen sein, die Meta genehmigt hat. Der Kunde muss eingewilligt haben.",
        ),
        limits: Text::new(
            "Pictures up to 5 MB, sound and video 16 MB, other files 100 MB; larger pictures go as documents. A sent \
             message cannot be changed or taken back. Three buttons or a list of ten. No polls, no calls. Groups only \
             if they were made by the interface.",
            "Bilder bis 5 MB, Ton und Video 16 MB, andere Dateien 100 MB; größere Bilder gehen als Dokument. Eine \
             gesendete Nachricht lässt sich nicht ändern oder zurückholen. Drei Knöpfe oder eine Liste mit zehn. Keine \
             Umfragen, keine Anrufe. Gruppen nur, wenn sie über die Schnittstelle entstanden.",
        ),
        tested: Text::new(
            "Meta's published description of the interface (v23.0) and all example calls in it; not yet a number in use.",
            "Metas veröffentlichte Beschreibung der Schnittstelle (v23.0) und alle Beispielaufrufe darin; noch keine \
             Nummer im Betrieb.",
        ),
    },
    hook: true,
};
