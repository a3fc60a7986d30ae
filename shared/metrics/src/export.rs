//! The figures as a file: CSV (RFC 4180), a row each day and chatbot.

use crate::{Admitted, Metrics, Refusal, only, period::Asked};
use domain::{Caller, limits};
use futures_util::try_join;
use std::borrow::Cow;
use store::{
    metric_lists::{self, ChatbotDay},
    metrics::Period,
};

/// The file's first line: the columns' names of `daily_metrics`, what is counted of searches and tickets, what was paid beside answers,
/// and all of it together.
pub const COLUMNS: [&str; 36] = [
    "metric_date",
    "chatbot_id",
    "chatbot",
    "total_sessions",
    "total_messages",
    "unique_users",
    "avg_session_duration_seconds",
    "avg_messages_per_session",
    "avg_response_time_ms",
    "total_tokens_used",
    "total_cost_usd",
    "avg_user_satisfaction",
    "successful_responses_ratio",
    "questions",
    "answers",
    "failed_answers",
    "abstained_answers",
    "unsure_answers",
    "nps_promoters",
    "nps_passives",
    "nps_detractors",
    "avg_qoe",
    "searches",
    "empty_searches",
    "avg_top_score",
    "escalations",
    "resolved_escalations",
    "avg_resolution_seconds",
    "names_cost_usd",
    "readings_cost_usd",
    "replays_cost_usd",
    "analyses_cost_usd",
    "ingestion_cost_usd",
    "reembedding_cost_usd",
    "all_costs_usd",
    "unpriced_calls",
];

/// A file.
#[derive(Debug)]
pub struct File {
    /// What it is about.
    pub period: Period,
    /// CSV, UTF-8.
    pub csv: Vec<u8>,
}

impl Metrics {
    /// A period's days as a file.
    ///
    /// # Errors
    /// [`Refusal`]; [`Refusal::Invalid`] when there are more than [`limits::EXPORT_ROWS`].
    pub async fn export(&self, caller: &Caller, asked: Asked) -> Result<File, Refusal> {
        let Admitted { period, tx, .. } = self.admitted(caller, asked, only).await?;
        let (days, ()) = try_join!(metric_lists::export(&tx, period, limits::EXPORT_ROWS + 1), tx.commit())?;
        tx.close();
        if i64::try_from(days.len()).unwrap_or(i64::MAX) > limits::EXPORT_ROWS {
            let most = limits::EXPORT_ROWS;
            return Err(Refusal::invalid(
                "?from",
                format!("A file has at most {most} rows; ask for fewer days."),
            ));
        }
        Ok(File { period, csv: written(&days) })
    }
}

fn written(days: &[ChatbotDay]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Into memory, with as many fields in every row: nothing can fail.
    let _ = writer.write_record(COLUMNS);
    for day in days {
        let optional = |number: Option<f64>| number.map(|number| number.to_string()).unwrap_or_default();
        let chatbot = day.chatbot.map(|id| id.to_string()).unwrap_or_default();
        let name = plain(day.name.as_deref().unwrap_or_default()).into_owned();
        let mut row = vec![day.date.to_string(), chatbot, name];
        row.extend(day.sessions.iter().map(ToString::to_string));
        row.extend([
            day.messages_per_session.to_string(),
            day.response_time_ms.to_string(),
            day.tokens.to_string(),
            day.cost.clone(),
            optional(day.satisfaction),
            optional(day.successful),
        ]);
        row.extend(day.counts.iter().map(ToString::to_string));
        row.push(optional(day.qoe));
        row.extend(day.searches.iter().map(ToString::to_string));
        row.push(optional(day.top_score));
        row.extend(day.escalations.iter().map(ToString::to_string));
        row.push(optional(day.resolution_seconds));
        row.extend(day.side_costs.iter().cloned());
        row.push(day.unpriced.to_string());
        let _ = writer.write_record(&row);
    }
    writer.into_inner().unwrap_or_default()
}

/// Spreadsheets take a cell that begins like this for a formula, and run it.
fn plain(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}").into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ChatbotId;
    use jiff::civil::date;

    #[test]
    fn a_name_is_no_formula_and_breaks_no_row() {
        let day = ChatbotDay {
            date: date(2026, 11, 1),
            chatbot: Some(ChatbotId(uuid::Uuid::nil())),
            name: Some("=HYPERLINK(\"x\"), \"y\"\n".into()),
            sessions: [1, 2, 3, 4],
            messages_per_session: 2.5,
            response_time_ms: 900,
            tokens: 10,
            cost: "0.000100".into(),
            satisfaction: None,
            successful: Some(1.0),
            counts: [1, 1, 0, 0, 0, 0, 0, 0],
            qoe: Some(0.75),
            searches: [9, 3],
            top_score: Some(0.5),
            escalations: [4, 0],
            resolution_seconds: None,
            side_costs: ["0.1"; 7].map(ToOwned::to_owned),
            unpriced: 2,
        };
        let written = written(&[day.clone(), day]);
        let mut reader = csv::Reader::from_reader(written.as_slice());
        assert_eq!(reader.headers().expect("a head"), COLUMNS.as_slice());
        let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
        assert_eq!(rows.len(), 2);
        assert_eq!(&rows[1][2], "'=HYPERLINK(\"x\"), \"y\"\n");
        assert_eq!((&rows[1][0], &rows[1][11], &rows[1][21]), ("2026-11-01", "", "0.75"));
        let parts: Vec<&str> = rows[1].iter().skip(22).collect();
        assert_eq!(
            parts,
            ["9", "3", "0.5", "4", "0", "", "0.1", "0.1", "0.1", "0.1", "0.1", "0.1", "0.1", "2"]
        );
    }
}
