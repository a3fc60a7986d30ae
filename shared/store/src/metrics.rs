//! What is counted: days of the organization's own clock, and the figures that dashboards make of them.

use crate::{Result, TenantTx, sql, tenant::Params};
use domain::ChatbotId;
use jiff::civil::Date;
use tokio_postgres::{Row, types::Type};

/// Days, both inclusive, by the organization's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// The first.
    pub from: Date,
    /// The last.
    pub to: Date,
}

/// Where the organization is in its year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calendar {
    /// Its day.
    pub today: Date,
    /// When its month began.
    pub month_from: Date,
    /// When its fiscal year began.
    pub fiscal_from: Date,
}

/// The organization's calendar at this moment.
///
/// # Errors
/// [`crate::Error`].
pub async fn calendar(tx: &TenantTx) -> Result<Calendar> {
    let row = tx.query_one(sql!("metrics/calendar"), &[]).await?;
    Ok(Calendar {
        today: row.get("today"),
        month_from: row.get("month_from"),
        fiscal_from: row.get("fiscal_from"),
    })
}

/// Days that were written to since they were counted, the first such write so many seconds ago; newest first.
///
/// # Errors
/// [`crate::Error`].
pub async fn dirty_days(
    tx: &TenantTx,
    within: Option<Period>,
    seconds: f64,
    limit: i64,
) -> Result<Vec<Date>> {
    let (from, to) = (within.map(|period| period.from), within.map(|period| period.to));
    let params: Params<'_> =
        &[(&from, Type::DATE), (&to, Type::DATE), (&seconds, Type::FLOAT8), (&limit, Type::INT8)];
    Ok(tx.query(sql!("metrics/dirty"), params).await?.iter().map(|row| row.get("day")).collect())
}

/// Counts a day anew; `false` when its messages are no longer whole, and it stays as it was counted.
///
/// # Errors
/// [`crate::Error`].
pub async fn roll_up(tx: &TenantTx, day: Date) -> Result<bool> {
    Ok(tx.query_one(sql!("metrics/roll_up"), &[(&day, Type::DATE)]).await?.get("is_counted"))
}

/// Keeps with a day's sessions that are over what their quality was. How many changed.
///
/// # Errors
/// [`crate::Error`].
pub async fn score(tx: &TenantTx, day: Date) -> Result<u64> {
    tx.execute(sql!("metrics/score"), &[(&day, Type::DATE)]).await
}

/// Sessions so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Queries {
    /// Today.
    pub today: i64,
    /// This month, to date.
    pub month: i64,
    /// This fiscal year, to date.
    pub fiscal_year: i64,
}

/// Sessions of today, of this month and of this fiscal year.
///
/// # Errors
/// [`crate::Error`].
pub async fn queries(tx: &TenantTx, calendar: &Calendar) -> Result<Queries> {
    let params: Params<'_> = &[
        (&calendar.today, Type::DATE),
        (&calendar.month_from, Type::DATE),
        (&calendar.fiscal_from, Type::DATE),
    ];
    let row = tx.query_one(sql!("metrics/queries"), params).await?;
    Ok(Queries { today: row.get("today"), month: row.get("month"), fiscal_year: row.get("fiscal_year") })
}

/// Sums and means of a period. A mean or a rate of nothing is `None`.
#[derive(Debug, Clone, PartialEq)]
pub struct Totals {
    /// Sessions that began and have a message.
    pub sessions: i64,
    /// Messages of all roles.
    pub messages: i64,
    /// Of users.
    pub questions: i64,
    /// Of chatbots.
    pub answers: i64,
    /// Answers that ended in an error.
    pub failed: i64,
    /// Answers that say that there is none.
    pub abstained: i64,
    /// Answers of low confidence.
    pub unsure: i64,
    /// Answers of a model whose price is not known.
    pub unpriced: i64,
    /// In and out.
    pub tokens: i64,
    /// US dollars, as decimal text; without the unpriced.
    pub cost: String,
    /// Mean length of a session that is over.
    pub duration_seconds: Option<f64>,
    /// Mean.
    pub messages_per_session: Option<f64>,
    /// Mean time from question to answer.
    pub response_time_ms: Option<f64>,
    /// Mean of ratings 1..5.
    pub satisfaction: Option<f64>,
    /// Failed by answers, 0..1.
    pub error_rate: Option<f64>,
    /// Abstained by answers, 0..1.
    pub abstained_rate: Option<f64>,
    /// Of those who said how likely they would recommend, 9 and 10.
    pub promoters: i64,
    /// 7 and 8.
    pub passives: i64,
    /// 0 to 6.
    pub detractors: i64,
    /// Net promoter score, -100..100.
    pub nps: Option<f64>,
    /// Mean quality of experience of sessions, 0..1.
    pub qoe: Option<f64>,
}

