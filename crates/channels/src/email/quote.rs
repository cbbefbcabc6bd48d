//! What is new in a mail, apart from what it quotes and from its signature.

/// A mail's text in its three pieces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folded {
    pub body: String,
    pub quote: Option<String>,
    pub signature: Option<String>,
}

/// Folds the quoted mail at the end (or at the start, when the answer stands below) and the signature
/// away. Quotes with answers between them stay: without them the answers mean nothing. Text that
/// would leave nothing to read is not folded.
pub fn fold(text: &str) -> Folded {
    let lines: Vec<&str> = text.lines().collect();
    let (body, quote) = match quote_start(&lines) {
        Some(start) => (&lines[..start], Some(&lines[start..])),
        None => match leading_quote_end(&lines) {
            Some(end) => (&lines[end..], Some(&lines[..end])),
            None => (&lines[..], None),
        },
    };
    let (body, signature) = match signature_start(body) {
        Some(start) => (&body[..start], Some(&body[start..])),
        None => (body, None),
    };
    let folded = Folded {
        body: join(body),
        quote: quote.map(join).filter(|text| !text.is_empty()),
        signature: signature.map(|lines| join(without_marker(lines))).filter(|text| !text.is_empty()),
    };
    if folded.body.is_empty() && folded.quote.is_some() {
        return Folded { body: join(&lines), quote: None, signature: None };
    }
    folded
}

fn join(lines: &[&str]) -> String {
    lines.join("\n").trim_matches('\n').trim_end().to_owned()
}

fn without_marker<'a, 'b>(lines: &'a [&'b str]) -> &'a [&'b str] {
    match lines {
        [first, rest @ ..] if is_signature_marker(first) => rest,
        _ => lines,
    }
}

/// Where a quotation begins that goes on to the end.
fn quote_start(lines: &[&str]) -> Option<usize> {
    (0..lines.len()).find(|at| {
        is_original_marker(lines[*at])
            || is_header_block(&lines[*at..])
            || attribution_length(&lines[*at..]).is_some_and(|length| only_quotes_follow(&lines[at + length..]))
            || (is_quoted(lines[*at]) && (*at == 0 || !is_quoted(lines[at - 1])) && only_quotes_follow(&lines[*at..]))
    })
}

/// The end of a quotation that comes first, if text follows that is not interleaved with more of it.
fn leading_quote_end(lines: &[&str]) -> Option<usize> {
    let first = lines.iter().position(|line| !line.trim().is_empty())?;
    let start = first + attribution_length(&lines[first..]).unwrap_or(0);
    let quoted = lines[start..].iter().position(|line| !is_quoted(line) && !line.trim().is_empty())?;
    let end = start + quoted;
    let has_quote = lines[start..end].iter().any(|line| is_quoted(line));
    (has_quote && !lines[end..].iter().any(|line| is_quoted(line))).then_some(end)
}

fn is_quoted(line: &str) -> bool {
    line.trim_start().starts_with('>')
}

/// Whether nothing but quoted and empty lines, and a signature at most, comes; and at least one quoted.
fn only_quotes_follow(lines: &[&str]) -> bool {
    let Some(last) = lines.iter().rposition(|line| is_quoted(line)) else { return false };
    let quoted_or_empty = |line: &&str| is_quoted(line) || line.trim().is_empty();
    if !lines[..=last].iter().all(quoted_or_empty) {
        return false;
    }
    let rest: Vec<&str> = lines[last + 1..].iter().copied().filter(|line| !line.trim().is_empty()).collect();
    rest.first().is_none_or(|line| is_signature_marker(line) || is_mobile_signature(line))
}

