//! A sealed value, by its bytes:
//!
//! ```text
//! 1        the form's number
//! 16       id of the data key
//! 12       nonce, random
//! n + 16   AES-256-GCM (NIST SP 800-38D) of the value in UTF-8, with its tag
//! ```
//!
//! What is sealed along (additional data) is where it lies: form, organization, data key, row, and the column's name. All but the
//! last have one length, so no two places are spelled alike. A random nonce is good for 2³² values a key; a key lives
//! for [`domain::limits::DATA_KEY_DAYS`].

use aes_gcm::{
    Aes256Gcm, KeyInit as _, Nonce,
    aead::{Aead as _, Payload},
};
use domain::{DataKeyId, sealed::Place};
use uuid::Uuid;
use zeroize::Zeroizing;

/// The form's number.
const FORM: u8 = 1;
const NONCE: usize = 12;
const TAG: usize = 16;
/// Where the nonce begins, and where what is sealed does.
const AT_NONCE: usize = 17;
const AT_VALUE: usize = AT_NONCE + NONCE;

/// Seals a value for its place.
pub fn seal(key: &[u8; 32], id: DataKeyId, place: Place, value: &str) -> Vec<u8> {
    let nonce: [u8; NONCE] = rand::random();
    let mut sealed = Vec::with_capacity(AT_VALUE + value.len() + TAG);
    sealed.push(FORM);
    sealed.extend_from_slice(id.0.as_bytes());
    sealed.extend_from_slice(&nonce);
    let payload = Payload { msg: value.as_bytes(), aad: &along(id, place) };
    let text = Aes256Gcm::new(key.into()).encrypt(&Nonce::from(nonce), payload);
    sealed.extend_from_slice(&text.expect("AES-GCM takes up to 64 GiB"));
    sealed
}

/// The data key that a sealed value names; `None` for what is none.
pub fn data_key(sealed: &[u8]) -> Option<DataKeyId> {
    let is_whole = sealed.len() >= AT_VALUE + TAG && sealed[0] == FORM;
    let id = is_whole.then(|| Uuid::from_slice(&sealed[1..AT_NONCE]).ok()).flatten();
    id.map(DataKeyId)
}

/// What was sealed with this key for this place; `None` for anything else.
pub fn open(key: &[u8; 32], place: Place, sealed: &[u8]) -> Option<String> {
    let id = data_key(sealed)?;
    let nonce: [u8; NONCE] = sealed[AT_NONCE..AT_VALUE].try_into().ok()?;
    let payload = Payload { msg: &sealed[AT_VALUE..], aad: &along(id, place) };
    let text = Aes256Gcm::new(key.into()).decrypt(&Nonce::from(nonce), payload).ok()?;
    let text = Zeroizing::new(text);
    std::str::from_utf8(&text).ok().map(ToOwned::to_owned)
}

fn along(id: DataKeyId, place: Place) -> Vec<u8> {
    let mut along = vec![FORM];
    for part in [place.organization.0, id.0, place.row] {
        along.extend_from_slice(part.as_bytes());
    }
    along.extend_from_slice(place.column.as_str().as_bytes());
    along
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{OrganizationId, sealed::Column};
    use proptest::prelude::*;

    /// By another implementation of AES-GCM, from the layout above.
    const KEPT: [u8; 31] = [
        0x38, 0xd5, 0xe3, 0xdf, 0x0d, 0x09, 0x9e, 0x74, 0x07, 0x86, 0x32, 0xa3, 0xf9, 0xb0, 0x14, 0x9d, 0x82,
        0x2c, 0x2f, 0x45, 0xb3, 0x3d, 0x00, 0x2a, 0x0c, 0xb1, 0x16, 0x26, 0x12, 0xae, 0x33,
    ];

    fn place() -> Place {
        Column::UserEmail.of(OrganizationId::generate(), Uuid::now_v7())
    }

    #[test]
    fn a_value_of_long_ago_still_opens() {
        // What is in a database must open for ever.
        let place = Column::InvitationEmail.of(OrganizationId(Uuid::from_u128(0x0a)), Uuid::from_u128(0x0b));
        let id = DataKeyId(Uuid::from_u128(0x0c));
        let mut sealed = vec![FORM];
        sealed.extend_from_slice(id.0.as_bytes());
        sealed.extend_from_slice(&[7; NONCE]);
        sealed.extend_from_slice(&KEPT);
        assert_eq!(data_key(&sealed), Some(id));
        assert_eq!(open(&[9; 32], place, &sealed).as_deref(), Some("ann@example.org"));
    }

    #[test]
    fn no_byte_can_be_changed_and_none_be_missing() {
        let (place, key) = (place(), [7; 32]);
        let sealed = seal(&key, DataKeyId::generate(), place, "ann@example.org");
        assert_eq!(sealed.len(), AT_VALUE + "ann@example.org".len() + TAG);
        assert_eq!(open(&key, place, &sealed).as_deref(), Some("ann@example.org"));
        for at in 0..sealed.len() {
            for flipped in [0x01, 0x80, 0xff] {
                let mut changed = sealed.clone();
                changed[at] ^= flipped;
                assert_eq!(open(&key, place, &changed), None, "byte {at}");
            }
            assert_eq!(open(&key, place, &sealed[..at]), None, "cut at {at}");
        }
        let longer = [sealed.as_slice(), &[0]].concat();
        assert_eq!(open(&key, place, &longer), None);
    }

    #[test]
    fn it_opens_nowhere_else_and_with_no_other_key() {
        let (place, key) = (place(), [7; 32]);
        let sealed = seal(&key, DataKeyId::generate(), place, "ann@example.org");
        for other in [
            Place { organization: OrganizationId::generate(), ..place },
            Place { row: Uuid::now_v7(), ..place },
            Place { column: Column::InvitationEmail, ..place },
        ] {
            assert_eq!(open(&key, other, &sealed), None, "{other:?}");
        }
        assert_eq!(open(&[8; 32], place, &sealed), None);
        // The same value twice is not the same bytes twice.
        assert_ne!(sealed, seal(&key, data_key(&sealed).unwrap(), place, "ann@example.org"));
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_and_holds_nothing_of_it(value in ".{8,300}", key in any::<[u8; 32]>()) {
            let place = place();
            let sealed = seal(&key, DataKeyId::generate(), place, &value);
            prop_assert!(!sealed.windows(value.len()).any(|window| window == value.as_bytes()));
            prop_assert_eq!(open(&key, place, &sealed), Some(value));
        }

        #[test]
        fn any_bytes_are_refused_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(open(&[7; 32], place(), &bytes), None);
            let mut bytes = bytes;
            if let Some(first) = bytes.first_mut() {
                *first = FORM;
            }
            prop_assert_eq!(open(&[7; 32], place(), &bytes), None);
        }
    }
}
