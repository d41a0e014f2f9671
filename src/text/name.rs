//! How names are compared: names that look the same, or that differ only in case, are equal.

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};

/// Folds a name for comparison: in NFC, with its case folded, its white space collapsed, and without invisible
/// characters.
///
/// Two texts are the same name if their foldings are equal. Folding a folded name does not change it.
///
/// ```
/// # use linear_ops::text::name::fold;
/// assert_eq!(fold(" STRASSE\u{a0} 5\u{200b}"), fold("straße 5"));
/// assert_eq!(fold("Cafe\u{301}"), fold("café"));
/// ```
pub fn fold(name: &str) -> String {
    if name.bytes().all(|byte| matches!(byte, b'!'..=b'~')) {
        return name.to_ascii_lowercase();
    }
    let nfc = ComposingNormalizerBorrowed::new_nfc();
    let visible = visible(name);
    let composed = nfc.normalize(&visible);
    // The full case folding of a character is its lower case, then upper case, then lower case again, as the standard
    // library maps them. The step through upper case is needed because only there `ß` becomes two letters, and the two
    // small sigmas become one.
    let mut folded = String::with_capacity(composed.len());
    for c in composed.chars() {
        // The Turkish dotless `ı` is a different letter from `i`, although both have the same capital.
        if c == 'ı' {
            folded.push(c);
        } else {
            let upper = c.to_lowercase().flat_map(char::to_uppercase);
            folded.extend(upper.flat_map(char::to_lowercase));
        }
    }
    nfc.normalize(&folded).into_owned()
}

/// A name without invisible characters, and with its white space collapsed.
fn visible(name: &str) -> String {
    let visible: String = name.chars().filter(|c| !is_invisible(*c)).collect();
    let words: Vec<&str> = visible.split_whitespace().collect();
    words.join(" ")
}

/// Whether a character shows nothing and takes no space: zero-width spaces and joiners, directional marks, the soft
/// hyphen, variation selectors, the byte order mark, and controls that are not white space.
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
        || (c.is_control() && !c.is_whitespace())
}

/// The words of a folded name: its parts between characters that are neither letters nor digits.
pub fn words(folded: &str) -> impl Iterator<Item = &str> {
    let between = |c: char| !c.is_alphanumeric() && !is_mark(c);
    folded.split(between).filter(|word| !word.is_empty())
}

/// Whether a character belongs to the letter before it, as combining accents do.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' | '\u{5bf}'
        | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{93c}' | '\u{94d}' | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{3099}' | '\u{309a}' | '\u{fe20}'..='\u{fe2f}')
}

/// Whether every given word is a whole word of the name or the beginning of one, each of a different word. Both texts
/// have to be folded. Letters inside a word do not count.
pub fn has_words(name: &str, given: &str) -> bool {
    // The longest words come first, so that a short word does not take the only word that a long one matches.
    let mut given: Vec<&str> = words(given).collect();
    given.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let mut unmatched: Vec<&str> = words(name).collect();
    !given.is_empty()
        && given.iter().all(|word| {
            let whole_word = unmatched.iter().position(|other| other == word);
            let place =
                whole_word.or_else(|| unmatched.iter().position(|other| other.starts_with(word)));
            place.map(|place| unmatched.swap_remove(place)).is_some()
        })
}

/// Whether the name begins with the given text. Both have to be folded. An accent that follows belongs to the last
/// letter, and makes it a different letter.
pub fn begins_with(name: &str, given: &str) -> bool {
    !given.is_empty()
        && name
            .strip_prefix(given)
            .is_some_and(|rest| !rest.starts_with(is_mark))
}

/// The Unicode forms in which an equal-looking name may be stored: composed and decomposed. A single form where the
/// two are equal.
pub fn forms(name: &str) -> Vec<String> {
    let visible = visible(name);
    let composed = ComposingNormalizerBorrowed::new_nfc().normalize(&visible);
    let decomposed = DecomposingNormalizerBorrowed::new_nfd().normalize(&visible);
    let mut forms = vec![composed.into_owned(), decomposed.into_owned()];
    forms.dedup();
    forms
}

/// Parts of the words of a folded name that occur unchanged (apart from case) in every name with the same folding,
/// unless that name contains one of the [`odd_characters`]. Returns the longest part of each word, without parts of a
/// single character.
pub fn lasting_parts(folded: &str) -> Vec<&str> {
    let decomposing = DecomposingNormalizerBorrowed::new_nfd();
    // Whether a character occurs unchanged (apart from case) in every name with the same folding.
    let is_lasting = |c: char| {
        let mut text = [0; 4];
        c.is_alphanumeric() && c != 'σ' && decomposing.is_normalized(c.encode_utf8(&mut text))
    };
    let longest = |word| {
        let parts = str::split(word, |c: char| !is_lasting(c));
        parts.max_by_key(|part| part.chars().count())
    };
    let parts = words(folded).filter_map(longest);
    parts.filter(|part| part.chars().nth(1).is_some()).collect()
}

