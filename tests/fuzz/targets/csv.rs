//! Tables as text, lists of questions and answers among them.
#![no_main]

fuzz::document!("a.csv", ["csv"]);
