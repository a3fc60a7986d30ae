//! One type an id, so that a chatbot's id cannot be passed where a session's is wanted. All are UUIDv7
//! (RFC 9562): ordered by the time they were made, which the tables partitioned by month rely on.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id of this moment.
            #[must_use]
            pub fn generate() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )*};
}

ids! {
    /// The tenant.
    OrganizationId,
    /// A machine's credential.
    ApiKeyId,
    /// A person of an organization.
    UserId,
    /// A person who may become one.
    InvitationId,
    /// A key that seals an organization's personal data.
    DataKeyId,
    /// A named set of documents.
    CollectionId,
    /// What documents are about.
    ProductId,
    /// One live S3 object and what is known of it.
    DocumentId,
    /// What was read from a document's bytes at one time.
    DocumentVersionId,
    /// A passage: the unit of retrieval and citation.
    ChunkId,
    /// Model, version and dimension inside which vectors compare.
    SpaceId,
    /// What is watched.
    AlertRuleId,
    /// One firing of an alert rule.
    AlertId,
    /// Who is told of alerts.
    NotificationTargetId,
    /// What is sent to one of them, or to a system of others.
    DeliveryId,
    /// A system of others that the organization works with.
    IntegrationId,
    /// One run of ingesting, re-embedding or cleaning up.
    IngestionJobId,
    /// A question that people answered themselves.
    CuratedAnswerId,
    /// A page or a sitemap that a collection is kept in step with.
    WebSourceId,
    /// What an end user talks to.
    ChatbotId,
    /// What a chatbot's conversations may be about.
    CategoryId,
    /// An immutable set of a chatbot's settings.
    ConfigVersionId,
    /// One conversation.
    SessionId,
    /// Something attached to a conversation.
    FileId,
    /// One turn's text by one side.
    MessageId,
    /// Support of a part of an answer by a chunk.
    CitationId,
    /// What was searched for one message.
    RetrievalLogId,
    /// An append-only fact.
    EventId,
    /// Thumbs on one answer.
    MessageFeedbackId,
    /// What a conversation was worth to somebody.
    SessionFeedbackId,
    /// A conversation handed to people.
    EscalationId,
    /// What agents tell each other about a ticket.
    EscalationNoteId,
    /// A reviewer's criticism.
    AdminFeedbackId,
    /// A question of which it is known what should be answered.
    GoldQuestionId,
    /// Questions answered by two versions of a chatbot's settings, side by side.
    ReplayId,
    /// What a person asks for about themselves.
    DataSubjectRequestId,
}

/// Milliseconds that two functions' clocks may be apart.
const CLOCKS_APART_MS: u64 = 60_000;

impl SessionId {
    /// Before the id of any message of this session: what the partitions of months are chosen by.
    #[must_use]
    pub fn before_messages(self) -> MessageId {
        let Some(made) = self.0.get_timestamp() else { return MessageId(Uuid::nil()) };
        let (seconds, nanos) = made.to_unix();
        let millis = (seconds * 1000 + u64::from(nanos) / 1_000_000).saturating_sub(CLOCKS_APART_MS);
        MessageId(uuid::Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_before_its_messages_by_a_minute_at_most() {
        let session = SessionId::generate();
        let bound = session.before_messages();
        assert!(bound.0 < session.0 && bound.0 < MessageId::generate().0);
        let millis = |id: Uuid| id.as_u128() >> 80;
        assert_eq!(millis(session.0) - millis(bound.0), u128::from(CLOCKS_APART_MS));
        assert_eq!(SessionId(Uuid::nil()).before_messages().0, Uuid::nil());
    }
}
