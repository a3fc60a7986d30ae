//! Rules and alerts, as keepers ask for them.

use crate::{Alerting, Rule, State, Transition, evaluate};
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

    /// Changes a rule. Another condition begins anew; a rule that is switched off has its alert resolved.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn change_rule(
        &self,
        caller: &Caller,
        id: AlertRuleId,
        given: GivenRule,
    ) -> Result<AlertRule, Refusal> {
        let tx = enter(&self.database, caller, Scope::AlertsWrite).await?;
        demands::unchanged(&tx, Thing::AlertRule(id.0)).await?;
        let known = alert_rules::get(&tx, id).await?.ok_or(Refusal::NotFound("alert rule"))?;
        let name = given.name.unwrap_or(known.name);
        let name = check::text("/name", &name, limits::ALERT_NAME_CHARACTERS)?;
        let rule = match given.rule {
            Some(rule) => checked(&tx, &rule).await?,
            None => known.rule,
        };
        let is_enabled = given.is_enabled.unwrap_or(known.is_enabled);
        alert_rules::change(&tx, id, &name, &rule, is_enabled).await?;
        if !is_enabled {
            let by = author(&tx, caller).await?;
            alerts::resolve_of_rule(&tx, id, Timestamp::now(), Some(&by)).await?;
        }
        finish_with(tx, id).await
    }

    /// Deletes a rule; its alert is resolved, and its alerts stay.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict when every organization has it.
    pub async fn delete_rule(&self, caller: &Caller, id: AlertRuleId) -> Result<(), Refusal> {
        let tx = enter(&self.database, caller, Scope::AlertsWrite).await?;
        demands::unchanged(&tx, Thing::AlertRule(id.0)).await?;
        let known = alert_rules::get(&tx, id).await?.ok_or(Refusal::NotFound("alert rule"))?;
        if known.builtin.is_some() {
            let detail =
                "Every organization has this rule; change it, or switch it off with {\"is_enabled\": false}.";
            return Err(Refusal::conflict("built-in-rule", detail));
        }
        let by = author(&tx, caller).await?;
        alerts::resolve_of_rule(&tx, id, Timestamp::now(), Some(&by)).await?;
        alert_rules::delete(&tx, id).await?;
        tx.finish().await?;
        Ok(())
    }

    /// What a rule would have found in the last days. Nothing is kept.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn preview(
        &self,
        caller: &Caller,
        rule: &Rule,
        days: i64,
        now: Timestamp,
    ) -> Result<Preview, Refusal> {
        let tx = enter(&self.database, caller, Scope::AlertsRead).await?;
        checked(&tx, rule).await?;
        let days = check::within("/days", days, 1, limits::ALERT_PREVIEW_DAYS)?;
        let whole = SignedDuration::from_hours(24 * i64::from(days));
        let steps = limits::ALERT_PREVIEW_POINTS;
        let instants: Vec<Timestamp> = (1..=steps).map(|step| now - whole + whole * step / steps).collect();
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

    /// Says that somebody deals with an alert.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict when it is over.
    pub async fn acknowledge(&self, caller: &Caller, id: AlertId) -> Result<Alert, Refusal> {
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
        tx.finish().await?;
        Ok(alert)
    }

    /// Says that an alert is over. When its condition still holds, the rule fires again. Doing it twice changes nothing.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn resolve(&self, caller: &Caller, id: AlertId) -> Result<Alert, Refusal> {
        let tx = enter(&self.database, caller, Scope::AlertsWrite).await?;
        let by = author(&tx, caller).await?;
        alerts::resolve(&tx, id, &by).await?;
        let alert = known(&tx, id).await?;
        tx.finish().await?;
        Ok(alert)
    }
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
