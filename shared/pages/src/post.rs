//! Sending something to an address that somebody gave: with the same care as a visit, and without its courtesies. No redirect is
//! followed, nothing of the answer is read but its status.

use crate::{Fetcher, PRODUCT_TOKEN, Refused, exchange, location};
use bytes::Bytes;
use domain::limits;
use http::{Request, header};
use http_body_util::Full;
use std::time::Duration;
use tokio::time::timeout;
use url::Position;

impl Fetcher {
    /// Posts JSON, once; the status of the answer.
    ///
    /// # Errors
    /// [`Refused`], with a sentence for a person.
    pub async fn post(
        &self,
        url: &str,
        headers: &[(&'static str, String)],
        body: String,
    ) -> Result<u16, Refused> {
        let url = location::read(url, self.policy)?;
        let mut request = Request::post(&url[Position::BeforePath..Position::AfterQuery])
            .header(header::HOST, &url[Position::BeforeHost..Position::AfterPort])
            .header(header::USER_AGENT, format!("{PRODUCT_TOKEN}/{}", env!("CARGO_PKG_VERSION")))
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::CONTENT_LENGTH, body.len())
            .header(header::CONNECTION, "close");
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let request = request.body(Full::new(Bytes::from(body))).map_err(|_| {
            Refused::Address(
                "The address holds characters that a web server does not take: encode them.".into(),
            )
        })?;
        let patience = Duration::from_secs(limits::WEB_POST_SECONDS);
        let answer = timeout(patience, exchange::send(&self.network, self.policy, &url, request)).await;
        Ok(answer.unwrap_or(Err(Refused::TooSlow))?.status.as_u16())
    }
}
