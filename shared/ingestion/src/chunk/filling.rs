//! The chunk that is being filled, and those that are full.

use super::{Chunk, shape::Shape, units};
use crate::extract::{Block, Extracted};
use language::{Size, estimate_tokens};
use sha2::{Digest as _, Sha256};
use std::{collections::VecDeque, ops::Range};

/// Bytes that must be left beside headings for text to be cut so that it begins there.
const BYTES_BESIDE: usize = 64;

pub(super) struct Filling<'a> {
    text: &'a str,
    blocks: &'a [Block],
    shape: Shape,
    headings: Vec<String>,
    /// Of a chunk under these headings.
    limit: Size,
    open: Option<Open>,
    chunks: Vec<Chunk>,
}

struct Open {
    range: Range<usize>,
    tokens: usize,
    /// What it may have: less with a table's header before it.
    room: Size,
    carried: Option<String>,
    page: Option<u32>,
    confidence: f32,
    /// Where headings that have no text of their own end, if it begins with such.
    lead_end: usize,
    pieces: Vec<Piece>,
}

/// A stretch of a block.
struct Piece {
    place: usize,
    range: Range<usize>,
}

impl<'a> Filling<'a> {
    pub(super) fn new(document: &'a Extracted, shape: Shape) -> Self {
        Self {
            text: &document.text,
            blocks: &document.blocks,
            shape,
            headings: Vec::new(),
            limit: shape.limit(&[]),
            open: None,
            chunks: Vec::new(),
        }
    }

    /// Begins a section: nothing of what came before goes into a chunk with what comes.
    pub(super) fn section(&mut self, headings: Vec<String>) {
        self.flush();
        self.limit = self.shape.limit(&headings);
        self.headings = headings;
    }

    /// A page's end ends a chunk.
    pub(super) fn turn_to(&mut self, page: Option<u32>) {
        if self.open.as_ref().is_some_and(|open| open.page != page) {
            self.flush();
        }
    }

