//! A chatbot's categories, with the vectors of their examples.

use crate::{Error, Result, TenantTx, audit, sql, tenant::Params};
use domain::{CategoryId, ChatbotId, SessionId, SpaceId, limits};
use jiff::Timestamp;
use pgvector::Vector;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio_postgres::{Row, types::Type};

/// What is wanted within a category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// Unique within the category.
    pub name: String,
    /// Questions that want it.
    pub examples: Vec<String>,
}

/// What is said of a category.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Unique within the chatbot.
    pub name: String,
    /// For people; it is compared with questions as well.
    pub description: Option<String>,
    /// Questions that belong here.
    pub examples: Vec<String>,
    /// What is wanted within it.
    pub intents: Vec<Intent>,
    /// Lowest first.
    pub position: i32,
}

/// A category.
#[derive(Debug, Clone)]
pub struct Category {
    /// Its row.
    pub id: CategoryId,
    /// Whose.
    pub chatbot: ChatbotId,
    /// What can be changed; in lists without examples and intents.
    pub settings: Settings,
    /// Its examples, those of its intents too.
    pub examples: i32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed.
    pub updated_at: Timestamp,
}

/// A chatbot's categories in their order, without their examples.
///
/// # Errors
/// [`Error`].
pub async fn list(tx: &TenantTx, chatbot: ChatbotId, from: u32, limit: u32) -> Result<Vec<Category>> {
    find(tx, chatbot, None, from, limit).await
}

/// One category with its examples.
///
/// # Errors
/// [`Error`].
pub async fn get(tx: &TenantTx, chatbot: ChatbotId, id: CategoryId) -> Result<Option<Category>> {
    Ok(find(tx, chatbot, Some(id), 0, 1).await?.pop())
}

async fn find(
    tx: &TenantTx,
    chatbot: ChatbotId,
    id: Option<CategoryId>,
    from: u32,
    limit: u32,
) -> Result<Vec<Category>> {
    let params: Params<'_> = &[
        (&chatbot.0, Type::UUID),
        (&id.map(|id| id.0), Type::UUID),
        (&i64::from(limit), Type::INT8),
        (&i64::from(from), Type::INT8),
    ];
    tx.query(sql!("categories/list"), params).await?.iter().map(from_row).collect()
}

fn from_row(row: &Row) -> Result<Category> {
    Ok(Category {
        id: CategoryId(row.get("id")),
        chatbot: ChatbotId(row.get("chatbot_id")),
        settings: Settings {
            name: row.get("name"),
            description: row.get("description"),
            examples: row.get("examples"),
            intents: serde_json::from_value(row.get("intents"))
                .map_err(|error| Error::Unexpected(format!("intents: {error}")))?,
            position: row.get("position"),
        },
        examples: row.get("example_count"),
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
    })
}

/// How many categories a chatbot has.
///
/// # Errors
/// [`Error`].
pub async fn count(tx: &TenantTx, chatbot: ChatbotId) -> Result<i64> {
    Ok(tx.query_one(sql!("categories/count"), &[(&chatbot.0, Type::UUID)]).await?.get("categories"))
}

/// Makes a category.
///
/// # Errors
/// [`Error::Refused`] with `categories_name` when the name is taken.
pub async fn create(tx: &TenantTx, id: CategoryId, chatbot: ChatbotId, settings: &Settings) -> Result<()> {
    write(tx, sql!("categories/create"), id, chatbot, settings).await?;
    audit::made("category", id.0);
    Ok(())
}

/// Changes a category; `false` when there is none.
///
/// # Errors
/// As [`create`].
pub async fn change(tx: &TenantTx, id: CategoryId, chatbot: ChatbotId, settings: &Settings) -> Result<bool> {
    Ok(write(tx, sql!("categories/change"), id, chatbot, settings).await? > 0)
}

async fn write(
    tx: &TenantTx,
    sql: &str,
    id: CategoryId,
    chatbot: ChatbotId,
    settings: &Settings,
) -> Result<u64> {
    let intents = serde_json::to_value(&settings.intents).unwrap_or(Value::Array(Vec::new()));
    let params: Params<'_> = &[
        (&id.0, Type::UUID),
        (&chatbot.0, Type::UUID),
        (&settings.name, Type::TEXT),
        (&settings.description, Type::TEXT),
        (&settings.examples, Type::TEXT_ARRAY),
        (&intents, Type::JSONB),
        (&settings.position, Type::INT4),
    ];
    tx.execute(sql, params).await
}

