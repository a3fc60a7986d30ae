//! RTF: its text with code pages and Unicode, paragraphs, lists, tables, outline levels and what it says of itself.

mod layout;
mod token;
mod words;

use super::{Extracted, archive::too_deep, encoding::of_code_page, properties};
use domain::{Failure, limits};
use encoding_rs::{Encoding, WINDOWS_1252};
use layout::Layout;
use std::collections::HashMap;
use token::{Token, Tokens};
use words::{code_page_of_charset, symbol};

/// Groups that are not the document's text. Those that begin with `\*` are skipped without being named.
const SKIPPED: [&str; 20] = [
    "colortbl",
    "stylesheet",
    "pict",
    "header",
    "headerl",
    "headerr",
    "headerf",
    "footer",
    "footerl",
    "footerr",
    "footerf",
    "listtable",
    "listoverridetable",
    "filetbl",
    "revtbl",
    "fldinst",
    "nonshppict",
    "xe",
    "tc",
    "objdata",
];
/// What is said of the document, and the property it is.
const PROPERTIES: [(&str, &str); 4] =
    [("title", "title"), ("author", "author"), ("subject", "subject"), ("keywords", "keywords")];

/// Where a group's text goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Text,
    Nowhere,
    Fonts,
    /// The number or bullet of a list's item.
    Marker,
    Note,
    Info,
    Property(&'static str),
}

/// What a group inherits and gives back at its end.
#[derive(Debug, Clone, Copy)]
struct State {
    place: Place,
    code_page: &'static Encoding,
    /// Characters that stand for one of Unicode, for old readers.
    stand_ins: usize,
    hidden: bool,
}

pub(super) fn read(bytes: &[u8]) -> Result<Extracted, Failure> {
    let mut document = Extracted::new("rtf");
    let mut reader = Reader::new(&mut document);
    for token in Tokens::new(bytes) {
        reader.take(&token)?;
    }
    reader.decode();
    reader.layout.finish()?;
    Ok(document)
}

struct Reader<'a> {
    layout: Layout<'a>,
    state: State,
    outer: Vec<State>,
    default_page: &'static Encoding,
    default_font: i32,
    fonts: HashMap<i32, &'static Encoding>,
    font: i32,
    /// Just after `{`, and after `{\*`.
    opened: bool,
    starred: bool,
    /// Stand-ins still to be left out.
    leave_out: usize,
    high_surrogate: Option<u16>,
    /// Bytes not yet decoded: a character may have two.
    bytes: Vec<u8>,
    property: String,
}

impl<'a> Reader<'a> {
    fn new(document: &'a mut Extracted) -> Self {
        let state = State { place: Place::Text, code_page: WINDOWS_1252, stand_ins: 1, hidden: false };
        Self {
            layout: Layout::new(document),
            state,
            outer: Vec::new(),
            default_page: WINDOWS_1252,
            default_font: 0,
            fonts: HashMap::new(),
            font: 0,
            opened: false,
            starred: false,
            leave_out: 0,
            high_surrogate: None,
            bytes: Vec::new(),
            property: String::new(),
        }
    }

    fn take(&mut self, token: &Token<'_>) -> Result<(), Failure> {
        if !matches!(token, Token::Byte(_)) {
            self.decode();
        }
        match *token {
            Token::Open => {
                if self.outer.len() >= limits::MARKUP_DEPTH {
                    return Err(too_deep());
                }
                self.outer.push(self.state);
                self.leave_out = 0;
                self.opened = true;
                return Ok(());
            }
            Token::Close => self.close(),
            Token::Byte(_) if self.leave_out > 0 => self.leave_out -= 1,
            Token::Byte(byte) => self.bytes.push(byte),
            Token::Word("*", _) => {
                self.starred = self.opened;
                return Ok(());
            }
            Token::Word(word, number) => {
                if self.opened {
                    self.destination(word);
                }
                self.word(word, number)?;
            }
        }
        self.opened = false;
        self.starred = false;
        Ok(())
    }

