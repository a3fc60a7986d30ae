//! Rules and alerts, as keepers ask for them.

use crate::{
    Alerting, Rule, State, Transition,
    evaluate::{self, News},
};
use domain::{AlertId, AlertRuleId, Caller, Scope, limits};
use jiff::{SignedDuration, Timestamp};
use management::{Refusal, author, check};
use store::{
    TenantTx,
    alert_rules::{self, AlertRule},
    alerts::{self, Alert, Which},
    caller::{admitted, enter},
    demands::{self, Thing},
};

/// What is said of a rule; of a change, what is not named stays.
#[derive(Debug, Default)]
pub struct GivenRule {
    /// For people.
    pub name: Option<String>,
    /// What it says.
    pub rule: Option<Rule>,
    /// Whether it is evaluated.
    pub is_enabled: Option<bool>,
}

/// What a rule would have found.
#[derive(Debug)]
pub struct Preview {
    /// What was measured, in the order of time.
    pub points: Vec<Point>,
    /// What would have changed, and when.
    pub transitions: Vec<(Timestamp, Transition)>,
}

/// One measurement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// When.
    pub at: Timestamp,
    /// What; `None`: nothing was known.
    pub value: Option<f64>,
}

impl Alerting {
    /// Rules, newest first.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn rules(
        &self,
        caller: &Caller,
        before: Option<AlertRuleId>,
        limit: u32,
    ) -> Result<Vec<AlertRule>, Refusal> {
        let tx = enter(&self.database, caller, Scope::AlertsRead).await?;
        evaluate::ensure(&tx).await?;
        let rules = alert_rules::list(&tx, before, limit).await?;
        tx.finish().await?;
        Ok(rules)
    }

    /// One rule.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn rule(&self, caller: &Caller, id: AlertRuleId) -> Result<AlertRule, Refusal> {
        let read = async |tx: &TenantTx| alert_rules::get(tx, id).await;
        let rule = admitted(&self.database, caller, Scope::AlertsRead, read).await?;
        rule.ok_or(Refusal::NotFound("alert rule"))
    }

    /// Makes a rule.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict when there are as many as there may be.
    pub async fn create_rule(&self, caller: &Caller, given: GivenRule) -> Result<AlertRule, Refusal> {
        let tx = enter(&self.database, caller, Scope::AlertsWrite).await?;
        demands::claim(&tx, caller).await?;
        let name = check::text("/name", &given.name.unwrap_or_default(), limits::ALERT_NAME_CHARACTERS)?;
        let rule = given.rule.ok_or_else(|| Refusal::invalid("/rule", "It must be given."))?;
        let rule = checked(&tx, &rule).await?;
        let made = alert_rules::create(&tx, &name, &rule, given.is_enabled.unwrap_or(true)).await?;
        let id = made.ok_or_else(|| {
            let detail = format!("An organization has at most {} rules.", limits::ALERT_RULES);
            Refusal::conflict("too-many-rules", detail)
        })?;
        finish_with(tx, id).await
    }

    /// Changes a rule. Another condition begins anew: its alert is resolved, as that of a rule that is switched off is. `true`: the
    /// caller is to tell of it, for somebody is told.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn change_rule(
        &self,
        caller: &Caller,
        id: AlertRuleId,
        given: GivenRule,
    ) -> Result<(AlertRule, bool), Refusal> {
        let tx = enter(&self.database, caller, Scope::AlertsWrite).await?;
        demands::unchanged(&tx, Thing::AlertRule(id.0)).await?;
        let known = alert_rules::get(&tx, id).await?.ok_or(Refusal::NotFound("alert rule"))?;
        let name = given.name.unwrap_or(known.name);
        let name = check::text("/name", &name, limits::ALERT_NAME_CHARACTERS)?;
        let before = serde_json::from_value::<Rule>(known.rule.clone()).ok();
        let is_another = given.rule.is_some() && given.rule != before;
        let rule = match given.rule {
            Some(rule) => checked(&tx, &rule).await?,
            None => known.rule,
        };
        let is_enabled = given.is_enabled.unwrap_or(known.is_enabled);
        alert_rules::change(&tx, id, &name, &rule, is_enabled).await?;
        let is_told = if is_another || !is_enabled {
            let by = author(&tx, caller).await?;
            end_of(&tx, id, &by).await?
        } else {
            false
        };
        let rule = alert_rules::get(&tx, id).await?.ok_or(Refusal::NotFound("alert rule"))?;
        Ok((rule, finish_told(tx, is_told).await?))
    }

    /// Deletes a rule; its alert is resolved, and its alerts stay. `true`: the caller is to tell of it, for somebody is told.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict when every organization has it.
    pub async fn delete_rule(&self, caller: &Caller, id: AlertRuleId) -> Result<bool, Refusal> {
        let tx = enter(&self.database, caller, Scope::AlertsWrite).await?;
        demands::unchanged(&tx, Thing::AlertRule(id.0)).await?;
        let known = alert_rules::get(&tx, id).await?.ok_or(Refusal::NotFound("alert rule"))?;
        if known.builtin.is_some() {
            let detail =
                "Every organization has this rule; change it, or switch it off with {\"is_enabled\": false}.";
            return Err(Refusal::conflict("built-in-rule", detail));
        }
        let by = author(&tx, caller).await?;
        let is_told = end_of(&tx, id, &by).await?;
        alert_rules::delete(&tx, id).await?;
        finish_told(tx, is_told).await
    }

    /// What a rule would have found in the last days, as many as there may be when nobody says. Nothing is kept. What happens is
    /// looked at no later than its window has passed, as it is when it happens; so a short window is tried on fewer days.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn preview(
        &self,
        caller: &Caller,
        rule: &Rule,
        days: Option<i64>,
        now: Timestamp,
    ) -> Result<Preview, Refusal> {
        let tx = enter(&self.database, caller, Scope::AlertsRead).await?;
        checked(&tx, rule).await?;
        let instants = instants(rule, days, now)?;
        let measured =
            alert_rules::measure(&tx, &instants, rule.window_minutes, rule.filter.chatbot_id).await?;
        tx.finish().await?;
        let mut state = State::default();
        let mut preview = Preview { points: Vec::new(), transitions: Vec::new() };
        for (at, measured) in measured {
            let (value, _) = rule.value(&measured);
            let (next, transition) = state.next(rule, value, at);
            preview.points.push(Point { at, value });
            preview.transitions.extend(transition.map(|transition| (at, transition)));
            state = next;
        }
        Ok(preview)
    }

    /// Alerts, newest first.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn alerts(
        &self,
        caller: &Caller,
        which: &Which<'_>,
        limit: u32,
    ) -> Result<Vec<Alert>, Refusal> {
        let read = async |tx: &TenantTx| alerts::list(tx, which, limit).await;
        Ok(admitted(&self.database, caller, Scope::AlertsRead, read).await?)
    }

    /// Says that somebody deals with an alert. `true`: the caller is to tell of it, for somebody is told.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict when it is over.
    pub async fn acknowledge(&self, caller: &Caller, id: AlertId) -> Result<(Alert, bool), Refusal> {
        let tx = enter(&self.database, caller, Scope::AlertsWrite).await?;
        let by = author(&tx, caller).await?;
        let is_changed = alerts::acknowledge(&tx, id, &by).await?;
        let alert = known(&tx, id).await?;
        if !is_changed && alert.status == "resolved" {
            return Err(Refusal::conflict(
                "alert-resolved",
                "The alert is over; there is nothing to deal with.",
            ));
        }
        if is_changed {
            tell_of(&tx, "alert.acknowledged", &alert, &by).await?;
        }
        Ok((alert, finish_told(tx, is_changed).await?))
    }

    /// Says that an alert is over. When its condition still holds, the rule fires again. Doing it twice changes nothing.
    /// `true`: the caller is to tell of it, for somebody is told.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn resolve(&self, caller: &Caller, id: AlertId) -> Result<(Alert, bool), Refusal> {
        let tx = enter(&self.database, caller, Scope::AlertsWrite).await?;
        let by = author(&tx, caller).await?;
        let is_changed = alerts::resolve(&tx, id, &by).await?;
        let alert = known(&tx, id).await?;
        if is_changed {
            tell_of(&tx, "alert.resolved", &alert, &by).await?;
        }
        Ok((alert, finish_told(tx, is_changed).await?))
    }
}

