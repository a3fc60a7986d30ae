//! Who calls, and what they may do: the check that every use case begins with.

use crate::{
    Database, Error, TenantTx,
    api_keys::{self, Exceeded, KnownKey},
};
use domain::{ApiKey, Scope};
use futures_util::try_join;

/// Why a caller is not let in.
#[derive(Debug, thiserror::Error)]
pub enum Denied {
    /// No such key, a wrong secret, revoked or expired: all the same to the caller.
    #[error("the API key is not valid")]
    Unauthorized,
    /// The key lacks this scope.
    #[error("the API key has not the scope {}", .0.as_str())]
    Forbidden(Scope),
    /// More calls than the key may make.
    #[error("the API key makes more than {} calls a minute", .0.per_minute)]
    TooManyCalls(Exceeded),
    /// The database refuses or is not reachable.
    #[error(transparent)]
    Store(#[from] Error),
}

/// Reads for a caller in one flush: the key's check, what `read` asks for, and the commit travel together. So `read`
/// sends all its statements when it is first polled, and waits for nothing in between. Nothing of what it read leaves
/// before the key is known to be good.
///
/// # Errors
/// [`Denied`].
pub async fn admitted<T>(
    database: &Database,
    key: &ApiKey,
    scope: Scope,
    read: impl AsyncFnOnce(&TenantTx) -> crate::Result<T>,
) -> Result<T, Denied> {
    let tx = database.tenant(key.organization).await?;
    let (known, found, ()) = try_join!(api_keys::look_up(&tx, key), read(&tx), tx.commit_what_may_be_lost())?;
    tx.close();
    admit(known.as_ref(), key, scope)?;
    Ok(found)
}

/// Opens a transaction for a caller who goes on only after the check: to write, or to read one thing after another. The check
/// is a transaction of its own: a call that comes to nothing is a call all the same.
///
/// # Errors
/// [`Denied`].
pub async fn enter(database: &Database, key: &ApiKey, scope: Scope) -> Result<TenantTx, Denied> {
    let tx = database.tenant(key.organization).await?;
    let (known, ()) = try_join!(api_keys::look_up(&tx, key), tx.commit_what_may_be_lost())?;
    tx.close();
    admit(known.as_ref(), key, scope)?;
    Ok(database.tenant(key.organization).await?)
}

/// Lets a caller in, or not.
///
/// # Errors
/// [`Denied::Unauthorized`], [`Denied::TooManyCalls`], [`Denied::Forbidden`].
pub fn admit(known: Option<&KnownKey>, key: &ApiKey, scope: Scope) -> Result<(), Denied> {
    if recognise(known, key)?.allows(scope) { Ok(()) } else { Err(Denied::Forbidden(scope)) }
}

/// Whether a caller is who the key says and may call at present, whatever for.
///
/// # Errors
/// [`Denied::Unauthorized`], [`Denied::TooManyCalls`].
pub fn recognise<'a>(known: Option<&'a KnownKey>, key: &ApiKey) -> Result<&'a KnownKey, Denied> {
    match known {
        Some(known) if known.admits(key) => match known.exceeded {
            Some(exceeded) => Err(Denied::TooManyCalls(exceeded)),
            None => Ok(known),
        },
        _ => Err(Denied::Unauthorized),
    }
}
