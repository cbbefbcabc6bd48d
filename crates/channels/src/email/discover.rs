//! Finding a mailbox's servers from its address alone. All sources are asked at once; what they
//! name is tried in the order of how much they are worth.

use std::time::Duration;

use futures_util::future::join_all;
use hickory_resolver::{TokioResolver, proto::rr::RData};
use tokio::time::timeout;
use unisono_domain::net::OutboundGuard;
use url::Url;

use super::{
    autoconfig,
    config::{Security, Server},
    providers,
};
use crate::net::Http;

/// For all sources together.
const PATIENCE: Duration = Duration::from_secs(10);
/// Autoconfiguration files are a few kilobytes.
const LARGEST_FILE: usize = 256 * 1024;
/// Mozilla's database of providers; an own copy can be named by this variable, ending in `/`.
pub const ISPDB: &str = "UNISONO_ISPDB";
const MOZILLA: &str = "https://autoconfig.thunderbird.net/v1.1/";

/// How the login name is made from the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Username {
    Address,
    LocalPart,
}

/// A server that may be the right one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    pub host: String,
    pub port: u16,
    pub security: Security,
    pub username: Username,
}

impl Endpoint {
    pub fn server(&self, address: &str) -> Server {
        let username = match self.username {
            Username::Address => address,
            Username::LocalPart => address.rsplit_once('@').map_or(address, |(local, _)| local),
        };
        Server { host: self.host.clone(), port: self.port, security: self.security, username: username.to_owned() }
    }
}

/// A pair from the table of providers.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub imap: Endpoint,
    pub smtp: Endpoint,
}

/// What is worth trying, best first.
#[derive(Clone, Debug, Default)]
pub struct Found {
    pub imap: Vec<Endpoint>,
    pub smtp: Vec<Endpoint>,
    /// From here on the entries are guesses.
    pub certain: bool,
}

impl Found {
    fn add(&mut self, imap: impl IntoIterator<Item = Endpoint>, smtp: impl IntoIterator<Item = Endpoint>) {
        for (list, new) in
            [(&mut self.imap, imap.into_iter().collect::<Vec<_>>()), (&mut self.smtp, smtp.into_iter().collect())]
        {
            for endpoint in new {
                if !list.contains(&endpoint) {
                    list.push(endpoint);
                }
            }
        }
    }
}

/// Asks everybody.
pub async fn discover(guard: &OutboundGuard, address: &str) -> Found {
    let base = std::env::var(ISPDB).unwrap_or_else(|_| MOZILLA.to_owned());
    discover_with(guard, address, Url::parse(&base).ok().as_ref()).await
}

/// Asks everybody, and this database of providers.
pub async fn discover_with(guard: &OutboundGuard, address: &str, database: Option<&Url>) -> Found {
    let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain).to_ascii_lowercase();
    let mut found = Found::default();
    if let Some(known) = providers::by_domain(&domain) {
        found.add([known.imap], [known.smtp]);
        found.certain = true;
        return found;
    }
    let http = Http::new(guard.clone(), PATIENCE).ok();
    let resolver = TokioResolver::builder_tokio().ok().and_then(|builder| builder.build().ok());
    let (files, srv, mx) = tokio::join!(
        timeout(PATIENCE, files(http.as_ref(), &domain, address, database)),
        timeout(PATIENCE, service_records(resolver.as_ref(), &domain)),
        timeout(PATIENCE, exchangers(resolver.as_ref(), http.as_ref(), &domain, database)),
    );
    for servers in files.unwrap_or_default() {
        found.add(servers.imap, servers.smtp);
    }
    let (imap, smtp) = srv.unwrap_or_default();
    found.add(imap, smtp);
    let (hosts, by_exchanger) = mx.unwrap_or_default();
    for servers in by_exchanger {
        found.add(servers.imap, servers.smtp);
    }
    found.certain = !found.imap.is_empty();
    let (imap, smtp) = guesses(&domain, &hosts);
    found.add(imap, smtp);
    found
}

/// The provider's own files first, then Mozilla's.
async fn files(http: Option<&Http>, domain: &str, address: &str, database: Option<&Url>) -> Vec<autoconfig::Servers> {
    let Some(http) = http else { return Vec::new() };
    let mut urls = Vec::new();
    let own = [
        format!("https://autoconfig.{domain}/mail/config-v1.1.xml"),
        format!("https://{domain}/.well-known/autoconfig/mail/config-v1.1.xml"),
    ];
    for text in own {
        if let Ok(mut url) = Url::parse(&text) {
            url.query_pairs_mut().append_pair("emailaddress", address);
            urls.push(url);
        }
    }
    urls.extend(database.and_then(|base| base.join(domain).ok()));
    join_all(urls.iter().map(|url| file(http, url, domain))).await.into_iter().flatten().collect()
}

