//! Source to tree, within bounds: `html5ever` reads in pieces, and between them it is looked at what it costs.

use super::{builder::Builder, tree::Tree};
use crate::extract::child::damaged;
use domain::{Failure, FailureCode, limits};
use html5ever::{
    TokenizerResult,
    buffer_queue::BufferQueue,
    tendril::StrTendril,
    tokenizer::{Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts},
    tree_builder::{TreeBuilder, TreeBuilderOpts, TreeSink as _},
};
use std::{
    cell::Cell,
    time::{Duration, Instant},
};

/// Bytes that are given to the parser at once.
const PIECE_BYTES: usize = 64 * 1024;
/// Elements that HTML closes by itself, so that `/>` says nothing new.
const VOID: [&str; 14] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track",
    "wbr",
];

type Building = TreeBuilder<<Builder as html5ever::interface::TreeSink>::Handle, Builder>;

/// Between tokenizer and tree builder.
struct Gate {
    building: Building,
    is_xml: bool,
    tokens: Cell<u64>,
}

impl TokenSink for Gate {
    type Handle = <Building as TokenSink>::Handle;

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<Self::Handle> {
        self.tokens.set(self.tokens.get() + 1);
        let Token::TagToken(tag) = token else { return self.building.process_token(token, line) };
        let opens = tag.kind == TagKind::StartTag && !VOID.contains(&&*tag.name);
        // Too deep a tag goes, its text stays: no document of people nests so, and searching what is open takes
        // the square of the levels.
        if opens && self.building.sink.is_deep() {
            return TokenSinkResult::Continue;
        }
        // In XHTML `<title/>` is a whole element; HTML would take the rest of the page for a title.
        if opens && tag.self_closing && self.is_xml {
            let end = Tag { kind: TagKind::EndTag, self_closing: false, attrs: Vec::new(), ..tag.clone() };
            let _ = self.building.process_token(Token::TagToken(tag), line);
            let _ = self.building.process_token(Token::TagToken(end), line);
            return TokenSinkResult::Continue;
        }
        self.building.process_token(Token::TagToken(tag), line)
    }

    fn end(&self) {
        self.building.end();
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        // Where CDATA sections hold text: everywhere in XHTML.
        self.is_xml || self.building.adjusted_current_node_present_but_not_in_html_namespace()
    }
}

/// Parses a page, however broken.
pub(super) fn parse(source: &str) -> Result<Tree, Failure> {
    parse_within(source, limits::MARKUP_NODES)
}

fn parse_within(source: &str, most: usize) -> Result<Tree, Failure> {
    let building = TreeBuilder::new(
        Builder::new(),
        TreeBuilderOpts { scripting_enabled: false, drop_doctype: true, ..TreeBuilderOpts::default() },
    );
    let is_xml = source.trim_start().starts_with("<?xml");
    let tokenizer = Tokenizer::new(Gate { building, is_xml, tokens: Cell::new(0) }, TokenizerOpts::default());
    let (input, started) = (BufferQueue::default(), Instant::now());
    let (mut tokens, mut tag_began) = (0, started);
    let mut rest = source;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE_BYTES.min(rest.len())));
        rest = after;
        input.push_back(StrTendril::from_slice(piece));
        // It stops at scripts, which do not run, and at `<meta charset>`, which came too late: the bytes are decoded.
        while !matches!(tokenizer.feed(&input), TokenizerResult::Done) {}
        if tokenizer.sink.tokens.get() != tokens {
            (tokens, tag_began) = (tokenizer.sink.tokens.get(), Instant::now());
        }
        // A tag is compared attribute by attribute, which takes the square of their number.
        if started.elapsed() > Duration::from_secs(limits::MARKUP_SECONDS)
            || tag_began.elapsed() > Duration::from_secs(limits::MARKUP_TAG_SECONDS)
        {
            return Err(hostile("its tags take too long to sort out"));
        }
        if tokenizer.sink.building.sink.nodes() > most {
            return Err(too_many());
        }
    }
    tokenizer.end();
    let tree = tokenizer.sink.building.sink.finish();
    if tree.nodes.len() > most { Err(too_many()) } else { Ok(tree) }
}

fn too_many() -> Failure {
    Failure::new(
        FailureCode::TooLarge,
        format!(
            "The page holds more than {} million elements. Split it into parts.",
            limits::MARKUP_NODES / 1_000_000
        ),
    )
}

fn hostile(what: &str) -> Failure {
    Failure { code: FailureCode::Hostile, ..damaged(what) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_too_many_elements_is_refused() {
        // The document, html, head and body come with every page.
        let page = "<p>".repeat(40_000);
        assert!(parse_within(&page, 40_004).is_ok());
        let refused = parse_within(&page, 40_003).err().expect("one too many");
        assert_eq!(refused.code, FailureCode::TooLarge);
    }
}