/// The moments that a rule is tried at, in the order of time.
fn instants(rule: &Rule, days: Option<i64>, now: Timestamp) -> Result<Vec<Timestamp>, Refusal> {
    let window = rule.window_minutes;
    let step = window.clamp(1, limits::ALERT_PREVIEW_STEP_MINUTES);
    // Of a long window a moment differs little from the next, and takes long.
    let step = step.max(window / limits::ALERT_PREVIEW_STEPS_A_WINDOW);
    let a_day = 24 * 60 / step;
    let most = i64::from(limits::ALERT_PREVIEW_POINTS / a_day).min(limits::ALERT_PREVIEW_DAYS);
    let days = days.unwrap_or(most);
    if !(1..=most).contains(&days) {
        let detail = format!(
            "A rule with a window of {window} minutes is looked at every {step} minutes, on 1 to {most} days."
        );
        return Err(Refusal::invalid("/days", detail));
    }
    let step = SignedDuration::from_mins(step.into());
    let points = i64::from(a_day) * days;
    Ok((0..points).rev().filter_map(|back| i32::try_from(back).ok()).map(|back| now - step * back).collect())
}

/// Ends a rule's alert because somebody says so, and tells of it; `false`: it has none.
async fn end_of(tx: &TenantTx, rule: AlertRuleId, by: &str) -> Result<bool, Refusal> {
    let Some(alert) = alerts::resolve_of_rule(tx, rule, Timestamp::now(), Some(by)).await? else {
        return Ok(false);
    };
    tell_of(tx, "alert.resolved", &known(tx, alert).await?, by).await?;
    Ok(true)
}

