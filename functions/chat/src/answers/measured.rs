//! A turn's figures: one line a turn for CloudWatch, whichever protocol asked.

use answering::{Answering, Broken, Event, Turn};
use async_stream::stream;
use domain::conversation::Question;
use futures_util::{Stream, StreamExt as _};
use runtime::measures::{Measure, Unit, write};
use std::{
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};

/// Answers a turn and writes down how long it took, what it cost and how it ended. What is dropped before its end has no figures.
pub fn answer(
    answering: &Arc<Answering>,
    turn: Turn,
    question: Question,
    arrived: Instant,
) -> impl Stream<Item = Event> + Send + use<> {
    let organization = turn.organization.to_string();
    let events = Arc::clone(answering).answer(turn, question, arrived);
    stream! {
        let mut events = pin!(events);
        let mut first_token = None;
        while let Some(event) = events.next().await {
            match &event {
                Event::Token(_) => {
                    first_token.get_or_insert_with(|| arrived.elapsed());
                }
                Event::Citation(_) => {}
                Event::Done(_) | Event::Failed(_) => note(&event, &organization, arrived.elapsed(), first_token),
            }
            yield event;
        }
    }
}

fn note(end: &Event, organization: &str, whole: Duration, first_token: Option<Duration>) {
    let mut measures = vec![count("Turns", 1.0), millis("TurnDuration", whole)];
    measures.extend(first_token.map(|after| millis("TimeToFirstToken", after)));
    let outcome = match end {
        Event::Done(answer) => {
            measures.push(count("AbstainedTurns", if answer.abstained { 1.0 } else { 0.0 }));
            measures.push(count("FailedTurns", 0.0));
            measures.push(count("PromptTokens", f64::from(answer.usage.prompt)));
            measures.push(count("CompletionTokens", f64::from(answer.usage.completion)));
            // Money is kept to the last digit with the message; a figure to look at may be rounded.
            let cost = answer.cost.as_deref().and_then(|cost| cost.parse().ok());
            measures.extend(cost.map(|dollars| Measure::new("TurnCost", Unit::None, dollars)));
            if answer.abstained { "abstained" } else { "answered" }
        }
        Event::Failed(broken) => {
            measures.push(count("FailedTurns", 1.0));
            word(*broken)
        }
        Event::Token(_) | Event::Citation(_) => return,
    };
    write(&measures, &[("organization", organization), ("outcome", outcome)]);
}

fn count(name: &'static str, value: f64) -> Measure {
    Measure::new(name, Unit::Count, value)
}

fn millis(name: &'static str, after: Duration) -> Measure {
    Measure::new(name, Unit::Milliseconds, after.as_secs_f64() * 1_000.0)
}

fn word(broken: Broken) -> &'static str {
    match broken {
        Broken::ModelUnavailable => "model-unavailable",
        Broken::ModelRefused => "model-refused",
        Broken::Cancelled => "cancelled",
        Broken::TooSlow => "too-slow",
        Broken::DatabaseUnavailable => "database-unavailable",
        Broken::Internal => "internal",
    }
}
