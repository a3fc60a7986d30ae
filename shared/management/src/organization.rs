//! The organization itself: its name and its settings.

use crate::{Management, Refusal, check};
use domain::{
    Caller, Risk, Scope, limits,
    metadata::listed,
    organization::{Budgets, PiiPolicy, QoeWeights, RetentionDays, Settings},
};
use privacy::Kind;
use store::{
    demands::{self, Thing},
    organizations::{self, Organization},
};

/// What is to be changed; `None`: as it is. A part that is given takes the whole part's place.
#[derive(Debug, Default)]
pub struct Given {
    /// For people.
    pub name: Option<String>,
    /// By its name in the IANA database.
    pub time_zone: Option<String>,
    /// A language tag.
    pub locale: Option<String>,
    /// 1 to 12.
    pub fiscal_year_start_month: Option<i64>,
    /// Milliseconds.
    pub sla_ms: Option<i64>,
    /// Shares that add up to one.
    pub qoe_weights: Option<QoeWeights>,
    /// What personal data is not kept.
    pub pii_policy: Option<PiiPolicy>,
    /// What may be spent in a day.
    pub budgets: Option<Budgets>,
    /// How long things are kept.
    pub retention_days: Option<RetentionDays>,
    /// 0..1.
    pub transcript_sample_rate: Option<f64>,
    /// Hours for which a session's token is good.
    pub session_expiry_hours: Option<i64>,
    /// Answers in a row, 0..100.
    pub escalate_after_abstentions: Option<u32>,
    /// The model that reads messages a second time; blank, or an inner `None`: none.
    pub understanding_model: Option<Option<String>>,
    /// Whether who asks for people gets them.
    pub escalate_on_wish: Option<bool>,
    /// Words of risks.
    pub escalate_on_risk: Option<Vec<String>>,
    /// -1..0; an inner `None`: never.
    pub escalate_on_sentiment: Option<Option<f64>>,
}

impl Management {
    /// The caller's organization.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn organization(&self, caller: &Caller) -> Result<Organization, Refusal> {
        self.admitted(caller, Scope::OrganizationRead, async |tx| organizations::get(tx).await).await
    }

    /// Changes the caller's organization.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn change_organization(&self, caller: &Caller, given: Given) -> Result<Organization, Refusal> {
        let tx = self.enter(caller, Scope::OrganizationWrite).await?;
        organizations::lock(&tx).await?;
        demands::unchanged(&tx, Thing::Organization(caller.organization().0)).await?;
        let known = organizations::get(&tx).await?;
        let name = match &given.name {
            Some(name) => check::text("/name", name, limits::ORGANIZATION_NAME_CHARACTERS)?,
            None => known.name,
        };
        if let Some(zone) = &given.time_zone
            && (zone.contains('\0') || !organizations::knows_time_zone(&tx, zone).await?)
        {
            let detail = "It is no time zone; they are called like Europe/Berlin, Asia/Bangkok or UTC.";
            return Err(Refusal::invalid("/time_zone", detail));
        }
        let settings = settings(given, known.settings)?;
        organizations::change(&tx, &name, &settings).await?;
        let changed = organizations::get(&tx).await?;
        tx.finish().await?;
        Ok(changed)
    }
}

fn settings(given: Given, known: Settings) -> Result<Settings, Refusal> {
    let whole = |pointer: &str, given: Option<i64>, known: u32, least: i64, most: i64| match given {
        Some(number) => check::within(pointer, number, least, most).map(i32::unsigned_abs),
        None => Ok(known),
    };
    let month = u32::from(known.fiscal_year_start_month);
    let month = whole("/fiscal_year_start_month", given.fiscal_year_start_month, month, 1, 12)?;
    Ok(Settings {
        time_zone: given.time_zone.unwrap_or(known.time_zone),
        locale: match &given.locale {
            Some(locale) => language_tag(locale)?,
            None => known.locale,
        },
        fiscal_year_start_month: u8::try_from(month).unwrap_or(1),
        sla_ms: whole("/sla_ms", given.sla_ms, known.sla_ms, 1, limits::SLA_MS)?,
        qoe_weights: given.qoe_weights.map_or(Ok(known.qoe_weights), weights)?,
        pii_policy: given.pii_policy.map_or(Ok(known.pii_policy), policy)?,
        budgets: given.budgets.map_or(Ok(known.budgets), |budgets| checked_budgets("/budgets", budgets))?,
        retention_days: given.retention_days.map_or(Ok(known.retention_days), retention)?,
        transcript_sample_rate: match given.transcript_sample_rate {
            Some(share) if !(0.0..=1.0).contains(&share) => {
                return Err(Refusal::invalid("/transcript_sample_rate", "It is a share from 0 to 1."));
            }
            share => share.unwrap_or(known.transcript_sample_rate),
        },
        session_expiry_hours: whole(
            "/session_expiry_hours",
            given.session_expiry_hours,
            known.session_expiry_hours,
            1,
            limits::SESSION_TOKEN_HOURS_MOST,
        )?,
        escalate_after_abstentions: match given.escalate_after_abstentions {
            Some(count) if count > limits::ESCALATE_AFTER_ABSTENTIONS_MOST => {
                let detail = format!("It is 0 to {}, not {count}.", limits::ESCALATE_AFTER_ABSTENTIONS_MOST);
                return Err(Refusal::invalid("/escalate_after_abstentions", detail));
            }
            count => count.unwrap_or(known.escalate_after_abstentions),
        },
        understanding_model: match given.understanding_model {
            Some(model) => {
                check::optional("/understanding_model", model.as_deref(), limits::MODEL_ID_CHARACTERS)?
            }
            None => known.understanding_model,
        },
        escalate_on_wish: given.escalate_on_wish.unwrap_or(known.escalate_on_wish),
        escalate_on_risk: given.escalate_on_risk.map_or(Ok(known.escalate_on_risk), risks)?,
        escalate_on_sentiment: match given.escalate_on_sentiment {
            Some(Some(mood)) if !(-1.0..=0.0).contains(&mood) => {
                return Err(Refusal::invalid(
                    "/escalate_on_sentiment",
                    "It is a mood from -1 to 0; null: never.",
                ));
            }
            mood => mood.unwrap_or(known.escalate_on_sentiment),
        },
    })
}

