//! The networks that Unisono speaks: one folder each, behind the traits of `unisono_domain::channel`.
//! Nothing here knows the store, the engine or the HTTP server.

pub mod closed;
pub mod discord;
pub mod email;
pub mod format;
pub mod generic;
mod instagram;
pub mod irc;
pub mod line;
pub mod livechat;
pub mod messenger;
mod meta_graph;
pub mod mqtt;
pub mod net;
pub mod phone;
pub mod rest;
pub mod safe_html;
pub mod seven;
pub mod signal;
pub mod slack;
pub mod smpp;
pub mod sms_text;
pub mod socket;
pub mod telegram;
pub mod threema;
mod tls;
pub mod token_login;
pub mod twilio;
pub mod verify;
pub mod whatsapp;
pub mod xmpp;

use std::sync::Arc;

use unisono_domain::channel::Channel;

/// Every network, in the order of the add-account page.
pub fn all() -> Vec<Arc<dyn Channel>> {
    vec![
        Arc::new(discord::Discord),
        Arc::new(email::Email),
        Arc::new(generic::Generic),
        Arc::new(messenger::INSTAGRAM),
        Arc::new(irc::Irc),
        Arc::new(line::Line),
        Arc::new(livechat::LiveChat),
        Arc::new(messenger::MESSENGER),
        Arc::new(mqtt::Mqtt),
        Arc::new(seven::Seven),
        Arc::new(signal::Signal),
        Arc::new(slack::Slack),
        Arc::new(smpp::Smpp),
        Arc::new(telegram::Telegram),
        Arc::new(threema::Threema),
        Arc::new(twilio::Twilio),
        Arc::new(whatsapp::WhatsApp),
        Arc::new(xmpp::Xmpp),
    ]
}
