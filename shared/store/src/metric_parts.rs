//! What figures are made of: searches, tickets, and who asks from where about what.

use crate::{
    Result, TenantTx,
    metrics::{Percentiles, Period, percentiles},
    sql,
    tenant::Params,
};
use tokio_postgres::{
    Row,
    types::{ToSql, Type},
};

/// The two parameters of a period.
fn within(period: &Period) -> [(&(dyn ToSql + Sync), Type); 2] {
    [(&period.from, Type::DATE), (&period.to, Type::DATE)]
}

/// How well searches found what answers need. A mean or a rate of nothing is `None`.
#[derive(Debug, Clone, PartialEq)]
pub struct Retrieval {
    /// One an answer.
    pub searches: i64,
    /// With no passage at or above the threshold.
    pub empty: i64,
    /// By searches, 0..1.
    pub empty_rate: Option<f64>,
    /// Mean of the best scores, 0..1.
    pub top_score: Option<f64>,
    /// Mean number of passages at or above the threshold.
    pub passages: Option<f64>,
    /// Whose answer cites something.
    pub cited: i64,
    /// By searches, 0..1.
    pub cited_rate: Option<f64>,
    /// For a question that stands alone, in place of one that does not.
    pub rewritten: i64,
    /// Whose passages a reranker ordered.
    pub reranked: i64,
}

/// How well the searches of a period found.
///
/// # Errors
/// [`crate::Error`].
pub async fn retrieval(tx: &TenantTx, period: Period) -> Result<Retrieval> {
    let row = tx.query_one(sql!("metrics/retrieval"), &within(&period)).await?;
    Ok(Retrieval {
        searches: row.get("searches"),
        empty: row.get("empty"),
        empty_rate: row.get("empty_rate"),
        top_score: row.get("top_score"),
        passages: row.get("passages"),
        cited: row.get("cited"),
        cited_rate: row.get("cited_rate"),
        rewritten: row.get("rewritten"),
        reranked: row.get("reranked"),
    })
}

/// How long searches took, from the question to its passages.
///
/// # Errors
/// [`crate::Error`].
pub async fn retrieval_latency(tx: &TenantTx, period: Period) -> Result<Percentiles> {
    Ok(percentiles(&tx.query(sql!("metrics/retrieval_latency"), &within(&period)).await?))
}

/// Tickets that were opened in a period, as they stand.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Escalations {
    /// All of them.
    pub opened: i64,
    /// Mean time to the first word of a person, in seconds; `None`: nobody has said anything.
    pub first_reply_seconds: Option<f64>,
    /// Mean time until they were resolved or closed, in seconds; `None`: none of them is.
    pub resolution_seconds: Option<f64>,
    /// By state and priority, most frequent first.
    pub groups: Vec<EscalationGroup>,
}

/// Tickets of one priority in one state.
#[derive(Debug, Clone, PartialEq)]
pub struct EscalationGroup {
    /// One of a ticket's states.
    pub status: String,
    /// One of its priorities.
    pub priority: String,
    /// How many.
    pub tickets: i64,
    /// Mean time to the first word of a person, in seconds.
    pub first_reply_seconds: Option<f64>,
    /// Mean time until they were resolved or closed, in seconds.
    pub resolution_seconds: Option<f64>,
}

/// Tickets that were opened in a period, by state and priority.
///
/// # Errors
/// [`crate::Error`].
pub async fn escalations(tx: &TenantTx, period: Period) -> Result<Escalations> {
    let mut found = Escalations::default();
    for row in tx.query(sql!("metrics/escalations"), &within(&period)).await? {
        let (tickets, first_reply_seconds, resolution_seconds) =
            (row.get("tickets"), row.get("first_reply_seconds"), row.get("resolution_seconds"));
        let (status, priority): (Option<String>, Option<String>) = (row.get("status"), row.get("priority"));
        match status.zip(priority) {
            Some((status, priority)) => found.groups.push(EscalationGroup {
                status,
                priority,
                tickets,
                first_reply_seconds,
                resolution_seconds,
            }),
            None => {
                found.opened = tickets;
                found.first_reply_seconds = first_reply_seconds;
                found.resolution_seconds = resolution_seconds;
            }
        }
    }
    Ok(found)
}

/// What is known of who asks, to look at one thing within the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension {
    /// Whom they ask.
    Chatbot,
    /// Where they ask.
    Platform,
    /// On what.
    Device,
    /// From which country.
    Country,
    /// From which part of it.
    Region,
    /// About what.
    Category,
}

impl Dimension {
    /// The spelling in the database and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chatbot => "chatbot",
            Self::Platform => "platform",
            Self::Device => "device",
            Self::Country => "country",
            Self::Region => "region",
            Self::Category => "category",
        }
    }
}

/// Whose sessions; `None`: everybody's. `unknown` is who did not say.
#[derive(Debug, Clone, Copy, Default)]
pub struct Audience<'a> {
    /// Where they ask.
    pub platform: Option<&'a str>,
    /// On what.
    pub device: Option<&'a str>,
    /// From which country.
    pub country: Option<&'a str>,
    /// From which part of it.
    pub region: Option<&'a str>,
    /// About what.
    pub category: Option<&'a str>,
}

/// Sessions that have one value in common.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// A country, a device; `unknown`: nobody said.
    pub value: String,
    /// That began.
    pub sessions: i64,
    /// Mean quality of experience, 0..1.
    pub qoe: Option<f64>,
    /// Net promoter score, -100..100.
    pub nps: Option<f64>,
}

/// Sessions of an audience by one thing that is known of it: how many in all, and the most frequent values.
///
/// # Errors
/// [`crate::Error`].
pub async fn audience(
    tx: &TenantTx,
    period: Period,
    by: Dimension,
    of: &Audience<'_>,
    limit: i64,
) -> Result<(i64, Vec<Part>)> {
    let by = by.as_str();
    let params: Params<'_> = &[
        (&period.from, Type::DATE),
        (&period.to, Type::DATE),
        (&by, Type::TEXT),
        (&of.platform, Type::TEXT),
        (&of.device, Type::TEXT),
        (&of.country, Type::TEXT),
        (&of.region, Type::TEXT),
        (&of.category, Type::TEXT),
        (&limit, Type::INT8),
    ];
    let rows = tx.query(sql!("metrics/audience"), params).await?;
    let part = |row: &Row| Part {
        value: row.get("value"),
        sessions: row.get("sessions"),
        qoe: row.get("qoe"),
        nps: row.get("nps"),
    };
    Ok((rows.first().map_or(0, |row| row.get("total")), rows.iter().map(part).collect()))
}
