//! The child's side: limits on itself first, then the file.

use super::{
    Answer, Extracted, csv, docx, eml, encoding, epub, html, markdown, odt, pairs, pdf, picture, pptx, rtf,
    sniff, text, xlsx,
};
use domain::{Failure, FailureCode, limits};
use encoding_rs::Encoding;
use rlimit::Resource;
use sniff::Format;
use std::{
    ffi::OsString,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

/// The first argument that makes a program such a child.
pub const ARGUMENT: &str = "extract-in-child-process";

/// Stack for recursive parsers: address space, not memory.
const STACK_BYTES: usize = 256 * 1024 * 1024;
/// Seconds between the limit on processor time that ends a process and the one that kills it.
const CPU_GRACE: u64 = 5;
const MEGABYTE: u64 = 1024 * 1024;

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
    let content_type = arguments.next().unwrap_or_default();
    limit_self();
    if let Some(page) = arguments.next() {
        return run_for_picture(file, &page.to_string_lossy());
    }
    limit_to_size(&file);
    let work =
        std::thread::Builder::new().stack_size(STACK_BYTES).spawn(move || read(&file, &name, &content_type));
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

/// The picture of a page instead of its text; nothing when it has none.
fn run_for_picture(file: PathBuf, page: &str) -> bool {
    let page = page.parse().unwrap_or(0);
    let work = std::thread::Builder::new()
        .stack_size(STACK_BYTES)
        .spawn(move || fs::read(&file).ok().and_then(|bytes| picture::of_page(&bytes, page)));
    let image = work.ok().and_then(|work| work.join().ok()).flatten().unwrap_or_default();
    if std::io::stdout().lock().write_all(&image).is_err() {
        std::process::exit(1);
    }
    true
}

/// A limit that cannot be set (some sandboxes forbid it) leaves the parent's clock and output limit.
fn limit_self() {
    let _ = Resource::AS.set(limits::EXTRACTION_MEMORY_BYTES, limits::EXTRACTION_MEMORY_BYTES);
    let _ = Resource::CPU.set(limits::EXTRACTION_SECONDS, limits::EXTRACTION_SECONDS + CPU_GRACE);
    let _ = Resource::CORE.set(0, 0);
    // Nothing is to be written but the answer, and that is a pipe.
    let _ = Resource::FSIZE.set(0, 0);
    std::panic::set_hook(Box::new(|_| {}));
}

/// What a small file may take is less: bombs are small, and most parsers bound nothing themselves.
fn limit_to_size(file: &Path) {
    let size = fs::metadata(file).map_or(0, |metadata| metadata.len());
    let memory = STACK_BYTES as u64 + memory_for(size);
    let _ = Resource::DATA.set(memory, memory);
    let seconds = seconds_for(size);
    let _ = Resource::CPU.set(seconds, seconds + CPU_GRACE);
}

/// Bytes of memory for a file of so many bytes.
fn memory_for(size: u64) -> u64 {
    let scaled = limits::EXTRACTION_MEMORY_SMALL_BYTES + size * limits::EXTRACTION_MEMORY_PER_BYTE;
    scaled.min(limits::EXTRACTION_MEMORY_BYTES)
}

/// Seconds of processor for a file of so many bytes.
fn seconds_for(size: u64) -> u64 {
    let scaled = size * limits::EXTRACTION_SECONDS_MEGABYTE / MEGABYTE;
    (limits::EXTRACTION_SECONDS_SMALL + scaled).min(limits::EXTRACTION_SECONDS)
}

/// Gives a step of the work so many seconds of processor from now on, and never more than all of it may take; `None`
/// gives what is left of that. Outside of a child it does nothing.
pub(super) fn limit_step(seconds: Option<u64>) {
    let Ok((_, hard)) = Resource::CPU.get() else { return };
    if hard > limits::EXTRACTION_SECONDS + CPU_GRACE {
        return;
    }
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime).tv_sec;
    let all = hard.saturating_sub(CPU_GRACE);
    let soft = seconds.map_or(all, |seconds| all.min(used.unsigned_abs() + 1 + seconds));
    let _ = Resource::CPU.set(soft, hard);
}

