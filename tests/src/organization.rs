//! An organization as the operator makes it: with a first key and a first chatbot.

use crate::{
    TestDatabase,
    database::{DIMENSION, MODEL},
    document::NewDocument,
};
use domain::{
    ApiKey, Caller, ChatbotId, OrganizationId, Role, Scope, SessionId, SpaceId, conversation::Platform,
    embedding::Space,
};
use jiff::{SignedDuration, Timestamp};
use store::{
    TenantTx, api_keys,
    chatbots::{self, NewChatbot},
    invitations::{self, NewInvitation},
    organizations,
    search::{self, Filter, Hit, Search},
    sessions::{self, Opening},
    spaces,
};

/// A tenant of a test.
pub struct Organization {
    /// Its row.
    pub id: OrganizationId,
    /// Its part of the keys in the bucket.
    pub slug: String,
    /// Its first key, which may do everything.
    pub key: ApiKey,
    /// Its first chatbot, which reads everything of the organization.
    pub chatbot: ChatbotId,
    /// Where its documents are embedded.
    pub space: Space,
    database: store::Database,
}

/// What to search; the rest is what a newcomer would have.
pub struct Query<'a> {
    /// The question's words, as `language::words` cuts them.
    pub words: &'a str,
    /// The question's vector, if the vectors are to count.
    pub vector: Option<pgvector::Vector>,
    /// Whose knowledge; `None`: everything of the organization.
    pub chatbot: Option<ChatbotId>,
    /// Narrows it.
    pub filter: Filter,
    /// Rows.
    pub limit: u32,
    /// Where the vector lives; `None`: the organization's own space.
    pub space: Option<SpaceId>,
}

impl<'a> Query<'a> {
    /// By words alone.
    #[must_use]
    pub fn words(words: &'a str) -> Self {
        Self { words, vector: None, chatbot: None, filter: Filter::default(), limit: 50, space: None }
    }

    /// By words and by the vector that [`crate::vectors`] gives them.
    #[must_use]
    pub fn both(words: &'a str) -> Self {
        Self { vector: Some(crate::vectors::of_text(words, DIMENSION)), ..Self::words(words) }
    }

    /// As this chatbot searches.
    #[must_use]
    pub fn by(self, chatbot: ChatbotId) -> Self {
        Self { chatbot: Some(chatbot), ..self }
    }
}

impl Organization {
    /// Makes an organization, as `migrate` does for the operator.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn create(database: &TestDatabase, slug: &str) -> Self {
        Self::create_with_id(database, slug, OrganizationId::generate()).await
    }

    /// The same with an id of the caller's choice.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn create_with_id(database: &TestDatabase, slug: &str, id: OrganizationId) -> Self {
        let owner = store::Database::owner(&database.owner_url).expect("a URL");
        let key = ApiKey::generate(id);
        let tx = owner.tenant(id).await.expect("connect as the owner");
        organizations::create(&tx, slug, slug).await.expect("make organization");
        let new = api_keys::NewKey { name: "first key", scopes: &Scope::ALL, ..Default::default() };
        api_keys::create(&tx, &key, &new).await.expect("make key");
        let space = spaces::of_model(&tx, MODEL, DIMENSION).await.expect("the migrator's space");
        let chatbot = new_chatbot(&tx, "Assistant", space.id).await;
        tx.finish().await.expect("commit organization");
        Self { id, slug: slug.to_owned(), key, chatbot, space, database: database.database.clone() }
    }

    /// Whoever holds the first key.
    #[must_use]
    pub fn caller(&self) -> Caller {
        Caller::Key(self.key.clone())
    }

    /// A transaction of this tenant, as the functions open it.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn tx(&self) -> TenantTx {
        self.database.tenant(self.id).await.expect("open a transaction")
    }

    /// An open invitation for whoever has the address of this keyed hash.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn invite(&self, email_hash: &[u8], role: Role) {
        let tx = self.tx().await;
        let new = NewInvitation {
            id: domain::InvitationId::generate(),
            email_sealed: None,
            email_hash,
            role,
            display_name: None,
            org_unit: None,
            invited_by: None,
            expires_at: Timestamp::now() + SignedDuration::from_hours(1),
        };
        let is_new = invitations::create(&tx, &new).await.expect("invite");
        assert!(is_new, "nobody of this address");
        tx.finish().await.expect("commit invitation");
    }

    /// Whether a person of this address became a user.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn accept(&self, email_hash: &[u8], subject: &str) -> bool {
        let tx = self.tx().await;
        let who = invitations::Accepting {
            user: domain::UserId::generate(),
            subject,
            email_hash,
            email_sealed: None,
        };
        let accepted = invitations::accept(&tx, who).await.expect("accept");
        tx.finish().await.expect("commit user");
        accepted
    }

    /// Another chatbot, which reads everything until it is linked.
    pub async fn chatbot_named(&self, name: &str) -> ChatbotId {
        let tx = self.tx().await;
        let id = new_chatbot(&tx, name, self.space.id).await;
        tx.finish().await.expect("commit chatbot");
        id
    }

    /// A document of this organization, to be written in a sentence.
    #[must_use]
    pub fn document<'a>(&'a self, collection: &'a str, path: &'a str) -> NewDocument<'a> {
        NewDocument::new(self, collection, path)
    }

    /// Opens a session with the first chatbot.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn session(&self) -> SessionId {
        self.session_with(self.chatbot).await.expect("an own chatbot")
    }

    /// Opens a session; `None` when the chatbot is none of ours.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn session_with(&self, chatbot: ChatbotId) -> Option<SessionId> {
        let opening = Opening::of(chatbot, Platform::Api);
        let tx = self.tx().await;
        let session = sessions::open(&tx, SessionId::generate(), &opening).await.expect("open session");
        tx.finish().await.expect("commit session");
        session.map(|session| session.id)
    }

    /// Searches as the functions do.
    ///
    /// # Panics
    /// When the database refuses.
    pub async fn search(&self, query: Query<'_>) -> Vec<Hit> {
        let words = language::words(query.words);
        let search = Search {
            space: query.space.unwrap_or(self.space.id),
            vector: query.vector.as_ref(),
            words: &words,
            chatbot: query.chatbot,
            filter: &query.filter,
            dense_weight: 0.7,
            limit: query.limit,
        };
        let tx = self.tx().await;
        let hits = search::search(&tx, &search).await.expect("search");
        tx.finish().await.expect("end search");
        hits
    }
}

async fn new_chatbot(tx: &TenantTx, name: &str, space: SpaceId) -> ChatbotId {
    let bot = NewChatbot {
        name,
        llm_model: "test.model",
        space,
        system_prompt: domain::chatbot::DEFAULT_SYSTEM_PROMPT,
        fallback_message: domain::chatbot::DEFAULT_FALLBACK,
    };
    chatbots::create(tx, &bot).await.expect("make chatbot")
}
