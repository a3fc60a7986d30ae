//! Markdown, with its front matter.
#![no_main]

fuzz::document!("a.md", ["markdown"]);
