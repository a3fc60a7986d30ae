//! Files into S3, and their way to completed or failed.

use anyhow::{Context as _, Result, ensure};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use local::client::Client;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};
use store::documents::Status;

pub async fn drop(client: &Client, paths: &[PathBuf], collection: &str) -> Result<ExitCode> {
    ensure!(
        domain::document::is_slug(collection),
        "{collection:?} is no collection's slug: use lower-case letters, digits, '-', '.' and '_'"
    );
    let files = files(paths)?;
    ensure!(!files.is_empty(), "there is no file in what you named");
    let mut names = BTreeMap::new();
    for (name, file) in &files {
        if let Some(other) = names.insert(name, file) {
            anyhow::bail!(
                "{} and {} would be the same document {collection}/{name}: drop them into two collections, or the folder above them",
                other.display(),
                file.display()
            );
        }
    }
    let begun = Instant::now();
    let bars = MultiProgress::new();
    let overall = bars.add(ProgressBar::new(files.len() as u64));
    overall.set_style(ProgressStyle::with_template("{bar:30} {pos}/{len} documents  {elapsed}")?);
    let mut etags = BTreeMap::new();
    let mut dropped = BTreeMap::new();
    for (name, file) in &files {
        let (key, etag) = client.put(collection, name, file).await?;
        dropped.insert(key.clone(), Instant::now());
        etags.insert(key, etag);
    }
    let mut way: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let statuses = client
        .settle(&etags, |status| {
            let steps = way.entry(status.key.clone()).or_insert_with(|| vec!["uploaded".into()]);
            if steps.last() != Some(&status.status) {
                steps.push(status.status.clone());
            }
            match (status.status.as_str(), status.progress) {
                ("completed" | "failed", _) => {
                    let line = line(status, steps, dropped.get(&status.key));
                    // Not through the bars: they are silent where there is no terminal.
                    bars.suspend(|| println!("{line}"));
                    overall.inc(1);
                }
                (_, Some((done, total))) if total > 0 => {
                    overall.set_message(format!("{done}/{total} passages"))
                }
                _ => {}
            }
        })
        .await?;
    overall.finish_and_clear();
    let failed = statuses.iter().filter(|status| status.status == "failed").count();
    println!(
        "{} completed, {failed} failed, in {:.1} s",
        statuses.len() - failed,
        begun.elapsed().as_secs_f64()
    );
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A document's way, in one line.
fn line(status: &Status, steps: &[String], since: Option<&Instant>) -> String {
    let seconds = since.map(|since| since.elapsed().as_secs_f64()).unwrap_or_default();
    let name = status.key.splitn(3, '/').last().unwrap_or(&status.key);
    // A quick document is done before it is seen on its way; it went it all the same.
    let way = if steps.len() < 3 {
        format!("uploaded → processing → {}", status.status)
    } else {
        steps.join(" → ")
    };
    let end = match &status.failure {
        Some(failure) => failure.detail.clone(),
        None => format!("{} passages", status.chunk_count),
    };
    format!("{seconds:>7.2} s  {name}: {way}: {end}")
}

/// Every file with the name it gets below its collection; hidden ones are left out.
fn files(paths: &[PathBuf]) -> Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    for path in paths {
        ensure!(path.exists(), "there is no {}", path.display());
        let base = if path.is_dir() { path.as_path() } else { path.parent().unwrap_or(Path::new("")) };
        collect(path, base, &mut found)?;
    }
    Ok(found)
}

fn collect(path: &Path, base: &Path, found: &mut Vec<(String, PathBuf)>) -> Result<()> {
    if !path.is_dir() {
        let name = path.strip_prefix(base).unwrap_or(path);
        found.push((name.to_str().context("a file's name is not UTF-8")?.to_owned(), path.to_owned()));
        return Ok(());
    }
    let mut entries: Vec<PathBuf> = std::fs::read_dir(path)
        .with_context(|| format!("read {}", path.display()))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<_>>()?;
    entries.sort();
    for entry in entries {
        let hidden = entry.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        // A link to a folder may lead back here.
        let linked_folder = entry.is_symlink() && entry.is_dir();
        if !hidden && !linked_folder {
            collect(&entry, base, found)?;
        }
    }
    Ok(())
}
