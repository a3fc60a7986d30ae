//! What happened, and who read or changed what: facts, newest first. Reading the second leaves a fact of its own.

use crate::{Management, Refusal};
use domain::{Caller, Scope};
use store::{
    TenantTx,
    audit::Read,
    caller::Need,
    events::{self, Category, Fact, Which},
};

impl Management {
    /// Facts of every category but audit.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn events(&self, caller: &Caller, which: &Which<'_>, limit: u32) -> Result<Vec<Fact>, Refusal> {
        self.admitted(caller, Scope::EventsRead, async |tx: &TenantTx| events::list(tx, which, limit).await)
            .await
    }

    /// Who read or changed what.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn audit(&self, caller: &Caller, which: Which<'_>, limit: u32) -> Result<Vec<Fact>, Refusal> {
        let which = Which { categories: &[Category::Audit], ..which };
        let need = Need::reading(Scope::AuditRead, Read::Audit);
        self.admitted(caller, need, async |tx: &TenantTx| events::list(tx, &which, limit).await).await
    }
}
