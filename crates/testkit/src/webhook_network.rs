//! The conformance suite for networks whose vendor calls us: an adapter's test says how its vendor
//! writes and signs, the rest is here.

#![expect(clippy::expect_used, reason = "a test ends here with the reason")]

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use bytes::Bytes;
use serde_json::Value;
use unisono_domain::channel::{Channel, WebhookRequest, login::NewAccount};
use unisono_engine::Error;
use unisono_store::hub::accounts;

use crate::{
    bench::{Bench, eventually, real_life},
    conformance::Network,
    fake_channel::Trouble,
    vendor::{Script, Vendor},
};

/// A vendor that calls us when somebody writes, and that we call to answer.
pub trait WebhookVendor: Script {
    fn channel(&self) -> Arc<dyn Channel>;

    /// What a login gives, with the vendor's interface at `base`.
    fn account(&self, base: &str) -> NewAccount;

    /// What the vendor posts when a person writes; `number` makes its ids different.
    fn payload(&self, person: &str, text: &str, number: usize) -> Bytes;

    /// The call with a payload, signed as the vendor does. `url` is the account's address, `hook` its
    /// secret end.
    fn sign(&self, url: &str, hook: &str, payload: Bytes) -> WebhookRequest;

    /// The local part of the ghost of a person.
    fn ghost(&self, person: &str) -> String;

    /// Whether a message whose answer was lost can be asked for, or sent again without harm.
    fn can_be_asked(&self) -> bool {
        false
    }

    /// Whether calls are signed, beyond the secret in their address.
    fn is_signed(&self) -> bool {
        true
    }
}

/// A call without anything in it.
pub fn empty_call(url: &str, payload: Bytes) -> WebhookRequest {
    WebhookRequest {
        method: "POST".to_owned(),
        headers: Vec::new(),
        query: Vec::new(),
        body: payload,
        url: url.to_owned(),
        path: String::new(),
    }
}

/// A webhook vendor as the suite sees it.
pub struct WebhookNetwork<V> {
    pub script: Arc<V>,
    pub vendor: Vendor,
    account: Mutex<i64>,
    number: AtomicUsize,
    written: Mutex<Vec<Bytes>>,
}

impl<V: WebhookVendor> WebhookNetwork<V> {
    pub fn new(script: V) -> Self {
        let script = Arc::new(script);
        let vendor = Vendor::start(Arc::clone(&script));
        Self { script, vendor, account: Mutex::default(), number: AtomicUsize::new(1), written: Mutex::default() }
    }

    async fn hook(&self, bench: &Bench) -> String {
        let account = *self.account.lock().unwrap_or_else(PoisonError::into_inner);
        let row = bench.engine.db.read(move |tx| Ok::<_, Error>(accounts::get(tx, account)?)).await;
        row.expect("the account").hook.expect("an address")
    }

    async fn signed(&self, bench: &Bench, payload: Bytes) -> (String, WebhookRequest) {
        let hook = self.hook(bench).await;
        let url = format!("https://unisono.example/_unisono/hooks/{hook}");
        let request = self.script.sign(&url, &hook, payload);
        (hook, request)
    }

    /// The vendor calls until the call is taken: again only where it is told to.
    async fn call(&self, bench: &Bench, payload: &Bytes) {
        eventually("the call is taken", async || match self.post(bench, payload.clone()).await {
            Err(Error::Unavailable(_)) => None,
            taken => {
                taken.expect("the call is taken");
                Some(())
            }
        })
        .await;
    }

    /// The vendor makes one call; gives the error, if it is refused.
    pub async fn post(&self, bench: &Bench, payload: Bytes) -> Result<(), Error> {
        let (hook, request) = self.signed(bench, payload).await;
        bench.engine.answer_hook(&hook, request).await.map(drop)
    }
}

impl<V: WebhookVendor> Network for WebhookNetwork<V> {
    fn channel(&self) -> Arc<dyn Channel> {
        self.script.channel()
    }

    fn is_real(&self) -> bool {
        true
    }

    fn can_be_asked(&self) -> bool {
        self.script.can_be_asked()
    }

    async fn connect(&self, bench: &Bench) -> i64 {
        let channel = self.script.channel().meta().id.to_owned();
        let account = self.script.account(&self.vendor.base());
        let id = bench.engine.store_account(bench.owner.clone(), channel, account).await.expect("an account");
        *self.account.lock().unwrap_or_else(PoisonError::into_inner) = id;
        id
    }

    async fn write(&self, bench: &Bench, person: &str, text: &str) {
        let payload = self.script.payload(person, text, self.number.fetch_add(1, Ordering::Relaxed));
        self.written.lock().unwrap_or_else(PoisonError::into_inner).push(payload.clone());
        self.call(bench, &payload).await;
    }

    async fn repeat(&self, bench: &Bench) {
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for payload in written {
            self.call(bench, &payload).await;
        }
    }

    async fn taken(&self, person: &str) -> Vec<String> {
        self.vendor.taken(person)
    }

    fn ghost(&self, person: &str) -> String {
        self.script.ghost(person)
    }

    fn trouble(&self, person: &str, trouble: Trouble) -> bool {
        self.vendor.trouble(person, trouble);
        true
    }

    fn is_met(&self, person: &str) -> bool {
        self.vendor.is_met(person)
    }
}

