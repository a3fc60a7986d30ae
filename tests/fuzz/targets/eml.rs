//! E-mails, with what is attached to them.
#![no_main]

fuzz::document!("a.eml", ["eml"]);
