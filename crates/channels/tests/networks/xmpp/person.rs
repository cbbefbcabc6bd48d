//! Somebody else on the server, with a program of their own.

use std::{
    sync::{Arc, Condvar, Mutex},
    time::{Duration, Instant},
};

use futures_util::StreamExt as _;
use sasl::common::ChannelBinding;
use tokio::{io::BufStream, net::TcpStream, sync::mpsc};
use tokio_xmpp::{
    Client, Event, IqRequest, IqResponse, Stanza,
    connect::ServerConnector,
    xmlstream::{PendingFeaturesRecv, StreamHeader, Timeouts, initiate_stream},
};
use unisono_testkit::prosody::Prosody;
use xmpp_parsers::{
    jid::Jid,
    message::{Id, Lang, Message},
    minidom::Element,
    presence::{Presence, Type},
};

/// Without encryption: this is a test on one machine.
#[derive(Clone, Debug)]
struct Plain(u16);

impl ServerConnector for Plain {
    type Stream = BufStream<TcpStream>;

    async fn connect(
        &self,
        jid: &Jid,
        ns: &'static str,
        timeouts: Timeouts,
    ) -> Result<(PendingFeaturesRecv<Self::Stream>, ChannelBinding), tokio_xmpp::Error> {
        let stream = BufStream::new(TcpStream::connect(("127.0.0.1", self.0)).await?);
        let header = StreamHeader { to: Some(jid.domain().as_str().to_owned().into()), from: None, id: None };
        Ok((initiate_stream(stream, ns, header, timeouts).await?, ChannelBinding::None))
    }
}

enum Order {
    Send(Box<Stanza>),
    Ask(Option<Jid>, Element, std::sync::mpsc::Sender<Option<Element>>),
}

#[derive(Default)]
struct Heard {
    messages: Mutex<Vec<Message>>,
    news: Condvar,
}

impl Heard {
    fn add(&self, message: Message) {
        self.messages.lock().unwrap().push(message);
        self.news.notify_all();
    }
}

/// Runs on a thread of its own, so that it outlives our server's lives.
pub struct Person {
    orders: mpsc::UnboundedSender<Order>,
    heard: Arc<Heard>,
    said: Mutex<Vec<Message>>,
}

impl Person {
    /// Signs in; returns when that is done.
    pub fn connect(server: &Prosody, address: &str, password: &str) -> Self {
        let (orders, mut receiver) = mpsc::unbounded_channel();
        let heard = Arc::new(Heard::default());
        let (online, is_online) = std::sync::mpsc::channel();
        let (jid, port, password) =
            (format!("{address}/test").parse::<Jid>().unwrap(), server.port, password.to_owned());
        let list = Arc::clone(&heard);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let mut client = Client::new_with_connector(jid, password, Plain(port), Timeouts::default());
                loop {
                    tokio::select! {
                        event = client.next() => match event {
                            Some(Event::Online { .. }) => {
                                client.send_stanza(Presence::new(Type::None).into()).await.unwrap();
                                let _ = online.send(());
                            }
                            Some(Event::Stanza(Stanza::Message(message))) => list.add(message),
                            Some(_) => {}
                            None => return,
                        },
                        order = receiver.recv() => match order {
                            Some(Order::Send(stanza)) => drop(client.send_stanza(*stanza).await.unwrap()),
                            Some(Order::Ask(to, payload, answer)) => {
                                let token = client.send_iq(to, IqRequest::Set(payload)).await;
                                tokio::spawn(async move {
                                    let result = match token.await {
                                        Ok(IqResponse::Result(result)) => result,
                                        other => panic!("refused: {other:?}"),
                                    };
                                    let _ = answer.send(result);
                                });
                            }
                            None => return,
                        },
                    }
                }
            });
        });
        is_online
            .recv_timeout(Duration::from_secs(30))
            .unwrap_or_else(|_| panic!("{address} does not sign in: {}", server.log()));
        Self { orders, heard, said: Mutex::default() }
    }

    pub fn send(&self, stanza: impl Into<Stanza>) {
        self.orders.send(Order::Send(Box::new(stanza.into()))).unwrap();
    }

    /// Asks to change something and waits for the answer.
    pub fn set(&self, to: Option<&str>, payload: Element) -> Option<Element> {
        let (answer, answered) = std::sync::mpsc::channel();
        let to = to.map(|to| to.parse().unwrap());
        self.orders.send(Order::Ask(to, payload, answer)).unwrap();
        answered.recv_timeout(Duration::from_secs(30)).expect("an answer")
    }

    /// Writes to somebody.
    pub fn say(&self, to: &str, id: &str, text: &str) {
        self.say_with(to, id, text, "");
    }

    /// Writes with extensions, given as XML.
    pub fn say_with(&self, to: &str, id: &str, text: &str, extensions: &str) {
        let mut message = Message::chat(Some(to.parse::<Jid>().unwrap()));
        if !text.is_empty() {
            message = message.with_body(Lang::new(), text.to_owned());
        }
        message.id = Some(Id(id.to_owned()));
        let all: Element = format!("<all xmlns='all'>{extensions}</all>").parse().unwrap();
        message.payloads.extend(all.children().cloned());
        self.said.lock().unwrap().push(message.clone());
        self.send(message);
    }

    /// Sends everything once more that it ever said, as a program does that heard no confirmation.
    pub fn repeat(&self) {
        for message in self.said.lock().unwrap().clone() {
            self.send(message);
        }
    }

    /// All messages so far, also those that say nothing to a person.
    pub fn heard(&self) -> Vec<Message> {
        self.heard.messages.lock().unwrap().clone()
    }

    /// Waits for a message.
    pub fn until(&self, what: &str, wanted: impl Fn(&Message) -> bool) -> Message {
        let deadline = Instant::now() + Duration::from_secs(30);
        let mut messages = self.heard.messages.lock().unwrap();
        loop {
            if let Some(found) = messages.iter().find(|message| wanted(message)) {
                return found.clone();
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{what} is not heard, but {messages:#?}");
            messages = self.heard.news.wait_timeout(messages, left).unwrap().0;
        }
    }

    /// What was said to it by somebody.
    pub fn texts(&self, from: &str) -> Vec<String> {
        let heard = self.heard();
        let from =
            heard.iter().filter(|message| message.from.as_ref().is_some_and(|jid| jid.to_bare().as_str() == from));
        from.filter_map(|message| message.bodies.values().next().cloned()).collect()
    }
}
