//! Sets of UIDs as IMAP writes them: `1:5,7`.

use std::collections::BTreeSet;

/// Writes a set; adjacent numbers become ranges.
pub fn write(uids: impl IntoIterator<Item = u32>) -> String {
    let sorted: BTreeSet<u32> = uids.into_iter().collect();
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for uid in sorted {
        match ranges.last_mut() {
            Some((_, end)) if end.checked_add(1) == Some(uid) => *end = uid,
            _ => ranges.push((uid, uid)),
        }
    }
    let words: Vec<String> = ranges
        .into_iter()
        .map(|(start, end)| if start == end { start.to_string() } else { format!("{start}:{end}") })
        .collect();
    words.join(",")
}

/// Reads a set; what is not one counts as empty. At most `limit` numbers, the highest.
pub fn read(text: &str, limit: usize) -> BTreeSet<u32> {
    let mut found = BTreeSet::new();
    for word in text.split(',').rev() {
        let (start, end) = word.split_once(':').unwrap_or((word, word));
        let (Ok(start), Ok(end)) = (start.parse::<u32>(), end.parse::<u32>()) else { continue };
        for uid in (start..=end).rev() {
            if found.len() >= limit {
                return found;
            }
            found.insert(uid);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_written_as_ranges_and_read_back() {
        assert_eq!(write([7, 1, 2, 3, 5, 4]), "1:5,7");
        assert_eq!(read("1:5,7", 100), BTreeSet::from([1, 2, 3, 4, 5, 7]));
        assert_eq!(read("1:4000000000", 2), BTreeSet::from([3_999_999_999, 4_000_000_000]));
        assert_eq!(read("x", 2), BTreeSet::new());
    }
}