/// `-----Original Message-----` and its like. A forwarded mail is no quotation: it is what is sent.
fn is_original_marker(line: &str) -> bool {
    let words = line.trim().trim_matches(['-', '_', ' ']).to_lowercase();
    line.trim().starts_with("--")
        && [
            "original message",
            "original-nachricht",
            "ursprüngliche nachricht",
            "originalnachricht",
            "originalmessage",
            "message d'origine",
            "message original",
            "mensaje original",
            "messaggio originale",
            "oorspronkelijk bericht",
        ]
        .contains(&words.as_str())
}

/// Outlook's block of `From:`, `Sent:`, `To:`, `Subject:`, in any of its languages.
fn is_header_block(lines: &[&str]) -> bool {
    const FROM: [&str; 5] = ["from:", "von:", "de :", "de:", "da:"];
    const SENT: [&str; 8] = ["sent:", "gesendet:", "date:", "datum:", "envoyé :", "envoyé:", "enviado:", "inviato:"];
    const TO: [&str; 7] = ["to:", "an:", "à :", "à:", "para:", "a:", "subject:"];
    let starts = |line: &str, words: &[&str]| {
        let line = line.trim().trim_start_matches('*').to_lowercase().replace(":*", ":");
        words.iter().any(|word| line.starts_with(word))
    };
    let Some(first) = lines.first() else { return false };
    let ruler = first.trim().len() >= 20 && first.trim().chars().all(|char| char == '_' || char == '-');
    let block = if ruler { &lines[1..] } else { lines };
    let block: Vec<&str> = block.iter().copied().filter(|line| !line.trim().is_empty()).take(6).collect();
    block.first().is_some_and(|line| starts(line, &FROM))
        && block.iter().skip(1).any(|line| starts(line, &SENT))
        && block.iter().skip(1).any(|line| starts(line, &TO))
}

/// `On ..., Anna wrote:` over at most three lines. Gives the number of lines up to the quotation.
fn attribution_length(lines: &[&str]) -> Option<usize> {
    const STARTS: [&str; 12] = ["on ", "am ", "le ", "el ", "il ", "op ", "den ", "em ", "dnia ", "2", "1", "\""];
    const VERBS: [&str; 13] = [
        "wrote:",
        "schrieb:",
        "writes:",
        "a écrit :",
        "a écrit:",
        "escribió:",
        "ha scritto:",
        "schreef:",
        "skrev:",
        "escreveu:",
        "napisał(a):",
        "napisał:",
        "geschrieben:",
    ];
    let first = lines.first()?.trim().to_lowercase();
    if first.is_empty() || first.starts_with('>') {
        return None;
    }
    let mut sentence = String::new();
    for (count, line) in lines.iter().take(3).enumerate() {
        if is_quoted(line) || (count > 0 && line.trim().is_empty()) {
            return None;
        }
        sentence.push_str(&line.trim().to_lowercase());
        let ended = VERBS.iter().any(|verb| sentence.ends_with(verb))
            || (sentence.ends_with(':')
                && [" schrieb ", " wrote ", " a écrit "].iter().any(|verb| sentence.contains(verb)));
        let plausible = sentence.chars().any(|char| char.is_ascii_digit() || char == '@')
            || STARTS.iter().any(|start| sentence.starts_with(start));
        if ended && plausible && sentence.len() < 400 {
            return Some(count + 1);
        }
        sentence.push(' ');
    }
    None
}

/// `-- ` alone in a line (RFC 3676, section 4.3), also with the blank lost on the way.
fn is_signature_marker(line: &str) -> bool {
    line == "-- " || line.trim_end() == "--"
}

fn is_mobile_signature(line: &str) -> bool {
    const STARTS: [&str; 14] = [
        "sent from my ",
        "sent from mail for windows",
        "sent from outlook",
        "sent from yahoo",
        "sent with proton",
        "get outlook for ",
        "von meinem iphone gesendet",
        "von meinem ipad gesendet",
        "von meinem samsung",
        "gesendet von meinem ",
        "gesendet von outlook",
        "gesendet mit der ",
        "diese nachricht wurde von meinem android",
        "holen sie sich outlook für ",
    ];
    let line = line.trim().to_lowercase();
    line.len() < 120 && STARTS.iter().any(|start| line.starts_with(start))
}

