//! Bytes to text, in whatever encoding people have it.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, ISO_2022_JP, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Good characters of several bytes for each bad byte that make a text UTF-8 all the same: in other encodings they are
/// rare accidents.
const GOOD_FOR_A_BAD: usize = 5;
/// Bytes that UTF-16 without a mark is told by.
const LOOKED_AT: usize = 4_096;
/// Of so many characters in UTF-16, one at least is of ASCII: a blank, a figure, a line's end.
const COMMON_ONE_IN: usize = 100;
/// Of so many bytes of UTF-8, one at most is a NUL: in UTF-16, every other one is, or there are letters that are no text in UTF-8.
const NULS_ONE_IN: usize = 20;
/// Bytes above ASCII that a guess needs; with fewer, it is Windows-1252.
const ENOUGH_TO_GUESS: usize = 4;

/// The text, or `None` when it is none: marked UTF-8, UTF-32 and UTF-16, UTF-16 without a mark, UTF-8, the encoding that
/// its uploader or the text itself says it is in, and else what it looks like.
pub(super) fn decode(bytes: &[u8], said: Option<&'static Encoding>) -> Option<String> {
    let text = match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        [0xFF, 0xFE, 0, 0, rest @ ..] => utf32(rest, u32::from_le_bytes),
        [0, 0, 0xFE, 0xFF, rest @ ..] => utf32(rest, u32::from_be_bytes),
        [0xFF, 0xFE, rest @ ..] => UTF_16LE.decode_without_bom_handling(rest).0.into_owned(),
        [0xFE, 0xFF, rest @ ..] => UTF_16BE.decode_without_bom_handling(rest).0.into_owned(),
        _ if bytes.contains(&0) => with_few_nuls(bytes).or_else(|| unmarked_utf16(bytes))?,
        _ => match std::str::from_utf8(bytes) {
            Ok(text) if text.contains("\u{1b}$") => {
                ISO_2022_JP.decode_without_bom_handling(bytes).0.into_owned()
            }
            Ok(text) => text.to_owned(),
            Err(_) => match (said.and_then(|said| without_errors(said, bytes)), declared(bytes)) {
                (Some(text), _) => text,
                (None, Some(encoding)) => encoding.decode_without_bom_handling(bytes).0.into_owned(),
                (None, None) => lossy(bytes),
            },
        },
    };
    is_text(&text).then_some(text)
}

/// The encoding that a Content-Type gives a text (RFC 9110, 8.3.1). UTF-8 is seen without being said.
pub(crate) fn of_content_type(said: &str) -> Option<&'static Encoding> {
    let (_, label) = said
        .split(';')
        .skip(1)
        .filter_map(|parameter| parameter.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))?;
    let label = label.trim().trim_matches('"');
    Encoding::for_label_no_replacement(label.as_bytes()).filter(|encoding| *encoding != UTF_8)
}

/// What an uploader says is often what his program says of every file: it is believed where no byte speaks against it.
fn without_errors(encoding: &'static Encoding, bytes: &[u8]) -> Option<String> {
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?.into_owned();
    is_text(&text).then_some(text)
}

/// Whether next to nothing in it is strange to a text.
fn is_text(text: &str) -> bool {
    let controls =
        text.chars().filter(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{C}')).count();
    let strange = controls + text.matches('\u{FFFD}').count();
    strange * 100 <= text.chars().count()
}

/// UTF-8 in which some program left a few NULs.
fn with_few_nuls(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    let are_few = bytes.iter().filter(|byte| **byte == 0).count() * NULS_ONE_IN <= bytes.len();
    are_few.then(|| text.replace('\0', " ")).filter(|text| is_text(text))
}

fn utf32(bytes: &[u8], unit: fn([u8; 4]) -> u32) -> String {
    let units = bytes.chunks_exact(4).map(|four| four.try_into().map_or(0, unit));
    units.map(|unit| char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// A text keeps to few blocks of 256 characters, so the half of its units that varies less is the higher one. Binary
/// data has no blanks, figures and line ends among them.
fn unmarked_utf16(bytes: &[u8]) -> Option<String> {
    let head = &bytes[..bytes.len().min(LOOKED_AT) & !1];
    // Of a text in UTF-16, half of the bytes are 0, or some are none of ASCII's letters: not so of an archive of plain texts.
    let is_ascii = head.iter().all(|byte| matches!(byte, 0 | b'\n' | b'\r' | b'\t' | b' '..=b'~'));
    if is_ascii && head.iter().filter(|byte| **byte == 0).count() * 4 < head.len() {
        return None;
    }
    let values = |half: usize| {
        let mut seen = [false; 256];
        head.chunks_exact(2).for_each(|unit| seen[usize::from(unit[half])] = true);
        seen.into_iter().filter(|seen| *seen).count()
    };
    let (encoding, higher) = if values(1) < values(0) { (UTF_16LE, 1) } else { (UTF_16BE, 0) };
    let common = head
        .chunks_exact(2)
        .filter(|unit| unit[higher] == 0 && matches!(unit[1 - higher], b'\n' | b'\r' | b'\t' | b' '..=b'~'))
        .count();
    if common * COMMON_ONE_IN < head.len() / 2 || common == 0 {
        return None;
    }
    encoding.decode_without_bom_handling_and_without_replacement(bytes).map(std::borrow::Cow::into_owned)
}

/// The encoding that an HTML page (`charset=`) or XML (`encoding=`) says it is in, within its first 1,024 bytes
/// (WHATWG HTML, section 13.2.3).
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(1_024)]).to_ascii_lowercase();
    if !head.trim_start().starts_with('<') {
        return None;
    }
    let after = ["charset=", "encoding="]
        .iter()
        .find_map(|word| head.find(word).map(|at| &head[at + word.len()..]))?;
    let label = after.trim_start_matches(['"', '\'']);
    let end = label.find(|c: char| !(c.is_ascii_alphanumeric() || "-_:.".contains(c))).unwrap_or(label.len());
    Encoding::for_label(&label.as_bytes()[..end]).filter(|encoding| *encoding != UTF_8)
}

