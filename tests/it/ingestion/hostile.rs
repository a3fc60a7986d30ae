//! Files made to harm: each is refused with its reason, or read within bounds; quickly, in little memory, and nothing
//! around it suffers.

use super::text;
use domain::{Failure, FailureCode, limits};
use futures_util::{StreamExt as _, stream};
use ingestion::{Outcome, extract::Extracted, extract::Extractor, unit::Clock};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};
use tests::{
    Pipeline,
    hostile::{Expected, Hostile, files},
    invariants,
    pipeline::ingest_program,
};

/// Files at least.
const FILES: usize = 60;
/// Seconds that a file may take, of a release build on an idle machine.
const SECONDS: u64 = 5;
/// A developer's machine runs unoptimised code, and other tests beside this one. `DOCENT_STRICT` takes this away: for
/// a release build that `DOCENT_INGEST` names.
const SLOWER: u64 = 8;
/// Megabytes that a child may use.
const MEGABYTES: u64 = 512;

/// Of the files of every kind, these are read in the common run: two of five.
fn is_common(place: usize) -> bool {
    place % 5 < 2
}

#[tokio::test]
async fn hostile_files_are_refused_quickly_and_in_little_memory() {
    let files = files().into_iter().enumerate().filter(|(place, _)| is_common(*place));
    are_refused(files.map(|(_, hostile)| hostile).collect()).await;
}

#[tokio::test]
#[ignore = "takes minutes: cargo test -p tests -- --ignored hostile"]
async fn all_hostile_files_are_refused_quickly_and_in_little_memory() {
    are_refused(files()).await;
}

