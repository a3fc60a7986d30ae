//! A machine's credential: `dk_{organization}_{key}_{secret}`.
//!
//! The organization's and the key's id stand in the clear, so that the key is checked inside its tenant's
//! transaction; only the SHA-256 of the secret is kept. The secret has 256 random bits: a plain hash is
//! enough where nothing can be guessed.

use crate::{ApiKeyId, OrganizationId};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rand::RngExt as _;
use sha2::{Digest, Sha256};
use std::fmt;
use subtle::ConstantTimeEq;
use uuid::Uuid;

const PREFIX: &str = "dk";
const SECRET_BYTES: usize = 32;

/// What a key or a role may do. A handler asks for one scope and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Open sessions and ask.
    Chat,
    /// Read sessions and their messages.
    SessionsRead,
    /// Name, tag, share and put away sessions.
    SessionsWrite,
    /// Search documents without a chatbot.
    Search,
    /// Read documents, their passages and their originals.
    DocumentsRead,
    /// Upload, delete and reprocess documents; disable and correct passages.
    DocumentsWrite,
    /// Read collections and their settings.
    CollectionsRead,
    /// Make, change and delete collections.
    CollectionsWrite,
    /// Read answers that people wrote.
    CuratedRead,
    /// Write such answers.
    CuratedWrite,
    /// Read which pages of the web are kept.
    WebSourcesRead,
    /// Say which pages of the web are kept, and have them visited.
    WebSourcesWrite,
    /// Read ingestion jobs.
    IngestionRead,
    /// Have the bucket compared with the documents.
    IngestionRun,
    /// Read chatbots and their settings.
    ChatbotsRead,
    /// Make, change and delete chatbots, and say by which settings they answer.
    ChatbotsWrite,
    /// Read which models there are and what they cost.
    AiModelsRead,
    /// Write the organization's own terms of models.
    AiModelsWrite,
    /// Read products.
    ProductsRead,
    /// Make, change and delete products.
    ProductsWrite,
    /// Read which API keys there are; their secrets nobody can read.
    ApiKeysRead,
    /// Make and revoke API keys that may do no more than the one that makes them.
    ApiKeysWrite,
    /// Read who belongs to the organization, and who is invited.
    UsersRead,
    /// Invite people, change their roles, remove them.
    UsersWrite,
    /// Read the organization's settings and what it spends.
    OrganizationRead,
    /// Change the organization's settings.
    OrganizationWrite,
    /// Read what people say of answers and conversations, and what waits for a reviewer.
    FeedbackRead,
    /// Say what an answer or a conversation was worth.
    FeedbackWrite,
    /// Review answers, criticise chatbots, write gold questions down, and try other settings.
    ImprovementWrite,
    /// Read tickets.
    EscalationsRead,
    /// Open and work on tickets, and answer in their conversations.
    EscalationsWrite,
    /// Read dashboards: figures of the whole organization, and the questions that were not answered.
    DashboardsRead,
    /// Read rules, alerts, who is told, and what was sent.
    AlertsRead,
    /// Write rules, deal with alerts, say who is told.
    AlertsWrite,
    /// Read which systems of others the organization works with; their credentials nobody can read.
    IntegrationsRead,
    /// Say which systems of others the organization works with, and how.
    IntegrationsWrite,
    /// Read what was asked for about persons, and fetch what was exported.
    DataSubjectsRead,
    /// Have everything about a person exported or erased.
    DataSubjectsWrite,
    /// Read what happened: facts of conversations, documents and models.
    EventsRead,
    /// Read who read and changed what, and from where.
    AuditRead,
}

