//! E-books.
#![no_main]

fuzz::archive!("a.epub", ["epub"]);