fn read(file: &PathBuf, name: &OsString, content_type: &OsString) -> Answer {
    let said = encoding::of_content_type(&content_type.to_string_lossy());
    match fs::read(file) {
        Ok(bytes) => match extract(&bytes, &name.to_string_lossy(), said, 0) {
            Ok(extracted) => Answer::Extracted(Box::new(extracted)),
            Err(failure) => Answer::Failed(failure),
        },
        Err(_) => Answer::Failed(damaged("it cannot be opened")),
    }
}

/// What a child does with a file's bytes, in this process and without a child's limits. Public for `tests/fuzz` alone:
/// a process for each input is a hundred times slower, and hides who panicked.
///
/// # Errors
/// The document's.
#[doc(hidden)]
pub fn extract_here(bytes: &[u8], name: &str) -> Result<Extracted, Failure> {
    extract(bytes, name, None, 0)
}

/// Reads bytes by what they are, whatever their name says; the name only tells kinds of text apart, and the
/// encoding that is said of them counts for texts that show none. They are attached to `depth` e-mails.
pub(super) fn extract(
    bytes: &[u8],
    name: &str,
    said: Option<&'static Encoding>,
    depth: usize,
) -> Result<Extracted, Failure> {
    match sniff::format(bytes, name, said)? {
        Format::Pdf => pdf::read(bytes),
        Format::Docx => docx::read(bytes),
        Format::Pptx => pptx::read(bytes),
        Format::Xlsx => xlsx::read(bytes),
        Format::Epub => epub::read(bytes),
        Format::OpenDocument(format) => odt::read(bytes, format),
        Format::Rtf => rtf::read(bytes),
        Format::Eml => eml::read(bytes, depth),
        Format::Picture => picture::read(bytes),
        Format::Csv(source) => csv::read(&source),
        Format::Html(source) => html::read(&source),
        Format::Markdown(source) => Ok(markdown::read(&source)),
        Format::Pairs(source) => pairs::read(&source),
        Format::Text(source) => text::read(&source),
    }
    .and_then(|document| within_limits(&document).map(|()| document))
    .and_then(Extracted::checked)
}

/// Refuses a document that has grown too large, while it grows: millions of blocks are memory, however short.
pub(super) fn within_limits(document: &Extracted) -> Result<(), Failure> {
    if document.text.len() > limits::EXTRACTED_TEXT_BYTES {
        return Err(super::text_too_long());
    }
    if document.blocks.len() > limits::DOCUMENT_BLOCKS {
        return Err(Failure::new(
            FailureCode::TooLarge,
            format!("The file holds more than {} paragraphs. Split it into parts.", limits::DOCUMENT_BLOCKS),
        ));
    }
    Ok(())
}

pub(super) fn damaged(what: &str) -> Failure {
    Failure::new(
        FailureCode::Damaged,
        format!("The file is damaged: {what}. Save it again with its usual program and upload that."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::BlockKind;

    #[test]
    fn a_small_file_may_take_less_than_a_large_one_and_none_more_than_all() {
        assert_eq!((seconds_for(0), seconds_for(MEGABYTE)), (4, 14));
        assert_eq!((seconds_for(5 * MEGABYTE), seconds_for(limits::DOCUMENT_BYTES)), (50, 50));
        assert_eq!((memory_for(0) / MEGABYTE, memory_for(10 * MEGABYTE) / MEGABYTE), (400, 430));
        assert_eq!(memory_for(u64::from(u32::MAX)), limits::EXTRACTION_MEMORY_BYTES);
    }

    #[test]
    fn blocks_are_taken_to_their_limit_and_no_further() {
        let document = |blocks| {
            let mut document = Extracted::new("test");
            document.push(BlockKind::Paragraph, "x", None);
            document.blocks = vec![document.blocks[0].clone(); blocks];
            within_limits(&document)
        };
        assert!(document(limits::DOCUMENT_BLOCKS).is_ok());
        assert_eq!(document(limits::DOCUMENT_BLOCKS + 1).expect_err("too many").code, FailureCode::TooLarge);
    }
}
