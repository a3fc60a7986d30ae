//! An issuer's public keys (JWK set, RFC 7517) and the check of a signature by one of them.

use crate::Algorithm;
use anyhow::Context as _;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use domain::limits;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse};
use ring::signature::{self, RsaPublicKeyComponents, UnparsedPublicKey};
use serde::Deserialize;

#[derive(Debug)]
enum Material {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
    P384(Vec<u8>),
    Ed25519(Vec<u8>),
}

#[derive(Debug)]
struct Key {
    id: Option<String>,
    /// The only algorithm it is for, when its issuer says so.
    algorithm: Option<Algorithm>,
    material: Material,
}

/// The keys of a set that can check a signature.
#[derive(Debug)]
pub(crate) struct KeySet(Vec<Key>);

#[derive(Deserialize)]
struct Published {
    keys: Vec<serde_json::Value>,
}

impl KeySet {
    /// Reads a published set. Keys for something else are passed over: one that we do not know must not spoil the rest
    /// (RFC 7517, 5).
    pub(crate) fn read(published: &[u8]) -> anyhow::Result<Self> {
        let Published { keys } = serde_json::from_slice(published).context("read key set")?;
        let keys: Vec<_> = keys.into_iter().take(limits::KEY_SET_KEYS).filter_map(Key::read).collect();
        // Nobody signs with no key: an empty set is a fault of the issuer's, not the end of all sessions.
        anyhow::ensure!(!keys.is_empty(), "no key of the set checks signatures");
        Ok(Self(keys))
    }

    /// Whether the key that a token names is here. One that names none may be signed with any key that fits.
    pub(crate) fn knows(&self, id: Option<&str>, algorithm: Algorithm) -> bool {
        match id {
            Some(_) => self.0.iter().any(|key| key.id.as_deref() == id),
            None => self.0.iter().any(|key| key.fits(algorithm)),
        }
    }

    /// Whether the key that a token names, or any where it names none, made this signature.
    pub(crate) fn verifies(
        &self,
        id: Option<&str>,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        let named = self.0.iter().filter(|key| id.is_none() || key.id.as_deref() == id);
        named.into_iter().any(|key| key.fits(algorithm) && key.verifies(algorithm, message, signature))
    }
}

impl Key {
    fn read(published: serde_json::Value) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(published).ok()?;
        let common = jwk.common;
        if common.public_key_use.is_some_and(|purpose| purpose != PublicKeyUse::Signature)
            || common.key_operations.is_some_and(|may| !may.contains(&KeyOperations::Verify))
        {
            return None;
        }
        let material = match jwk.algorithm {
            AlgorithmParameters::RSA(key) => Material::Rsa { n: number(&key.n)?, e: number(&key.e)? },
            AlgorithmParameters::EllipticCurve(key) => match key.curve {
                EllipticCurve::P256 => Material::P256(point(&key.x, &key.y, 32)?),
                EllipticCurve::P384 => Material::P384(point(&key.x, &key.y, 48)?),
                _ => return None,
            },
            AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
                Material::Ed25519(bytes(&key.x).filter(|x| x.len() == 32)?)
            }
            _ => return None,
        };
        let algorithm = match common.key_algorithm {
            Some(named) => Some(Algorithm::of(named.try_into().ok()?)?),
            None => None,
        };
        let key = Self { id: common.key_id, algorithm, material };
        // A key whose type contradicts its own algorithm is for nothing.
        key.algorithm.is_none_or(|algorithm| key.fits(algorithm)).then_some(key)
    }

    /// Whether type, curve and stated algorithm allow this one: the token does not choose (RFC 8725, 3.1).
    fn fits(&self, algorithm: Algorithm) -> bool {
        let by_type = match self.material {
            Material::Rsa { .. } => matches!(
                algorithm,
                Algorithm::Rs256
                    | Algorithm::Rs384
                    | Algorithm::Rs512
                    | Algorithm::Ps256
                    | Algorithm::Ps384
                    | Algorithm::Ps512
            ),
            Material::P256(_) => algorithm == Algorithm::Es256,
            Material::P384(_) => algorithm == Algorithm::Es384,
            Material::Ed25519(_) => algorithm == Algorithm::EdDsa,
        };
        by_type && self.algorithm.is_none_or(|only| only == algorithm)
    }

    fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        // ring takes RSA keys of 2,048 to 8,192 bits (RFC 7518, 3.3 wants 2,048) and signatures of a fixed length.
        let rsa = match algorithm {
            Algorithm::Rs256 => &signature::RSA_PKCS1_2048_8192_SHA256,
            Algorithm::Rs384 => &signature::RSA_PKCS1_2048_8192_SHA384,
            Algorithm::Rs512 => &signature::RSA_PKCS1_2048_8192_SHA512,
            Algorithm::Ps256 => &signature::RSA_PSS_2048_8192_SHA256,
            Algorithm::Ps384 => &signature::RSA_PSS_2048_8192_SHA384,
            Algorithm::Ps512 => &signature::RSA_PSS_2048_8192_SHA512,
            Algorithm::Es256 => {
                return self.verifies_by(&signature::ECDSA_P256_SHA256_FIXED, message, signature);
            }
            Algorithm::Es384 => {
                return self.verifies_by(&signature::ECDSA_P384_SHA384_FIXED, message, signature);
            }
            Algorithm::EdDsa => return self.verifies_by(&signature::ED25519, message, signature),
        };
        let Material::Rsa { n, e } = &self.material else { return false };
        RsaPublicKeyComponents { n, e }.verify(rsa, message, signature).is_ok()
    }

    fn verifies_by(
        &self,
        algorithm: &'static dyn signature::VerificationAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        match &self.material {
            Material::P256(key) | Material::P384(key) | Material::Ed25519(key) => {
                UnparsedPublicKey::new(algorithm, key).verify(message, signature).is_ok()
            }
            Material::Rsa { .. } => false,
        }
    }
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD.decode(text).ok()
}

/// A positive number, without the leading zeros that some issuers publish and RFC 7518, 6.3.1.1 forbids.
fn number(text: &str) -> Option<Vec<u8>> {
    let number: Vec<u8> = bytes(text)?.into_iter().skip_while(|byte| *byte == 0).collect();
    (!number.is_empty()).then_some(number)
}

/// An uncompressed point (SEC 1, 2.3.3) of coordinates of exactly this many bytes (RFC 7518, 6.2.1.2).
fn point(x: &str, y: &str, length: usize) -> Option<Vec<u8>> {
    let (x, y) = (bytes(x)?, bytes(y)?);
    (x.len() == length && y.len() == length).then(|| [&[4][..], &x, &y].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_has_two_whole_coordinates() {
        let of = |length| BASE64_URL_SAFE_NO_PAD.encode(vec![1_u8; length]);
        assert_eq!(point(&of(32), &of(32), 32).map(|point| point.len()), Some(65));
        for (x, y) in [(31, 32), (32, 31), (32, 33), (33, 32), (0, 32), (32, 0)] {
            assert_eq!(point(&of(x), &of(y), 32), None, "{x} {y}");
        }
    }
}
