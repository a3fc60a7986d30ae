//! What people say of answers and conversations: once each, and changeable.

use crate::{Insight, Refusal, answer, is_theirs, kept, taken_out};
use domain::{
    Caller, MessageFeedbackId, MessageId, Scope, SessionFeedbackId, SessionId,
    feedback::{Rating, Voice},
    limits,
};
use management::check;
use store::{
    TenantTx,
    caller::{Need, enter_as},
    demands,
    events::{self, Category, Event},
    feedback::{self, MessageFeedback, Opinion, SessionFeedback, Worth},
    messages, sessions,
};

/// What is said of an answer.
#[derive(Debug, Default)]
pub struct Thumb {
    /// `positive` or `negative`.
    pub rating: String,
    /// Why; blank: nothing.
    pub reason: Option<String>,
    /// What should have been answered; blank: nothing.
    pub correction: Option<String>,
}

/// What is said of a conversation; what is not said stays.
#[derive(Debug, Default)]
pub struct Score {
    /// 0 to 10.
    pub nps: Option<i64>,
    /// 1 to 5.
    pub rating: Option<i64>,
    /// Blank: nothing.
    pub comments: Option<String>,
}

impl Insight {
    /// Keeps what the caller says of an answer, in the place of what it said of it before.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict when the message is no answer.
    pub async fn judge_message(
        &self,
        caller: &Caller,
        message: MessageId,
        thumb: Thumb,
    ) -> Result<MessageFeedback, Refusal> {
        let (tx, asking) = self.enter_own(caller, Scope::FeedbackWrite).await?;
        demands::claim(&tx, caller).await?;
        let opinion = opinion(&thumb)?;
        let of = answer(&tx, message).await?;
        if !is_theirs(caller, &asking, &of) {
            return Err(Refusal::NotFound("message"));
        }
        let kinds = taken_out(&tx).await?;
        let opinion = Opinion {
            rating: opinion.rating,
            reason: opinion.reason.map(|text| kept(text, &kinds, limits::FEEDBACK_REASON_CHARACTERS)),
            correction: opinion
                .correction
                .map(|text| kept(text, &kinds, limits::ASSISTANT_MESSAGE_CHARACTERS)),
        };
        let place = (message, of.session, of.chatbot);
        let said = feedback::put(&tx, place, Voice::of(caller, asking.id), &opinion).await?;
        let event = Event {
            kind: "message_feedback_given",
            category: Category::UserAction,
            payload: serde_json::json!({ "rating": opinion.rating.as_str(), "corrects": opinion.correction.is_some() }),
            session: Some(of.session.0),
            resource: Some(("message", message.0)),
        };
        events::record(&tx, &[event]).await?;
        self.bell.ring(tx.finish_activity().await?, caller.organization()).await;
        Ok(said)
    }

    /// What is said of an answer, newest first.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn message_feedback(
        &self,
        caller: &Caller,
        message: MessageId,
        before: Option<MessageFeedbackId>,
        limit: u32,
    ) -> Result<Vec<MessageFeedback>, Refusal> {
        let read = async |tx: &TenantTx| {
            futures_util::try_join!(messages::get(tx, message), feedback::list(tx, message, before, limit))
        };
        let (known, said) = self.admitted(caller, Scope::FeedbackRead, read).await?;
        known.map(|_| said).ok_or(Refusal::NotFound("message"))
    }

    /// Keeps what the caller says of a conversation, which shows it from now on, unless it is another person's.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn judge_session(
        &self,
        caller: &Caller,
        session: SessionId,
        score: Score,
    ) -> Result<SessionFeedback, Refusal> {
        let need = Need::inside(session, Scope::FeedbackWrite);
        let (tx, asking) = enter_as(&self.database, caller, need).await?;
        demands::claim(&tx, caller).await?;
        let worth = worth(&score)?;
        let kinds = taken_out(&tx).await?;
        let comments = worth.comments.map(|text| kept(text, &kinds, limits::FEEDBACK_COMMENTS_CHARACTERS));
        let worth = Worth { comments, ..worth };
        let said = feedback::put_session(&tx, session, Voice::of(caller, asking.id), &worth).await?;
        let said = said.ok_or(Refusal::NotFound("session"))?;
        let event = Event {
            kind: "session_feedback_given",
            category: Category::UserAction,
            payload: serde_json::json!({ "nps_score": worth.nps, "rating": worth.rating }),
            session: Some(session.0),
            resource: Some(("session", session.0)),
        };
        events::record(&tx, &[event]).await?;
        self.bell.ring(tx.finish_activity().await?, caller.organization()).await;
        Ok(said)
    }

    /// What is said of a conversation, newest first.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn session_feedback(
        &self,
        caller: &Caller,
        session: SessionId,
        before: Option<SessionFeedbackId>,
        limit: u32,
    ) -> Result<Vec<SessionFeedback>, Refusal> {
        let read = async |tx: &TenantTx| {
            futures_util::try_join!(
                sessions::get(tx, session),
                feedback::list_of_session(tx, session, before, limit)
            )
        };
        let (known, said) = self.admitted(caller, Scope::FeedbackRead, read).await?;
        known.map(|_| said).ok_or(Refusal::NotFound("session"))
    }
}

