//! Scans: pages that are pictures, read by OCR in several units of work.

use ingestion::{
    Ingestion, Outcome, TRIES,
    ocr::{Ocr, Tesseract},
    unit::Clock,
};
use std::{fmt::Write as _, os::unix::fs::PermissionsExt as _, path::PathBuf, time::Duration};
use store::library::{self, Document};
use tests::{Pipeline, invariants};

/// Pages of the scan.
const PAGES: usize = 6;
/// The page that the program cannot read.
const BLANK: usize = 4;
/// Pixels that the first page is wide; each after it is one wider, so that the program can tell them apart.
const WIDTH: usize = 100;

/// A PDF of pages that are nothing but a grey picture each (PDF 32000-1, 7.5 and 8.9.5).
fn scan() -> Vec<u8> {
    let mut objects = vec!["<</Type/Catalog/Pages 2 0 R>>".to_owned()];
    let kids: String = (0..PAGES).fold(String::new(), |mut kids, page| {
        let _ = write!(kids, "{} 0 R ", 3 + page * 3);
        kids
    });
    objects.push(format!("<</Type/Pages/Count {PAGES}/Kids[{kids}]>>"));
    for page in 0..PAGES {
        let (own, width, height) = (3 + page * 3, WIDTH + page, 120);
        objects.push(format!(
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents {} 0 R/Resources<</XObject<</P {} 0 R>>>>>>",
            own + 1,
            own + 2
        ));
        let drawn = "q 600 0 0 800 0 0 cm /P Do Q";
        objects.push(format!("<</Length {}>>stream\n{drawn}\nendstream", drawn.len()));
        let grey = "w".repeat(width * height);
        objects.push(format!(
            "<</Type/XObject/Subtype/Image/Width {width}/Height {height}/BitsPerComponent 8/ColorSpace/DeviceGray/Length {}>>\
             stream\n{grey}\nendstream",
            grey.len()
        ));
    }
    let mut pdf = "%PDF-1.4\n".to_owned();
    let mut places = Vec::new();
    for (number, object) in objects.iter().enumerate() {
        places.push(pdf.len());
        let _ = write!(pdf, "{} 0 obj\n{object}\nendobj\n", number + 1);
    }
    let (table, count) = (pdf.len(), objects.len() + 1);
    let _ = write!(pdf, "xref\n0 {count}\n0000000000 65535 f \n");
    for place in places {
        let _ = writeln!(pdf, "{place:010} 00000 n ");
    }
    let _ = write!(pdf, "trailer<</Size {count}/Root 1 0 R>>\nstartxref\n{table}\n%%EOF\n");
    pdf.into_bytes()
}

/// Speaks as tesseract does. It knows a page by its picture's width, notes that it was asked, waits while it is told to, and is
/// the surer the later a page is.
struct Program {
    folder: tempfile::TempDir,
}

impl Program {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().display();
        let script = format!(
            "#!/bin/sh\n\
             if [ \"$1\" = --list-langs ]; then printf 'List of languages (1):\\neng\\n'; exit; fi\n\
             set -- $(head -c 24 | od -An -tu1 -j16); cat > /dev/null\n\
             page=$(( $3 * 256 + $4 - {WIDTH} + 1 )); echo $page >> {place}/asked\n\
             while [ -e {place}/wait ]; do sleep 0.05; done\n\
             [ $page -ne {BLANK} ] || exit 1\n\
             printf '5\\t1\\t1\\t1\\t1\\t1\\t0\\t0\\t9\\t9\\t%d\\tSheet\\n' $(( 40 + 10 * page ))\n\
             printf '5\\t1\\t1\\t1\\t1\\t2\\t0\\t0\\t9\\t9\\t%d\\tno%d.\\n' $(( 40 + 10 * page )) $page\n"
        );
        let path = folder.path().join("tesseract");
        std::fs::write(&path, script).expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).expect("executable");
        Self { folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("tesseract")
    }

    fn stall(&self) {
        std::fs::write(self.folder.path().join("wait"), "").expect("written");
    }

    fn go_on(&self) {
        std::fs::remove_file(self.folder.path().join("wait")).expect("removed");
    }

    /// The pages that it was asked for, in that order.
    fn asked(&self) -> Vec<usize> {
        let asked = std::fs::read_to_string(self.folder.path().join("asked")).unwrap_or_default();
        asked.lines().map(|page| page.parse().expect("a page")).collect()
    }
}

/// A function that has just started, and reads pictures.
fn function(pipeline: &Pipeline, program: &Program) -> Ingestion {
    Ingestion { ocr: Ocr::Tesseract(Tesseract::new(program.path())), ..pipeline.function() }
}

/// A clock that is always up: a unit does the least that it must.
fn impatient() -> Clock {
    Clock::within(Duration::ZERO)
}

async fn document(pipeline: &Pipeline) -> Document {
    let tx = pipeline.organization.tx().await;
    let which = library::Which::default();
    library::list(&tx, "documents", &which, 1).await.expect("read documents").pop().expect("a document")
}

/// Text, page and confidence of each passage.
async fn passages(pipeline: &Pipeline) -> Vec<(String, i32, f32)> {
    let admin = pipeline.database.admin().await.expect("a superuser");
    let query = "SELECT content, page_number, confidence_score::real FROM docent.chunks ORDER BY chunk_index";
    let rows = admin.query(query, &[]).await.expect("read passages");
    rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect()
}

