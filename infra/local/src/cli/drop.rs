//! Files into S3, and their way to completed or failed.

use super::words::{counted, passages_done};
use anyhow::{Context as _, Result, ensure};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use local::client::{Client, Dropped};
use std::{
    collections::BTreeMap,
    io::IsTerminal as _,
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};
use store::documents::Status;

/// How often a document's progress is a line of its own, where bars cannot be seen.
const SAY_EVERY: Duration = Duration::from_secs(5);

pub async fn drop(client: &Client, paths: &[PathBuf], collection: &str) -> Result<ExitCode> {
    ensure!(
        domain::document::is_slug(collection),
        "{collection:?} is no collection's slug: use lower-case letters, digits, '-', '.' and '_'"
    );
    let Files { found: files, hidden } = files(paths)?;
    if hidden > 0 {
        say!("{} left out", counted(hidden, "hidden file or folder was", "hidden files or folders were"));
    }
    ensure!(!files.is_empty(), "there is no file in what you named");
    let mut names = BTreeMap::new();
    for (name, file) in &files {
        if let Some(other) = names.insert(name, file)
            && other.canonicalize().ok() != file.canonicalize().ok()
        {
            anyhow::bail!(
                "{} and {} would be the same document {collection}/{name}: drop them into two collections, or the folder above them",
                other.display(),
                file.display()
            );
        }
    }
    let files = names;
    let before = standing(client, collection, files.keys().copied()).await?;
    let begun = Instant::now();
    let bars = MultiProgress::new();
    let overall = bars.add(ProgressBar::new(files.len() as u64));
    overall.set_style(ProgressStyle::with_template("{bar:30} {pos}/{len} done  {elapsed}  {wide_msg}")?);
    let mut etags = BTreeMap::new();
    let mut dropped = BTreeMap::new();
    let mut refused = 0;
    for (name, file) in &files {
        match client.upload(collection, name, file).await {
            Ok(Dropped { key, etag }) => {
                dropped.insert(key.clone(), Instant::now());
                etags.insert(key, etag);
            }
            Err(error) => {
                refused += 1;
                bars.suspend(|| say!("         -  {name}: not uploaded: {error:#}"));
                overall.inc(1);
            }
        }
    }
    let bars_are_seen = std::io::stdout().is_terminal();
    let mut said = dropped.clone();
    // With no key at all everything would be waited for.
    let statuses = if etags.is_empty() {
        Vec::new()
    } else {
        let settled = client
            .settle(&etags, |status| {
                match (status.status.as_str(), status.progress) {
                    ("completed" | "failed", _) => {
                        let is_unchanged = before.get(&status.key) == etags.get(&status.key);
                        let line = line(status, is_unchanged, dropped.get(&status.key));
                        // Not through the bars: they are silent where there is no terminal.
                        bars.suspend(|| say!("{line}"));
                        overall.inc(1);
                    }
                    (_, Some((done, total))) if total > 0 => {
                        let progress =
                            format!("{}: processing: {}", name(status), passages_done(done, total));
                        let last = said.entry(status.key.clone()).or_insert_with(Instant::now);
                        if !bars_are_seen && last.elapsed() >= SAY_EVERY {
                            *last = Instant::now();
                            let seconds = seconds(dropped.get(&status.key));
                            bars.suspend(|| say!("{seconds:>7.2} s  {progress}"));
                        }
                        overall.set_message(progress);
                    }
                    _ => {}
                }
            })
            .await;
        settled.context(
            "the stack stopped while documents were processed; those that it took go on at its next start",
        )?
    };
    overall.finish_and_clear();
    let failed = statuses.iter().filter(|status| status.status == "failed").count();
    let completed = statuses.len() - failed;
    let failed = failed + refused;
    say!("{completed} completed, {failed} failed, in {:.1} s", begun.elapsed().as_secs_f64());
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A document's way, in one line.
fn line(status: &Status, is_unchanged: bool, since: Option<&Instant>) -> String {
    let way = match is_unchanged {
        true => format!("uploaded → unchanged, {}", status.status),
        // A quick document is done before it is seen on its way; it went it all the same.
        false => format!("uploaded → processing → {}", status.status),
    };
    let end = match &status.failure {
        Some(failure) => failure.detail.clone(),
        None => counted(status.chunk_count, "passage", "passages"),
    };
    format!("{:>7.2} s  {}: {way}: {end}", seconds(since), name(status))
}

/// The ETags of the documents of these names that are completed already: the same bytes change nothing.
async fn standing<'a>(
    client: &Client,
    collection: &str,
    names: impl Iterator<Item = &'a String>,
) -> Result<BTreeMap<String, String>> {
    let keys: Vec<String> = names.map(|name| client.key(collection, name)).collect();
    let statuses = client.statuses(&keys).await?.into_iter();
    let completed = statuses.filter(|status| status.status == "completed");
    Ok(completed.filter_map(|status| Some((status.key, status.etag?))).collect())
}

/// A document's name below its collection.
fn name(status: &Status) -> &str {
    status.key.splitn(3, '/').last().unwrap_or(&status.key)
}

fn seconds(since: Option<&Instant>) -> f64 {
    since.map(|since| since.elapsed().as_secs_f64()).unwrap_or_default()
}

/// What is to be dropped.
#[derive(Default)]
struct Files {
    /// Every file with the name it gets below its collection.
    found: Vec<(String, PathBuf)>,
    /// Hidden files and folders, which are left out unless they are named themselves.
    hidden: usize,
}

fn files(paths: &[PathBuf]) -> Result<Files> {
    let mut files = Files::default();
    for path in paths {
        ensure!(path.exists(), "there is no {}", path.display());
        let base = if path.is_dir() { path.as_path() } else { path.parent().unwrap_or(Path::new("")) };
        files.collect(path, base)?;
    }
    Ok(files)
}

impl Files {
    fn collect(&mut self, path: &Path, base: &Path) -> Result<()> {
        if !path.is_dir() {
            let name = path.strip_prefix(base).unwrap_or(path);
            let name = name.to_str().context("a file's name is not UTF-8")?;
            self.found.push((name.to_owned(), path.to_owned()));
            return Ok(());
        }
        let mut entries: Vec<PathBuf> = std::fs::read_dir(path)
            .with_context(|| format!("read {}", path.display()))?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<std::io::Result<_>>()?;
        entries.sort();
        for entry in entries {
            // A link to a folder may lead back here.
            let linked_folder = entry.is_symlink() && entry.is_dir();
            if entry.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".")) {
                self.hidden += 1;
            } else if !linked_folder {
                self.collect(&entry, base)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_files_of_a_folder_are_counted_and_left_out() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.txt", ".b.txt", ".git/config", "sub/c.txt", "sub/.d/e.txt"] {
            let file = folder.path().join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, name).unwrap();
        }
        let Files { found, hidden } = files(&[folder.path().to_owned()]).unwrap();
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!((names, hidden), (vec!["a.txt", "sub/c.txt"], 3));
        let Files { found, hidden } = files(&[folder.path().join(".b.txt")]).unwrap();
        assert_eq!((found[0].0.as_str(), hidden), (".b.txt", 0));
    }
}
