//! Tesseract: a child process a picture, which reads it on its standard input and answers in a table.

use super::{OcrLine, OcrText, unreadable};
use anyhow::Context as _;
use domain::limits;
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use std::{path::PathBuf, process::Stdio, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    process::{Child, Command},
    sync::OnceCell,
    time::timeout,
};

/// Languages that are read when they are installed, in this order; more of them are slower and surer of less.
const LANGUAGES: [&str; 8] = ["eng", "tha", "deu", "fra", "spa", "por", "ita", "nld"];
/// Languages of one reading.
const AT_ONCE: usize = 4;
/// Bytes of the table at most: a dense page has 200 KB.
const TABLE_BYTES: u64 = 16 * 1024 * 1024;
/// Bytes of address space for the program.
const MEMORY_BYTES: u64 = limits::EXTRACTION_MEMORY_BYTES;
/// Columns of the table (`tesseract … tsv`).
const COLUMNS: usize = 12;

/// The program, and what it can read.
#[derive(Debug, Clone)]
pub struct Tesseract {
    program: PathBuf,
    /// `eng+tha`, once it is known.
    languages: Arc<OnceCell<String>>,
    /// For one picture.
    patience: Duration,
}

impl Tesseract {
    /// A program by its path, or by its name on the path.
    #[must_use]
    pub fn new(program: PathBuf) -> Self {
        Self { program, languages: Arc::default(), patience: Duration::from_secs(limits::OCR_SECONDS) }
    }

    /// Reads a picture.
    ///
    /// # Errors
    /// When the program cannot be started; a picture that it cannot read, or not in
    /// [`limits::OCR_SECONDS`], is permanent.
    pub(super) async fn read(&self, image: &[u8]) -> anyhow::Result<OcrText> {
        let languages = self.languages.get_or_try_init(|| self.ask_languages()).await?;
        let arguments = ["stdin", "stdout", "-l", languages.as_str(), "tsv"];
        let table = self.run(&arguments, image).await?;
        Ok(lines(&table))
    }

    async fn ask_languages(&self) -> anyhow::Result<String> {
        let said = self.run(&["--list-langs"], &[]).await?;
        let chosen = languages(&said);
        anyhow::ensure!(!chosen.is_empty(), "{} has no language to read", self.program.display());
        Ok(chosen)
    }

    /// What the program writes for its arguments and input.
    async fn run(&self, arguments: &[&str], input: &[u8]) -> anyhow::Result<String> {
        let mut child = self.command(arguments).spawn().with_context(|| {
            format!("start {}; install tesseract or set TESSERACT_PATH", self.program.display())
        })?;
        limit(&child);
        let (mut stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let mut table = Vec::new();
        let working = async {
            let writing = async {
                if let Some(stdin) = &mut stdin {
                    // A program that stops listening says why by its exit.
                    let _ = stdin.write_all(input).await;
                }
                stdin = None;
            };
            let reading = async {
                match stdout {
                    Some(stdout) => stdout.take(TABLE_BYTES).read_to_end(&mut table).await,
                    None => Ok(0),
                }
            };
            let ((), read) = tokio::join!(writing, reading);
            read.context("read tesseract's answer")?;
            child.wait().await.context("wait for tesseract")
        };
        let Ok(status) = timeout(self.patience, working).await else {
            return Err(unreadable(format!(
                "reading the picture took longer than {} seconds",
                self.patience.as_secs_f32()
            )));
        };
        if !status?.success() {
            return Err(unreadable("tesseract cannot read the picture"));
        }
        String::from_utf8(table).map_err(|_| unreadable("tesseract's answer is no text"))
    }

    /// Without the function's environment: the program reads what strangers have sent.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin:/opt/bin:/opt/homebrew/bin")
            // One processor a page, or pages read at once stand in each other's way.
            .env("OMP_THREAD_LIMIT", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        command
    }
}

/// Bounds the program's memory; where that is forbidden, the clock is left.
fn limit(child: &Child) {
    #[cfg(target_os = "linux")]
    if let Some(pid) = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw) {
        let most = Rlimit { current: Some(MEMORY_BYTES), maximum: Some(MEMORY_BYTES) };
        let _ = prlimit(Some(pid), Resource::As, most);
    }
}

/// Which of the installed languages are read: `eng+tha`. The first line is a heading.
fn languages(said: &str) -> String {
    let installed: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.contains(' ')).collect();
    let wanted: Vec<&str> =
        LANGUAGES.into_iter().filter(|language| installed.contains(language)).take(AT_ONCE).collect();
    if wanted.is_empty() {
        let is_language = |name: &&str| !name.is_empty() && *name != "osd";
        return installed.into_iter().find(is_language).unwrap_or_default().to_owned();
    }
    wanted.join("+")
}

