//! Who calls, and what they may do.

use crate::Answering;
use domain::{ApiKey, Scope};
use futures_util::try_join;
use store::{
    TenantTx,
    api_keys::{self, KnownKey},
};

/// Why a call is not served. What exists in another organization does not exist here.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// No such key, a wrong secret, revoked or expired: all the same to the caller.
    #[error("the API key is not valid")]
    Unauthorized,
    /// The key lacks this scope.
    #[error("the API key has not the scope {}", .0.as_str())]
    Forbidden(Scope),
    /// Nothing of the caller's has this id.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The session ended; its status says how.
    #[error("the session is {0}")]
    SessionClosed(String),
    /// The database refuses or is not reachable.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl Answering {
    /// Reads for a caller in one flush: the key's check, what `read` asks for, and the commit travel together.
    /// So `read` sends all its statements when it is first polled, and waits for nothing in between. Nothing of
    /// what it read leaves before the key is known to be good.
    ///
    /// # Errors
    /// [`Refusal`].
    pub(crate) async fn admitted<T>(
        &self,
        key: &ApiKey,
        scope: Scope,
        read: impl AsyncFnOnce(&TenantTx) -> store::Result<T>,
    ) -> Result<T, Refusal> {
        let tx = self.database.tenant(key.organization).await?;
        let (known, found, ()) = try_join!(api_keys::look_up(&tx, key), read(&tx), tx.commit())?;
        tx.close();
        admit(known.as_ref(), key, scope)?;
        Ok(found)
    }
}

/// Lets a caller in, or not.
///
/// # Errors
/// [`Refusal::Unauthorized`], [`Refusal::Forbidden`].
pub fn admit(known: Option<&KnownKey>, key: &ApiKey, scope: Scope) -> Result<(), Refusal> {
    match known {
        Some(known) if known.admits(key) => {
            if known.allows(scope) {
                Ok(())
            } else {
                Err(Refusal::Forbidden(scope))
            }
        }
        _ => Err(Refusal::Unauthorized),
    }
}
