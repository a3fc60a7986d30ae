//! YAML of front matter: scalars and lists of scalars, and nothing that a bomb could be built of.

use super::Fields;
use domain::limits;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, EnumAccess, Error, IgnoredAny, MapAccess, SeqAccess, VariantAccess, Visitor},
};
use std::fmt;

/// Two passes: the first sees what each value is, the second takes scalars as they are written (`1.10` is no
/// number to be shortened). Aliases are followed no deeper than a list's elements and as far as the budget goes.
pub(super) fn read(source: &str) -> Option<Fields> {
    if source.trim().is_empty() {
        return Some(Fields::new());
    }
    let Kinds(kinds) = serde_yaml_ng::from_str(source).ok()?;
    let mut reader = Reader { kinds: &kinds, left: limits::FRONT_MATTER_BYTES };
    reader.deserialize(serde_yaml_ng::Deserializer::from_str(source)).ok()
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Scalar,
    List,
    /// Nothing, or what is nested deeper.
    Other,
}

struct Kinds(Vec<Kind>);

impl<'de> Deserialize<'de> for Kinds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfMap;
        impl<'de> Visitor<'de> for OfMap {
            type Value = Kinds;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("names with values")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Kinds, A::Error> {
                let mut kinds = Vec::new();
                while map.next_key::<IgnoredAny>()?.is_some() {
                    kinds.push(map.next_value_seed(KindOf { is_element: false })?);
                }
                Ok(Kinds(kinds))
            }
        }
        deserializer.deserialize_map(OfMap)
    }
}

/// Sees what a value is. Lists are looked into, but not lists in lists.
#[derive(Clone, Copy)]
struct KindOf {
    is_element: bool,
}

impl<'de> DeserializeSeed<'de> for KindOf {
    type Value = Kind;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Kind, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for KindOf {
    type Value = Kind;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Kind, E> {
        Ok(Kind::Scalar)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Kind, E> {
        Ok(Kind::Scalar)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Kind, E> {
        Ok(Kind::Scalar)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Kind, E> {
        Ok(Kind::Scalar)
    }

    fn visit_i128<E: Error>(self, _: i128) -> Result<Kind, E> {
        Ok(Kind::Scalar)
    }

    fn visit_u128<E: Error>(self, _: u128) -> Result<Kind, E> {
        Ok(Kind::Scalar)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Kind, E> {
        Ok(Kind::Scalar)
    }

    fn visit_unit<E: Error>(self) -> Result<Kind, E> {
        Ok(Kind::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Kind, A::Error> {
        let mut kind = if self.is_element { Kind::Other } else { Kind::List };
        while kind == Kind::List {
            match seq.next_element_seed(Self { is_element: true })? {
                Some(Kind::Scalar) => {}
                Some(_) => kind = Kind::Other,
                None => break,
            }
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(kind)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Kind, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Kind::Other)
    }

    fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> Result<Kind, A::Error> {
        let (IgnoredAny, value) = tagged.variant()?;
        value.newtype_variant::<IgnoredAny>().map(|_| Kind::Other)
    }
}

/// Takes scalars and lists of scalars, as many bytes as are left.
struct Reader<'a> {
    kinds: &'a [Kind],
    left: usize,
}

impl Reader<'_> {
    fn spend<E: Error>(&mut self, text: &str) -> Result<(), E> {
        match self.left.checked_sub(text.len() + 1) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(E::custom("more than front matter holds")),
        }
    }
}

impl<'de> DeserializeSeed<'de> for &mut Reader<'_> {
    type Value = Fields;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Fields, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut Reader<'_> {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("names with values")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut fields = Fields::new();
        for kind in self.kinds {
            let Some(name) = map.next_key::<String>()? else { break };
            self.spend(&name)?;
            let value = match kind {
                Kind::Scalar => map.next_value_seed(Scalar(self))?,
                Kind::List => map.next_value_seed(List(self))?,
                Kind::Other => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            if fields.insert(name.to_lowercase(), value).is_some() {
                return Err(A::Error::custom("a name stands there twice"));
            }
        }
        Ok(fields)
    }
}

struct Scalar<'r, 'a>(&'r mut Reader<'a>);

impl<'de> DeserializeSeed<'de> for Scalar<'_, '_> {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Scalar<'_, '_> {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a scalar")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        self.0.spend(text)?;
        Ok(text.to_owned())
    }
}

struct List<'r, 'a>(&'r mut Reader<'a>);

impl<'de> DeserializeSeed<'de> for List<'_, '_> {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for List<'_, '_> {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<String, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = seq.next_element_seed(Scalar(&mut *self.0))? {
            values.push(value);
        }
        Ok(values.join(", "))
    }
}