    /// The first word of a group may say where its text goes.
    fn destination(&mut self, word: &str) {
        let property = PROPERTIES.iter().find(|(own, _)| *own == word);
        self.state.place = match (self.state.place, word) {
            (Place::Nowhere, _) => Place::Nowhere,
            (Place::Info, _) => property.map_or(Place::Nowhere, |(_, ours)| Place::Property(ours)),
            (_, "fonttbl") => Place::Fonts,
            (_, "info") => Place::Info,
            (_, "listtext" | "pntext") => Place::Marker,
            (_, "footnote") => Place::Note,
            (_, "shptxt" | "shpinst" | "shppict") => Place::Text,
            (place, _) if !self.starred && !SKIPPED.contains(&word) => place,
            _ => Place::Nowhere,
        };
    }

    fn close(&mut self) {
        let Some(outer) = self.outer.pop() else { return };
        let inner = std::mem::replace(&mut self.state, outer);
        match inner.place {
            Place::Property(name) => {
                let said = std::mem::take(&mut self.property);
                properties::say(self.layout.document, name, &said);
            }
            Place::Fonts if outer.place != Place::Fonts => self.state.code_page = self.default_code_page(),
            Place::Note if outer.place != Place::Note => self.layout.say_in_note("\n"),
            _ => {}
        }
        self.leave_out = 0;
    }

    fn default_code_page(&self) -> &'static Encoding {
        self.fonts.get(&self.default_font).copied().unwrap_or(self.default_page)
    }

    fn word(&mut self, word: &str, number: Option<i32>) -> Result<(), Failure> {
        let on = number != Some(0);
        match word {
            "ansicpg" => {
                self.default_page = of_code_page(number.unwrap_or(1252));
                self.state.code_page = self.default_page;
            }
            "deff" => self.default_font = number.unwrap_or(0),
            "mac" => self.default_page = of_code_page(10_000),
            "f" if self.state.place == Place::Fonts => self.font = number.unwrap_or(0),
            "fcharset" if self.state.place == Place::Fonts => {
                if let Some(page) = code_page_of_charset(number.unwrap_or(0)) {
                    self.fonts.insert(self.font, of_code_page(page));
                }
            }
            "f" => {
                let font = number.unwrap_or(0);
                self.state.code_page = self.fonts.get(&font).copied().unwrap_or(self.default_page);
            }
            "plain" => {
                self.state.code_page = self.default_code_page();
                self.state.hidden = false;
            }
            "uc" => self.state.stand_ins = usize::try_from(number.unwrap_or(1)).unwrap_or(1),
            "u" => self.unicode(number.unwrap_or(0)),
            "v" | "deleted" => self.state.hidden = on,
            _ if self.state.place == Place::Text => self.layout.word(word, number)?,
            _ => {}
        }
        if let Some(symbol) = symbol(word) {
            if self.leave_out > 0 {
                self.leave_out -= 1;
            } else {
                self.say(symbol);
            }
        }
        Ok(())
    }

    fn unicode(&mut self, number: i32) {
        self.leave_out = self.state.stand_ins;
        // Numbers above 32,767 are written as negative ones.
        let unit = (number & 0xFFFF) as u16;
        let units = self.high_surrogate.take().into_iter().chain([unit]).collect::<Vec<_>>();
        if units.len() == 1 && (0xD800..0xDC00).contains(&unit) {
            self.high_surrogate = Some(unit);
            return;
        }
        let text = String::from_utf16_lossy(&units);
        self.say(&text);
    }

    fn decode(&mut self) {
        if self.bytes.is_empty() {
            return;
        }
        let bytes = std::mem::take(&mut self.bytes);
        let text = self.state.code_page.decode_without_bom_handling(&bytes).0.into_owned();
        self.say(&text);
    }

    fn say(&mut self, text: &str) {
        match self.state.place {
            _ if self.state.hidden => {}
            Place::Text => self.layout.say(text),
            Place::Property(_) => self.property.push_str(text),
            Place::Note => self.layout.say_in_note(text),
            Place::Marker => self.layout.marker.push_str(text),
            Place::Nowhere | Place::Fonts | Place::Info => {}
        }
    }
}

#[cfg(test)]
mod tests;
