//! OpenDocument: texts, presentations and sheets.
#![no_main]

fuzz::archive!("a.odt", ["odt", "odp", "ods"]);