/// Characters that may be in a name with this folding although the folded name does not contain them: invisible ones,
/// and ones that fold to other letters. A search by letters does not find a name that contains one of them.
pub fn odd_characters(folded: &str) -> impl Iterator<Item = char> {
    const UNSEEN: [char; 8] = [
        '\u{200b}', '\u{200c}', '\u{200d}', '\u{2060}', '\u{feff}', '\u{ad}', '\u{200e}',
        '\u{200f}',
    ];
    const FOLDED: [(char, &str); 15] = [
        ('ß', "ss"),
        ('ẞ', "ss"),
        ('ſ', "s"),
        ('\u{212a}', "k"),
        ('ﬀ', "ff"),
        ('ﬁ', "fi"),
        ('ﬂ', "fl"),
        ('ﬃ', "ffi"),
        ('ﬄ', "ffl"),
        ('ﬅ', "st"),
        ('ﬆ', "st"),
        ('µ', "μ"),
        ('İ', "i\u{307}"),
        ('ŉ', "ʼn"),
        ('ǰ', "ǰ"),
    ];
    let folded_characters = FOLDED.iter().filter(|(_, into)| folded.contains(into));
    UNSEEN.into_iter().chain(folded_characters.map(|(c, _)| *c))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_looks_the_same_or_differs_in_case_alone_is_one_name() {
        for (one, other) in [
            ("Café Launch", "Cafe\u{301} Launch"),
            ("Straße", "STRASSE"),
            ("Straße", "STRAẞE"),
            ("ſpecial", "Special"),
            ("ΟΔΌΣ", "οδός"),
            ("  Auth \t System", "auth system"),
            ("Auth\u{a0}System", "Auth\u{2003}System"),
            ("Au\u{200b}th", "auth"),
            ("\u{feff}Auth\u{200e}", "auth"),
            ("De\u{ad}sign", "design"),
            ("⚙\u{fe0f} Ops", "⚙ ops"),
            ("K", "k"),
            ("ﬁx", "FIX"),
            ("Å", "a\u{30a}"),
            ("\u{1112}\u{1161}\u{11ab}", "한"),
        ] {
            assert_eq!(fold(one), fold(other), "{one} {other}");
        }
        for (one, other) in [("cafe", "café"), ("auth", "au th"), ("ısı", "isi")] {
            assert_ne!(fold(one), fold(other));
        }
        assert_eq!(fold(" \u{200b} "), "");
    }

    #[test]
    fn words_and_their_beginnings_match_and_letters_within_do_not() {
        for (name, given, matches) in [
            ("capital raise", "api", false),
            ("public api", "api", true),
            ("apiary", "api", true),
            ("auth system", "auth sys", true),
            ("auth system", "system auth", true),
            ("auth system", "auth auth", false),
            ("high-priority", "priority", true),
            ("high-priority", "high priority", true),
            ("a an", "a an", true),
            ("anything", "...", false),
        ] {
            assert_eq!(has_words(name, given), matches, "{name}: {given}");
        }
        assert!(begins_with("auth system", "auth s"));
        assert!(!begins_with("auth system", "system"));
        assert!(!begins_with("auth system", ""));
    }

    #[test]
    fn what_lasts_of_a_name_is_in_all_that_are_equal_to_it() {
        for (name, parts) in [
            ("auth system", vec!["auth", "system"]),
            ("café-launch", vec!["caf", "launch"]),
            ("проект", vec!["проект"]),
            ("проектный", vec!["проектны"]),
            ("한국", vec![]),
            ("a b", vec![]),
        ] {
            assert_eq!(lasting_parts(&fold(name)), parts, "{name}");
        }
        assert!(odd_characters("strasse").any(|c| c == 'ß'));
        assert!(!odd_characters("auth").any(|c| c == 'ß'));
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(name in r"\PC{0,12}|[ -~\u{0}\u{200b}ßſςΣéİıǰŉΐﬃ\u{345}\u{301}]{0,12}") {
            let once = fold(&name);
            prop_assert_eq!(fold(&once), once);
        }

        #[test]
        fn case_and_normal_form_make_no_difference(name in "[a-zäéßς ]{0,12}") {
            let upper = name.to_uppercase();
            prop_assert_eq!(fold(&upper), fold(&name));
            for form in forms(&name) {
                prop_assert_eq!(fold(&form), fold(&name));
            }
        }
    }
}
