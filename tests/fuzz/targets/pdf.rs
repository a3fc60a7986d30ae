//! PDF.
#![no_main]

fuzz::document!("a.pdf", ["pdf"]);
