//! What those look at who serve people: how conversations end, what becomes of tickets, what was not answered, what may be wrong.

use crate::{Admitted, Metrics, Refusal, period::Asked};
use domain::{Caller, MessageId};
use futures_util::try_join;
use store::{
    metric_lists::{self, Answer},
    metric_parts::{self, Escalations},
    metrics::{self, Period, Standing, Totals},
};

/// The client service dashboard.
#[derive(Debug)]
pub struct ClientService {
    /// As asked for.
    pub period: Period,
    /// Of it.
    pub totals: Totals,
    /// Sessions by category and state, most frequent first.
    pub sessions: Vec<Standing>,
    /// Tickets that were opened.
    pub escalations: Escalations,
    /// Newest first.
    pub unanswered: Vec<Answer>,
    /// Newest first.
    pub low_confidence: Vec<Answer>,
}

impl Metrics {
    /// The client service dashboard, with the first rows of both lists.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn client_service(
        &self,
        caller: &Caller,
        asked: Asked,
        rows: u32,
    ) -> Result<ClientService, Refusal> {
        let Admitted { period, tx, .. } = self.admitted_to_questions(caller, asked).await?;
        let (totals, sessions, escalations, unanswered, low_confidence, ()) = try_join!(
            metrics::totals(&tx, period, None),
            metrics::statuses(&tx, period),
            metric_parts::escalations(&tx, period),
            metric_lists::abstained(&tx, period, None, rows),
            metric_lists::unsure(&tx, period, None, rows),
            tx.commit(),
        )?;
        tx.close();
        Ok(ClientService { period, totals, sessions, escalations, unanswered, low_confidence })
    }

    /// Questions that were not answered, newest first.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn unanswered(
        &self,
        caller: &Caller,
        asked: Asked,
        before: Option<MessageId>,
        rows: u32,
    ) -> Result<Vec<Answer>, Refusal> {
        let Admitted { period, tx, .. } = self.admitted_to_questions(caller, asked).await?;
        let (answers, ()) = try_join!(metric_lists::abstained(&tx, period, before, rows), tx.commit())?;
        tx.close();
        Ok(answers)
    }

    /// Answers of low confidence, newest first.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn low_confidence(
        &self,
        caller: &Caller,
        asked: Asked,
        before: Option<MessageId>,
        rows: u32,
    ) -> Result<Vec<Answer>, Refusal> {
        let Admitted { period, tx, .. } = self.admitted_to_questions(caller, asked).await?;
        let (answers, ()) = try_join!(metric_lists::unsure(&tx, period, before, rows), tx.commit())?;
        tx.close();
        Ok(answers)
    }
}
