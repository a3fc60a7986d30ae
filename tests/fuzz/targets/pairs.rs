//! Questions with their answers, as JSON lines.
#![no_main]

fuzz::document!("a.jsonl", ["jsonl"]);