/// Risks by their words, in their order, each once.
fn risks(given: Vec<String>) -> Result<Vec<String>, Refusal> {
    let known = Risk::ALL.map(Risk::as_str);
    if let Some(wrong) = given.iter().find(|risk| !known.contains(&risk.as_str())) {
        let wrong = domain::document::clip(wrong, limits::METADATA_VALUE_CHARACTERS);
        let detail = format!("Risks are {}, not \"{wrong}\".", listed(known.into_iter()));
        return Err(Refusal::invalid("/escalate_on_risk", detail));
    }
    Ok(known
        .into_iter()
        .filter(|risk| given.iter().any(|given| given == risk))
        .map(ToOwned::to_owned)
        .collect())
}

/// BCP 47's shape: letters and digits in groups of at most eight.
fn language_tag(given: &str) -> Result<String, Refusal> {
    let group =
        |group: &str| (1..=8).contains(&group.len()) && group.bytes().all(|b| b.is_ascii_alphanumeric());
    if given.len() <= 35 && given.split('-').all(group) {
        return Ok(given.to_owned());
    }
    Err(Refusal::invalid("/locale", "It is a language tag, such as en, de-CH or th."))
}

fn weights(given: QoeWeights) -> Result<QoeWeights, Refusal> {
    let is_share = |share: f64| (0.0..=1.0).contains(&share);
    if is_share(given.technical)
        && is_share(given.interaction)
        && (given.technical + given.interaction - 1.0).abs() < 1e-6
    {
        return Ok(given);
    }
    Err(Refusal::invalid("/qoe_weights", "Both are shares from 0 to 1 and add up to 1."))
}

fn policy(given: PiiPolicy) -> Result<PiiPolicy, Refusal> {
    let known = Kind::ALL.map(Kind::as_str);
    if let Some(wrong) = given.messages.iter().find(|kind| !known.contains(&kind.as_str())) {
        let wrong = domain::document::clip(wrong, limits::METADATA_VALUE_CHARACTERS);
        let detail = format!("Kinds of personal data are {}, not \"{wrong}\".", listed(known.into_iter()));
        return Err(Refusal::invalid("/pii_policy/messages", detail));
    }
    let messages = known.into_iter().filter(|kind| given.messages.iter().any(|given| given == kind));
    let names_model = given.names_model.as_deref();
    let names_model = check::optional("/pii_policy/names_model", names_model, limits::MODEL_ID_CHARACTERS)?;
    Ok(PiiPolicy { messages: messages.map(ToOwned::to_owned).collect(), names_model })
}

/// Limits above nothing; money with at most six decimals, as the database keeps it.
pub(crate) fn checked_budgets(at: &str, given: Budgets) -> Result<Budgets, Refusal> {
    if given.daily_tokens.is_some_and(|tokens| !(1..=limits::BUDGET_TOKENS).contains(&tokens)) {
        let detail = format!("It is 1 to {}; null is no limit.", limits::BUDGET_TOKENS);
        return Err(Refusal::invalid(format!("{at}/daily_tokens"), detail));
    }
    if given.daily_cost.as_deref().is_some_and(|cost| !is_money(cost)) {
        let detail = "It is US dollars as decimal text above 0, such as \"12.50\", with at most six digits before and after the point; null is no limit.";
        return Err(Refusal::invalid(format!("{at}/daily_cost"), detail));
    }
    Ok(given)
}