    /// Whether the open chunk holds nothing but headings that have no text of their own.
    pub(super) fn is_lead(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.lead_end == open.range.end)
    }

    pub(super) fn finish(mut self) -> Vec<Chunk> {
        self.flush();
        self.chunks
    }

    /// Puts a stretch into the open chunk, if there is one with room.
    pub(super) fn put_if_room(&mut self, place: usize, range: &Range<usize>) -> bool {
        let has_room = self.open.as_ref().is_some_and(|open| {
            let taken = Size { tokens: open.tokens, bytes: range.start - open.range.start };
            open.room.less(taken).holds(&self.text[range.clone()])
        });
        if has_room {
            self.put(place, range.clone());
        }
        has_room
    }

    /// Puts a stretch into a new chunk with what it shares with the open one, if it has room there.
    pub(super) fn put_alone_if_room(&mut self, place: usize, range: &Range<usize>) -> bool {
        let has_room = self.room_at(place, range.start).1.holds(&self.text[range.clone()]);
        if has_room {
            let shared = self.shared_with(range);
            self.flush();
            for piece in shared {
                self.put(piece.place, piece.range);
            }
            self.put(place, range.clone());
        }
        has_room
    }

    /// Puts a stretch into as many chunks as it needs, cut where words end.
    pub(super) fn put_cut(&mut self, place: usize, mut left: Range<usize>) {
        loop {
            let text = &self.text[left.clone()];
            left.start += text.len() - text.trim_start().len();
            if left.is_empty() || self.put_if_room(place, &left) {
                return;
            }
            let end = match self.beside_lead() {
                Some(room) => units::cut(self.text, &left, room),
                None if self.put_alone_if_room(place, &left) => return,
                None => {
                    self.flush();
                    units::cut(self.text, &left, self.room_at(place, left.start).1)
                }
            };
            self.put(place, left.start..end);
            left.start = end;
        }
    }

    /// Headings that have no text of their own.
    pub(super) fn put_lead(&mut self, places: &[usize]) {
        for place in places {
            let range = self.blocks[*place].range.clone();
            if !self.put_if_room(*place, &range) {
                self.flush();
                self.put_cut(*place, range.clone());
            }
            if let Some(open) = &mut self.open {
                open.lead_end = range.end;
            }
        }
    }

    /// What has room beside headings that wait for their text, unless they fill most of the chunk.
    fn beside_lead(&self) -> Option<Size> {
        let open = self.open.as_ref().filter(|_| self.is_lead())?;
        let room = open.room.less(Size { tokens: open.tokens, bytes: open.range.len() });
        (room.tokens > 0 && room.tokens * 4 >= self.limit.tokens && room.bytes >= BYTES_BESIDE)
            .then_some(room)
    }

    fn put(&mut self, place: usize, range: Range<usize>) {
        // Blanks at a chunk's edge are not of it, and those inside come along.
        if self.text[range.clone()].trim_start().is_empty() {
            return;
        }
        let tokens = estimate_tokens(&self.text[range.clone()]);
        let confidence = self.blocks[place].confidence;
        if self.open.is_none() {
            let (carried, room) = self.room_at(place, range.start);
            self.open = Some(Open {
                range: range.start..range.start,
                tokens: 0,
                room,
                carried,
                page: self.blocks[place].page,
                confidence,
                lead_end: 0,
                pieces: Vec::new(),
            });
        }
        let Some(open) = &mut self.open else { return };
        open.range.end = range.end;
        open.tokens += tokens;
        open.confidence = open.confidence.min(confidence);
        open.pieces.push(Piece { place, range });
    }

    /// What a chunk may have that begins here, and the table's header that goes with it.
    fn room_at(&self, place: usize, start: usize) -> (Option<String>, Size) {
        let block = &self.blocks[place];
        let header = units::rows_from(self.text, block)
            .filter(|rows_from| start >= *rows_from)
            .map(|rows_from| &self.text[block.range.start..rows_from])
            .map(|header| self.limit.half().beginning_of(header.trim()).to_owned())
            .filter(|header| !header.is_empty());
        let taken = header
            .as_deref()
            .map_or(Size::default(), |header| Size::of(header).plus(Size { tokens: 0, bytes: 1 }));
        (header, self.limit.less(taken))
    }

    /// The end of the open chunk that a chunk which goes on with `next` begins with: whole parts, as many as the
    /// overlap and the room allow.
    fn shared_with(&self, next: &Range<usize>) -> VecDeque<Piece> {
        let mut shared = VecDeque::new();
        let Some(open) = self.open.as_ref().filter(|_| self.shape.overlap > 0) else { return shared };
        let size_of_next = estimate_tokens(&self.text[next.clone()]);
        let mut tokens = 0;
        for piece in open.pieces.iter().rev() {
            for part in self.parts(piece).into_iter().rev() {
                tokens += estimate_tokens(&self.text[part.clone()]);
                let room = self.room_at(piece.place, part.start).1;
                let whole = Size { tokens: tokens + size_of_next, bytes: next.end - part.start };
                let is_inside = part.start > open.range.start && part.start >= open.lead_end;
                if !is_inside || tokens > self.shape.overlap || !whole.fits(room) {
                    return shared;
                }
                shared.push_front(Piece { place: piece.place, range: part });
            }
        }
        shared
    }

    /// The parts of a piece that is a whole block, or the piece itself.
    fn parts(&self, piece: &Piece) -> Vec<Range<usize>> {
        let block = &self.blocks[piece.place];
        if block.range == piece.range { units::units(self.text, block) } else { vec![piece.range.clone()] }
    }

    fn flush(&mut self) {
        let Some(open) = self.open.take() else { return };
        let text = &self.text[open.range.clone()];
        let start = open.range.start + (text.len() - text.trim_start().len());
        let content = text.trim();
        if content.is_empty() {
            return;
        }
        self.chunks.push(Chunk {
            index: self.chunks.len(),
            content: content.to_owned(),
            headings: self.headings.clone(),
            carried: open.carried,
            page: open.page,
            bytes: start..start + content.len(),
            tokens: estimate_tokens(content),
            confidence: open.confidence,
            source_hash: Sha256::digest(content).into(),
        });
    }
}
