//! Documents of Word.
#![no_main]

fuzz::archive!("a.docx", ["docx"]);