impl Scope {
    /// All of them, for an organization's first key.
    pub const ALL: [Scope; 40] = [
        Scope::Chat,
        Scope::SessionsRead,
        Scope::SessionsWrite,
        Scope::Search,
        Scope::DocumentsRead,
        Scope::DocumentsWrite,
        Scope::CollectionsRead,
        Scope::CollectionsWrite,
        Scope::CuratedRead,
        Scope::CuratedWrite,
        Scope::WebSourcesRead,
        Scope::WebSourcesWrite,
        Scope::IngestionRead,
        Scope::IngestionRun,
        Scope::ChatbotsRead,
        Scope::ChatbotsWrite,
        Scope::AiModelsRead,
        Scope::AiModelsWrite,
        Scope::ProductsRead,
        Scope::ProductsWrite,
        Scope::ApiKeysRead,
        Scope::ApiKeysWrite,
        Scope::UsersRead,
        Scope::UsersWrite,
        Scope::OrganizationRead,
        Scope::OrganizationWrite,
        Scope::FeedbackRead,
        Scope::FeedbackWrite,
        Scope::ImprovementWrite,
        Scope::EscalationsRead,
        Scope::EscalationsWrite,
        Scope::DashboardsRead,
        Scope::AlertsRead,
        Scope::AlertsWrite,
        Scope::IntegrationsRead,
        Scope::IntegrationsWrite,
        Scope::DataSubjectsRead,
        Scope::DataSubjectsWrite,
        Scope::EventsRead,
        Scope::AuditRead,
    ];

    /// The spelling in the database and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Scope::Chat => "chat",
            Scope::SessionsRead => "sessions:read",
            Scope::SessionsWrite => "sessions:write",
            Scope::Search => "search",
            Scope::DocumentsRead => "documents:read",
            Scope::DocumentsWrite => "documents:write",
            Scope::CollectionsRead => "collections:read",
            Scope::CollectionsWrite => "collections:write",
            Scope::CuratedRead => "curated-answers:read",
            Scope::CuratedWrite => "curated-answers:write",
            Scope::WebSourcesRead => "web-sources:read",
            Scope::WebSourcesWrite => "web-sources:write",
            Scope::IngestionRead => "ingestion:read",
            Scope::IngestionRun => "ingestion:run",
            Scope::ChatbotsRead => "chatbots:read",
            Scope::ChatbotsWrite => "chatbots:write",
            Scope::AiModelsRead => "ai-models:read",
            Scope::AiModelsWrite => "ai-models:write",
            Scope::ProductsRead => "products:read",
            Scope::ProductsWrite => "products:write",
            Scope::ApiKeysRead => "api-keys:read",
            Scope::ApiKeysWrite => "api-keys:write",
            Scope::UsersRead => "users:read",
            Scope::UsersWrite => "users:write",
            Scope::OrganizationRead => "organization:read",
            Scope::OrganizationWrite => "organization:write",
            Scope::FeedbackRead => "feedback:read",
            Scope::FeedbackWrite => "feedback:write",
            Scope::ImprovementWrite => "improvement:write",
            Scope::EscalationsRead => "escalations:read",
            Scope::EscalationsWrite => "escalations:write",
            Scope::DashboardsRead => "dashboards:read",
            Scope::AlertsRead => "alerts:read",
            Scope::AlertsWrite => "alerts:write",
            Scope::IntegrationsRead => "integrations:read",
            Scope::IntegrationsWrite => "integrations:write",
            Scope::DataSubjectsRead => "data-subjects:read",
            Scope::DataSubjectsWrite => "data-subjects:write",
            Scope::EventsRead => "events:read",
            Scope::AuditRead => "audit:read",
        }
    }

    /// Whether it lets somebody change what the organization keeps: that they did is told (`store::audit`). Talking and
    /// searching change nothing of it.
    #[must_use]
    pub fn changes(self) -> bool {
        !matches!(self, Scope::Chat | Scope::Search) && !self.as_str().ends_with(":read")
    }

    /// Reads a spelling; `None` when there is no such scope.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }
}

/// A key as its bearer presents it. Shows and logs as its public part only.
#[derive(Clone)]
pub struct ApiKey {
    /// The tenant it belongs to.
    pub organization: OrganizationId,
    /// Its row.
    pub id: ApiKeyId,
    secret: String,
}

