//! Addresses of web pages as texts: what may be visited at all, before anything is resolved.

use crate::{Policy, Refused};
use domain::limits;
use url::Url;

/// The ports that are visited.
const PORTS: [u16; 2] = [80, 443];

/// Reads an address of a page, without its fragment. IP addresses in odd spellings (decimal, octal, hexadecimal)
/// come out as what they are, for [`crate::address`] to judge.
///
/// # Errors
/// [`Refused::Address`].
pub fn read(text: &str, policy: Policy) -> Result<Url, Refused> {
    if text.len() > limits::WEB_URL_BYTES {
        return Err(too_long());
    }
    let url = Url::parse(text).map_err(|_| no_address())?;
    check(url, policy)
}

/// An address that a page or a sitemap names, read beside its own.
///
/// # Errors
/// [`Refused::Address`].
pub fn join(base: &Url, text: &str, policy: Policy) -> Result<Url, Refused> {
    if text.len() > limits::WEB_URL_BYTES {
        return Err(too_long());
    }
    check(base.join(text).map_err(|_| no_address())?, policy)
}

fn check(mut url: Url, policy: Policy) -> Result<Url, Refused> {
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return Err(no_address());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Refused::Address("The address holds a user name or a password: leave it out.".into()));
    }
    let port = url.port_or_known_default().unwrap_or_default();
    // A server of one's own listens where it can.
    if !policy.allow_private && !PORTS.contains(&port) {
        return Err(Refused::Address(format!(
            "The address names port {port}; only 80 and 443 are visited: publish the page there."
        )));
    }
    url.set_fragment(None);
    // Percent-encoding makes it longer than it was written.
    if url.as_str().len() > limits::WEB_URL_BYTES {
        return Err(too_long());
    }
    Ok(url)
}

fn no_address() -> Refused {
    Refused::Address(
        "This is no address of a web page: it must begin with https:// or http:// and name a host.".into(),
    )
}

fn too_long() -> Refused {
    Refused::Address(format!(
        "The address is longer than {} bytes: give a shorter one.",
        limits::WEB_URL_BYTES
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address;
    use std::net::IpAddr;
    use url::Host;

    #[test]
    fn an_ip_address_in_any_spelling_is_seen_as_what_it_is() {
        for (text, expected) in [
            ("http://127.0.0.1/", "127.0.0.1"),
            ("http://127.1/", "127.0.0.1"),
            ("http://2130706433/", "127.0.0.1"),
            ("http://0x7f000001/", "127.0.0.1"),
            ("http://0x7f.0.0.0x1/", "127.0.0.1"),
            ("http://0177.0.0.01/", "127.0.0.1"),
            ("http://127.0.0.1./", "127.0.0.1"),
            ("http://%31%32%37.0.0.1/", "127.0.0.1"),
            ("http://①②⑦.⓪.⓪.①/", "127.0.0.1"),
            ("http://127。0。0。1/", "127.0.0.1"),
            ("http:\\\\127.0.0.1\\", "127.0.0.1"),
            ("http:/127.0.0.1", "127.0.0.1"),
            ("http://0/", "0.0.0.0"),
            ("http://169.254.169.254/latest/meta-data/", "169.254.169.254"),
            ("http://0xa9fea9fe/", "169.254.169.254"),
            ("http://2852039166/", "169.254.169.254"),
            ("http://[::1]/", "::1"),
            ("http://[::ffff:127.0.0.1]/", "::ffff:127.0.0.1"),
            ("http://[::ffff:7f00:1]/", "::ffff:127.0.0.1"),
            ("http://[0:0:0:0:0:0:0:1]/", "::1"),
            ("http://[64:ff9b::169.254.169.254]/", "64:ff9b::a9fe:a9fe"),
            ("http://[fd00:ec2::254]/latest/", "fd00:ec2::254"),
        ] {
            let url = read(text, Policy::default()).expect(text);
            let address = match url.host() {
                Some(Host::Ipv4(address)) => IpAddr::V4(address),
                Some(Host::Ipv6(address)) => IpAddr::V6(address),
                host => panic!("{text}: {host:?}"),
            };
            assert_eq!(address, expected.parse::<IpAddr>().expect("an address"), "{text}");
            assert!(!address::is_public(address), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_of_a_web_page_is_refused() {
        for text in [
            "",
            "example.com",
            "/docs",
            "ftp://example.com/",
            "file:///etc/passwd",
            "gopher://example.com/",
            "data:text/html,x",
            "javascript:alert(1)",
            "http://",
            "http:///",
            "https://user@example.com/",
            "https://user:word@example.com/",
            "https://:word@example.com/",
            "http://example.com@127.0.0.1/",
            "http://example.com:22/",
            "https://example.com:6379/",
            "http://example.com:8080/",
            "http://example.com:0/",
            "http://example.com:99999/",
            "http://256.1.1.1/",
            "http://1.2.3.4.5/",
            "http://exa mple.com/",
            "http://[::1/",
            "http://[fe80::1%25eth0]/",
            "http://xn--/",
            "s3://bucket/key",
        ] {
            assert!(matches!(read(text, Policy::default()), Err(Refused::Address(_))), "{text}");
        }
    }

    #[test]
    fn what_is_one_is_put_into_its_plain_form() {
        for (text, expected) in [
            ("HTTPS://EXAMPLE.com/A#part", "https://example.com/A"),
            ("https://example.com:443", "https://example.com/"),
            ("http://example.com:443/", "http://example.com:443/"),
            (" https://example.com/a/../b/%2e/c ", "https://example.com/b/c"),
            ("https://bücher.example/ü?q=ü", "https://xn--bcher-kva.example/%C3%BC?q=%C3%BC"),
            ("https://exa\tmple.com/\n", "https://example.com/"),
        ] {
            assert_eq!(read(text, Policy::default()).expect(text).as_str(), expected);
        }
    }

    #[test]
    fn an_address_has_an_edge_at_its_limit() {
        let of = |bytes: usize| format!("https://example.com/{}", "a".repeat(bytes - 20));
        assert!(read(&of(limits::WEB_URL_BYTES), Policy::default()).is_ok());
        assert!(read(&of(limits::WEB_URL_BYTES + 1), Policy::default()).is_err());
        assert!(read(&format!("https://example.com/{}", "ü".repeat(600)), Policy::default()).is_err());
    }

    #[test]
    fn a_server_of_ones_own_may_have_any_port() {
        assert!(read("http://127.0.0.1:49152/", Policy { allow_private: true }).is_ok());
    }
}
