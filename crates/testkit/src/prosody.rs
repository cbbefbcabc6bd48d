//! A real XMPP server for tests: one Prosody for a whole test program, on free ports, with rooms, an
//! archive, a place for files, and a module of ours that makes trouble when told to.

use std::{
    fs, io,
    io::Write as _,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
    time::{Duration, Instant},
};

use crate::fake_channel::Trouble;

const PROSODY: &str = "/usr/bin/prosody";
const START: Duration = Duration::from_secs(60);
/// The server's name in addresses.
pub const DOMAIN: &str = "prosody.test";
pub const ROOMS: &str = "conference.prosody.test";
/// A server without an archive, copies for other devices, and counting of stanzas.
pub const OLD_DOMAIN: &str = "old.test";
/// Everybody's password, and the one that [`Trouble::Expired`] puts in its place.
pub const PASSWORD: &str = "geheim";
pub const NEW_PASSWORD: &str = "anders";

/// The server. It lives as long as the test program: a shell that waits for the end of its input
/// stops it and removes its folder.
pub struct Prosody {
    folder: PathBuf,
    /// Plain, and with STARTTLS.
    pub port: u16,
    pub direct_port: u16,
    _shell: Child,
}

static RUNNING: OnceLock<Option<Prosody>> = OnceLock::new();

impl Prosody {
    /// The running server. `None`, with a word on why, where it is not installed.
    pub fn get() -> Option<&'static Self> {
        RUNNING.get_or_init(Self::start).as_ref()
    }

    fn start() -> Option<Self> {
        if !Path::new(PROSODY).exists() {
            println!("skipped: prosody is not installed");
            return None;
        }
        match Self::run() {
            Ok(server) => Some(server),
            Err(error) => panic!("prosody does not start: {error}"),
        }
    }

    fn run() -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("unisono-prosody-").tempdir()?.keep();
        for name in ["data", "plugins", "trouble"] {
            fs::create_dir_all(folder.join(name))?;
        }
        crate::mail::certificate(&folder)?;
        let listeners = (0..3).map(|_| TcpListener::bind(("127.0.0.1", 0))).collect::<io::Result<Vec<_>>>()?;
        let ports =
            listeners.iter().map(|listener| Ok(listener.local_addr()?.port())).collect::<io::Result<Vec<_>>>()?;
        drop(listeners);
        fs::write(folder.join("prosody.cfg.lua"), configuration(&folder, &ports))?;
        fs::write(folder.join("plugins/mod_unisono_trouble.lua"), TROUBLE)?;
        let script = r#"cd "$1" && { prosody --config prosody.cfg.lua -F >out.log 2>&1 & prosody=$!; cat >/dev/null; kill $prosody; wait $prosody; cd /; rm -rf "$1"; }"#;
        let shell = Command::new("sh")
            .args(["-c", script, "sh"])
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let server = Self { folder, port: ports[0], direct_port: ports[1], _shell: shell };
        let deadline = Instant::now() + START;
        while TcpStream::connect(("127.0.0.1", server.port)).is_err() {
            if Instant::now() > deadline {
                return Err(io::Error::other(server.log()));
            }
            std::thread::yield_now();
        }
        Ok(server)
    }

    /// What the server logged.
    pub fn log(&self) -> String {
        let read = |name: &str| fs::read_to_string(self.folder.join(name)).unwrap_or_default();
        format!("{}{}", read("prosody.log"), read("out.log"))
    }

    /// Makes somebody an account; gives the address. Names are of letters and digits.
    pub fn add(&self, user: &str) -> String {
        self.set_password(user, PASSWORD);
        format!("{user}@{DOMAIN}")
    }

    /// The same on the server of old.
    pub fn add_old(&self, user: &str) -> String {
        self.set_password_at("old%2etest", user, PASSWORD);
        format!("{user}@{OLD_DOMAIN}")
    }

    fn set_password(&self, user: &str, password: &str) {
        self.set_password_at("prosody%2etest", user, password);
    }

    fn set_password_at(&self, domain: &str, user: &str, password: &str) {
        let folder = self.folder.join("data").join(domain).join("accounts");
        let account = format!("return {{ [\"password\"] = \"{password}\"; }};\n");
        let written = fs::create_dir_all(&folder).and_then(|()| fs::write(folder.join(format!("{user}.dat")), account));
        written.unwrap_or_else(|error| panic!("no account for {user}: {error}"));
    }

    fn order(&self, name: &str, order: &str) {
        // It appears whole or not at all.
        let (draft, path) = (self.folder.join(format!("draft {name}")), self.folder.join("trouble").join(name));
        let put = || {
            fs::File::create(&draft)?.write_all(order.as_bytes())?;
            fs::rename(&draft, path)
        };
        put().unwrap_or_else(|error: io::Error| panic!("no order: {error}"));
    }

    /// What the next message to somebody meets with. `me`: whose credentials may expire.
    pub fn trouble(&self, me: &str, user: &str, trouble: Trouble) {
        let order = match trouble {
            Trouble::Later(milliseconds) => format!("later {milliseconds}"),
            Trouble::Rejected => "rejected".to_owned(),
            Trouble::TakenAndCut => "taken cut".to_owned(),
            Trouble::LostAndCut => "lost cut".to_owned(),
            Trouble::TakenAndSilent | Trouble::EchoLater => "taken silent".to_owned(),
            Trouble::Silent => "lost silent".to_owned(),
            Trouble::Broken => "broken".to_owned(),
            Trouble::Expired => {
                self.set_password(me, NEW_PASSWORD);
                self.kick(me);
                return;
            }
        };
        self.order(user, &order);
    }

    /// Breaks off everybody's connection who is signed in as this user.
    pub fn kick(&self, user: &str) {
        self.order(&format!("kick {user}"), "");
    }

    /// Whether the order for somebody's next message has been carried out.
    pub fn is_met(&self, user: &str) -> bool {
        !self.folder.join("trouble").join(user).exists()
    }
}

