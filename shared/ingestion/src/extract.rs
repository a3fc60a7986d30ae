//! Bytes to text, in a process of its own.
//!
//! A crafted file can overflow the stack or eat all memory, which no `catch_unwind` catches. So the function's
//! own binary is started again as a child with limits on memory, time and output, and without any of the
//! function's environment; whatever happens to it, one document failed.

mod archive;
mod child;
mod csv;
pub mod document;
mod docx;
mod eml;
pub(crate) mod encoding;
mod epub;
mod grid;
mod html;
pub mod markdown;
mod odt;
mod pairs;
mod pdf;
pub(crate) mod picture;
mod pptx;
mod properties;
pub(crate) mod repair;
mod rtf;
mod sniff;
mod summary;
mod text;
mod xlsx;
mod xml;

#[doc(hidden)]
pub use child::extract_here;
pub use child::{ARGUMENT, hide_from_children, run_child};
pub use document::{Block, BlockKind, Extracted, Pair};

use anyhow::Context as _;
use domain::{Failure, FailureCode, limits};
use serde::{Deserialize, Serialize};
use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::{io::AsyncReadExt as _, process::Command, time::timeout};

/// Bytes of a child's answer at most: text and the list of its blocks.
const ANSWER_BYTES: u64 = 4 * limits::EXTRACTED_TEXT_BYTES as u64;

/// What a child says on its standard output.
#[derive(Serialize, Deserialize)]
pub(crate) enum Answer {
    Extracted(Box<Extracted>),
    Failed(Failure),
}

/// Starts children that read files.
#[derive(Debug)]
pub struct Extractor {
    program: PathBuf,
}

impl Extractor {
    /// Children are this program, started with [`ARGUMENT`]; its `main` must hand over to [`run_child`].
    ///
    /// # Errors
    /// When the running program cannot be found.
    pub fn of_this_program() -> anyhow::Result<Self> {
        Ok(Self::of(std::env::current_exe().context("find own program")?))
    }

    /// The same with another program.
    #[must_use]
    pub fn of(program: PathBuf) -> Self {
        Self { program }
    }

    /// The picture of a page that holds no text; `None` when there is no one picture of it.
    ///
    /// # Errors
    /// When the child cannot be started.
    pub async fn page_image(&self, file: &Path, name: &str, page: u32) -> anyhow::Result<Option<Vec<u8>>> {
        let mut child =
            self.child(file, name, "").arg(page.to_string()).spawn().context("start reading a picture")?;
        let output = child.stdout.take().context("read a picture")?;
        let mut output = output.take(limits::PICTURE_BYTES + 1);
        let mut image = Vec::new();
        let reading = output.read_to_end(&mut image);
        match timeout(Duration::from_secs(limits::OCR_SECONDS), reading).await {
            Ok(read) => read.context("read a picture")?,
            Err(_) => return Ok(None),
        };
        let fits = !image.is_empty() && image.len() as u64 <= limits::PICTURE_BYTES;
        Ok(fits.then_some(image))
    }

    /// A child of a file, with nothing of our environment.
    fn child(&self, file: &Path, name: &str, content_type: &str) -> Command {
        let mut child = Command::new(&self.program);
        child.arg(ARGUMENT).arg(file).arg(name).arg(content_type).env_clear();
        child.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        child
    }

    /// Reads a file; its Content-Type may say how its text is encoded. The inner error is the document's; the outer one ours.
    ///
    /// # Errors
    /// When the child cannot be started or speaks nonsense.
    pub async fn extract(
        &self,
        file: &Path,
        name: &str,
        content_type: &str,
    ) -> anyhow::Result<Result<Extracted, Failure>> {
        let mut child = self.child(file, name, content_type).spawn().context("start extraction")?;
        let mut answer = Vec::new();
        let output = child.stdout.take().context("read extraction's output")?;
        let reading = async {
            output
                .take(ANSWER_BYTES + 1)
                .read_to_end(&mut answer)
                .await
                .context("read extraction's output")?;
            if answer.len() as u64 > ANSWER_BYTES {
                child.start_kill().context("stop extraction")?;
            }
            child.wait().await.context("wait for extraction")
        };
        let Ok(status) = timeout(Duration::from_secs(limits::EXTRACTION_SECONDS), reading).await else {
            return Ok(Err(too_slow()));
        };
        let status = status?;
        if answer.len() as u64 > ANSWER_BYTES {
            return Ok(Err(text_too_long()));
        }
        if !status.success() {
            return Ok(Err(died(status)));
        }
        match serde_json::from_slice(&answer).context("read extraction's answer")? {
            Answer::Extracted(extracted) => Ok(Ok(*extracted)),
            Answer::Failed(failure) => Ok(Err(failure)),
        }
    }
}

fn died(status: std::process::ExitStatus) -> Failure {
    use std::os::unix::process::ExitStatusExt as _;
    // The limit on processor time ends a process with SIGXCPU (24) or SIGKILL (9).
    if matches!(status.signal(), Some(24)) {
        return too_slow();
    }
    Failure::new(
        FailureCode::Hostile,
        "The file breaks what reads it (nested too deeply, or made to fill the memory). Save it again with its usual program and upload that, or split it into parts.",
    )
}

fn too_slow() -> Failure {
    Failure::new(
        FailureCode::TooSlow,
        "Reading the file takes longer than files of its size take. Save it again with its usual program and upload that, or split it into parts.",
    )
}

pub(crate) fn text_too_long() -> Failure {
    Failure::new(
        FailureCode::TooLarge,
        format!(
            "The file holds more than {} MB of text. Split it into parts.",
            limits::EXTRACTED_TEXT_BYTES / 1024 / 1024
        ),
    )
}
