//! The child's side: limits on itself first, then the file.

use super::{Answer, Extracted, docx, html, markdown, pdf, sniff, text};
use domain::{Failure, FailureCode, limits};
use rlimit::Resource;
use sniff::Format;
use std::{ffi::OsString, fs, io::Write as _, path::PathBuf};

/// The first argument that makes a program such a child.
pub const ARGUMENT: &str = "extract-in-child-process";

/// Stack for recursive parsers: address space, not memory.
const STACK_BYTES: usize = 256 * 1024 * 1024;

/// Makes this process unreadable for others of its user (`prctl(2)`, PR_SET_DUMPABLE): a parser that a file has
/// taken over could otherwise read its parent's environment, with the database's password, in `/proc`.
pub fn hide_from_children() {
    #[cfg(target_os = "linux")]
    if rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable).is_err() {
        tracing::warn!("the process stays readable for its children");
    }
}

/// When this process was started as a child, does its work and says `true`: `main` must return then.
#[must_use]
pub fn run_child() -> bool {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_none_or(|first| first != ARGUMENT) {
        return false;
    }
    let file = PathBuf::from(arguments.next().unwrap_or_default());
    let name = arguments.next().unwrap_or_default();
    limit_self();
    let work = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(move || read(&file, &name));
    let answer = match work.map(std::thread::JoinHandle::join) {
        Ok(Ok(answer)) => answer,
        // A panic of a parser is a defect of the parser, met by this file.
        _ => Answer::Failed(damaged("it makes its reader stumble")),
    };
    let written = serde_json::to_vec(&answer).map(|bytes| std::io::stdout().lock().write_all(&bytes));
    if !matches!(written, Ok(Ok(()))) {
        std::process::exit(1);
    }
    true
}

/// A limit that cannot be set (some sandboxes forbid it) leaves the parent's clock and output limit.
fn limit_self() {
    let _ = Resource::AS.set(limits::EXTRACTION_MEMORY_BYTES, limits::EXTRACTION_MEMORY_BYTES);
    let _ = Resource::CPU.set(limits::EXTRACTION_SECONDS, limits::EXTRACTION_SECONDS + 5);
    let _ = Resource::CORE.set(0, 0);
    // Nothing is to be written but the answer, and that is a pipe.
    let _ = Resource::FSIZE.set(0, 0);
    std::panic::set_hook(Box::new(|_| {}));
}

fn read(file: &PathBuf, name: &OsString) -> Answer {
    match fs::read(file) {
        Ok(bytes) => match extract(&bytes, &name.to_string_lossy()) {
            Ok(extracted) => Answer::Extracted(extracted),
            Err(failure) => Answer::Failed(failure),
        },
        Err(_) => Answer::Failed(damaged("it cannot be opened")),
    }
}

/// Reads bytes by what they are, whatever their name says; the name only tells Markdown from plain text.
fn extract(bytes: &[u8], name: &str) -> Result<Extracted, Failure> {
    match sniff::format(bytes, name)? {
        Format::Pdf => pdf::read(bytes),
        Format::Docx => docx::read(bytes),
        Format::Html(source) => html::read(&source),
        Format::Markdown(source) => Ok(markdown::read(&source)),
        Format::Text(source) => Ok(text::read(&source)),
    }
    .and_then(Extracted::checked)
}

pub(super) fn damaged(what: &str) -> Failure {
    Failure::new(
        FailureCode::Damaged,
        format!("The file is damaged: {what}. Save it again with its usual program and upload that."),
    )
}