/// Whoever was told that an alert began is told what somebody says of it.
async fn tell_of(tx: &TenantTx, event: &str, alert: &Alert, by: &str) -> Result<(), Refusal> {
    let news = News {
        alert: alert.id,
        rule_id: alert.rule_id,
        name: &alert.name,
        rule: &alert.rule,
        severity: &alert.severity,
        value: None,
        by: Some(by),
    };
    Ok(evaluate::tell(tx, event, &news).await?)
}

/// Commits; whether the caller is to tell that something waits to be sent.
async fn finish_told(tx: TenantTx, is_told: bool) -> Result<bool, Refusal> {
    if is_told {
        return Ok(tx.finish_activity().await?);
    }
    tx.finish().await?;
    Ok(false)
}

async fn known(tx: &TenantTx, id: AlertId) -> Result<Alert, Refusal> {
    let which = Which { id: Some(id), ..Which::default() };
    alerts::list(tx, &which, 1).await?.pop().ok_or(Refusal::NotFound("alert"))
}

/// A rule as it is kept: it makes sense, and its chatbot is the organization's.
async fn checked(tx: &TenantTx, rule: &Rule) -> Result<serde_json::Value, Refusal> {
    rule.check()?;
    if let Some(chatbot) = rule.filter.chatbot_id
        && store::chatbot_settings::get(tx, chatbot).await?.is_none()
    {
        return Err(Refusal::invalid("/rule/filter/chatbot_id", "There is no such chatbot."));
    }
    serde_json::to_value(rule)
        .map_err(|error| Refusal::Store(store::Error::Unexpected(format!("a rule: {error}"))))
}

async fn finish_with(tx: TenantTx, id: AlertRuleId) -> Result<AlertRule, Refusal> {
    let rule = alert_rules::get(&tx, id).await?;
    tx.finish().await?;
    rule.ok_or(Refusal::NotFound("alert rule"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_tried_as_often_as_its_window_is_long() {
        let mut rule = crate::rule::builtins().remove(0).rule;
        let now = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * 365);
        for (window, step, most) in [(1, 1, 1), (2, 2, 2), (3, 3, 4), (4, 4, 5), (5, 5, 7), (1_440, 5, 7)] {
            rule.window_minutes = window;
            let at = instants(&rule, Some(most), now).expect("at the edge");
            assert!(at.len() <= usize::try_from(limits::ALERT_PREVIEW_POINTS).expect("small"), "{window}");
            assert_eq!(instants(&rule, None, now).expect("as many as there may be"), at);
            assert_eq!(at.last(), Some(&now));
            let step = SignedDuration::from_mins(step);
            assert!(at.windows(2).all(|two| two[1].duration_since(two[0]) == step), "{window}");
            let whole = now.duration_since(at[0]) + step;
            assert_eq!(whole, SignedDuration::from_hours(24 * most), "{window}");
            for days in [0, most + 1] {
                assert!(instants(&rule, Some(days), now).is_err(), "{window}: {days}");
            }
        }
    }

    #[test]
    fn a_long_window_is_looked_at_less_often() {
        let mut rule = crate::rule::builtins().remove(0).rule;
        rule.window_minutes = 10_080;
        let at = instants(&rule, None, Timestamp::UNIX_EPOCH).expect("a week");
        assert_eq!((at.len(), at[1].duration_since(at[0])), (41 * 7, SignedDuration::from_mins(35)));
    }

    #[test]
    fn what_holds_for_some_minutes_is_seen_to() {
        // Above for a quarter of an hour, three days ago.
        let mut rule = crate::rule::builtins().remove(0).rule;
        (rule.for_minutes, rule.clear_for_minutes) = (5, 5);
        let now = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * 365);
        let began = now - SignedDuration::from_hours(72);
        let ended = began + SignedDuration::from_mins(15);
        let mut state = State::default();
        let mut transitions = Vec::new();
        for at in instants(&rule, Some(7), now).expect("a week") {
            let value = if at >= began && at <= ended { 1.0 } else { 0.0 };
            let (next, transition) = state.next(&rule, Some(value), at);
            transitions.extend(transition.map(|transition| (at, transition)));
            state = next;
        }
        let minutes = SignedDuration::from_mins;
        assert_eq!(
            transitions,
            [(began + minutes(5), Transition::Triggered), (ended + minutes(10), Transition::Resolved)]
        );
    }
}
