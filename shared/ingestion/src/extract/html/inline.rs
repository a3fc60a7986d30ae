//! Running text: white space as a browser shows it.

/// Text of one block, being collected.
#[derive(Default)]
pub(super) struct Inline {
    text: String,
    space: bool,
}

impl Inline {
    /// Adds text, its white space as one space. Soft hyphens go: they are where a word may break.
    pub(super) fn push(&mut self, text: &str) {
        for c in text.chars() {
            if c.is_whitespace() {
                self.space = true;
            } else if c != '\u{AD}' {
                if self.space && !self.text.is_empty() && !self.text.ends_with('\n') {
                    self.text.push(' ');
                }
                self.space = false;
                self.text.push(c);
            }
        }
    }

    /// A word ends here.
    pub(super) fn space(&mut self) {
        self.space = true;
    }

    /// A line ends here; says whether it was empty, as between paragraphs.
    pub(super) fn line(&mut self) -> bool {
        self.space = false;
        let is_empty = self.text.is_empty() || self.text.ends_with('\n');
        if !is_empty {
            self.text.push('\n');
        }
        is_empty
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub(super) fn take(&mut self) -> String {
        self.space = false;
        std::mem::take(&mut self.text)
    }
}
