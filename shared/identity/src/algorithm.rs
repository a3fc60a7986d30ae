//! How an access token may be signed.

/// Signature algorithms of RFC 7518 and RFC 8037 that check with a public key. `none` and the HMAC family are no values
/// of this type: a token cannot ask for them and a configuration cannot allow them (RFC 8725, 3.1 and 3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// RSASSA-PSS with SHA-384.
    Ps384,
    /// RSASSA-PSS with SHA-512.
    Ps512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Algorithm; 9] = [
        Algorithm::Rs256,
        Algorithm::Rs384,
        Algorithm::Rs512,
        Algorithm::Ps256,
        Algorithm::Ps384,
        Algorithm::Ps512,
        Algorithm::Es256,
        Algorithm::Es384,
        Algorithm::EdDsa,
    ];

    /// The name in a token's header (RFC 7518, 3.1).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Algorithm::Rs256 => "RS256",
            Algorithm::Rs384 => "RS384",
            Algorithm::Rs512 => "RS512",
            Algorithm::Ps256 => "PS256",
            Algorithm::Ps384 => "PS384",
            Algorithm::Ps512 => "PS512",
            Algorithm::Es256 => "ES256",
            Algorithm::Es384 => "ES384",
            Algorithm::EdDsa => "EdDSA",
        }
    }

    /// Reads a name; `None` for what is no asymmetric algorithm.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == text)
    }

    /// The one that a token's header names.
    pub(crate) const fn of(named: jsonwebtoken::Algorithm) -> Option<Self> {
        use jsonwebtoken::Algorithm as Named;
        Some(match named {
            Named::RS256 => Algorithm::Rs256,
            Named::RS384 => Algorithm::Rs384,
            Named::RS512 => Algorithm::Rs512,
            Named::PS256 => Algorithm::Ps256,
            Named::PS384 => Algorithm::Ps384,
            Named::PS512 => Algorithm::Ps512,
            Named::ES256 => Algorithm::Es256,
            Named::ES384 => Algorithm::Es384,
            Named::EdDSA => Algorithm::EdDsa,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_algorithm_has_a_name_and_no_other_name_is_one() {
        for algorithm in Algorithm::ALL {
            assert_eq!(Algorithm::parse(algorithm.as_str()), Some(algorithm));
            let named = algorithm.as_str().parse().expect("named alike");
            assert_eq!(Algorithm::of(named), Some(algorithm));
        }
        for wrong in ["none", "None", "", "HS256", "HS384", "HS512", "rs256", "RS256 "] {
            assert_eq!(Algorithm::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Algorithm::of(jsonwebtoken::Algorithm::HS256), None);
    }
}
