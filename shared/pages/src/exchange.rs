//! One request and its answer over HTTP/1.1, with every part of the answer bounded.

use crate::{Conditional, PRODUCT_TOKEN, Policy, Refused, connect::Network};
use bytes::Bytes;
use domain::limits;
use flate2::read::MultiGzDecoder;
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::{Body as _, Incoming};
use hyper_util::rt::TokioIo;
use std::io::Read as _;
use tokio::task::JoinSet;
use url::{Position, Url};

/// Header fields of an answer at most, by number.
const FIELDS: usize = 100;

/// The beginning of an answer; its body comes when it is read.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    body: Incoming,
    /// Drives the connection; ends with the answer.
    _connection: JoinSet<()>,
}

/// A body, unpacked.
pub struct Content {
    pub bytes: Vec<u8>,
    /// There was more than the limit.
    pub is_cut: bool,
}

/// Asks for a URL that was checked, over a connection of its own.
///
/// # Errors
/// What [`Network::connect`] says; [`Refused::Unreachable`] when the answer is not HTTP.
pub async fn ask(
    network: &Network,
    policy: Policy,
    url: &Url,
    accept: &'static str,
    conditional: &Conditional,
) -> Result<Answer, Refused> {
    send(network, policy, url, request(url, accept, conditional)?).await
}

/// Sends a request to where a URL that was checked points, over a connection of its own.
///
/// # Errors
/// As [`ask`].
pub async fn send<B>(
    network: &Network,
    policy: Policy,
    url: &Url,
    request: Request<B>,
) -> Result<Answer, Refused>
where
    B: hyper::body::Body<Data = Bytes> + Send + 'static,
    B::Error: std::error::Error + Send + Sync,
{
    let unreachable = |_| Refused::Unreachable(url.host_str().unwrap_or_default().to_owned());
    let stream = network.connect(url, policy).await?;
    let mut client = hyper::client::conn::http1::Builder::new();
    // Twice, since it is what is read at once, body and all, that is bounded by it.
    client.max_buf_size(2 * limits::WEB_HEADER_BYTES).max_headers(FIELDS);
    let (mut sender, connection) = client.handshake(TokioIo::new(stream)).await.map_err(unreachable)?;
    let mut driver = JoinSet::new();
    driver.spawn(async move {
        // What goes wrong on the connection shows in the answer.
        let _ = connection.await;
    });
    let (head, body) = sender.send_request(request).await.map_err(unreachable)?.into_parts();
    if is_too_long(&head.headers) {
        return Err(Refused::Unreachable(url.host_str().unwrap_or_default().to_owned()));
    }
    Ok(Answer { status: head.status, headers: head.headers, body, _connection: driver })
}

fn request(
    url: &Url,
    accept: &'static str,
    conditional: &Conditional,
) -> Result<Request<Empty<Bytes>>, Refused> {
    let host = &url[Position::BeforeHost..Position::AfterPort];
    let mut request = Request::get(&url[Position::BeforePath..Position::AfterQuery])
        .header(header::HOST, host)
        .header(header::USER_AGENT, format!("{PRODUCT_TOKEN}/{}", env!("CARGO_PKG_VERSION")))
        .header(header::ACCEPT, accept)
        .header(header::ACCEPT_ENCODING, "gzip")
        .header(header::CONNECTION, "close");
    for (name, value) in
        [(header::IF_NONE_MATCH, &conditional.etag), (header::IF_MODIFIED_SINCE, &conditional.last_modified)]
    {
        // One that cannot be sent makes the request an unconditional one, no worse.
        if let Some(value) = value.as_deref().and_then(|value| HeaderValue::from_str(value).ok()) {
            request = request.header(name, value);
        }
    }
    request.body(Empty::new()).map_err(|_| {
        Refused::Address("The address holds characters that a web server does not take: encode them.".into())
    })
}

/// Names and values together.
fn is_too_long(fields: &HeaderMap) -> bool {
    let bytes: usize = fields.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    bytes > limits::WEB_HEADER_BYTES
}

impl Answer {
    /// A header field's first value, if it is text.
    pub fn field(&self, name: HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
    }

    /// Whether the server announces more bytes than these.
    pub fn announces_more_than(&self, limit: usize) -> bool {
        self.body.size_hint().lower() > limit as u64
    }

    /// Reads and unpacks the body, up to so many bytes.
    ///
    /// # Errors
    /// [`Refused::Encoding`], [`Refused::Unreachable`] when it ends too early.
    pub async fn content(self, url: &Url, limit: usize) -> Result<Content, Refused> {
        let is_packed = match self.field(header::CONTENT_ENCODING).map(str::to_ascii_lowercase).as_deref() {
            None | Some("" | "identity") => false,
            Some("gzip" | "x-gzip") => true,
            Some(_) => return Err(Refused::Encoding),
        };
        let content = self.receive(url, limit).await?;
        if is_packed { unpack(&content.bytes, limit) } else { Ok(content) }
    }

    async fn receive(mut self, url: &Url, limit: usize) -> Result<Content, Refused> {
        let mut bytes = Vec::new();
        while let Some(frame) = self.body.frame().await {
            let frame =
                frame.map_err(|_| Refused::Unreachable(url.host_str().unwrap_or_default().to_owned()))?;
            let Ok(data) = frame.into_data() else { continue };
            let room = limit - bytes.len();
            if data.len() > room {
                bytes.extend_from_slice(&data[..room]);
                return Ok(Content { bytes, is_cut: true });
            }
            bytes.extend_from_slice(&data);
        }
        Ok(Content { bytes, is_cut: false })
    }
}

/// Unpacks gzip up to so many bytes, however many it would become.
///
/// # Errors
/// [`Refused::Encoding`] when it is damaged.
pub fn unpack(packed: &[u8], limit: usize) -> Result<Content, Refused> {
    let mut bytes = Vec::new();
    let mut unpacked = MultiGzDecoder::new(packed).take(limit as u64 + 1);
    unpacked.read_to_end(&mut bytes).map_err(|_| Refused::Encoding)?;
    let is_cut = bytes.len() > limit;
    bytes.truncate(limit);
    Ok(Content { bytes, is_cut })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_fields_have_an_edge_at_their_limit() {
        let of = |bytes: usize| {
            let value = HeaderValue::from_str(&"a".repeat(bytes - 6)).expect("a value");
            HeaderMap::from_iter([(HeaderName::from_static("x-long"), value)])
        };
        assert!(!is_too_long(&of(limits::WEB_HEADER_BYTES)));
        assert!(is_too_long(&of(limits::WEB_HEADER_BYTES + 1)));
    }

    #[test]
    fn unpacking_stops_at_the_limit() {
        use std::io::Write as _;
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&vec![b'a'; 1_000_000]).expect("gzip");
        let mut packed = encoder.finish().expect("gzip");
        assert!(!unpack(&packed, 1_000_000).expect("whole").is_cut);
        // Who reads on finds the damage at the end.
        packed.truncate(packed.len() - 4);
        assert!(unpack(&packed, 1_000_000).is_err());
        let content = unpack(&packed, 1_000).expect("the beginning");
        assert!(content.is_cut && content.bytes == vec![b'a'; 1_000]);
    }
}
