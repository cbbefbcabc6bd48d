//! Mails of mixed kinds, the same at every run: plain, HTML, attached files, old charsets, broken
//! headers, threads, and one of 20 MB.

use std::fmt::Write as _;

/// A mail with the time at which it arrived, in seconds since 1970.
#[derive(Clone, Debug)]
pub struct Generated {
    pub raw: Vec<u8>,
    pub received: u64,
    /// Its Message-ID without brackets, if it has one.
    pub message_id: Option<String>,
}

const MINUTE: u64 = 60;
const PEOPLE: [(&str, &str); 7] = [
    ("Anna Beispiel", "anna@example.org"),
    ("Bert Muster", "bert@example.com"),
    ("Carla Ørsted", "carla@example.net"),
    ("Doğan Çelik", "dogan@example.org"),
    ("Ελένη", "eleni@example.com"),
    ("Fatima", "fatima@example.net"),
    ("", "noreply@shop.example"),
];

/// So many mails to `to`, the newest one minute before `now`, one every ten minutes. With `huge`, one
/// of them carries a file of 20 MB.
pub fn mails(count: usize, to: &str, now: u64, huge: bool) -> Vec<Generated> {
    (0..count).map(|at| mail(at, count, to, now, huge)).collect()
}

fn mail(at: usize, count: usize, to: &str, now: u64, huge: bool) -> Generated {
    let received = now - MINUTE - (count - 1 - at) as u64 * 10 * MINUTE;
    let (name, address) = PEOPLE[at % PEOPLE.len()];
    let id = format!("gen-{at}@{}", address.rsplit('@').next().unwrap_or("example.org"));
    let mut head = String::new();
    let _ = write!(head, "Received: from mx.example.org by test; {}\r\n", date(received));
    let from = if name.is_ascii() { format!("{name} <{address}>") } else { format!("{} <{address}>", word(name)) };
    let _ = write!(head, "From: {from}\r\nTo: <{to}>\r\nDate: {}\r\n", date(received));
    let mut message_id = Some(id.clone());
    let kind = if huge && at == count / 2 { 99 } else { at % 12 };
    if kind == 9 {
        message_id = None;
    } else {
        let _ = write!(head, "Message-ID: <{id}>\r\n");
    }
    let raw = match kind {
        0 => finish(
            head,
            "Plain words",
            "text/plain; charset=utf-8",
            "8bit",
            &format!("Hallo, hier ist Mail {at}.\r\nGrüße\r\n"),
        ),
        1 => {
            let body = format!(
                "<html><body><p>Mail <b>{at}</b></p><img src=\"https://tracker.example/{at}.gif\"></body></html>\r\n"
            );
            finish(head, "Nur HTML", "text/html; charset=utf-8", "8bit", &body)
        }
        2 => {
            let mut raw = finish(head, "Alter Zeichensatz", "text/plain; charset=iso-8859-1", "8bit", "");
            raw.extend_from_slice(b"Sch\xf6ne Gr\xfc\xdfe aus K\xf6ln\r\n");
            raw
        }
        3 => {
            let body = alternative(at);
            finish(head, &word("Zwei Fassungen äöü"), "multipart/alternative; boundary=alt", "7bit", &body)
        }
        4 => finish(head, "Mit Datei", "multipart/mixed; boundary=mix", "7bit", &attached(at, 3_000)),
        5..=7 => {
            // A thread of three: each answers the one before.
            let before = at - 1;
            let (_, other) = PEOPLE[before % PEOPLE.len()];
            let parent = format!("gen-{before}@{}", other.rsplit('@').next().unwrap_or("example.org"));
            let _ = write!(head, "In-Reply-To: <{parent}>\r\nReferences: <{parent}>\r\n");
            let body = format!("Antwort {at}.\r\n\r\nAm 1.1.2026 schrieb jemand:\r\n> Frage {before}\r\n");
            finish(head, "Re: Mit Datei", "text/plain; charset=utf-8", "8bit", &body)
        }
        8 => {
            // Broken: raw 8-bit subject, no charset, an unclosed boundary.
            let mut raw = head.into_bytes();
            raw.extend_from_slice(
                b"Subject: Gr\xfc\xdfe ohne Kodierung\r\nContent-Type: multipart/mixed; boundary=\"x\r\n\r\n",
            );
            raw.extend_from_slice(format!("--x\r\n\r\nkaputt {at}\r\n").as_bytes());
            raw
        }
        9 => finish(head, "Ohne Kennung", "text/plain", "7bit", &format!("Mail {at} has no Message-ID.\r\n")),
        10 => {
            let _ = write!(
                head,
                "List-Id: <news.example.org>\r\nList-Unsubscribe: <mailto:leave@example.org>\r\nPrecedence: bulk\r\n"
            );
            finish(head, "Newsletter", "text/html; charset=utf-8", "8bit", &newsletter(at))
        }
        11 => finish(
            head,
            "=?UTF-8?Q?Caf=C3=A9?=",
            "text/plain; charset=utf-8",
            "quoted-printable",
            &format!("Caf=C3=A9 {at} =E2=98=95=\r\n weiter\r\n"),
        ),
        _ => finish(head, "Groß", "multipart/mixed; boundary=mix", "7bit", &attached(at, 20 * 1024 * 1024)),
    };
    Generated { raw, received, message_id }
}

