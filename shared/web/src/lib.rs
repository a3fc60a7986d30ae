//! HTTP as all our functions speak it: problem documents, strict requests, credentials, pages. Knows `domain` and
//! nothing of the business.

pub mod bearer;
pub mod once;
pub mod etag;
pub mod paging;
pub mod problem;
pub mod request;
pub mod service;

pub use bearer::{Credential, Presented};
pub use once::{IdempotencyKey, replayed};
pub use paging::Page;
pub use problem::Problem;
pub use request::{Json, JsonOrNothing, PathId, Query, RequestId, Text, one_of, present};
