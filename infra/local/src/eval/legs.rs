//! Each leg of the search alone, which the API does not offer: through the same statement, behind the same wall.

use super::{
    row::{LegRanks, rank},
    set::Question,
};
use crate::{bedrock::LOCAL_EMBEDDING_MODEL, folder::Addresses, minilm::DIMENSION};
use anyhow::Result;
use aws_sdk_bedrockruntime::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use domain::{OrganizationId, embedding::Space, limits};
use models::{Embedder, Purpose};
use pgvector::Vector;
use store::{
    Database, organizations,
    search::{self, Filter, Search},
    spaces,
};

/// Searches a collection by one leg at a time.
pub struct Legs {
    database: Database,
    organization: OrganizationId,
    embedder: Embedder,
    space: Space,
    filter: Filter,
}

impl Legs {
    /// Of a running stack's collection.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn new(addresses: &Addresses, collection: &str) -> Result<Self> {
        let database = Database::new(&addresses.database_url)?;
        let organization = organizations::of_slug(&database, &addresses.organization).await?;
        let organization = organization.ok_or_else(|| anyhow::anyhow!("the demo organization is gone"))?;
        let tx = database.tenant(organization).await?;
        let space = spaces::of_model(&tx, LOCAL_EMBEDDING_MODEL, DIMENSION).await?;
        tx.finish().await?;
        let keys = Credentials::new(
            &addresses.access_key_id,
            &addresses.secret_access_key,
            None,
            None,
            "stack.json",
        );
        let aws = aws_config::SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(addresses.region.clone()))
            .endpoint_url(&addresses.bedrock_endpoint)
            .credentials_provider(SharedCredentialsProvider::new(keys))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build();
        let filter = Filter { collections: vec![collection.to_owned()], ..Filter::default() };
        Ok(Self { database, organization, embedder: Embedder::new(&aws), space, filter })
    }

    /// The gold document's place by each leg.
    ///
    /// # Errors
    /// When the database or the model does not answer.
    pub async fn ranks(&self, question: &Question) -> Result<LegRanks> {
        let text = question.question.clone();
        let words = language::words(&text);
        let embedded = self.embedder.embed(&self.space, Purpose::Query, &[text]).await?;
        let vector = embedded.into_iter().next().map(|one| one.vector);
        Ok(LegRanks {
            lexical: self.rank(question, None, &words).await?,
            dense: self.rank(question, vector.as_ref(), &[]).await?,
        })
    }

    async fn rank(
        &self,
        question: &Question,
        vector: Option<&Vector>,
        words: &[String],
    ) -> Result<Option<usize>> {
        let search = Search {
            space: self.space.id,
            vector,
            words,
            chatbot: None,
            filter: &self.filter,
            dense_weight: if vector.is_some() { 1.0 } else { 0.0 },
            limit: limits::SEARCH_RESULTS,
        };
        let tx = self.database.tenant(self.organization).await?;
        let hits = search::search(&tx, &search).await?;
        tx.finish().await?;
        Ok(rank(hits.iter().map(|hit| hit.key.as_str()), question))
    }
}