fn opinion(thumb: &Thumb) -> Result<Opinion, Refusal> {
    let rating = Rating::parse(&thumb.rating)
        .ok_or_else(|| Refusal::invalid("/rating", "It is positive or negative."))?;
    let reason = check::optional("/reason", thumb.reason.as_deref(), limits::FEEDBACK_REASON_CHARACTERS)?;
    let correction =
        check::optional("/correction", thumb.correction.as_deref(), limits::ASSISTANT_MESSAGE_CHARACTERS)?;
    if rating == Rating::Positive && correction.is_some() {
        let detail = "What is right needs no correction: leave it out, or say that the answer is negative.";
        return Err(Refusal::invalid("/correction", detail));
    }
    Ok(Opinion { rating, reason, correction })
}

fn worth(score: &Score) -> Result<Worth, Refusal> {
    let within = |pointer: &str, given: Option<i64>, least: i64, most: i64| {
        given.map(|number| check::within(pointer, number, least, most)).transpose()
    };
    let worth = Worth {
        nps: within("/nps_score", score.nps, 0, limits::NPS_MOST)?,
        rating: within("/rating", score.rating, 1, limits::RATING_MOST)?,
        comments: check::optional(
            "/comments",
            score.comments.as_deref(),
            limits::FEEDBACK_COMMENTS_CHARACTERS,
        )?,
    };
    if worth.nps.is_none() && worth.rating.is_none() && worth.comments.is_none() {
        let detail = "Say at least one of nps_score (0 to 10), rating (1 to 5) and comments.";
        return Err(Refusal::invalid("", detail));
    }
    Ok(worth)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pointer<T: std::fmt::Debug>(result: Result<T, Refusal>) -> String {
        match result {
            Err(Refusal::Invalid { pointer, .. }) => pointer,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn thumbs_have_edges_and_praise_corrects_nothing() {
        let thumb = |rating: &str, reason: &str, correction: &str| Thumb {
            rating: rating.to_owned(),
            reason: Some(reason.to_owned()),
            correction: Some(correction.to_owned()),
        };
        let (reason, correction) = (
            "ก".repeat(limits::FEEDBACK_REASON_CHARACTERS),
            "ก".repeat(limits::ASSISTANT_MESSAGE_CHARACTERS),
        );
        let kept = opinion(&thumb("negative", &reason, &correction)).expect("at the edge");
        assert_eq!((kept.reason, kept.correction), (Some(reason.clone()), Some(correction.clone())));
        assert_eq!(pointer(opinion(&thumb("negative", &(reason + "ก"), ""))), "/reason");
        assert_eq!(pointer(opinion(&thumb("negative", "", &(correction + "ก")))), "/correction");
        assert_eq!(pointer(opinion(&thumb("positive", "", "Rather this."))), "/correction");
        assert_eq!(pointer(opinion(&thumb("good", "", ""))), "/rating");
        let blank = opinion(&thumb("positive", " ", " ")).expect("a thumb alone");
        assert_eq!((blank.reason, blank.correction), (None, None));
    }

    #[test]
    fn scores_have_edges_and_say_something() {
        let score = |nps, rating| Score { nps, rating, comments: None };
        for good in [score(Some(0), Some(1)), score(Some(10), Some(5)), score(Some(0), None)] {
            assert!(worth(&good).is_ok(), "{good:?}");
        }
        assert_eq!(pointer(worth(&score(Some(-1), None))), "/nps_score");
        assert_eq!(pointer(worth(&score(Some(11), None))), "/nps_score");
        assert_eq!(pointer(worth(&score(None, Some(0)))), "/rating");
        assert_eq!(pointer(worth(&score(None, Some(6)))), "/rating");
        assert_eq!(pointer(worth(&Score { comments: Some(" ".to_owned()), ..Score::default() })), "");
        let long = "ก".repeat(limits::FEEDBACK_COMMENTS_CHARACTERS);
        let said = |comments: String| Score { comments: Some(comments), ..Score::default() };
        assert!(worth(&said(long.clone())).is_ok());
        assert_eq!(pointer(worth(&said(long + "ก"))), "/comments");
    }
}