async fn file(http: &Http, url: &Url, domain: &str) -> Option<autoconfig::Servers> {
    let body = timeout(PATIENCE, http.get(url, LARGEST_FILE)).await.ok()?.ok()?;
    let servers = autoconfig::read(&String::from_utf8_lossy(&body), domain);
    (!servers.imap.is_empty()).then_some(servers)
}

/// RFC 6186 and RFC 8314, section 5.1.
async fn service_records(resolver: Option<&TokioResolver>, domain: &str) -> (Vec<Endpoint>, Vec<Endpoint>) {
    let Some(resolver) = resolver else { return Default::default() };
    let (imaps, imap, submissions, submission) = tokio::join!(
        records(resolver, "_imaps", domain, Security::Tls),
        records(resolver, "_imap", domain, Security::StartTls),
        records(resolver, "_submissions", domain, Security::Tls),
        records(resolver, "_submission", domain, Security::StartTls),
    );
    (imaps.into_iter().chain(imap).collect(), submissions.into_iter().chain(submission).collect())
}

async fn records(resolver: &TokioResolver, service: &str, domain: &str, security: Security) -> Vec<Endpoint> {
    let Ok(answer) = resolver.srv_lookup(format!("{service}._tcp.{domain}.")).await else { return Vec::new() };
    let mut found: Vec<(u16, Endpoint)> = answer
        .answers()
        .iter()
        .filter_map(|record| match &record.data {
            RData::SRV(srv) => {
                let host = srv.target.to_utf8().trim_end_matches('.').to_ascii_lowercase();
                // A lone dot says that there is no such service.
                (!host.is_empty()).then(|| {
                    let endpoint = Endpoint { host, port: srv.port, security, username: Username::Address };
                    (srv.priority, endpoint)
                })
            }
            _ => None,
        })
        .collect();
    found.sort_by_key(|(priority, _)| *priority);
    found.into_iter().map(|(_, endpoint)| endpoint).collect()
}

/// Who takes mail for the domain often runs its mailboxes, too.
async fn exchangers(
    resolver: Option<&TokioResolver>,
    http: Option<&Http>,
    domain: &str,
    database: Option<&Url>,
) -> (Vec<String>, Vec<autoconfig::Servers>) {
    let Some(resolver) = resolver else { return Default::default() };
    let Ok(answer) = resolver.mx_lookup(format!("{domain}.")).await else { return Default::default() };
    let mut hosts: Vec<(u16, String)> = answer
        .answers()
        .iter()
        .filter_map(|record| match &record.data {
            RData::MX(mx) => Some((mx.preference, mx.exchange.to_utf8().trim_end_matches('.').to_ascii_lowercase())),
            _ => None,
        })
        .filter(|(_, host)| !host.is_empty())
        .collect();
    hosts.sort();
    let hosts: Vec<String> = hosts.into_iter().map(|(_, host)| host).collect();
    let Some(first) = hosts.first() else { return (hosts, Vec::new()) };
    if let Some(known) = providers::by_mx(first) {
        return (hosts.clone(), vec![autoconfig::Servers { imap: vec![known.imap], smtp: vec![known.smtp] }]);
    }
    let labels: Vec<&str> = first.rsplit('.').take(2).collect();
    let base = labels.into_iter().rev().collect::<Vec<_>>().join(".");
    let mut servers = Vec::new();
    if base != domain
        && let (Some(http), Some(url)) = (http, database.and_then(|url| url.join(&base).ok()))
    {
        servers.extend(file(http, &url, &base).await);
    }
    (hosts, servers)
}

fn guesses(domain: &str, exchangers: &[String]) -> (Vec<Endpoint>, Vec<Endpoint>) {
    let endpoint = |host: String, port, security| Endpoint { host, port, security, username: Username::Address };
    let own = |name: &str| if name.is_empty() { domain.to_owned() } else { format!("{name}.{domain}") };
    let hosts = |names: [&str; 3]| -> Vec<String> {
        names.into_iter().map(own).chain(exchangers.iter().take(1).cloned()).collect()
    };
    let mut imap = Vec::new();
    let mut smtp = Vec::new();
    for (port, security) in [(993, Security::Tls), (143, Security::StartTls)] {
        imap.extend(hosts(["imap", "mail", ""]).into_iter().map(|host| endpoint(host, port, security)));
    }
    for (port, security) in [(465, Security::Tls), (587, Security::StartTls)] {
        smtp.extend(hosts(["smtp", "mail", ""]).into_iter().map(|host| endpoint(host, port, security)));
    }
    (imap, smtp)
}
