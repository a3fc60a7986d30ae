//! Goes through a document's blocks in order: sections by headings, chunks by pages and by what has room.

use super::{Chunk, filling::Filling, shape::Shape, units};
use crate::extract::{Block, BlockKind, Extracted};
use language::{Size, context};
use std::ops::Range;

/// The deepest level of a heading that is told apart.
const LEVELS: u8 = 9;

/// Cuts an extracted document into chunks.
#[must_use]
pub fn chunk(document: &Extracted, shape: &Shape) -> Vec<Chunk> {
    let mut cutter =
        Cutter { document, path: Vec::new(), waiting: Vec::new(), filling: Filling::new(document, *shape) };
    for (place, block) in document.blocks.iter().enumerate() {
        match cutter.heading(block) {
            Some((level, heading)) => cutter.enter(place, level, heading),
            None if document.text[block.range.clone()].trim_start().is_empty() => {}
            None => cutter.add(place),
        }
    }
    cutter.settle_headings(None);
    cutter.filling.finish()
}

struct Cutter<'a> {
    document: &'a Extracted,
    /// Headings in force, outermost first.
    path: Vec<Heading>,
    /// Headings since the last text.
    waiting: Vec<Waiting>,
    filling: Filling<'a>,
}

struct Heading {
    level: u8,
    /// Place of its block.
    place: usize,
    text: String,
}

/// A heading over which no text has come yet.
struct Waiting {
    place: usize,
    page: Option<u32>,
    /// The path that it ends.
    path: Vec<String>,
}

impl Cutter<'_> {
    /// Level and text of a heading; what is too long for one is text.
    fn heading(&self, block: &Block) -> Option<(u8, String)> {
        let BlockKind::Heading(level) = block.kind else { return None };
        let source = &self.document.text[block.range.clone()];
        if source.len() > 4 * context::HEADING.bytes {
            return None;
        }
        let heading = context::on_one_line(source);
        let is_one = !heading.is_empty() && Size::of(&heading).fits(context::HEADING);
        is_one.then(|| (level.clamp(1, LEVELS), heading))
    }

    fn enter(&mut self, place: usize, level: u8, text: String) {
        let level = if self.is_over_everything(place, level) { 0 } else { level };
        self.leave(level);
        self.path.push(Heading { level, place, text });
        let path = self.headings();
        self.filling.section(path.clone());
        self.waiting.push(Waiting { place, page: self.document.blocks[place].page, path });
    }

    /// Ends the sections of a level and below.
    fn leave(&mut self, level: u8) {
        self.path.retain(|above| above.level < level);
    }

    fn headings(&self) -> Vec<String> {
        self.path.iter().map(|heading| heading.text.clone()).collect()
    }

    /// A first heading with nothing of its own below it is the document's title, whatever its level says.
    fn is_over_everything(&self, place: usize, level: u8) -> bool {
        let blocks = &self.document.blocks;
        place == 0
            && blocks.get(1).and_then(|next| self.heading(next)).is_some_and(|(next, _)| next <= level)
            && blocks.iter().any(|block| !matches!(block.kind, BlockKind::Heading(_)))
    }

    /// Takes in what is no heading.
    fn add(&mut self, place: usize) {
        let block = &self.document.blocks[place];
        if let BlockKind::Heading(level) = block.kind {
            self.leave(level.clamp(1, LEVELS));
            self.filling.section(self.headings());
        }
        self.settle_headings(Some(block.page));
        let filling = &mut self.filling;
        filling.turn_to(block.page);
        if filling.put_if_room(place, &block.range) {
            return;
        }
        // A block that has room in a chunk of its own is not torn, unless headings wait for some of it.
        if !filling.is_lead() && filling.put_alone_if_room(place, &block.range) {
            return;
        }
        for part in units::units(&self.document.text, block) {
            self.add_part(place, &part);
        }
    }

    fn add_part(&mut self, place: usize, part: &Range<usize>) {
        let block = &self.document.blocks[place];
        let is_prose = matches!(block.kind, BlockKind::Paragraph | BlockKind::Heading(_));
        let filling = &mut self.filling;
        if filling.put_if_room(place, part) {
            return;
        }
        if (!is_prose || !filling.is_lead()) && filling.put_alone_if_room(place, part) {
            return;
        }
        match units::finer(&self.document.text, block, part).as_slice() {
            [] | [_] => filling.put_cut(place, part.clone()),
            finer => finer.iter().for_each(|finer| self.add_part(place, finer)),
        }
    }

    /// Headings without text below them are text themselves: those of a text's page go before it, those of earlier
    /// pages stand alone. `None` at the document's end.
    fn settle_headings(&mut self, page_of_text: Option<Option<u32>>) {
        let waiting = std::mem::take(&mut self.waiting);
        let Some(last) = waiting.last().map(|heading| heading.place) else { return };
        // Headings in force stand in the path of what comes, if anything comes.
        let is_lost = |heading: &Waiting| {
            !self.path.iter().any(|above| above.place == heading.place)
                || (page_of_text.is_none() && heading.place == last)
        };
        let mut pages = waiting.chunk_by(|one, next| one.page == next.page).peekable();
        while let Some(page) = pages.next() {
            let (Some(from), Some(to)) = (page.iter().position(is_lost), page.iter().rposition(is_lost))
            else {
                continue;
            };
            let blocks = |lead: &[Waiting]| lead.iter().map(|heading| heading.place).collect::<Vec<_>>();
            if pages.peek().is_none() && page_of_text == Some(page[0].page) {
                self.filling.put_lead(&blocks(&page[from..]));
            } else {
                self.filling.section(page[to].path.clone());
                self.filling.put_lead(&blocks(&page[from..=to]));
                self.filling.section(self.headings());
            }
        }
    }
}
