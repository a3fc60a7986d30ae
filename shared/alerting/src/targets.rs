//! Who is told of alerts, and what was sent to them.

use crate::{Alerting, Severity};
use domain::{Caller, NotificationTargetId, Scope, limits};
use management::{Refusal, check};
use serde_json::json;
use store::{
    TenantTx,
    caller::{admitted, enter},
    deliveries::{self, Delivery, Settings, Target, Which},
};

/// What is said of a target; of a change, what is not named stays.
#[derive(Debug, Default)]
pub struct GivenTarget {
    /// For people.
    pub name: Option<String>,
    /// Where to.
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

    /// Makes a target. The secret that its messages are signed with is returned here and
    /// nowhere else.
    ///
    /// # Errors
    /// [`Refusal`]; a conflict when there are as many as there may be.
    pub async fn create_target(
        &self,
        caller: &Caller,
        given: GivenTarget,
    ) -> Result<(Target, String), Refusal> {
        let tx = enter(&self.database, caller, Scope::AlertsWrite).await?;
        let settings = settings(given, None)?;
        let made = deliveries::create_target(&tx, "webhook", &settings).await?;
        let id = made.ok_or_else(|| {
            let detail = format!("An organization has at most {} targets.", limits::NOTIFICATION_TARGETS);
            Refusal::conflict("too-many-targets", detail)
        })?;
        let target = finish_with(tx, id).await?;
        let secret = deliver::secret(&self.key, target.id, target.signing_number);
        Ok((target, secret))
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
        let known = deliveries::targets(&tx, Some(id), None, 1).await?.pop();
        let settings = settings(given, Some(known.ok_or(Refusal::NotFound("notification target"))?))?;
        deliveries::change_target(&tx, id, &settings).await?;
        finish_with(tx, id).await
    }

    /// Deletes a target, with what was sent to it.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn delete_target(&self, caller: &Caller, id: NotificationTargetId) -> Result<(), Refusal> {
        let tx = enter(&self.database, caller, Scope::AlertsWrite).await?;
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

fn settings(given: GivenTarget, known: Option<Target>) -> Result<Settings, Refusal> {
    let (name, address, severity, is_enabled) = match known {
        Some(known) => (known.name, known.address, known.severity, known.is_enabled),
        None => (String::new(), String::new(), "info".to_owned(), true),
    };
    let address = check::web_address("/address", &given.address.unwrap_or(address))?;
    Ok(Settings {
        name: check::text("/name", &given.name.unwrap_or(name), limits::ALERT_NAME_CHARACTERS)?,
        address: address.into(),
        severity: given.severity.map_or(severity, |severity| severity.as_str().to_owned()),
        is_enabled: given.is_enabled.unwrap_or(is_enabled),
    })
}

async fn finish_with(tx: TenantTx, id: NotificationTargetId) -> Result<Target, Refusal> {
    let target = deliveries::targets(&tx, Some(id), None, 1).await?.pop();
    tx.finish().await?;
    target.ok_or(Refusal::NotFound("notification target"))
}