fn is_money(text: &str) -> bool {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| (1..=6).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    digits(whole) && digits(part) && text.bytes().any(|b| (b'1'..=b'9').contains(&b))
}

fn retention(given: RetentionDays) -> Result<RetentionDays, Refusal> {
    let all = [
        ("messages", given.messages),
        ("events", given.events),
        ("retrieval_logs", given.retrieval_logs),
        ("originals", given.originals),
        ("extracted_text", given.extracted_text),
        ("embeddings", given.embeddings),
    ];
    for (name, days) in all {
        if days.is_some_and(|days| !(1..=limits::RETENTION_DAYS).contains(&days)) {
            let detail = format!("It is 1 to {} days; null keeps them.", limits::RETENTION_DAYS);
            return Err(Refusal::invalid(format!("/retention_days/{name}"), detail));
        }
    }
    Ok(given)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_decimal_text_above_nothing() {
        for good in ["1", "0.000001", "12.50", "999999.999999"] {
            assert!(is_money(good), "{good}");
        }
        for wrong in ["", "0", "0.0", ".5", "5.", "-1", "1e3", "1,5", "1000000", "0.0000001", " 1"] {
            assert!(!is_money(wrong), "{wrong}");
        }
    }

    #[test]
    fn parts_keep_to_their_bounds() {
        let refused = |given: Given| settings(given, Settings::default()).is_err();
        assert!(refused(Given { sla_ms: Some(0), ..Given::default() }));
        assert!(refused(Given { fiscal_year_start_month: Some(13), ..Given::default() }));
        assert!(refused(Given { locale: Some("german, please".into()), ..Given::default() }));
        assert!(refused(Given { transcript_sample_rate: Some(1.1), ..Given::default() }));
        let hours = |hours| Given { session_expiry_hours: Some(hours), ..Given::default() };
        assert!(refused(hours(0)) && refused(hours(limits::SESSION_TOKEN_HOURS_MOST + 1)));
        assert!(!refused(hours(1)) && !refused(hours(limits::SESSION_TOKEN_HOURS_MOST)));
        let most = limits::ESCALATE_AFTER_ABSTENTIONS_MOST;
        assert!(!refused(Given { escalate_after_abstentions: Some(most), ..Given::default() }));
        assert!(refused(Given { escalate_after_abstentions: Some(most + 1), ..Given::default() }));
        let model = |characters: usize| Given {
            understanding_model: Some(Some("a".repeat(characters))),
            ..Given::default()
        };
        assert!(
            !refused(model(limits::MODEL_ID_CHARACTERS)) && refused(model(limits::MODEL_ID_CHARACTERS + 1))
        );
        let mood = |mood| Given { escalate_on_sentiment: Some(Some(mood)), ..Given::default() };
        assert!(!refused(mood(-1.0)) && !refused(mood(0.0)) && refused(mood(-1.01)) && refused(mood(0.01)));
        let named = |risk: &str| Given { escalate_on_risk: Some(vec![risk.into()]), ..Given::default() };
        assert!(refused(named("weather")) && !refused(named("tax")));
        let weights = QoeWeights { technical: 0.7, interaction: 0.7 };
        assert!(refused(Given { qoe_weights: Some(weights), ..Given::default() }));
        let policy = PiiPolicy { messages: vec!["name".into()], names_model: None };
        assert!(refused(Given { pii_policy: Some(policy), ..Given::default() }));
        for days in [0, limits::RETENTION_DAYS + 1] {
            let none = RetentionDays::default();
            for days in [
                RetentionDays { messages: Some(days), ..none },
                RetentionDays { events: Some(days), ..none },
                RetentionDays { retrieval_logs: Some(days), ..none },
                RetentionDays { originals: Some(days), ..none },
                RetentionDays { extracted_text: Some(days), ..none },
                RetentionDays { embeddings: Some(days), ..none },
            ] {
                assert!(refused(Given { retention_days: Some(days), ..Given::default() }), "{days:?}");
            }
        }
        let named = |characters: usize| Given {
            pii_policy: Some(PiiPolicy { names_model: Some("a".repeat(characters)), ..PiiPolicy::default() }),
            ..Given::default()
        };
        assert!(
            !refused(named(limits::MODEL_ID_CHARACTERS)) && refused(named(limits::MODEL_ID_CHARACTERS + 1))
        );
        let policy =
            PiiPolicy { names_model: None, messages: vec!["phone".into(), "email".into(), "phone".into()] };
        let given = Given { pii_policy: Some(policy), locale: Some("de-CH".into()), ..Given::default() };
        let changed = settings(given, Settings::default()).expect("settings");
        assert_eq!(
            (changed.pii_policy.messages, changed.locale.as_str()),
            (vec!["email".into(), "phone".into()], "de-CH")
        );
    }
}