impl ApiKey {
    /// A new key with a random secret.
    #[must_use]
    pub fn generate(organization: OrganizationId) -> Self {
        let mut bytes = [0_u8; SECRET_BYTES];
        rand::rng().fill(&mut bytes);
        Self { organization, id: ApiKeyId::generate(), secret: BASE64_URL_SAFE_NO_PAD.encode(bytes) }
    }

    /// Reads a presented key; `None` for anything that is not shaped like one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(4, '_');
        if parts.next()? != PREFIX {
            return None;
        }
        let mut id =
            || parts.next().filter(|part| part.len() == 32).and_then(|part| Uuid::try_parse(part).ok());
        let (organization, id) = (OrganizationId(id()?), ApiKeyId(id()?));
        let secret = parts.next()?;
        let is_whole = BASE64_URL_SAFE_NO_PAD.decode(secret).ok()?.len() == SECRET_BYTES;
        let key = Self { organization, id, secret: secret.to_owned() };
        // A key has one spelling: an id's digits read the same in capitals.
        (is_whole && key.reveal() == text).then_some(key)
    }

    /// The key in full: to be shown once, when it is made.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("{PREFIX}_{}_{}_{}", self.organization.0.simple(), self.id.0.simple(), self.secret)
    }

    /// What is kept of the secret.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.secret.as_bytes()).into()
    }

    /// Whether this key's secret is the one whose hash was kept, in constant time.
    #[must_use]
    pub fn matches(&self, kept: &[u8]) -> bool {
        self.hash().as_slice().ct_eq(kept).into()
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}_{}_{}_…", self.organization.0.simple(), self.id.0.simple())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_the_wire_and_hides_in_logs() {
        let key = ApiKey::generate(OrganizationId::generate());
        let read = ApiKey::parse(&key.reveal()).expect("own spelling");
        assert_eq!((read.organization, read.id), (key.organization, key.id));
        assert!(read.matches(&key.hash()));
        let shown = format!("{key:?}");
        assert!(!shown.contains(&key.secret) && shown.contains(&key.id.0.simple().to_string()), "{shown}");
    }

    #[test]
    fn another_secret_does_not_match() {
        let organization = OrganizationId::generate();
        assert!(!ApiKey::generate(organization).matches(&ApiKey::generate(organization).hash()));
    }

    #[test]
    fn every_scope_has_a_spelling_of_its_own() {
        let spelled: std::collections::BTreeSet<_> = Scope::ALL.map(Scope::as_str).into();
        assert_eq!(spelled.len(), Scope::ALL.len());
        for scope in Scope::ALL {
            assert_eq!(Scope::parse(scope.as_str()), Some(scope));
        }
        assert_eq!(Scope::parse("everything"), None);
    }

    #[test]
    fn what_changes_something_is_told() {
        let changing: Vec<_> = Scope::ALL.into_iter().filter(|scope| scope.changes()).collect();
        let quiet = Scope::ALL.into_iter().filter(|scope| scope.as_str().ends_with(":read")).count() + 2;
        assert_eq!(changing.len(), Scope::ALL.len() - quiet);
        assert!(changing.contains(&Scope::IngestionRun) && changing.contains(&Scope::ApiKeysWrite));
        for scope in [Scope::Chat, Scope::Search, Scope::AuditRead] {
            assert!(!scope.changes(), "{scope:?}");
        }
    }

    #[test]
    fn a_key_has_one_spelling() {
        let text = ApiKey::generate(OrganizationId::generate()).reveal();
        for (place, letter) in text.char_indices().filter(|(place, _)| *place < 68) {
            let other = format!("{}{}{}", &text[..place], letter.to_ascii_uppercase(), &text[place + 1..]);
            assert_eq!(ApiKey::parse(&other).is_some(), other == text, "{other}");
        }
    }

    #[test]
    fn what_is_not_a_key_is_refused() {
        let key = ApiKey::generate(OrganizationId::generate()).reveal();
        for wrong in
            ["", "dk", "dk___", "sk_1_2_3", &key[1..], &key[..key.len() - 1], &key.replace("dk_", "dk_-")]
        {
            assert!(ApiKey::parse(wrong).is_none(), "{wrong}");
        }
    }
}
