//! The bytes of objects: `s3s-fs` stores them, each under a name of ours that is used once.
//!
//! `s3s-fs` puts metadata and digests into files beside its bucket and never takes them away; this module knows their
//! names and does.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use s3s_fs::FileSystem;
use uuid::Uuid;

/// One folder of `s3s-fs`.
pub(super) struct Blobs {
    pub(super) files: FileSystem,
    root: PathBuf,
    bucket: String,
}

impl Blobs {
    pub(super) fn open(root: &Path, bucket: &str) -> Result<Blobs> {
        let folder = root.join(bucket);
        std::fs::create_dir_all(&folder).with_context(|| format!("create {}", folder.display()))?;
        let files =
            FileSystem::new(root).map_err(|error| anyhow::anyhow!("open {}: {error:?}", root.display()))?;
        Ok(Blobs { files, root: root.to_owned(), bucket: bucket.to_owned() })
    }

    /// A name that no object has had.
    pub(super) fn fresh_name() -> String {
        Uuid::new_v4().simple().to_string()
    }

    pub(super) fn path(&self, blob: &str) -> PathBuf {
        self.root.join(&self.bucket).join(blob)
    }

    /// Removes the bytes and what `s3s-fs` keeps of them. What is gone already is no error, and what cannot be removed is
    /// garbage that the next start collects.
    pub(super) fn discard(&self, blob: &str) {
        let _ = std::fs::remove_file(self.path(blob));
        for name in self.sidecars(blob) {
            let _ = std::fs::remove_file(self.root.join(name));
        }
    }

    /// Removes everything that belongs to none of `kept`: unfinished uploads and what a killed process left.
    pub(super) fn collect_garbage<'a>(&self, kept: impl Iterator<Item = &'a str>) -> Result<()> {
        let kept: HashSet<String> =
            kept.flat_map(|blob| self.sidecars(blob).into_iter().chain([blob.to_owned()])).collect();
        for (folder, only_hidden) in [(self.root.join(&self.bucket), false), (self.root.clone(), true)] {
            let entries = std::fs::read_dir(&folder).with_context(|| format!("list {}", folder.display()))?;
            for entry in entries {
                let entry = entry.with_context(|| format!("list {}", folder.display()))?;
                let name = entry.file_name().to_string_lossy().into_owned();
                let ours = entry.file_type().is_ok_and(|kind| kind.is_file())
                    && (!only_hidden || name.starts_with('.'));
                if ours && !kept.contains(&name) {
                    std::fs::remove_file(entry.path())
                        .with_context(|| format!("remove {}", entry.path().display()))?;
                }
            }
        }
        Ok(())
    }

    fn sidecars(&self, blob: &str) -> [String; 2] {
        let stem = format!(".bucket-{}.object-{}", BASE64.encode(&self.bucket), BASE64.encode(blob));
        [format!("{stem}.metadata.json"), format!("{stem}.internal.json")]
    }
}
