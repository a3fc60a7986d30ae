//! Shell scripts stand in for functions; a package of three lines stands in for the workspace.

use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use super::*;

fn script(folder: &Path, text: &str) -> Program {
    let executable = folder.join("function.sh");
    std::fs::write(&executable, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(&executable, std::fs::Permissions::from_mode(0o755)).unwrap();
    let environment = BTreeMap::from([("BUCKET".to_owned(), "docent".to_owned())]);
    Program { name: "f".to_owned(), executable, memory_mb: 512, environment }
}

fn start() -> Start {
    Start { function: "f".to_owned(), runtime_api: "http://127.0.0.1:1/x".to_owned() }
}

/// Starts the script. Another test's fork may hold it open for writing for a moment, which the kernel refuses
/// to run.
fn run(launch: &Launch) -> futures_util::future::BoxFuture<'static, String> {
    for _ in 0..100 {
        match launch(&start()) {
            Err(error) if format!("{error:#}").contains("busy") => {
                std::thread::sleep(Duration::from_millis(10))
            }
            other => return other.unwrap(),
        }
    }
    panic!("the script stays busy");
}

#[tokio::test]
async fn a_process_gets_lambdas_environment_and_nothing_else() {
    let data = tempfile::tempdir().unwrap();
    let launch = launcher(data.path(), vec![script(data.path(), "pwd; env; echo oops >&2; exit 3")]).unwrap();
    assert_eq!(run(&launch).await, "exit status: 3");
    assert_eq!(run(&launch).await, "exit status: 3");
    let log = std::fs::read_to_string(log_file(data.path(), "f")).unwrap();
    assert_eq!(log.matches("oops").count(), 2, "the log is appended to: {log}");
    for line in [
        "BUCKET=docent",
        "AWS_LAMBDA_RUNTIME_API=http://127.0.0.1:1/x",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=512",
    ] {
        assert!(log.lines().any(|logged| logged == line), "{line} is missing: {log}");
    }
    assert!(!log.contains("CARGO_MANIFEST_DIR"), "the test's own environment leaks: {log}");
    let scratch = data.path().join("tmp").canonicalize().unwrap();
    assert_eq!(log.lines().next(), scratch.to_str());
}

#[tokio::test]
async fn dropping_a_process_ends_its_children_too() {
    let data = tempfile::tempdir().unwrap();
    let alive = data.path().join("alive");
    let text = format!("(while true; do date +%N > {}; sleep 0.02; done) & wait", alive.display());
    let launch = launcher(data.path(), vec![script(data.path(), &text)]).unwrap();
    let process = run(&launch);
    let since = Instant::now();
    while !alive.exists() && since.elapsed() < Duration::from_secs(10) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    drop(process);
    tokio::time::sleep(Duration::from_millis(60)).await;
    std::fs::remove_file(&alive).expect("the child ran");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!alive.exists(), "the function's child runs on");
}

#[tokio::test]
async fn what_cannot_be_started_says_what() {
    let data = tempfile::tempdir().unwrap();
    let program = Program { executable: data.path().join("missing"), ..script(data.path(), "") };
    let launch = launcher(data.path(), vec![program]).unwrap();
    let error = launch(&start()).err().expect("an error");
    assert!(format!("{error:#}").contains("missing"), "{error:#}");
    let unknown = Start { function: "g".to_owned(), ..start() };
    assert!(launch(&unknown).is_err());
}

#[tokio::test]
async fn builds_packages_and_shows_why_it_cannot() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = "[package]\nname = \"tiny\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n";
    std::fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
    std::fs::create_dir(folder.path().join("src")).unwrap();
    // The target folder of the workspace under test is none of this package's business.
    let config = format!("[build]\ntarget-dir = {:?}\n", folder.path().join("target"));
    std::fs::create_dir(folder.path().join(".cargo")).unwrap();
    std::fs::write(folder.path().join(".cargo/config.toml"), config).unwrap();
    let main = folder.path().join("src/main.rs");
    let what = Build { workspace: folder.path(), profile: "dev", packages: &["tiny"] };
    let mut lines = Vec::new();
    std::fs::write(&main, "fn main() {}").unwrap();
    let built = build(what, &mut |line| lines.push(line.to_owned())).await.unwrap();
    assert!(built["tiny"].is_file());
    assert!(lines.iter().any(|line| line.contains("Compiling tiny")), "{lines:?}");
    std::fs::write(&main, "fn main() { nonsense }").unwrap();
    let error = build(what, &mut |_| {}).await.unwrap_err().to_string();
    assert!(error.contains("cannot find value `nonsense`"), "{error}");
}

#[test]
fn the_profile_follows_the_folder() {
    assert_eq!(profile_of(Path::new("/w/target/debug/local")), "dev");
    assert_eq!(profile_of(Path::new("/w/target/ci/local")), "ci");
    assert_eq!(profile_of(Path::new("/w/target/release/local")), "release");
}
