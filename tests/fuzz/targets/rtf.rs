//! RTF.
#![no_main]

fuzz::document!("a.rtf", ["rtf"]);
