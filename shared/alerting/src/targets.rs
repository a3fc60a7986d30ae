//! Who is told of alerts, and what was sent to them.

use crate::{Alerting, Severity};
use domain::{Caller, NotificationTargetId, Scope, limits, sealed::Column, topic::Topics};
use management::{Refusal, check};
use serde_json::json;
use store::{
    TenantTx,
    caller::{self, admitted, enter},
    deliveries::{self, Delivery, Settings, Target, Which},
    demands::{self, Thing},
    organizations,
};

/// The kinds of targets: an address that is signed to, a topic of SNS.
pub const TARGET_KINDS: [&str; 2] = [WEBHOOK, SNS];
const WEBHOOK: &str = "webhook";
const SNS: &str = "sns";

/// What is said of a target; of a change, what is not named stays.
#[derive(Debug, Default)]
pub struct GivenTarget {
    /// For people.
    pub name: Option<String>,
    /// One of [`TARGET_KINDS`], of a new one; `None`: a webhook.
    pub kind: Option<String>,
    /// Where to: a URL, or a topic's ARN.
    pub address: Option<String>,
    /// The least severity that it is told of.
    pub severity: Option<Severity>,
    /// Whether anything is sent.
    pub is_enabled: Option<bool>,
}

impl Alerting {
    /// Targets, newest first.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn targets(
        &self,
        caller: &Caller,
        before: Option<NotificationTargetId>,
        limit: u32,
    ) -> Result<Vec<Target>, Refusal> {
        let read = async |tx: &TenantTx| deliveries::targets(tx, None, before, limit).await;
        Ok(admitted(&self.database, caller, Scope::AlertsRead, read).await?)
    }

    /// One target.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn target(&self, caller: &Caller, id: NotificationTargetId) -> Result<Target, Refusal> {
        let read = async |tx: &TenantTx| deliveries::targets(tx, Some(id), None, 1).await;
        let mut found = admitted(&self.database, caller, Scope::AlertsRead, read).await?;
        found.pop().ok_or(Refusal::NotFound("notification target"))
    }

    /// Makes a target. The secret that a webhook's messages are signed with is returned here and nowhere else; who may publish
    /// to a topic, AWS says.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict when there are as many as there may be.
    pub async fn create_target(
        &self,
        caller: &Caller,
        given: GivenTarget,
    ) -> Result<(Target, Option<String>), Refusal> {
        caller::check(&self.database, caller, Scope::AlertsWrite).await?;
        let kind = given.kind.clone().unwrap_or_else(|| WEBHOOK.to_owned());
        if !TARGET_KINDS.contains(&kind.as_str()) {
            return Err(Refusal::invalid("/kind", format!("It is one of {}.", TARGET_KINDS.join(", "))));
        }
        let id = NotificationTargetId::generate();
        let place = Column::NotificationTargetSecret.of(caller.organization(), id.0);
        let secret = if kind == SNS { None } else { Some(self.signer.new_secret(place).await?) };
        let tx = caller::again(&self.database, caller).await?;
        demands::claim(&tx, caller).await?;
        let settings = self.settings(&tx, given, Known::New(&kind)).await?;
        let sealed = secret.as_ref().and_then(|secret| secret.sealed.as_deref());
        if !deliveries::create_target(&tx, id, &kind, &settings, sealed).await? {
            let detail = format!("An organization has at most {} targets.", limits::NOTIFICATION_TARGETS);
            return Err(Refusal::conflict("too-many-targets", detail));
        }
        Ok((finish_with(tx, id).await?, secret.map(|secret| secret.shown)))
    }

    /// Changes a target. While it is switched off nothing is sent to it; what waits is sent afterwards.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn change_target(
        &self,
        caller: &Caller,
        id: NotificationTargetId,
        given: GivenTarget,
    ) -> Result<Target, Refusal> {
        let tx = enter(&self.database, caller, Scope::AlertsWrite).await?;
        demands::unchanged(&tx, Thing::NotificationTarget(id.0)).await?;
        let known = deliveries::targets(&tx, Some(id), None, 1).await?.pop();
        let known = known.ok_or(Refusal::NotFound("notification target"))?;
        if given.kind.as_ref().is_some_and(|kind| *kind != known.kind) {
            return Err(Refusal::invalid("/kind", "A target stays what it is; make another one."));
        }
        let settings = self.settings(&tx, given, Known::Kept(&known)).await?;
        deliveries::change_target(&tx, id, &settings).await?;
        finish_with(tx, id).await
    }

    /// Deletes a target, with what was sent to it.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn delete_target(&self, caller: &Caller, id: NotificationTargetId) -> Result<(), Refusal> {
        let tx = enter(&self.database, caller, Scope::AlertsWrite).await?;
        demands::unchanged(&tx, Thing::NotificationTarget(id.0)).await?;
        if !deliveries::delete_target(&tx, id).await? {
            return Err(Refusal::NotFound("notification target"));
        }
        tx.finish().await?;
        Ok(())
    }

    /// Has something sent to a target, so that its other side can be tried.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict when it is switched off.
    pub async fn test_target(&self, caller: &Caller, id: NotificationTargetId) -> Result<bool, Refusal> {
        let tx = enter(&self.database, caller, Scope::AlertsWrite).await?;
        let known = deliveries::targets(&tx, Some(id), None, 1).await?.pop();
        let known = known.ok_or(Refusal::NotFound("notification target"))?;
        if !known.is_enabled {
            return Err(Refusal::conflict("target-switched-off", "Switch the target on first."));
        }
        let payload = json!({ "target_id": id, "name": known.name });
        deliveries::enqueue(&tx, "test", &payload, "critical", Some(id)).await?;
        Ok(tx.finish_activity().await?)
    }

    /// Deliveries, newest first.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn deliveries(
        &self,
        caller: &Caller,
        which: &Which<'_>,
        limit: u32,
    ) -> Result<Vec<Delivery>, Refusal> {
        let read = async |tx: &TenantTx| deliveries::list(tx, which, limit).await;
        Ok(admitted(&self.database, caller, Scope::AlertsRead, read).await?)
    }
}

