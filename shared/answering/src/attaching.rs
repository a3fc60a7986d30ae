//! Files that people attach to a session: announced with a form by which they come into the bucket, listed, taken back.
//! Ingestion reads them when they are there.

use crate::Refusal;
use domain::{
    Caller, FileId, FileKey, Scope, SessionId,
    document::{ANY_TYPE, is_content_type},
    file::is_filename,
    limits,
};
use futures_util::try_join;
use jiff::Timestamp;
use objects::{
    Bucket, Signer,
    signed::{self, Form},
};
use std::{collections::BTreeMap, time::Duration};
use store::{
    Database, TenantTx,
    audit::Read,
    caller::{Need, admitted, enter},
    events::{self, Category, Event},
    files::{self, File, NewFile},
    sessions,
};

/// What attaching works with.
pub struct Attaching {
    /// What is known of files.
    pub database: Database,
    /// Where their objects are.
    pub bucket: Bucket,
    /// Forms and links to them.
    pub signer: Signer,
}

/// A file that is to be attached, as its uploader says.
#[derive(Debug)]
pub struct Wish {
    /// Its name.
    pub filename: String,
    /// Bytes.
    pub size: u64,
    /// Its type.
    pub content_type: Option<String>,
}

impl Attaching {
    /// Announces a file: its id, and the form that uploads it.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn attach(
        &self,
        caller: &Caller,
        session: SessionId,
        wish: &Wish,
        now: Timestamp,
    ) -> Result<(FileId, Form), Refusal> {
        let tx = enter(&self.database, caller, Need::inside(session, Scope::Chat)).await?;
        let status = sessions::hold(&tx, session).await?.ok_or(Refusal::NotFound("session"))?;
        if !sessions::goes_on(&status) {
            return Err(Refusal::SessionClosed(status));
        }
        let (filename, content_type) = checked(wish)?;
        let id = FileId::generate();
        let size = i64::try_from(wish.size).unwrap_or(i64::MAX);
        let new = NewFile { id, session, filename, content_type, size };
        if !files::create(&tx, &new).await? {
            return Err(Refusal::TooManyFiles);
        }
        let attached = Event {
            kind: "file_attached",
            category: Category::UserAction,
            payload: serde_json::json!({ "bytes": wish.size, "content_type": content_type }),
            session: Some(session.0),
            resource: Some(("file", id.0)),
        };
        events::record(&tx, &[attached]).await?;
        tx.finish().await?;
        let object = object_key(caller, session, id, filename);
        let upload = signed::Upload {
            key: &object,
            content_type,
            metadata: &BTreeMap::new(),
            size: 1..=limits::FILE_BYTES,
            good_for: Duration::from_secs(limits::UPLOAD_SECONDS),
        };
        Ok((id, self.signer.upload(&upload, now).await?))
    }

    /// Files of a session, in the order of their announcement, without their texts.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn files(&self, caller: &Caller, session: SessionId) -> Result<Vec<File>, Refusal> {
        let read = async |tx: &TenantTx| try_join!(sessions::get(tx, session), files::list(tx, session));
        let (known, files) =
            admitted(&self.database, caller, Need::inside(session, Scope::Chat), read).await?;
        known.ok_or(Refusal::NotFound("session"))?;
        Ok(files)
    }

    /// One file of a session, with its text.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn file(&self, caller: &Caller, session: SessionId, id: FileId) -> Result<File, Refusal> {
        let read = async |tx: &TenantTx| files::get(tx, session, id).await;
        let need = Need::reading_inside(session, Scope::Chat, Read::Attachment(id));
        let file = admitted(&self.database, caller, need, read).await?;
        file.ok_or(Refusal::NotFound("file"))
    }

    /// A link that downloads a file; `None` before it was looked at.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn link(
        &self,
        caller: &Caller,
        session: SessionId,
        file: &File,
        now: Timestamp,
    ) -> Result<Option<String>, Refusal> {
        if file.status == "uploaded" {
            return Ok(None);
        }
        let object = object_key(caller, session, file.id, &file.filename);
        let good_for = Duration::from_secs(limits::DOWNLOAD_SECONDS);
        Ok(Some(self.signer.download(&object, &file.filename, good_for, now).await?.url))
    }

    /// Takes a file back: its object, and all that was read from it. The object goes first: of a try that breaks off in
    /// between, the bucket's own event does the rest.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn detach(&self, caller: &Caller, session: SessionId, id: FileId) -> Result<(), Refusal> {
        let file = self.file(caller, session, id).await?;
        self.bucket.delete(&object_key(caller, session, id, &file.filename)).await?;
        let tx = self.database.tenant(caller.organization()).await?;
        files::delete(&tx, session, id).await?;
        Ok(tx.finish().await?)
    }
}

fn object_key(caller: &Caller, session: SessionId, file: FileId, filename: &str) -> String {
    FileKey { organization: caller.organization(), session, file, filename: filename.to_owned() }.to_string()
}

/// Name and type of a file that may come.
fn checked(wish: &Wish) -> Result<(&str, &str), Refusal> {
    let invalid = |pointer, detail: String| Refusal::Invalid { pointer, detail };
    let filename = wish.filename.trim();
    if !is_filename(filename) {
        let most = limits::FILE_NAME_CHARACTERS;
        let detail =
            format!("A file's name has 1 to {most} characters, no folders and no control characters.");
        return Err(invalid("/filename", detail));
    }
    if wish.size == 0 || wish.size > limits::FILE_BYTES {
        let detail = format!("A file has 1 to {} bytes, not {}.", limits::FILE_BYTES, wish.size);
        return Err(invalid("/size", detail));
    }
    let content_type = wish.content_type.as_deref().map(str::trim).filter(|given| !given.is_empty());
    let content_type = content_type.unwrap_or(ANY_TYPE);
    if !is_content_type(content_type) {
        return Err(invalid("/content_type", "A content type is written as in application/pdf.".to_owned()));
    }
    Ok((filename, content_type))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(filename: &str, size: u64, content_type: Option<&str>) -> Option<&'static str> {
        let content_type = content_type.map(ToOwned::to_owned);
        match checked(&Wish { filename: filename.to_owned(), size, content_type }) {
            Err(Refusal::Invalid { pointer, .. }) => Some(pointer),
            _ => None,
        }
    }

    #[test]
    fn what_may_come_has_edges() {
        let longest = "ก".repeat(limits::FILE_NAME_CHARACTERS);
        assert_eq!(refused(&longest, limits::FILE_BYTES, Some("text/csv; charset=utf-8")), None);
        assert_eq!(refused(" a.csv ", 1, Some(" ")), None);
        for (filename, size, content_type, pointer) in [
            (format!("{longest}ก"), 1, None, "/filename"),
            ("a/b.csv".to_owned(), 1, None, "/filename"),
            ("a\nb".to_owned(), 1, None, "/filename"),
            ("..".to_owned(), 1, None, "/filename"),
            ("a".to_owned(), 0, None, "/size"),
            ("a".to_owned(), limits::FILE_BYTES + 1, None, "/size"),
            ("a".to_owned(), 1, Some("pdf"), "/content_type"),
            ("a".to_owned(), 1, Some("a/b\r\nx: y"), "/content_type"),
        ] {
            assert_eq!(refused(&filename, size, content_type), Some(pointer), "{filename:?}");
        }
    }
}
