//! Behind the figures: what many ask and nobody answers, what each person costs, what a category is made of.

use crate::{Admitted, Metrics, Refusal, only, period::Asked};
use domain::{Caller, Scope, SpaceId, limits};
use futures_util::try_join;
use jiff::civil::Date;
use std::collections::BTreeMap;
use store::{
    caller::{self, Denied},
    metric_lists::{self, PersonCost, Unanswered},
    metrics::{self, Period, Standing},
};
use understanding::cluster::groups;

/// Questions that were not answered, put together.
#[derive(Debug)]
pub struct Clustered {
    /// As asked for.
    pub period: Period,
    /// How many were looked at: the newest.
    pub questions: usize,
    /// Largest first; each with its most typical question first.
    pub clusters: Vec<Vec<Unanswered>>,
}

/// What a category is made of.
#[derive(Debug)]
pub struct OfCategory {
    /// As asked for.
    pub period: Period,
    /// Its sessions by state, most frequent first.
    pub sessions: Vec<Standing>,
    /// Days with sessions that began.
    pub days: Vec<(Date, i64)>,
    /// What was wanted, most frequent first; `None`: not known.
    pub intents: Vec<(Option<String>, i64)>,
}

impl Metrics {
    /// The newest questions of a period that were not answered, those that say the same together.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn unanswered_clusters(&self, caller: &Caller, asked: Asked) -> Result<Clustered, Refusal> {
        let Admitted { period, tx, .. } = self.admitted_to_questions(caller, asked).await?;
        let (questions, ()) =
            try_join!(metric_lists::unanswered(&tx, period, limits::UNANSWERED_CLUSTERED), tx.commit())?;
        tx.close();
        Ok(Clustered { period, questions: questions.len(), clusters: clusters(questions) })
    }

    /// What each person asked and cost, for who may see people beside figures.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn persons(&self, caller: &Caller, asked: Asked) -> Result<(Period, Vec<PersonCost>), Refusal> {
        // One check, for it takes one token of the caller's rate; both scopes are known with it.
        let (tx, known) = caller::enter_as(&self.database, caller, Scope::UsersRead).await?;
        if !known.scopes.contains(&Scope::DashboardsRead) {
            return Err(Denied::Forbidden(Scope::DashboardsRead).into());
        }
        let Admitted { period, tx, .. } = self.counted(tx, asked, only).await?;
        let (persons, ()) =
            try_join!(metric_lists::persons(&tx, period, limits::DASHBOARD_PERSONS), tx.commit())?;
        tx.close();
        Ok((period, persons))
    }

    /// What a category is made of; `None`: what is not known.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn category(
        &self,
        caller: &Caller,
        asked: Asked,
        category: Option<&str>,
    ) -> Result<OfCategory, Refusal> {
        let Admitted { period, tx, .. } = self.admitted(caller, asked, only).await?;
        let (mut sessions, days, intents, ()) = try_join!(
            metrics::statuses(&tx, period),
            metric_lists::category_days(&tx, period, category),
            metric_lists::category_intents(&tx, period, category, limits::DASHBOARD_INTENTS),
            tx.commit(),
        )?;
        tx.close();
        sessions.retain(|standing| standing.category.as_deref() == category);
        Ok(OfCategory { period, sessions, days, intents })
    }
}

/// Space by space, for vectors of two spaces say nothing of each other; questions without a vector by their very words.
fn clusters(questions: Vec<Unanswered>) -> Vec<Vec<Unanswered>> {
    let (mut spaces, mut words): (BTreeMap<SpaceId, Vec<Unanswered>>, BTreeMap<String, Vec<Unanswered>>) =
        Default::default();
    for question in questions {
        match &question.vector {
            Some((space, _)) => spaces.entry(*space).or_default().push(question),
            None => words.entry(question.question.trim().to_lowercase()).or_default().push(question),
        }
    }
    let mut clusters: Vec<Vec<Unanswered>> = words.into_values().collect();
    for questions in spaces.into_values() {
        let vectors: Vec<Option<&[f32]>> =
            questions.iter().map(|one| one.vector.as_ref().map(|(_, vector)| vector.as_slice())).collect();
        let places = groups(&vectors);
        clusters.extend(
            places.iter().map(|places| places.iter().map(|place| questions[*place].clone()).collect()),
        );
    }
    clusters.sort_by_key(|questions: &Vec<Unanswered>| std::cmp::Reverse(questions.len()));
    clusters
}
