//! Embeds `migrations/` into the program: numbered files, in order.

use std::{env, fmt::Write as _, fs, path::PathBuf};

#[expect(clippy::disallowed_methods, reason = "cargo speaks to build scripts through the environment")]
fn main() {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("set by cargo")).join("../../migrations");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut files: Vec<PathBuf> = fs::read_dir(&root)
        .expect("read folder migrations")
        .map(|entry| entry.expect("read folder migrations").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "sql"))
        .collect();
    files.sort();
    let mut list = String::from("&[\n");
    for path in files {
        let path = path.canonicalize().expect("find migration");
        let name = path.file_name().expect("a file").to_string_lossy();
        writeln!(list, "    ({name:?}, include_str!({:?})),", path.display().to_string())
            .expect("write to memory");
    }
    list.push(']');
    let out = PathBuf::from(env::var("OUT_DIR").expect("set by cargo")).join("migrations.rs");
    fs::write(out, list).expect("write list of migrations");
}