/// A period's sums and means, of all chatbots or of one.
///
/// # Errors
/// [`crate::Error`].
pub async fn totals(tx: &TenantTx, period: Period, chatbot: Option<ChatbotId>) -> Result<Totals> {
    let row = of_chatbot(tx, sql!("metrics/totals"), period, chatbot).await?;
    let row = row.first().ok_or_else(|| crate::Error::Unexpected("no totals".into()))?;
    Ok(Totals {
        sessions: row.get("sessions"),
        messages: row.get("messages"),
        questions: row.get("questions"),
        answers: row.get("answers"),
        failed: row.get("failed"),
        abstained: row.get("abstained"),
        unsure: row.get("unsure"),
        unpriced: row.get("unpriced"),
        tokens: row.get("tokens"),
        cost: row.get("cost"),
        duration_seconds: row.get("duration_seconds"),
        messages_per_session: row.get("messages_per_session"),
        response_time_ms: row.get("response_time_ms"),
        satisfaction: row.get("satisfaction"),
        error_rate: row.get("error_rate"),
        abstained_rate: row.get("abstained_rate"),
        promoters: row.get("promoters"),
        passives: row.get("passives"),
        detractors: row.get("detractors"),
        nps: row.get("nps"),
        qoe: row.get("qoe"),
    })
}

/// One day.
#[derive(Debug, Clone, PartialEq)]
pub struct Day {
    /// By the organization's clock.
    pub day: Date,
    /// That began.
    pub sessions: i64,
    /// Mean quality of experience.
    pub qoe: Option<f64>,
}

/// Every day of a period, of all chatbots or of one.
///
/// # Errors
/// [`crate::Error`].
pub async fn days(tx: &TenantTx, period: Period, chatbot: Option<ChatbotId>) -> Result<Vec<Day>> {
    let rows = of_chatbot(tx, sql!("metrics/days"), period, chatbot).await?;
    let day = |row: &Row| Day { day: row.get("day"), sessions: row.get("sessions"), qoe: row.get("qoe") };
    Ok(rows.iter().map(day).collect())
}

/// A name and how many sessions have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// A category, a device, a platform.
    pub name: String,
    /// That began.
    pub sessions: i64,
}

/// The most frequent categories.
///
/// # Errors
/// [`crate::Error`].
pub async fn categories(tx: &TenantTx, period: Period, limit: i64) -> Result<Vec<Share>> {
    Ok(shares(&top(tx, sql!("metrics/categories"), period, limit).await?))
}

/// The most frequent devices.
///
/// # Errors
/// [`crate::Error`].
pub async fn devices(tx: &TenantTx, period: Period, limit: i64) -> Result<Vec<Share>> {
    Ok(shares(&top(tx, sql!("metrics/devices"), period, limit).await?))
}

/// Where sessions happen, of all chatbots or of one.
///
/// # Errors
/// [`crate::Error`].
pub async fn platforms(tx: &TenantTx, period: Period, chatbot: Option<ChatbotId>) -> Result<Vec<Share>> {
    Ok(shares(&of_chatbot(tx, sql!("metrics/platforms"), period, chatbot).await?))
}

fn shares(rows: &[Row]) -> Vec<Share> {
    rows.iter().map(|row| Share { name: row.get(0), sessions: row.get("sessions") }).collect()
}

/// A place and how many sessions came from there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// As the session's opening said, mostly ISO 3166.
    pub country: String,
    /// Within it.
    pub region: Option<String>,
    /// That began.
    pub sessions: i64,
}