/// A call that somebody else signed is refused and leaves nothing.
pub fn a_wrong_signature_is_refused<V: WebhookVendor>(network: &WebhookNetwork<V>) {
    assert!(network.script.is_signed(), "a vendor that does not sign needs no such test");
    let home = tempfile::tempdir().expect("a folder");
    real_life(home.path(), vec![network.channel()], async |bench| {
        network.connect(&bench).await;
        let payload = network.script.payload("anna", "forged", 9_000);
        let (hook, mut request) = network.signed(&bench, payload).await;
        let mut changed = 0;
        for (name, value) in &mut request.headers {
            if ["signature", "token", "authorization"].iter().any(|word| name.contains(word)) {
                let last = if value.ends_with('0') { '1' } else { '0' };
                value.pop();
                value.push(last);
                changed += 1;
            }
        }
        assert!(changed > 0, "the signature is in no header");
        let refused = bench.engine.answer_hook(&hook, request.clone()).await;
        assert!(matches!(refused, Err(Error::Forbidden(_))), "a changed signature");
        request.headers.clear();
        let refused = bench.engine.answer_hook(&hook, request).await;
        assert!(matches!(refused, Err(Error::Forbidden(_))), "no signature at all");
        network.write(&bench, "anna", "real").await;
        bench.room_of("real").await;
        assert_eq!(bench.texts_of(&network.ghost("anna")).await, ["real"]);
    });
}

/// Whatever a call carries, it is refused or ignored: nothing breaks, and the next one is taken.
pub fn hostile_calls_do_no_harm<V: WebhookVendor>(network: &WebhookNetwork<V>) {
    let home = tempfile::tempdir().expect("a folder");
    real_life(home.path(), vec![network.channel()], async |bench| {
        network.connect(&bench).await;
        let good = network.script.payload("anna", "good", 9_100);
        let mut bad: Vec<Bytes> = ["", "{}", "[]", "null", "\"\"", "{\"a\":", "\u{0}\u{0}", "a=b&c", "%%%=%ff&&&"]
            .into_iter()
            .map(|body| Bytes::from_static(body.as_bytes()))
            .collect();
        bad.push(Bytes::from("[".repeat(100_000)));
        if let Ok(json) = serde_json::from_slice::<Value>(&good) {
            let mut variants = Vec::new();
            spoil(&json, &mut |variant| variants.push(Bytes::from(variant.to_string())));
            bad.extend(variants);
        }
        for payload in bad {
            // An error is an answer, too; a panic is not.
            if let Err(error) = network.post(&bench, payload).await {
                assert!(!matches!(error, Error::Internal(_)), "a hostile call is the caller's fault: {error}");
            }
        }
        network.write(&bench, "anna", "after all that").await;
        bench.room_of("after all that").await;
    });
}

/// Every copy of a value in which one leaf is something else.
fn spoil(whole: &Value, give: &mut impl FnMut(&Value)) {
    let mut paths = Vec::new();
    leaves(whole, String::new(), &mut paths);
    for path in paths {
        for other in [
            Value::Null,
            Value::from(-1),
            Value::from(u64::MAX),
            Value::from(1e300),
            Value::from(""),
            Value::from("\u{202e}<script>alert(1)</script>\u{0}"),
            Value::from("x".repeat(100_000)),
            serde_json::json!([]),
            serde_json::json!({ "a": [{}] }),
        ] {
            let mut copy = whole.clone();
            if let Some(leaf) = copy.pointer_mut(&path) {
                *leaf = other;
                give(&copy);
            }
        }
    }
}

fn leaves(value: &Value, path: String, paths: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                leaves(value, format!("{path}/{}", key.replace('~', "~0").replace('/', "~1")), paths);
            }
        }
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                leaves(value, format!("{path}/{index}"), paths);
            }
        }
        _ => {}
    }
    paths.push(path);
}

/// All tests of the suite for one [`WebhookVendor`], as the tests of a module.
#[macro_export]
macro_rules! webhook_conformance {
    ($vendor:expr) => {
        $crate::conformance_tests!($crate::webhook_network::WebhookNetwork::new($vendor));

        #[test]
        fn a_wrong_signature_is_refused() {
            let network = $crate::webhook_network::WebhookNetwork::new($vendor);
            if $crate::webhook_network::WebhookVendor::is_signed(&*network.script) {
                $crate::webhook_network::a_wrong_signature_is_refused(&network);
            }
        }

        #[test]
        fn hostile_calls_do_no_harm() {
            $crate::webhook_network::hostile_calls_do_no_harm(&$crate::webhook_network::WebhookNetwork::new($vendor));
        }
    };
}

/// The tests of the suite that every network has to pass.
#[macro_export]
macro_rules! conformance_tests {
    ($network:expr) => {
        $crate::conformance_tests!(@ $network,
            what_arrives_twice_is_there_once, order_is_kept, a_restart_in_the_middle_loses_and_repeats_nothing,
            a_message_waits_when_the_network_asks_for_it, a_lost_answer_sends_nothing_twice,
            an_unknown_outcome_is_left_to_the_user, a_refusal_is_final_and_told,
            a_restart_while_sending_sends_nothing_twice, one_chats_trouble_is_its_own, an_expired_credential_is_told,
            a_fault_of_the_network_loses_nothing
        );
    };
    (@ $network:expr, $($story:ident),*) => {
        $(
            #[test]
            fn $story() {
                let network = $network;
                if $crate::conformance::Network::is_there(&network) {
                    $crate::conformance::$story(&network);
                }
            }
        )*
    };
}
