//! Everything about a person in one ZIP file: `about.json`, `person.json`, a file a conversation, and what was attached to it.
//!
//! It is gathered on the function's disk and becomes an object when it is whole, so that nobody ever fetches half of one.

use crate::{Retention, Stop};
use anyhow::Context as _;
use domain::{
    OrganizationId, SessionId,
    file::{FileKey, files_of},
    limits,
    sealed::Column,
    subject::export_path,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs::File, io::Write as _};
use store::{
    events::{self, Category, Event},
    subjects::{self, End, Record, Request},
};
use uuid::Uuid;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// The kind of event that says that a person's data was put together.
pub const EXPORTED: &str = "data_subject_exported";

const TOO_MANY: &str =
    "There are more sessions than one person has; name the person more exactly, or ask for one session.";
const CONTENTS: &str = "person.json: the user, invitations, figures, opinions on other conversations, notes, and who read what. \
    sessions/: a file a conversation, with messages, citations, logs of searches, files and their text, feedback, tickets, \
    replays and events. files/: what was attached, as session/file/name. Vectors and search words are left out: they say \
    nothing that the texts do not. Documents belong to the organization: those that the person uploaded are named.";

/// A file that is being written, and what it holds so far.
struct Archive {
    zip: ZipWriter<File>,
    rows: BTreeMap<String, usize>,
    file_bytes: u64,
    /// Attached files that did not fit.
    left_out: Vec<String>,
}

impl Archive {
    fn begin(&mut self, name: &str) -> anyhow::Result<()> {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        self.zip.start_file(name, options).context("begin a file of the export")
    }

    fn json(&mut self, name: &str, value: &Value) -> anyhow::Result<()> {
        self.begin(name)?;
        serde_json::to_writer_pretty(&mut self.zip, value).context("write a file of the export")
    }

    /// Counts the rows of a record, table by table.
    fn count(&mut self, record: &Value) {
        for (name, part) in record.as_object().into_iter().flatten() {
            let rows = match part {
                Value::Array(rows) => rows.len(),
                _ => continue,
            };
            *self.rows.entry(name.clone()).or_default() += rows;
        }
    }
}

impl Retention {
    pub(crate) async fn export(&self, organization: OrganizationId, request: &Request) -> Result<(), Stop> {
        let file = tempfile::NamedTempFile::new().context("make a file for the export")?;
        let zip = ZipWriter::new(file.reopen().context("open the export's file")?);
        let mut archive = Archive { zip, rows: BTreeMap::new(), file_bytes: 0, left_out: Vec::new() };
        let person = self.person(organization, request).await?;
        archive.count(&person);
        archive.json("person.json", &person)?;
        self.conversations(organization, request, &mut archive).await?;
        let objects = self.finish(request, &mut archive)?;
        let written = archive.zip.finish().context("finish the export")?;
        let bytes = written.metadata().context("measure the export")?.len();
        let path = export_path(organization, request.id);
        self.bucket
            .put_derived_file(&path, "application/zip", file.path())
            .await
            .context("keep the export")?;
        let report = json!({ "rows": archive.rows, "objects": objects });
        let tx = self.database.tenant(organization).await?;
        subjects::report(&tx, request.id, &report).await?;
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        let is_wanted = subjects::end(&tx, request.id, &End::Exported(bytes)).await?;
        let event = Event {
            kind: EXPORTED,
            category: Category::Audit,
            payload: json!({ "by": request.created_by, "bytes": bytes }),
            session: None,
            resource: Some(("data_subject_request", request.id.0)),
        };
        events::record(&tx, &[event]).await?;
        tx.finish().await?;
        if !is_wanted {
            // The person was erased meanwhile.
            self.bucket.delete_derived(&path, None).await.context("delete the export again")?;
        }
        Ok(())
    }

    /// Says what the export is, and what it lacks.
    fn finish(&self, request: &Request, archive: &mut Archive) -> anyhow::Result<Value> {
        let about = json!({
            "request_id": request.id, "subject": request.subject_kind, "made_at": Timestamp::now(),
            "contents": CONTENTS, "rows": archive.rows,
            "files_left_out": { "because": format!("More than {} bytes of attached files.", self.most_file_bytes),
                "files": archive.left_out },
        });
        archive.json("about.json", &about)?;
        let kept = archive.rows.get("attached_files").copied().unwrap_or_default();
        archive.rows.remove("attached_files");
        Ok(json!({ "attached_files": kept, "attached_files_left_out": archive.left_out.len() }))
    }