/// The most frequent places.
///
/// # Errors
/// [`crate::Error`].
pub async fn locations(tx: &TenantTx, period: Period, limit: i64) -> Result<Vec<Place>> {
    let rows = top(tx, sql!("metrics/locations"), period, limit).await?;
    let place = |row: &Row| Place {
        country: row.get("country"),
        region: row.get("region"),
        sessions: row.get("sessions"),
    };
    Ok(rows.iter().map(place).collect())
}

/// Sessions of one category in one state.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// `None`: not known.
    pub category: Option<String>,
    /// One of a session's states.
    pub status: String,
    /// That began.
    pub sessions: i64,
    /// Mean of the sessions' mean times of their model.
    pub llm_latency_ms: Option<f64>,
    /// Mean quality of experience.
    pub qoe: Option<f64>,
}

/// Sessions by category and state.
///
/// # Errors
/// [`crate::Error`].
pub async fn statuses(tx: &TenantTx, period: Period) -> Result<Vec<Standing>> {
    let params: Params<'_> = &[(&period.from, Type::DATE), (&period.to, Type::DATE)];
    let standing = |row: &Row| Standing {
        category: row.get("category"),
        status: row.get("status"),
        sessions: row.get("sessions"),
        llm_latency_ms: row.get("llm_latency_ms"),
        qoe: row.get("qoe"),
    };
    Ok(tx.query(sql!("metrics/statuses"), params).await?.iter().map(standing).collect())
}

/// Times in milliseconds, of answers or of their searches, to two significant digits, rounded up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Percentiles {
    /// Half of them took no longer.
    pub p50: Option<i32>,
    /// 90 of 100.
    pub p90: Option<i32>,
    /// 95 of 100.
    pub p95: Option<i32>,
    /// 99 of 100.
    pub p99: Option<i32>,
}

/// How long answers took, of all chatbots or of one.
///
/// # Errors
/// [`crate::Error`].
pub async fn latency(tx: &TenantTx, period: Period, chatbot: Option<ChatbotId>) -> Result<Percentiles> {
    Ok(percentiles(&of_chatbot(tx, sql!("metrics/latency"), period, chatbot).await?))
}

pub(crate) fn percentiles(rows: &[Row]) -> Percentiles {
    let of = |name: &str| rows.first().and_then(|row| row.get::<_, Option<i32>>(name));
    Percentiles { p50: of("p50"), p90: of("p90"), p95: of("p95"), p99: of("p99") }
}

/// What one model did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelUse {
    /// Who runs it.
    pub provider: Option<String>,
    /// Its id.
    pub model: String,
    /// That it wrote.
    pub answers: i64,
    /// In.
    pub prompt_tokens: i64,
    /// Out.
    pub completion_tokens: i64,
    /// US dollars, as decimal text.
    pub cost: String,
    /// Answers without a price.
    pub unpriced: i64,
}

/// Tokens and cost by model.
///
/// # Errors
/// [`crate::Error`].
pub async fn models(tx: &TenantTx, period: Period) -> Result<Vec<ModelUse>> {
    let params: Params<'_> = &[(&period.from, Type::DATE), (&period.to, Type::DATE)];
    let used = |row: &Row| ModelUse {
        provider: row.get("provider"),
        model: row.get("model"),
        answers: row.get("answers"),
        prompt_tokens: row.get("prompt_tokens"),
        completion_tokens: row.get("completion_tokens"),
        cost: row.get("cost"),
        unpriced: row.get("unpriced"),
    };
    Ok(tx.query(sql!("metrics/models"), params).await?.iter().map(used).collect())
}

pub(crate) async fn top(tx: &TenantTx, sql: &str, period: Period, limit: i64) -> Result<Vec<Row>> {
    tx.query(sql, &[(&period.from, Type::DATE), (&period.to, Type::DATE), (&limit, Type::INT8)]).await
}

async fn of_chatbot(
    tx: &TenantTx,
    sql: &str,
    period: Period,
    chatbot: Option<ChatbotId>,
) -> Result<Vec<Row>> {
    let chatbot = chatbot.map(|id| id.0);
    tx.query(sql, &[(&period.from, Type::DATE), (&period.to, Type::DATE), (&chatbot, Type::UUID)]).await
}