fn finish(mut head: String, subject: &str, kind: &str, encoding: &str, body: &str) -> Vec<u8> {
    let subject = if subject.is_ascii() { subject.to_owned() } else { word(subject) };
    let _ = write!(
        head,
        "Subject: {subject}\r\nMIME-Version: 1.0\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{body}"
    );
    head.into_bytes()
}

fn alternative(at: usize) -> String {
    format!(
        "--alt\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nText {at}\r\n--alt\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Text <i>{at}</i></p>\r\n--alt--\r\n"
    )
}

fn attached(at: usize, bytes: usize) -> String {
    let mut body = format!(
        "--mix\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nSiehe Datei {at}\r\n--mix\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=\"datei-{at}.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    );
    let mut state = at as u32 | 1;
    let mut line = String::with_capacity(78);
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    body.reserve(bytes / 3 * 4 + bytes / 28);
    for _ in 0..bytes.div_ceil(57) {
        line.clear();
        for _ in 0..76 {
            // Numerical Recipes' generator: any would do.
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            line.push(char::from(LETTERS[(state >> 26) as usize]));
        }
        body.push_str(&line);
        body.push_str("\r\n");
    }
    body.push_str("--mix--\r\n");
    body
}

fn newsletter(at: usize) -> String {
    let mut html = String::from("<html><head><style>p{color:red}</style></head><body><table>");
    for row in 0..30 {
        let _ = write!(
            html,
            "<tr><td style=\"padding:4px\"><a href=\"https://shop.example/{at}/{row}\">Angebot {row}</a></td></tr>\r\n"
        );
    }
    html.push_str("</table></body></html>\r\n");
    html
}

/// An encoded word (RFC 2047).
fn word(text: &str) -> String {
    let mut out = String::from("=?UTF-8?Q?");
    for byte in text.bytes() {
        match byte {
            b' ' => out.push('_'),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => out.push(char::from(byte)),
            _ => {
                let _ = write!(out, "={byte:02X}");
            }
        }
    }
    out.push_str("?=");
    out
}

/// A date as mails write it (RFC 5322 section 3.3), in UTC.
fn date(seconds: u64) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    let days = seconds / 86_400;
    // Days to a civil date, proleptic Gregorian, counted from 0000-03-01.
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month_index = if month < 10 { month + 2 } else { month - 10 } as usize;
    let year = year_of_era + era * 400 + u64::from(month_index < 2);
    let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    format!(
        "{}, {day} {} {year} {hour:02}:{minute:02}:{second:02} +0000",
        DAYS[(days % 7) as usize],
        MONTHS[month_index]
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_mails_come_at_every_run() {
        let first = mails(24, "me@example.org", 1_790_000_000, false);
        let second = mails(24, "me@example.org", 1_790_000_000, false);
        assert!(first.iter().zip(&second).all(|(a, b)| a.raw == b.raw));
        assert_eq!(first.last().map(|mail| mail.received), Some(1_789_999_940));
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(date(951_782_400), "Tue, 29 Feb 2000 00:00:00 +0000");
        assert_eq!(date(1_790_000_000), "Mon, 21 Sep 2026 14:13:20 +0000");
    }
}