fn configuration(folder: &Path, ports: &[u16]) -> String {
    let folder = folder.display();
    let (plain, direct, http) = (ports[0], ports[1], ports[2]);
    format!(
        r#"run_as_root = true
daemonize = false
pidfile = "{folder}/prosody.pid"
data_path = "{folder}/data"
plugin_paths = {{ "{folder}/plugins" }}
log = {{ info = "{folder}/prosody.log" }}
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {plain} }}
c2s_direct_tls_ports = {{ {direct} }}
s2s_ports = {{}}
s2s_direct_tls_ports = {{}}
http_ports = {{ {http} }}
https_ports = {{}}
http_default_host = "upload.{DOMAIN}"
authentication = "internal_plain"
storage = "internal"
archive_expires_after = "never"
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
c2s_tcp_keepalives = false
limits = {{}}
modules_enabled = {{ "roster"; "saslauth"; "tls"; "disco"; "pep"; "vcard_legacy"; "carbons"; "mam"; "csi"; "smacks"; "private"; "ping"; "bookmarks"; "unisono_trouble" }}
modules_disabled = {{ "s2s" }}
ssl = {{ key = "{folder}/key.pem"; certificate = "{folder}/cert.pem" }}
unisono_orders = "{folder}/trouble"
VirtualHost "{DOMAIN}"
VirtualHost "{OLD_DOMAIN}"
modules_disabled = {{ "mam"; "smacks"; "carbons"; "pep"; "bookmarks"; "unisono_trouble" }}
Component "{ROOMS}" "muc"
modules_enabled = {{ "muc_mam" }}
muc_log_by_default = true
Component "upload.{DOMAIN}" "http_file_share"
http_file_share_size_limit = 1048576
http_external_url = "http://127.0.0.1:{http}/"
"#
    )
}

/// Orders are files named after the recipient of the message that meets with trouble.
const TROUBLE: &str = r#"
local st = require "util.stanza";
local lfs = require "lfs";
local time = require "util.time".now;
local folder = module:get_option_string("unisono_orders");
local since = {};

local function mute(session)
	session.send = function () return true; end
end

local function cut(session)
	mute(session);
	module:add_timer(0.01, function () if session.conn then session.conn:close(); end end);
end

local function handle(event)
	local origin, stanza = event.origin, event.stanza;
	if origin.unisono_dead then return true; end
	if origin.type ~= "c2s" or not stanza:get_child("body") or not stanza.attr.to then return; end
	local path = folder .. "/" .. (stanza.attr.to:match("^([^@]+)@") or "");
	local file = io.open(path);
	if not file then return; end
	local order = file:read("*a") or "";
	file:close();
	local after = tonumber(order:match("^later (%d+)"));
	if after then
		since[path] = since[path] or time();
		if time() - since[path] < after / 1000 then
			origin.send(st.error_reply(stanza, "wait", "resource-constraint"));
			return true;
		end
		os.remove(path);
		return;
	end
	os.remove(path);
	if order == "rejected" then
		origin.send(st.error_reply(stanza, "cancel", "not-allowed"));
		return true;
	elseif order == "broken" then
		origin.send(st.error_reply(stanza, "wait", "internal-server-error"));
		return true;
	end
	if order:match("cut$") then cut(origin); else mute(origin); end
	origin.unisono_dead = true;
	if order:match("^lost") then return true; end
end
module:hook("pre-message/bare", handle, 1000);
module:hook("pre-message/full", handle, 1000);

module:add_timer(0.05, function ()
	for name in lfs.dir(folder) do
		local user = name:match("^kick (.+)$");
		if user then
			os.remove(folder .. "/" .. name);
			for _, session in pairs(prosody.full_sessions) do
				if session.username == user and session.host == module.host then cut(session); end
			end
		end
	end
	return 0.05;
end);
"#;