#[tokio::test]
async fn a_scan_is_read_in_units_and_a_killed_one_loses_its_page_alone() {
    let pipeline = Pipeline::start().await;
    let program = Program::new();
    let key = pipeline.put("scans/report.pdf", &scan()).await;
    let unit = async |delivery| function(&pipeline, &program).look_at(&key, delivery, impatient()).await;
    let goes_on = Outcome::Continues { done: 0, after: 0 };
    assert_eq!(unit(1).await.expect("a unit"), goes_on, "reading the file took the first one");
    assert_eq!(program.asked(), [0; 0]);
    for page in 1..=2 {
        assert_eq!(unit(1).await.expect("a unit"), goes_on);
        assert_eq!(program.asked().len(), page, "a page each");
    }
    // A unit that dies while it reads the third page.
    program.stall();
    let dying = tokio::time::timeout(Duration::from_secs(60), async {
        tokio::select! {
            ended = unit(1) => panic!("{ended:?}"),
            () = async { while program.asked().len() < 3 { tokio::time::sleep(Duration::from_millis(20)).await } } => {}
        }
    });
    dying.await.expect("the third page is looked at");
    program.go_on();
    assert_eq!(unit(1).await.expect("a look"), Outcome::UnderWay, "nobody knows yet that it is dead");
    let (mut delivery, mut units) = (2, 0);
    let outcome = loop {
        match unit(delivery).await.expect("a unit") {
            Outcome::Continues { .. } => (delivery, units) = (1, units + 1),
            outcome => break outcome,
        }
    };
    assert!(units >= PAGES - 3, "{units} units");
    assert_eq!(program.asked(), [1, 2, 3, 3, 4, 5, 6], "the page of the dead unit alone is read again");
    let read = passages(&pipeline).await;
    assert_eq!(outcome, Outcome::Completed { chunks: read.len() });
    let all: String = read.iter().map(|(text, ..)| text.as_str()).collect::<Vec<_>>().join(" ");
    let sheets = [1, 2, 3, 5, 6].map(|page| format!("Sheet no{page}."));
    let places: Vec<_> = sheets.iter().map(|sheet| all.find(sheet)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{read:?}");
    for (text, page, confidence) in &read {
        let (first, _) = text.trim_start_matches("Sheet no").split_once('.').expect("a number");
        assert_eq!(first, page.to_string(), "{text}");
        let least = 0.4 + 0.1 * f32::from(u8::try_from(*page).expect("a page"));
        assert!((confidence - least).abs() < 1e-3, "{text}: {confidence}");
    }
    let document = document(&pipeline).await;
    assert_eq!(document.unread_pages, [i32::try_from(BLANK).expect("a page")]);
    let sure = document.ocr_confidence.expect("it is kept");
    // Sheets 1, 2, 3, 5 and 6 have as many letters.
    assert!((sure - (0.5 + 0.6 + 0.7 + 0.9 + 1.0) / 5.0).abs() < 0.01, "{sure}");
    invariants::check(&pipeline, "a scan").await;
}

#[tokio::test]
async fn a_unit_reads_as_many_pages_as_it_has_time_for() {
    let pipeline = Pipeline::start().await;
    let program = Program::new();
    let key = pipeline.put("scans/report.pdf", &scan()).await;
    let outcome = function(&pipeline, &program).look_at(&key, 1, Clock::start()).await.expect("a unit");
    assert!(matches!(outcome, Outcome::Completed { .. }), "{outcome:?}");
    assert_eq!(program.asked(), [1, 2, 3, 4, 5, 6]);
    // With nobody who reads pictures, the same bytes are refused with their pages' numbers.
    let other = pipeline.put("scans/other.pdf", &[scan(), b"\n".to_vec()].concat()).await;
    let Outcome::Failed(failure) = pipeline.deliver(&other, Clock::start).await else { panic!("was read") };
    assert!(failure.detail.contains("Pages 1–6"), "{failure}");
    invariants::check(&pipeline, "scans").await;
}

#[tokio::test]
async fn a_reader_that_has_gone_costs_its_pages_and_not_the_document() {
    let pipeline = Pipeline::start().await;
    let program = Program::new();
    let key = pipeline.put("scans/report.pdf", &scan()).await;
    let unit = async |delivery| function(&pipeline, &program).look_at(&key, delivery, impatient()).await;
    // The file, and two pages.
    for _ in 0..3 {
        assert_eq!(unit(1).await.expect("a unit"), Outcome::Continues { done: 0, after: 0 });
    }
    std::fs::remove_file(program.path()).expect("removed");
    for delivery in 1..TRIES {
        let error = unit(delivery).await.expect_err("it may come back");
        assert!(format!("{error:#}").contains("tesseract"), "{error:#}");
    }
    let mut delivery = TRIES;
    let outcome = loop {
        match unit(delivery).await.expect("a unit") {
            Outcome::Continues { .. } => delivery = 1,
            outcome => break outcome,
        }
    };
    assert!(matches!(outcome, Outcome::Completed { .. }), "{outcome:?}");
    assert_eq!(document(&pipeline).await.unread_pages, [3, 4, 5, 6]);
    let pages: Vec<i32> = passages(&pipeline).await.into_iter().map(|(_, page, _)| page).collect();
    assert!(pages.contains(&1) && pages.iter().all(|page| *page <= 2), "{pages:?}");
    invariants::check(&pipeline, "a scan without a reader").await;
}