/// Deletes a category; sessions keep its name. `false` when there is none.
///
/// # Errors
/// [`Error`].
pub async fn delete(tx: &TenantTx, chatbot: ChatbotId, id: CategoryId) -> Result<bool> {
    Ok(tx.execute(sql!("categories/delete"), &[(&id.0, Type::UUID), (&chatbot.0, Type::UUID)]).await? > 0)
}

/// A category's vectors in one space.
#[derive(Debug)]
pub struct Vectors {
    /// Where they live.
    pub space: SpaceId,
    /// Their middle.
    pub centroid: Vec<f32>,
    /// How near a question must lie, -1..1.
    pub threshold: f32,
    /// Each with the number of its intent, from 0.
    pub examples: Vec<(Option<i32>, Vector)>,
}

/// Puts these vectors in the place of those that a category has.
///
/// # Errors
/// [`Error`].
pub async fn set_vectors(
    tx: &TenantTx,
    chatbot: ChatbotId,
    id: CategoryId,
    spaces: &[Vectors],
) -> Result<()> {
    tx.execute(sql!("categories/remove_centroids"), &[(&id.0, Type::UUID)]).await?;
    tx.execute(sql!("categories/remove_vectors"), &[(&id.0, Type::UUID)]).await?;
    for one in spaces {
        let params: Params<'_> = &[
            (&chatbot.0, Type::UUID),
            (&id.0, Type::UUID),
            (&one.space.0, Type::UUID),
            (&one.threshold, Type::FLOAT4),
            (&one.centroid, Type::FLOAT4_ARRAY),
        ];
        tx.execute(sql!("categories/insert_centroid"), params).await?;
        let intents: Vec<Option<i32>> = one.examples.iter().map(|(intent, _)| *intent).collect();
        let numbers: Vec<f32> =
            one.examples.iter().flat_map(|(_, vector)| vector.as_slice()).copied().collect();
        let dimension = i32::try_from(one.centroid.len()).unwrap_or(i32::MAX);
        let params: Params<'_> = &[
            (&id.0, Type::UUID),
            (&one.space.0, Type::UUID),
            (&intents, Type::INT4_ARRAY),
            (&numbers, Type::FLOAT4_ARRAY),
            (&dimension, Type::INT4),
        ];
        tx.execute(sql!("categories/insert_vectors"), params).await?;
    }
    Ok(())
}

/// How near a category lies to a question.
#[derive(Debug, Clone, PartialEq)]
pub struct Near {
    /// The category's name.
    pub name: String,
    /// That of its intent whose example is nearest; `None`: an example of none.
    pub intent: Option<String>,
    /// Cosine of the question and the middle.
    pub centroid: f32,
    /// Mean cosine of the question and the nearest examples.
    pub examples: f32,
    /// How near a question must lie, -1..1.
    pub threshold: f32,
}

/// The categories of a chatbot that lie nearest to a question.
///
/// # Errors
/// [`Error`].
pub async fn nearest(
    tx: &TenantTx,
    chatbot: ChatbotId,
    space: SpaceId,
    question: &Vector,
) -> Result<Vec<Near>> {
    let params: Params<'_> = &[
        (&chatbot.0, Type::UUID),
        (&space.0, Type::UUID),
        (&question.as_slice(), Type::FLOAT4_ARRAY),
        (&limits::CATEGORIES_COMPARED, Type::INT4),
        (&limits::CATEGORY_NEIGHBOURS, Type::INT4),
    ];
    let near = |row: &Row| Near {
        name: row.get("name"),
        intent: row.get("intent"),
        centroid: row.get("centroid"),
        examples: row.get("examples"),
        threshold: row.get("threshold"),
    };
    Ok(tx.query(sql!("categories/nearest"), params).await?.iter().map(near).collect())
}

/// Says what a session is about, where nobody has.
///
/// # Errors
/// [`Error`].
pub async fn categorise(
    tx: &TenantTx,
    session: SessionId,
    category: &str,
    intent: Option<&str>,
) -> Result<()> {
    let params: Params<'_> = &[(&session.0, Type::UUID), (&category, Type::TEXT), (&intent, Type::TEXT)];
    tx.execute(sql!("sessions/categorise"), params).await?;
    Ok(())
}