/// Words of the table as lines: a line's confidence is the mean of its words' by their letters.
fn lines(table: &str) -> OcrText {
    let mut read: Vec<(OcrLine, [&str; 4], usize)> = Vec::new();
    for row in table.lines() {
        let columns: Vec<&str> = row.splitn(COLUMNS, '\t').collect();
        // level, page, block, paragraph, line, word, left, top, width, height, confidence, text
        let [_, page, block, paragraph, line, _, _, _, _, _, confidence, text] = columns[..] else {
            continue;
        };
        let (Ok(confidence), text) = (confidence.parse::<f32>(), text.trim()) else { continue };
        if confidence < 0.0 || text.is_empty() {
            continue;
        }
        let (place, letters) = ([page, block, paragraph, line], text.chars().count());
        let sure = (confidence / 100.0).min(1.0);
        match read.last_mut() {
            Some((last, at, count)) if *at == place => {
                last.text.push(' ');
                last.text.push_str(text);
                last.confidence = mean(last.confidence, *count, sure, letters);
                *count += letters;
            }
            last => {
                let begins_paragraph = last.is_none_or(|(_, at, _)| at[..3] != place[..3]);
                read.push((
                    OcrLine { text: text.to_owned(), confidence: sure, begins_paragraph },
                    place,
                    letters,
                ));
            }
        }
    }
    OcrText { lines: read.into_iter().map(|(line, _, _)| line).collect() }
}

#[expect(clippy::cast_precision_loss, reason = "letters of a line")]
fn mean(a: f32, a_letters: usize, b: f32, b_letters: usize) -> f32 {
    let (a_letters, b_letters) = (a_letters as f32, b_letters as f32);
    (a * a_letters + b * b_letters) / (a_letters + b_letters)
}

#[cfg(test)]
mod tests {
    use super::{super::is_permanent, *};
    use std::os::unix::fs::PermissionsExt as _;

    const TABLE: &str = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n\
        1\t1\t0\t0\t0\t0\t0\t0\t620\t320\t-1\t\n\
        5\t1\t1\t1\t1\t1\t40\t120\t30\t20\t96.5\tThe\n\
        5\t1\t1\t1\t1\t2\t80\t120\t60\t20\t90\trelief\n\
        5\t1\t1\t1\t2\t1\t40\t150\t60\t20\t80\tvalve\n\
        5\t1\t1\t2\t1\t1\t40\t190\t60\t20\t50\topens.\n\
        5\t1\t2\t1\t1\t1\t40\t190\t60\t20\t95\t \n";

    #[test]
    fn words_are_lines_with_their_confidence_and_paragraphs() {
        let read = lines(TABLE).lines;
        let seen: Vec<_> = read.iter().map(|line| (line.text.as_str(), line.begins_paragraph)).collect();
        assert_eq!(seen, [("The relief", true), ("valve", false), ("opens.", true)]);
        assert!((read[0].confidence - (0.965 * 3.0 + 0.9 * 6.0) / 9.0).abs() < 1e-5);
    }

    #[test]
    fn languages_are_chosen_from_those_installed() {
        let heading = "List of available languages in \"/usr/share/tessdata/\" (3):\n";
        assert_eq!(languages(&format!("{heading}osd\ntha\neng\n")), "eng+tha");
        assert_eq!(languages(&format!("{heading}osd\njpn\n")), "jpn");
        assert_eq!(languages(heading), "");
    }

    /// A program that answers as tesseract would, to an input that it likes.
    fn program(folder: &tempfile::TempDir, reading: &str) -> Tesseract {
        let path = folder.path().join("tesseract");
        let table = TABLE.replace('\t', "\\t").replace('\n', "\\n");
        let script = format!(
            "#!/bin/sh\nif [ \"$1\" = --list-langs ]; then printf 'List of languages (1):\\neng\\n'; exit; fi\n\
             [ -z \"$DATABASE_URL\" ] || exit 3\n{reading}\nprintf '{table}'\n"
        );
        std::fs::write(&path, script).expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).expect("executable");
        Tesseract::new(path)
    }

    #[tokio::test]
    async fn a_picture_goes_in_and_text_comes_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let tesseract = program(&folder, "[ \"$(cat | wc -c)\" -eq 300000 ] && [ \"$4\" = eng ] || exit 1");
        let read = tesseract.read(&[7; 300_000]).await.expect("read");
        assert_eq!(read.lines.len(), 3);
        let refused = tesseract.read(&[7; 30]).await.expect_err("it likes no other size");
        assert!(is_permanent(&refused), "{refused:#}");
    }

    #[tokio::test]
    async fn a_missing_program_is_no_fault_of_the_picture() {
        let error = Tesseract::new("/nowhere/tesseract".into()).read(&[]).await.expect_err("not there");
        assert!(!is_permanent(&error) && format!("{error:#}").contains("TESSERACT_PATH"), "{error:#}");
    }

    #[tokio::test]
    async fn a_program_that_does_not_end_is_given_up() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut tesseract = program(&folder, "exec sleep 1000");
        tesseract.languages.set("eng".to_owned()).expect("not known yet");
        tesseract.patience = Duration::from_millis(200);
        let error = tesseract.read(&[1]).await.expect_err("too slow");
        assert!(is_permanent(&error) && error.to_string().contains("seconds"), "{error:#}");
    }
}
