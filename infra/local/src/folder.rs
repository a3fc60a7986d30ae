//! The data folder of a stack: its lock, its secrets, and `stack.json` for scripts and SDKs.

use crate::{credentials::Credentials, database, stack::EmbedderChoice};
use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

/// How a running stack is reached: what `stack.json` holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Addresses {
    /// The API's base URL.
    pub gateway: String,
    /// S3's endpoint (path style).
    pub s3_endpoint: String,
    /// Where documents are dropped.
    pub bucket: String,
    /// SQS's endpoint.
    pub sqs_endpoint: String,
    /// SNS's endpoint. A stack of before there was one has none.
    #[serde(default)]
    pub sns_endpoint: String,
    /// Bedrock Runtime's endpoint.
    pub bedrock_endpoint: String,
    /// Lambda's endpoint (Invoke).
    pub lambda_endpoint: String,
    /// As the functions' role.
    pub database_url: String,
    /// As the local server's superuser; absent with an own `DATABASE_URL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub admin_database_url: Option<String>,
    /// Slug of the demo organization.
    pub organization: String,
    /// Its key.
    pub api_key: String,
    /// Its chatbot.
    pub chatbot_id: String,
    /// For S3 and SQS.
    pub access_key_id: String,
    /// For S3 and SQS.
    pub secret_access_key: String,
    /// The region that everything pretends to be in.
    pub region: String,
    /// Which process runs the stack.
    pub pid: u32,
}

/// What a stack keeps to itself from start to start.
#[derive(Clone, Serialize, Deserialize)]
pub struct Secrets {
    /// Of the database's owner.
    pub owner_password: String,
    /// Of the functions' role.
    pub application_password: String,
    /// The key of look-up hashes.
    pub identity_hash_key: String,
    /// Signs session tokens. A folder of before there were any gets one at its next start.
    #[serde(default)]
    pub session_token_key: String,
    /// For S3 and SQS.
    pub access_key_id: String,
    /// For S3 and SQS.
    pub secret_access_key: String,
    /// The demo organization's key, shown once when it was made.
    pub api_key: Option<String>,
}

/// The file that says that the samples were dropped.
const SAMPLES: &str = "samples";
/// The file that names what makes the folder's vectors.
const EMBEDDER: &str = "embedder";
/// The file that a data folder has from its first start on.
const LOCK: &str = "local.lock";

/// A data folder, held by this process.
pub struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes the folder if need be, and takes it for this process; `None` when another process has it.
    ///
    /// # Errors
    /// When the folder cannot be made or locked.
    pub fn take(path: &Path) -> Result<Option<Self>> {
        fs::create_dir_all(path).with_context(|| format!("make the folder {}", path.display()))?;
        let path = path.canonicalize().context("find the data folder")?;
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(path.join(LOCK));
        let mut lock = lock.context("open the data folder's lock")?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error).context("lock the data folder"),
        }
        // Who stops a stack finds its process here, while it is starting too.
        lock.set_len(0).context("empty the data folder's lock")?;
        lock.write_all(std::process::id().to_string().as_bytes()).context("write the lock's process")?;
        Ok(Some(Self { path, _lock: lock }))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The stack's secrets, made at the first start.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn secrets(&self) -> Result<Secrets> {
        let file = self.path.join("secrets.json");
        if file.exists() {
            let text = fs::read_to_string(&file).context("read secrets.json")?;
            let mut kept: Secrets = serde_json::from_str(&text)
                .context("read secrets.json: delete the data folder with `clean` to begin anew")?;
            if kept.session_token_key.is_empty() {
                kept.session_token_key = random_key();
                self.keep_secrets(&kept)?;
            }
            return Ok(kept);
        }
        let keys = Credentials::random();
        let secrets = Secrets {
            owner_password: database::password(),
            application_password: database::password(),
            identity_hash_key: random_key(),
            session_token_key: random_key(),
            access_key_id: keys.access_key_id,
            secret_access_key: keys.secret_access_key,
            api_key: None,
        };
        self.keep_secrets(&secrets)?;
        Ok(secrets)
    }

    /// Keeps changed secrets.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn keep_secrets(&self, secrets: &Secrets) -> Result<()> {
        write_private(&self.path.join("secrets.json"), &serde_json::to_vec_pretty(secrets)?)
    }

    /// Whether the sample documents were dropped, all of them: a start that was broken off drops them again.
    #[must_use]
    pub fn has_samples(&self) -> bool {
        self.path.join(SAMPLES).exists()
    }

    /// Notes that they were.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn note_samples(&self) -> Result<()> {
        write_private(&self.path.join(SAMPLES), b"dropped\n")
    }

    /// What made the folder's vectors; `None` where there are none yet. A folder of before this was noted has MiniLM's, which
    /// is what a start makes that is not told otherwise.
    ///
    /// # Errors
    /// When the file names no embedder.
    pub fn embedder(&self) -> Result<Option<EmbedderChoice>> {
        let Ok(name) = fs::read_to_string(self.path.join(EMBEDDER)) else {
            return Ok(self.has_samples().then_some(EmbedderChoice::Minilm));
        };
        let known = <EmbedderChoice as clap::ValueEnum>::from_str(name.trim(), false);
        known.map(Some).map_err(|_| {
            anyhow::anyhow!("{} names no embedder: {:?}", self.path.join(EMBEDDER).display(), name.trim())
        })
    }

    /// Notes what makes them.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn note_embedder(&self, embedder: EmbedderChoice) -> Result<()> {
        write_private(&self.path.join(EMBEDDER), format!("{embedder}\n").as_bytes())
    }

    /// Tells where the stack is.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn publish(&self, addresses: &Addresses) -> Result<()> {
        write_private(&stack_file(&self.path), &serde_json::to_vec_pretty(addresses)?)
    }

    /// Takes the word back.
    pub fn withdraw(&self) {
        let _ = fs::remove_file(stack_file(&self.path));
    }
}

