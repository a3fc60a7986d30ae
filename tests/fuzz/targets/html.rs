//! HTML.
#![no_main]

fuzz::document!("a.html", ["html"]);
