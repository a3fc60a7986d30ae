//! Addresses of people, opened for those who may read them; that they did is kept.

use crate::{Management, Refusal};
use domain::{Caller, sealed::Column};
use serde_json::json;
use store::{
    audit,
    caller::Admitted,
    events::{Category, Event},
};
use uuid::Uuid;

/// The kind of event that says who read which addresses.
pub const ADDRESSES_READ: &str = "addresses_read";

/// A row with the address that belongs to it.
#[derive(Debug, Clone)]
pub struct Addressed<T> {
    /// The row.
    pub row: T,
    /// `None`: only its hash is kept, or the key does not answer at present.
    pub email: Option<String>,
}

impl Management {
    /// Opens the addresses of rows for a caller who was let in. None of them leaves before the event is kept.
    pub(crate) async fn addressed<T>(
        &self,
        caller: &Caller,
        asking: &Admitted,
        column: Column,
        rows: Vec<T>,
        place: impl Fn(&T) -> (Uuid, Option<&[u8]>),
    ) -> Result<Vec<Addressed<T>>, Refusal> {
        let places: Vec<(Uuid, Option<&[u8]>)> = rows.iter().map(&place).collect();
        let emails = self.vault.open_each(caller.organization(), column, &places).await;
        let read: Vec<Uuid> =
            places.iter().zip(&emails).filter_map(|((row, _), email)| email.as_ref().map(|_| *row)).collect();
        if !read.is_empty() {
            let event = Event {
                kind: ADDRESSES_READ,
                category: Category::Audit,
                payload: json!({ "column": column.as_str(), "rows": read }),
                session: None,
                resource: None,
            };
            let tx = self.again(caller).await?;
            audit::record(&tx, asking, &event).await?;
            tx.finish().await?;
        }
        Ok(rows.into_iter().zip(emails).map(|(row, email)| Addressed { row, email }).collect())
    }
}