#[expect(clippy::print_stdout, reason = "a table of what each file took, shown with --nocapture")]
async fn are_refused(files: Vec<Hostile>) {
    let extractor = Extractor::of(ingest_program().await.clone());
    let folder = tempfile::tempdir().expect("make a folder");
    let factor = if tests::setting("DOCENT_STRICT").is_some() { 1 } else { SLOWER };
    let (mut wrong, mut seen) = (Vec::new(), 0);
    println!("{:58} {:>9} {:>7} {:>5}  outcome", "file", "bytes", "s", "MB");
    for hostile in files {
        let file = folder.path().join(format!("{seen}"));
        let bytes = (hostile.make)();
        fs::write(&file, &bytes).expect("write a file");
        let watch = Watch::over(&file);
        let started = Instant::now();
        let read = extractor.extract(&file, &hostile.name, "").await.expect("a child that answers");
        let (took, megabytes) = (started.elapsed(), watch.megabytes());
        fs::remove_file(&file).expect("remove a file");
        let (as_expected, said) = judge(&hostile, &read);
        println!("{:58} {:>9} {:>7.2} {megabytes:>5}  {said}", hostile.what, bytes.len(), took.as_secs_f64());
        let fine = as_expected && took < Duration::from_secs(SECONDS * factor) && megabytes <= MEGABYTES;
        if !fine {
            wrong.push(format!("{}: {said}, {} ms, {megabytes} MB", hostile.what, took.as_millis()));
        }
        seen += 1;
    }
    println!("{seen} files");
    assert!(seen >= FILES, "{seen} files");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Whether reading a file ended as it has to, and how it ended.
fn judge(hostile: &Hostile, read: &Result<Extracted, Failure>) -> (bool, String) {
    match read {
        Ok(document) => {
            let is_bounded = document.text.len() <= limits::EXTRACTED_TEXT_BYTES
                && document.blocks.len() <= limits::DOCUMENT_BLOCKS;
            let said = format!(
                "{}, {} bytes in {} blocks",
                document.format,
                document.text.len(),
                document.blocks.len()
            );
            (hostile.expected == Expected::Readable && is_bounded, said)
        }
        Err(failure) => {
            let has_reason = failure.code != FailureCode::Internal && !failure.detail.is_empty();
            (hostile.expected == Expected::Rejected && has_reason, format!("{:?}", failure.code))
        }
    }
}

#[tokio::test]
#[ignore = "takes minutes: cargo test -p tests -- --ignored hostile"]
async fn neighbours_of_hostile_files_are_unharmed() {
    let pipeline = Pipeline::start().await;
    let (mut keys, mut neighbours) = (Vec::new(), Vec::new());
    // A key with control characters is a matter of lists of keys, not of reading.
    let files = files().into_iter().filter(|hostile| !hostile.name.contains(char::is_control));
    for (number, hostile) in files.enumerate() {
        if number % 10 == 0 {
            let name = format!("neighbours/good-{number}.txt");
            neighbours.push(pipeline.put(&name, &text(5, &format!("neighbour {number}"))).await);
            keys.push((neighbours[neighbours.len() - 1].clone(), None));
        }
        let name = format!("neighbours/{number}/{}", hostile.name);
        keys.push((pipeline.put(&name, &(hostile.make)()).await, Some(hostile)));
    }
    let pipeline = &pipeline;
    let deliveries = keys.into_iter().map(async |(key, hostile)| {
        let started = Instant::now();
        let outcome = pipeline.deliver(&key, Clock::start).await;
        (key, hostile, outcome, started.elapsed())
    });
    let mut outcomes = stream::iter(deliveries).buffer_unordered(2);
    let (mut failed, mut completed) = (0, 0);
    while let Some((key, hostile, outcome, took)) = outcomes.next().await {
        let what = hostile.as_ref().map_or(key.as_str(), |hostile| hostile.what);
        println!("{what:58} {:>7.2} {outcome:?}", took.as_secs_f64());
        match (&outcome, hostile.map(|hostile| hostile.expected)) {
            (Outcome::Completed { chunks }, None | Some(Expected::Readable)) => {
                assert!((1..=limits::DOCUMENT_CHUNKS).contains(chunks), "{what}: {chunks} chunks");
                completed += 1;
            }
            // What has no text but a picture can be read by OCR alone.
            (Outcome::Failed(failure), Some(_)) if failure.code != FailureCode::Internal => failed += 1,
            _ => panic!("{what}: {outcome:?}"),
        }
    }
    println!("{failed} failed, {completed} completed, of them {} neighbours", neighbours.len());
    invariants::check(pipeline, "hostile files").await;
    for key in neighbours {
        assert_eq!(pipeline.deliver(&key, Clock::start).await, Outcome::Unchanged, "{key}");
    }
}

/// Looks at the memory of the process that reads a file, for as long as it lives.
struct Watch {
    peak: Arc<AtomicU64>,
    is_over: Arc<AtomicBool>,
    thread: thread::JoinHandle<()>,
}

impl Watch {
    fn over(file: &Path) -> Self {
        let (peak, is_over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (seen, end, file) = (Arc::clone(&peak), Arc::clone(&is_over), file.to_owned());
        let thread = thread::spawn(move || {
            let mut process = None;
            while !end.load(Ordering::Relaxed) {
                process = process.or_else(|| reader_of(&file));
                if let Some(kilobytes) = process.as_deref().and_then(peak_of) {
                    seen.fetch_max(kilobytes, Ordering::Relaxed);
                }
                thread::sleep(Duration::from_millis(1));
            }
        });
        Self { peak, is_over, thread }
    }

    /// The most that it had; 0 when it was gone before anybody looked.
    fn megabytes(self) -> u64 {
        self.is_over.store(true, Ordering::Relaxed);
        self.thread.join().expect("a thread that ends");
        self.peak.load(Ordering::Relaxed) / 1024
    }
}

/// The process whose arguments name the file, as its folder in `/proc`.
fn reader_of(file: &Path) -> Option<PathBuf> {
    let name = file.to_str()?;
    fs::read_dir("/proc").ok()?.flatten().map(|entry| entry.path()).find(|process| {
        fs::read_to_string(process.join("cmdline"))
            .is_ok_and(|arguments| arguments.split('\0').any(|argument| argument == name))
    })
}

/// Its memory at most so far (`VmHWM`), in kilobytes.
fn peak_of(process: &Path) -> Option<u64> {
    let status = fs::read_to_string(process.join("status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").trim().parse().ok()
}