fn random_key() -> String {
    database::password() + &database::password()
}

/// Whether a stack runs or starts in a folder.
#[must_use]
pub fn is_taken(folder: &Path) -> bool {
    File::open(folder.join(LOCK)).is_ok_and(|lock| lock.try_lock_shared().is_err())
}

/// Whether a folder was ever a stack's.
#[must_use]
pub fn is_of_a_stack(folder: &Path) -> bool {
    folder.join(LOCK).exists()
}

/// The process that has a folder, or had it last; `None` where that is not said.
#[must_use]
pub fn process(folder: &Path) -> Option<i32> {
    fs::read_to_string(folder.join(LOCK)).ok()?.trim().parse().ok()
}

/// The addresses of the stack that runs in a folder; `None` while it is starting.
///
/// # Errors
/// When the file is none of this version's.
pub fn addresses(folder: &Path) -> Result<Option<Addresses>> {
    let Ok(text) = fs::read_to_string(stack_file(folder)) else { return Ok(None) };
    serde_json::from_str(&text).map(Some).context("read stack.json")
}

fn stack_file(folder: &Path) -> PathBuf {
    folder.join("stack.json")
}

/// Written beside and moved over, readable by its owner alone.
pub(crate) fn write_private(file: &Path, bytes: &[u8]) -> Result<()> {
    let part = file.with_extension("part");
    let _ = fs::remove_file(&part);
    let mut handle = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&part);
    handle
        .as_mut()
        .map_err(|error| anyhow::anyhow!("write {}: {error}", part.display()))?
        .write_all(bytes)?;
    fs::rename(&part, file).with_context(|| format!("write {}", file.display()))
}

/// Added at the end, in one piece, readable by its owner alone.
pub(crate) fn append_private(file: &Path, bytes: &[u8]) -> Result<()> {
    let mut handle = OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(file)
        .with_context(|| format!("write {}", file.display()))?;
    handle.write_all(bytes).with_context(|| format!("write {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_keeps_its_embedder_and_belongs_to_one_process() {
        let data = tempfile::tempdir().unwrap();
        let folder = Folder::take(data.path()).unwrap().unwrap();
        assert!(Folder::take(data.path()).unwrap().is_none());
        assert_eq!(process(data.path()), i32::try_from(std::process::id()).ok());
        assert_eq!(folder.embedder().unwrap(), None);
        // As folders of before this was noted are.
        folder.note_samples().unwrap();
        assert_eq!(folder.embedder().unwrap(), Some(EmbedderChoice::Minilm));
        folder.note_embedder(EmbedderChoice::Instant).unwrap();
        assert_eq!(folder.embedder().unwrap(), Some(EmbedderChoice::Instant));
        fs::write(data.path().join(EMBEDDER), "other").unwrap();
        assert!(folder.embedder().unwrap_err().to_string().contains("other"));
    }

    #[test]
    fn a_folder_of_before_session_tokens_gets_a_key_and_keeps_it() {
        let data = tempfile::tempdir().unwrap();
        let folder = Folder::take(data.path()).unwrap().unwrap();
        let made = folder.secrets().unwrap();
        let mut old = serde_json::to_value(&made).unwrap();
        old.as_object_mut().unwrap().remove("session_token_key");
        fs::write(data.path().join("secrets.json"), old.to_string()).unwrap();
        let key = folder.secrets().unwrap().session_token_key;
        assert!(key.len() >= 32 && key != made.session_token_key);
        assert_eq!(folder.secrets().unwrap().session_token_key, key);
    }
}
