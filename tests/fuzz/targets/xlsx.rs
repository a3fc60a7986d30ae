//! Workbooks of Excel.
#![no_main]

fuzz::archive!("a.xlsx", ["xlsx"]);
