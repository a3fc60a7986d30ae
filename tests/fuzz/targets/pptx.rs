//! Presentations of PowerPoint.
#![no_main]

fuzz::archive!("a.pptx", ["pptx"]);
