//! Plain text, in whatever encoding.
#![no_main]

fuzz::document!("a.txt", ["text"]);
