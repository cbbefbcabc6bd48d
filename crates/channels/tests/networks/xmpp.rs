//! XMPP against a real Prosody, with other people on programs of their own.

mod person;
mod stories;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use unisono_domain::channel::Channel;
use unisono_testkit::{
    bench::Bench,
    conformance::Network,
    fake_channel::Trouble,
    prosody::{DOMAIN, NEW_PASSWORD, PASSWORD, Prosody},
};

use self::person::Person;

/// Everybody of one test.
pub struct Jabber {
    server: Option<&'static Prosody>,
    /// Part of all names, so that tests side by side share the server.
    number: usize,
    people: Mutex<HashMap<String, Arc<Person>>>,
    messages: AtomicUsize,
    expired: Mutex<bool>,
}

impl Jabber {
    pub fn new() -> Self {
        static TESTS: AtomicUsize = AtomicUsize::new(0);
        let number = TESTS.fetch_add(1, Ordering::Relaxed);
        let server = Prosody::get();
        let jabber = Self {
            server,
            number,
            people: Mutex::default(),
            messages: AtomicUsize::new(0),
            expired: Mutex::new(false),
        };
        if let Some(server) = server {
            server.add(&jabber.user("me"));
        }
        jabber
    }

    pub fn user(&self, name: &str) -> String {
        format!("{name}{}", self.number)
    }

    pub fn address(&self, name: &str) -> String {
        format!("{}@{DOMAIN}", self.user(name))
    }

    pub fn me(&self) -> String {
        self.address("me")
    }

    pub fn server(&self) -> &'static Prosody {
        self.server.expect("the server")
    }

    pub fn person(&self, name: &str) -> Arc<Person> {
        let mut people = self.people.lock().unwrap();
        let person = people.entry(name.to_owned()).or_insert_with(|| {
            let user = self.user(name);
            if name != "me" {
                self.server().add(&user);
            }
            Arc::new(Person::connect(self.server(), &format!("{user}@{DOMAIN}"), PASSWORD))
        });
        Arc::clone(person)
    }

    pub fn fresh_id(&self) -> String {
        format!("m{}", self.messages.fetch_add(1, Ordering::Relaxed))
    }
}

impl Network for Jabber {
    fn channel(&self) -> Arc<dyn Channel> {
        Arc::new(unisono_channels::xmpp::Xmpp)
    }

    fn is_real(&self) -> bool {
        true
    }

    fn is_there(&self) -> bool {
        self.server.is_some()
    }

    async fn connect(&self, bench: &Bench) -> i64 {
        let password = if *self.expired.lock().unwrap() { NEW_PASSWORD } else { PASSWORD };
        // Every other test by TLS from the start.
        let server = self.server();
        let port = if self.number.is_multiple_of(2) { server.port } else { server.direct_port };
        let fields = [("jid", self.me()), ("password", password.to_owned()), ("server", format!("127.0.0.1:{port}"))];
        let fields = fields.map(|(name, value)| (name.to_owned(), value)).into();
        bench.engine.login_with_fields(bench.owner.clone(), "xmpp", "password", fields).await.unwrap()
    }

    async fn write(&self, _: &Bench, person: &str, text: &str) {
        self.person(person).say(&self.me(), &self.fresh_id(), text);
    }

    async fn repeat(&self, _: &Bench) {
        for person in self.people.lock().unwrap().values() {
            person.repeat();
        }
    }

    async fn taken(&self, person: &str) -> Vec<String> {
        self.person(person).texts(&self.me())
    }

    fn ghost(&self, person: &str) -> String {
        format!("xmpp_{}=40{DOMAIN}", self.user(person))
    }

    fn trouble(&self, person: &str, trouble: Trouble) -> bool {
        if trouble == Trouble::Expired {
            *self.expired.lock().unwrap() = true;
        }
        self.server().trouble(&self.user("me"), &self.user(person), trouble);
        true
    }

    fn is_met(&self, person: &str) -> bool {
        self.server().is_met(&self.user(person))
    }
}

unisono_testkit::conformance_tests!(Jabber::new());
