//! Bytes that nobody would think of, for everything that decodes them: extractors and events.
//!
//! `.ci/fuzz` builds all targets and runs each for some seconds; `.ci/fuzz 600 pdf eml` runs two of them for ten minutes
//! each. It needs no nightly Rust. What it finds is kept, and it says how to try that again. An input that was worth a
//! fix belongs into `seeds/{target}/`, from where every later run starts.
//!
//! A target does what the product does with the same bytes, up to cutting the text, and then looks at what came out.
//! It knows nothing of how a format is read.

pub mod archive;
mod document;
pub mod events;
mod panics;

pub use document::extract;
pub use libfuzzer_sys;

/// A target of a format: files of such a name, of which those are kept that were read as one of these formats; of any
/// when none is named.
#[macro_export]
macro_rules! document {
    ($name:literal, $formats:expr) => {
        libfuzzer_sys::fuzz_target!(|bytes: &[u8]| -> libfuzzer_sys::Corpus {
            $crate::extract(bytes, $name, &$formats)
        });
    };
}

/// The same of a format that is a zip archive.
#[macro_export]
macro_rules! archive {
    ($name:literal, $formats:expr) => {
        $crate::document!($name, $formats);
        libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, most: usize, seed: u32| {
            $crate::archive::mutate(data, size, most, seed)
        });
    };
}
