//! The data folder of a stack: its lock, its secrets, and `stack.json` for scripts and SDKs.

use crate::{credentials::Credentials, database};
use anyhow::{Context as _, Result, bail};
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
    /// For S3 and SQS.
    pub access_key_id: String,
    /// For S3 and SQS.
    pub secret_access_key: String,
    /// The demo organization's key, shown once when it was made.
    pub api_key: Option<String>,
}

/// The file that says that the samples were dropped.
const SAMPLES: &str = "samples";

/// A data folder, held by this process.
pub struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes the folder if need be, and takes it for this process.
    ///
    /// # Errors
    /// When another process has it.
    pub fn take(path: &Path) -> Result<Self> {
        fs::create_dir_all(path).with_context(|| format!("make the folder {}", path.display()))?;
        let path = path.canonicalize().context("find the data folder")?;
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(path.join("local.lock"));
        let lock = lock.context("open the data folder's lock")?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, _lock: lock }),
            Err(TryLockError::WouldBlock) => bail!(
                "a stack is running in {} already: stop it with `cargo run -p local -- down`, or give this one `--data DIR`",
                path.display()
            ),
            Err(TryLockError::Error(error)) => Err(error).context("lock the data folder"),
        }
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
            return serde_json::from_str(&text)
                .context("read secrets.json: delete the data folder with `clean` to begin anew");
        }
        let keys = Credentials::random();
        let secrets = Secrets {
            owner_password: database::password(),
            application_password: database::password(),
            identity_hash_key: database::password() + &database::password(),
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

/// Whether a stack runs or starts in a folder.
#[must_use]
pub fn is_taken(folder: &Path) -> bool {
    File::open(folder.join("local.lock")).is_ok_and(|lock| lock.try_lock_shared().is_err())
}

/// The addresses of the stack that runs in a folder.
///
/// # Errors
/// When none does.
pub fn addresses(folder: &Path) -> Result<Addresses> {
    let not_running =
        || format!("no stack runs in {}: start one with `cargo run -p local`", folder.display());
    if !is_taken(folder) {
        bail!(not_running());
    }
    let Ok(text) = fs::read_to_string(stack_file(folder)) else {
        bail!("the stack in {} is still starting: try again in a moment", folder.display());
    };
    serde_json::from_str(&text).context("read stack.json")
}

fn stack_file(folder: &Path) -> PathBuf {
    folder.join("stack.json")
}

/// Written beside and moved over, readable by its owner alone.
fn write_private(file: &Path, bytes: &[u8]) -> Result<()> {
    let part = file.with_extension("part");
    let _ = fs::remove_file(&part);
    let mut handle = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&part);
    handle
        .as_mut()
        .map_err(|error| anyhow::anyhow!("write {}: {error}", part.display()))?
        .write_all(bytes)?;
    fs::rename(&part, file).with_context(|| format!("write {}", file.display()))
}
