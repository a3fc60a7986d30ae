//! Whatever it is: told by its bytes alone.
#![no_main]

fuzz::document!("a", []);