    /// The person beside their conversations.
    async fn person(&self, organization: OrganizationId, request: &Request) -> anyhow::Result<Value> {
        let tx = self.database.tenant(organization).await?;
        let user = subjects::user_record(&tx, request.id).await?;
        let invitations = subjects::invitations(&tx, request.id).await?;
        let mut person = subjects::beside(&tx, request.id).await?;
        tx.finish().await?;
        let mut users = Vec::new();
        if let Some(user) = user {
            users.push(self.addressed(organization, Column::UserEmail, user).await?);
        }
        let mut invited = Vec::new();
        for invitation in invitations {
            invited.push(self.addressed(organization, Column::InvitationEmail, invitation).await?);
        }
        person["users"] = json!(users);
        person["invitations"] = json!(invited);
        Ok(person)
    }

    async fn addressed(
        &self,
        organization: OrganizationId,
        column: Column,
        row: Record,
    ) -> anyhow::Result<Value> {
        let mut record = row.record;
        record["email"] = self.opened(organization, column, row.id, row.sealed.as_deref()).await?;
        Ok(record)
    }

    async fn conversations(
        &self,
        organization: OrganizationId,
        request: &Request,
        archive: &mut Archive,
    ) -> Result<(), Stop> {
        let (mut after, mut sessions) = (None, 0);
        loop {
            let tx = self.database.tenant(organization).await?;
            let batch = subjects::sessions(&tx, request.id, after, limits::SUBJECT_SESSIONS_AT_ONCE).await?;
            let records = subjects::conversations(&tx, &batch).await?;
            tx.finish().await?;
            let Some(last) = batch.last() else { return Ok(()) };
            after = Some(*last);
            sessions += batch.len() as u64;
            if sessions > limits::EXPORT_SESSIONS {
                return Err(Stop::Fail(TOO_MANY));
            }
            for record in records {
                self.conversation(organization, record, archive).await?;
            }
        }
    }

    async fn conversation(
        &self,
        organization: OrganizationId,
        row: Record,
        archive: &mut Archive,
    ) -> anyhow::Result<()> {
        let session = SessionId(row.id);
        let mut record = row.record;
        archive.count(&record);
        *archive.rows.entry("sessions".to_owned()).or_default() += 1;
        let (identifier, client) = (Column::SessionUserIdentifier, Column::SessionExternalClientId);
        record["session"]["user_identifier"] =
            self.opened(organization, identifier, row.id, row.sealed.as_deref()).await?;
        record["session"]["external_client_id"] =
            self.opened(organization, client, row.id, row.sealed_client.as_deref()).await?;
        archive.json(&format!("sessions/{session}.json"), &record)?;
        // Each object has its row before it comes.
        if record["files"].as_array().is_none_or(Vec::is_empty) {
            return Ok(());
        }
        let mut place = None;
        loop {
            let below = files_of(organization, session);
            let page = self.bucket.list(&below, place.as_deref()).await.context("list attached files")?;
            let Some(last) = page.last() else { return Ok(()) };
            place = Some(last.key.clone());
            for object in &page {
                self.attached(&object.key, archive).await?;
            }
        }
    }

    /// Copies an attached file, if there is room for it.
    async fn attached(&self, key: &str, archive: &mut Archive) -> anyhow::Result<()> {
        let Some(file) = FileKey::parse(key) else { return Ok(()) };
        let Some(object) = self.bucket.head(key).await.context("look at an attached file")? else {
            return Ok(());
        };
        let name = format!("files/{}/{}/{}", file.session, file.file, file.filename);
        if archive.file_bytes + object.size > self.most_file_bytes {
            archive.left_out.push(name);
            return Ok(());
        }
        archive.file_bytes += object.size;
        let mut bytes = self.bucket.get(key, &object.etag).await.context("read an attached file")?;
        archive.begin(&name)?;
        while let Some(part) = bytes.try_next().await.context("read an attached file")? {
            archive.zip.write_all(&part).context("copy an attached file")?;
        }
        *archive.rows.entry("attached_files".to_owned()).or_default() += 1;
        Ok(())
    }

    /// A sealed value; null where there is none, or where there is no key any more. While KMS does not answer, the export waits.
    async fn opened(
        &self,
        organization: OrganizationId,
        column: Column,
        row: Uuid,
        sealed: Option<&[u8]>,
    ) -> anyhow::Result<Value> {
        let Some(sealed) = sealed.filter(|_| self.vault.has_key()) else { return Ok(Value::Null) };
        match self.vault.open(column.of(organization, row), sealed).await {
            Ok(value) => Ok(Value::String(value)),
            Err(vault::Error::NotOfThisPlace) => {
                tracing::error!(organization.id = %organization, column = column.as_str(), row.id = %row,
                    "a sealed value does not open");
                Ok(Value::Null)
            }
            Err(error) => Err(error).context("open a sealed value"),
        }
    }
}