/// Not quite UTF-8: a few bad bytes among good multi-byte text, or another encoding.
fn lossy(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let bad = text.matches('\u{FFFD}').count();
    let multi_byte = text.chars().filter(|c| !c.is_ascii() && *c != '\u{FFFD}').count();
    if multi_byte >= bad * GOOD_FOR_A_BAD {
        text.into_owned()
    } else {
        guessed(bytes).decode_without_bom_handling(bytes).0.into_owned()
    }
}

fn guessed(bytes: &[u8]) -> &'static Encoding {
    if bytes.iter().filter(|byte| !byte.is_ascii()).count() < ENOUGH_TO_GUESS {
        return WINDOWS_1252;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    detector.guess(None, Utf8Detection::Deny)
}

/// The encoding of a Windows code page number, as RTF names them.
pub(super) fn of_code_page(number: i32) -> &'static Encoding {
    let label = match number {
        932 => "shift_jis".to_owned(),
        936 => "gbk".to_owned(),
        949 => "euc-kr".to_owned(),
        950 => "big5".to_owned(),
        10_000 => "macintosh".to_owned(),
        65_001 => "utf-8".to_owned(),
        _ => format!("windows-{number}"),
    };
    Encoding::for_label(label.as_bytes()).unwrap_or(WINDOWS_1252)
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::{
        BIG5, EUC_KR, GB18030, SHIFT_JIS, WINDOWS_874, WINDOWS_1250, WINDOWS_1251, WINDOWS_1253,
    };

    const TEXTS: [(&Encoding, &str); 9] = [
        (WINDOWS_874, "ไส้กรองน้ำต้องเปลี่ยนทุกหกเดือนหรือเมื่อกรองน้ำครบ 4,500 ลิตร แล้วแต่ว่าอย่างใดถึงก่อน"),
        (SHIFT_JIS, "ポンプの軸シールは八千時間ごと、または三年ごとに交換してください。"),
        (BIG5, "請每六個月或每四千五百公升更換濾芯一次,以先到者為準。若燈號變紅,請立即更換。"),
        (GB18030, "请每六个月或每四千五百升更换一次滤芯,以先到者为准。如果指示灯变红,请立即更换。"),
        (
            EUC_KR,
            "필터 카트리지는 6개월마다 또는 4,500리터마다 교체하십시오. 빨간 불이 켜지면 즉시 교체하십시오.",
        ),
        (
            WINDOWS_1251,
            "Замените уплотнение вала насоса через каждые восемь тысяч часов работы или через три года.",
        ),
        (
            WINDOWS_1250,
            "Vyměňte těsnění hřídele čerpadla každých osm tisíc hodin provozu nebo každé tři roky, podle toho, co nastane dříve.",
        ),
        (
            WINDOWS_1253,
            "Αντικαταστήστε τη στεγανοποίηση του άξονα της αντλίας κάθε οκτώ χιλιάδες ώρες λειτουργίας.",
        ),
        (
            WINDOWS_1252,
            "Remplacez la garniture d'étanchéité de la pompe après 8 000 heures; l'arrêt doit être noté à côté du numéro de série.",
        ),
    ];

    /// Of a text of which nothing is said.
    fn decode(bytes: &[u8]) -> Option<String> {
        super::decode(bytes, None)
    }

    #[test]
    fn what_its_uploader_says_of_a_text_is_believed_where_it_can_be() {
        // Too little to guess by.
        let (text, thai) = ("ชา 5", of_content_type("text/plain; charset=windows-874"));
        assert_eq!(thai, Some(WINDOWS_874));
        let (bytes, _, _) = WINDOWS_874.encode(text);
        assert_ne!(decode(&bytes).as_deref(), Some(text));
        assert_eq!(super::decode(&bytes, thai).as_deref(), Some(text));
        // UTF-8 and marks are seen; what cannot be so is not.
        assert_eq!(super::decode(text.as_bytes(), thai).as_deref(), Some(text));
        assert_eq!(super::decode(b"\xFF\xFEh\0i\0", thai).as_deref(), Some("hi"));
        let french = "l'arr\u{EA}t doit \u{EA}tre not\u{E9} \u{E0} c\u{F4}t\u{E9}";
        let (bytes, _, _) = WINDOWS_1252.encode(french);
        assert_eq!(super::decode(&bytes, Some(SHIFT_JIS)), decode(&bytes));
        // It says so before the page does, as browsers have it.
        let page = b"<html><head><meta charset=\"windows-1251\"></head>\xCF</html>";
        assert!(super::decode(page, Some(WINDOWS_1253)).expect("text").contains('Ο'));
    }

    #[test]
    fn a_content_type_names_an_encoding_or_none() {
        assert_eq!(of_content_type("text/csv;header=present;Charset=\"Shift_JIS\""), Some(SHIFT_JIS));
        for said in
            ["", "text/plain", "text/plain; charset=utf-8", "text/plain; charset=klingon", "charset=big5"]
        {
            assert_eq!(of_content_type(said), None, "{said}");
        }
    }

    #[test]
    fn encodings_without_a_mark_are_told_apart() {
        for (encoding, text) in TEXTS {
            let (bytes, _, unmappable) = encoding.encode(text);
            assert!(!unmappable, "{}", encoding.name());
            assert_eq!(decode(&bytes).as_deref(), Some(text), "{}", encoding.name());
        }
    }

    #[test]
    fn utf_16_is_read_with_and_without_its_mark() {
        for (_, text) in TEXTS {
            let units: Vec<u16> = text.encode_utf16().collect();
            let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
            let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
            for bytes in [little, big].into_iter().filter(|bytes| bytes.contains(&0)) {
                assert_eq!(decode(&bytes).as_deref(), Some(text));
            }
        }
        assert_eq!(decode(b"\xFF\xFEh\0i\0").as_deref(), Some("hi"));
        assert_eq!(decode(b"\xFE\xFF\0h\0i").as_deref(), Some("hi"));
        for unit in [u32::to_le_bytes as fn(u32) -> [u8; 4], u32::to_be_bytes] {
            let text = "ไส้กรองน้ำ 😀";
            let bytes: Vec<u8> = format!("\u{FEFF}{text}").chars().flat_map(|c| unit(u32::from(c))).collect();
            assert_eq!(decode(&bytes).as_deref(), Some(text));
        }
    }

    #[test]
    fn a_nul_does_not_make_a_text_another_one() {
        assert_eq!(
            decode(b"Some words\0 with a NUL, which stays out.").as_deref(),
            Some("Some words  with a NUL, which stays out.")
        );
        let words = "Words in plain text. ".repeat(20);
        // As tar keeps a plain text: a head with NULs, and more of them behind it.
        let archive = [b"notes.txt".as_slice(), &[0; 40], b"0000644", &[0; 3], words.as_bytes(), &[0; 60]];
        assert_eq!(decode(&archive.concat()), None);
    }

    #[test]
    fn few_letters_above_ascii_are_windows_1252() {
        assert_eq!(decode(b"caf\xE9 \x80 5").as_deref(), Some("café € 5"));
        assert_eq!(decode(b"\xEF\xBB\xBFhi").as_deref(), Some("hi"));
        let mut utf8 = "ไส้กรองน้ำ ".repeat(4).into_bytes();
        utf8.extend([0xFF, b' ', 0xC3, b'(', 0xE0, 0x80]);
        utf8.extend("ใหม่ ".repeat(200).bytes());
        assert!(decode(&utf8).expect("text").starts_with("ไส้กรองน้ำ"));
    }

    #[test]
    fn markup_says_its_encoding() {
        let page = b"<html><head><meta charset=\"windows-1251\"></head>\xCF</html>";
        assert!(decode(page).expect("text").contains('П'));
        let xml = b"<?xml version=\"1.0\" encoding=\"ISO-8859-7\"?><a>\xC1</a>";
        assert!(decode(xml).expect("text").contains('Α'));
    }

    #[test]
    fn binary_data_is_no_text() {
        assert_eq!(decode(&[0, 1, 2, 3, 0, 0, 0, 9, 200, 0, 0, 0]), None);
        let noise: Vec<u8> = (0..4_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        assert_eq!(decode(&noise), None);
    }
}
