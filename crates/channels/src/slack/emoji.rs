//! Emoji by their names: Slack has no other (`:tada:` in texts, `tada` in reactions).

/// What Slack calls an emoji; `None` where it has no name for it.
pub(super) fn name(key: &str) -> Option<String> {
    if let Some(custom) = key.strip_prefix(':').and_then(|key| key.strip_suffix(':')).filter(|name| is_name(name)) {
        return Some(custom.to_owned());
    }
    let bare = key.replace('\u{fe0f}', "");
    let found = emojis::get(key).or_else(|| emojis::get(&bare)).or_else(|| emojis::get(&format!("{bare}\u{fe0f}")))?;
    if found.group() == emojis::Group::Flags
        && let Some(country) = country(key)
    {
        return Some(format!("flag-{country}"));
    }
    let tone = match found.skin_tone() {
        Some(emojis::SkinTone::Light) => "::skin-tone-2",
        Some(emojis::SkinTone::MediumLight) => "::skin-tone-3",
        Some(emojis::SkinTone::Medium) => "::skin-tone-4",
        Some(emojis::SkinTone::MediumDark) => "::skin-tone-5",
        Some(emojis::SkinTone::Dark) => "::skin-tone-6",
        _ => "",
    };
    let base = found.with_skin_tone(emojis::SkinTone::Default).unwrap_or(found);
    Some(format!("{}{tone}", base.shortcode()?))
}

/// The emoji of a name, or the name between colons, as Slack itself writes those of a workspace.
pub(super) fn key(name: &str) -> String {
    find(name).unwrap_or_else(|| format!(":{name}:"))
}

/// Emoji in place of their names in a text.
pub(super) fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(':') {
        let after = &rest[start + 1..];
        let end = after.find(|letter: char| !is_letter(letter)).unwrap_or(after.len());
        match Some(&after[..end]).filter(|name| after[end..].starts_with(':') && is_name(name)).and_then(find) {
            Some(emoji) => {
                out.push_str(&rest[..start]);
                out.push_str(&emoji);
                rest = &after[end + 1..];
                // `:wave::skin-tone-2:` has its tone in a name of its own.
                if let Some(tone) = rest.strip_prefix(":skin-tone-").and_then(|tone| tone.split_once(':')) {
                    rest = tone.1;
                }
            }
            None => {
                out.push_str(&rest[..=start]);
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

fn is_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "+-_'".contains(letter)
}

fn is_name(name: &str) -> bool {
    (1..100).contains(&name.len()) && name.chars().all(is_letter)
}

fn find(name: &str) -> Option<String> {
    let (name, tone) = name.split_once("::").unwrap_or((name, ""));
    if let Some(country) = name.strip_prefix("flag-").filter(|country| country.len() == 2) {
        let letters = country.bytes().map(|byte| char::from_u32(0x1f1e6 + u32::from(byte.checked_sub(b'a')?)));
        return letters.collect();
    }
    let name = if name == "simple_smile" { "slightly_smiling_face" } else { name };
    let found = emojis::get_by_shortcode(name)?;
    let tone = match tone {
        "skin-tone-2" => emojis::SkinTone::Light,
        "skin-tone-3" => emojis::SkinTone::MediumLight,
        "skin-tone-4" => emojis::SkinTone::Medium,
        "skin-tone-5" => emojis::SkinTone::MediumDark,
        "skin-tone-6" => emojis::SkinTone::Dark,
        _ => return Some(found.as_str().to_owned()),
    };
    Some(found.with_skin_tone(tone).unwrap_or(found).as_str().to_owned())
}

/// The letters of a country that a flag is made of.
fn country(flag: &str) -> Option<String> {
    let letters: Option<String> = flag
        .chars()
        .map(|letter| {
            let number = u32::from(letter).checked_sub(0x1f1e6).filter(|number| *number < 26)?;
            char::from_u32(u32::from('a') + number)
        })
        .collect();
    letters.filter(|letters| letters.len() == 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emoji_have_a_name_and_names_an_emoji() {
        for (emoji, called) in
            [("👍", "+1"), ("🎉", "tada"), ("❤️", "heart"), ("🇩🇪", "flag-de"), ("👋🏻", "wave::skin-tone-2")]
        {
            assert_eq!(name(emoji).as_deref(), Some(called), "{emoji}");
            assert_eq!(key(called), emoji, "{called}");
        }
        assert_eq!(name("❤").as_deref(), Some("heart"));
        assert_eq!(name(":party_parrot:").as_deref(), Some("party_parrot"));
        assert_eq!(name("no emoji"), None);
        assert_eq!(key("party_parrot"), ":party_parrot:");
    }

    #[test]
    fn names_in_a_text_are_shown_and_times_stay() {
        assert_eq!(
            shown("well done :tada: at 10:30:15 :nope: :wave::skin-tone-2:!"),
            "well done 🎉 at 10:30:15 :nope: 👋!"
        );
    }
}
