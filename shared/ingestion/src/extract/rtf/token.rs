//! RTF's syntax: groups, control words, bytes.

/// A piece of an RTF file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Open,
    Close,
    /// A control word with its number, or a control symbol as its one character.
    Word(&'a str, Option<i32>),
    /// A byte of text in the current code page.
    Byte(u8),
}

/// Characters of a control word (RTF 1.9.1: 32) and digits of its number at most.
const WORD: usize = 32;
const DIGITS: usize = 20;

pub(super) struct Tokens<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    fn take_while(&mut self, most: usize, wanted: impl Fn(u8) -> bool) -> &'a str {
        let rest = &self.bytes[self.at..];
        let length = rest.iter().take(most).take_while(|byte| wanted(**byte)).count();
        self.at += length;
        std::str::from_utf8(&rest[..length]).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn control(&mut self) -> Token<'a> {
        let word = self.take_while(WORD, |byte| byte.is_ascii_alphabetic());
        if word.is_empty() {
            let symbol = self.take_while(1, |byte| byte.is_ascii());
            if symbol == "'" {
                let digits = self.take_while(2, |byte| byte.is_ascii_hexdigit());
                return Token::Byte(u8::from_str_radix(digits, 16).unwrap_or(b'?'));
            }
            // A byte above ASCII after a backslash means nothing.
            self.at += usize::from(symbol.is_empty());
            return Token::Word(symbol, None);
        }
        let negative = self.peek() == Some(b'-');
        self.at += usize::from(negative);
        let number = self.take_while(DIGITS, |byte| byte.is_ascii_digit()).parse::<i32>().ok();
        let number = number.map(|number| if negative { -number } else { number });
        // One blank after it belongs to it.
        self.at += usize::from(self.peek() == Some(b' '));
        if word == "bin" {
            self.at += usize::try_from(number.unwrap_or(0))
                .unwrap_or(0)
                .min(self.bytes.len() - self.at.min(self.bytes.len()));
        }
        Token::Word(word, number)
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let byte = self.peek()?;
            self.at += 1;
            return match byte {
                b'{' => Some(Token::Open),
                b'}' => Some(Token::Close),
                b'\\' => Some(self.control()),
                // Line ends and NUL are no text.
                b'\r' | b'\n' | 0 => continue,
                byte => Some(Token::Byte(byte)),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_numbers_symbols_and_bytes_are_told_apart() {
        let tokens: Vec<_> = Tokens::new(b"{\\u-5 x\\'e9\\~\\bin3 }}}\\par\r\n\\\\").collect();
        assert_eq!(
            tokens,
            [
                Token::Open,
                Token::Word("u", Some(-5)),
                Token::Byte(b'x'),
                Token::Byte(0xE9),
                Token::Word("~", None),
                Token::Word("bin", Some(3)),
                Token::Word("par", None),
                Token::Word("\\", None),
            ]
        );
    }

    #[test]
    fn what_breaks_off_ends() {
        for source in [&b"\\"[..], b"\\'", b"\\bin99999999999", b"\\bin-5", b"\\u-", b"\\\xFF"] {
            assert!(Tokens::new(source).count() <= 1, "{source:?}");
        }
    }
}