/// What a target is so far.
enum Known<'a> {
    /// Nothing but its kind.
    New(&'a str),
    /// Kept.
    Kept(&'a Target),
}

impl Alerting {
    async fn settings(
        &self,
        tx: &TenantTx,
        given: GivenTarget,
        known: Known<'_>,
    ) -> Result<Settings, Refusal> {
        let (kind, name, address, severity, is_enabled) = match known {
            Known::Kept(known) => {
                let Target { kind, name, address, severity, is_enabled, .. } = known;
                (kind.as_str(), name.as_str(), address.as_str(), severity.as_str(), *is_enabled)
            }
            Known::New(kind) => (kind, "", "", "info", true),
        };
        let address = match given.address.as_deref() {
            None if !address.is_empty() => address.to_owned(),
            given if kind == SNS => {
                topic(&self.topics, &organizations::slug(tx).await?, given.unwrap_or_default())?
            }
            given => check::web_address("/address", given.unwrap_or_default())?.into(),
        };
        Ok(Settings {
            name: check::text("/name", given.name.as_deref().unwrap_or(name), limits::ALERT_NAME_CHARACTERS)?,
            address,
            severity: given.severity.map_or(severity, |severity| severity.as_str()).to_owned(),
            is_enabled: given.is_enabled.unwrap_or(is_enabled),
        })
    }
}

/// The organization's own topic, which is all that it may name.
fn topic(topics: &Topics, slug: &str, address: &str) -> Result<String, Refusal> {
    let detail = match topics.of(slug) {
        Some(topic) if topic == address.trim() => return Ok(topic),
        Some(topic) => format!("The organization's topic is {topic}."),
        None => "This deployment publishes to no topics (NotificationTopics); name a webhook.".to_owned(),
    };
    Err(Refusal::invalid("/address", detail))
}

async fn finish_with(tx: TenantTx, id: NotificationTargetId) -> Result<Target, Refusal> {
    let target = deliveries::targets(&tx, Some(id), None, 1).await?.pop();
    tx.finish().await?;
    target.ok_or(Refusal::NotFound("notification target"))
}
