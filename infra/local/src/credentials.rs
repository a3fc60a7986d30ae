//! The one key pair of the local stack: what its S3 verifies signatures with and what its SQS looks for.

use std::fmt;

use rand::RngExt;

/// An access key as AWS hands it out.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Twenty characters, `LOCAL…`; not secret.
    pub access_key_id: String,
    /// Forty characters; whoever has it may do everything on the local S3.
    pub secret_access_key: String,
}

impl Credentials {
    /// A fresh pair for one data folder.
    pub fn random() -> Credentials {
        Credentials {
            access_key_id: format!("LOCAL{}", characters(15, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")),
            secret_access_key: characters(
                40,
                b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
            ),
        }
    }
}

/// The secret must not reach a log by way of `{:?}`.
impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

fn characters(count: usize, alphabet: &[u8]) -> String {
    let mut random = rand::rng();
    (0..count).map(|_| char::from(alphabet[random.random_range(0..alphabet.len())])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_random_pair_has_the_lengths_of_aws_and_hides_its_secret() {
        let credentials = Credentials::random();
        assert_eq!((credentials.access_key_id.len(), credentials.secret_access_key.len()), (20, 40));
        assert!(!format!("{credentials:?}").contains(&credentials.secret_access_key));
        assert_ne!(credentials, Credentials::random());
    }
}
