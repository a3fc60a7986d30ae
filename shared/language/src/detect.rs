//! Which language a text is in.

use whatlang::{Lang, Script, detect, detect_script};

/// The code for "cannot tell" (ISO 639-2).
pub const UNDETERMINED: &str = "und";

/// Letters below which a guess among languages of one script is as good as none.
const LETTERS_TO_TELL: usize = 60;
/// Bytes that are looked at: a document's beginning tells its language.
const LOOKED_AT: usize = 8_192;

/// The ISO 639-1 code of a text's language, or [`UNDETERMINED`]. A script of one language decides alone;
/// languages that share a script are told apart only where there is enough text.
#[must_use]
pub fn language_of(text: &str) -> &'static str {
    let mut end = text.len().min(LOOKED_AT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let sample = &text[..end];
    if let Some(only) = script_languages(sample).and_then(|languages| match languages {
        [only] => Some(*only),
        _ => None,
    }) {
        return only;
    }
    if sample.chars().filter(|c| c.is_alphabetic()).take(LETTERS_TO_TELL).count() < LETTERS_TO_TELL {
        return UNDETERMINED;
    }
    detect(sample).filter(|info| info.confidence() > 0.3).map_or(UNDETERMINED, |info| code(info.lang()))
}

/// The languages that a text's script is written for, where they are few: `None` for Latin, Cyrillic and
/// the other scripts of many languages.
#[must_use]
pub fn script_languages(text: &str) -> Option<&'static [&'static str]> {
    Some(match detect_script(text)? {
        Script::Thai => &["th"],
        Script::Hangul => &["ko"],
        Script::Hiragana | Script::Katakana => &["ja"],
        // Japanese headlines can be all Han.
        Script::Mandarin => &["zh", "ja"],
        Script::Greek => &["el"],
        Script::Hebrew => &["he", "yi"],
        Script::Georgian => &["ka"],
        Script::Armenian => &["hy"],
        Script::Khmer => &["km"],
        Script::Myanmar => &["my"],
        Script::Ethiopic => &["am"],
        Script::Sinhala => &["si"],
        Script::Tamil => &["ta"],
        Script::Telugu => &["te"],
        Script::Kannada => &["kn"],
        Script::Malayalam => &["ml"],
        Script::Bengali => &["bn"],
        Script::Gujarati => &["gu"],
        Script::Gurmukhi => &["pa"],
        Script::Oriya => &["or"],
        _ => return None,
    })
}

fn code(language: Lang) -> &'static str {
    match language {
        Lang::Eng => "en",
        Lang::Spa => "es",
        Lang::Deu => "de",
        Lang::Fra => "fr",
        Lang::Ita => "it",
        Lang::Por => "pt",
        Lang::Nld => "nl",
        Lang::Dan => "da",
        Lang::Fin => "fi",
        Lang::Hun => "hu",
        Lang::Nob => "no",
        Lang::Ron => "ro",
        Lang::Rus => "ru",
        Lang::Swe => "sv",
        Lang::Tur => "tr",
        Lang::Cat => "ca",
        Lang::Ind => "id",
        Lang::Ukr => "uk",
        Lang::Pol => "pl",
        Lang::Ces => "cs",
        Lang::Vie => "vi",
        Lang::Ara => "ar",
        Lang::Hin => "hi",
        Lang::Cmn => "zh",
        Lang::Jpn => "ja",
        Lang::Kor => "ko",
        Lang::Tha => "th",
        Lang::Ell => "el",
        Lang::Heb => "he",
        Lang::Bul => "bg",
        Lang::Srp => "sr",
        Lang::Pes => "fa",
        Lang::Urd => "ur",
        Lang::Mar => "mr",
        Lang::Nep => "ne",
        _ => UNDETERMINED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_of_one_language_decides_even_in_short_text() {
        assert_eq!(language_of("ไส้กรองน้ำ"), "th");
        assert_eq!(language_of("ポンプをとめる"), "ja");
        assert_eq!(language_of("펌프를 멈추다"), "ko");
    }

    #[test]
    fn latin_text_needs_length() {
        assert_eq!(language_of("pump"), UNDETERMINED);
        let english = "The maintenance interval of the pump is five hundred hours of operation, after which the oil is changed.";
        let spanish = "El intervalo de mantenimiento de la bomba es de quinientas horas de funcionamiento, tras las cuales se cambia el aceite.";
        assert_eq!((language_of(english), language_of(spanish)), ("en", "es"));
    }
}