fn signature_start(lines: &[&str]) -> Option<usize> {
    if let Some(marker) = lines.iter().rposition(|line| is_signature_marker(line)) {
        // A long piece after two dashes is a part of the letter.
        if marker > 0 && lines.len() - marker <= 25 {
            return Some(marker);
        }
    }
    let last = lines.iter().rposition(|line| !line.trim().is_empty())?;
    (last > 0 && is_mobile_signature(lines[last])).then_some(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> (String, Option<String>, Option<String>) {
        let folded = fold(text);
        (folded.body, folded.quote, folded.signature)
    }

    #[test]
    fn an_answer_above_its_quote_is_the_answer_alone() {
        for text in [
            "Ja, gern.\n\nAm 3. Mai 2026 um 10:00 schrieb Anna <anna@example.org>:\n> Kommst du?\n>\n> Anna",
            "Ja, gern.\n\nOn Mon, 3 May 2026 at 10:00, Anna Long Name\n<anna@example.org> wrote:\n\n> Kommst du?",
            "Ja, gern.\n\n-----Original Message-----\nFrom: Anna\nKommst du?",
            "Ja, gern.\n\n-----Ursprüngliche Nachricht-----\nVon: Anna\nKommst du?",
            "Ja, gern.\n\nVon: Anna <anna@example.org>\nGesendet: Montag, 3. Mai 2026\nAn: Bert\nBetreff: Treffen\n\nKommst du?",
            "Ja, gern.\n________________________________\nFrom: Anna\nSent: Monday\nTo: Bert\nSubject: x\n\nKommst du?",
            "Ja, gern.\n\n> Kommst du?\n> Anna",
        ] {
            let (body, quote, _) = pieces(text);
            assert_eq!(body, "Ja, gern.", "{text}");
            assert!(quote.unwrap().contains("Kommst du?"), "{text}");
        }
    }

    #[test]
    fn an_answer_below_its_quote_is_the_answer_alone() {
        let (body, quote, _) = pieces("On 2026-05-03, Anna wrote:\n> Kommst du?\n\nJa, gern.");
        assert_eq!(body, "Ja, gern.");
        assert!(quote.unwrap().contains("Kommst du?"));
    }

    #[test]
    fn answers_between_quotes_keep_them() {
        let text = "Hallo\n> Kommst du?\nJa.\n> Wann?\nUm acht.";
        assert_eq!(pieces(text), (text.to_owned(), None, None));
    }

    #[test]
    fn a_forwarded_mail_stays() {
        let text = "Zur Info\n\n---------- Forwarded message ---------\nVon wem auch immer\nHallo";
        assert_eq!(pieces(text).0, text);
    }

    #[test]
    fn a_mail_of_nothing_but_a_quote_stays() {
        let text = "> Kommst du?";
        assert_eq!(pieces(text), (text.to_owned(), None, None));
    }

    #[test]
    fn signatures_fold_away() {
        assert_eq!(pieces("Bis dann\n\n-- \nAnna\n0800 1"), ("Bis dann".into(), None, Some("Anna\n0800 1".into())));
        assert_eq!(
            pieces("Bis dann\n\nVon meinem iPhone gesendet"),
            ("Bis dann".into(), None, Some("Von meinem iPhone gesendet".into()))
        );
        let (body, quote, signature) = pieces("Ja\n\n-- \nBert\n\nOn 1 May 2026, Anna wrote:\n> Kommst du?");
        assert_eq!((body.as_str(), signature.as_deref()), ("Ja", Some("Bert")));
        assert!(quote.is_some());
    }

    #[test]
    fn a_list_of_dashes_is_no_signature() {
        let text = "--\nnur Text";
        assert_eq!(pieces(text).0, text);
    }
}
