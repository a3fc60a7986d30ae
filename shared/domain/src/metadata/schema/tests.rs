//! Schemas that are taken and refused, and documents by them.

use super::*;
use serde_json::json;

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn schema() -> MetadataSchema {
    MetadataSchema::parse(&json!({
        "module": { "allowed": ["m1", "m2"], "required": true },
        "chapter": { "description": "of the handbook" }
    }))
    .expect("a schema")
}

#[test]
fn a_schema_takes_its_own_fields_and_the_uploader_has_the_last_word() {
    let values = schema().values(
        &map(&[("module", " m2 "), ("colour", "red")]),
        &map(&[("module", "m9"), ("chapter", "3"), ("author", "Somebody")]),
    );
    assert_eq!(values, Ok(map(&[("module", "m2"), ("chapter", "3")])));
}

#[test]
fn without_a_schema_everything_that_the_uploader_gave_is_kept() {
    let values = MetadataSchema::default().values(&map(&[("a", "1"), ("b", " ")]), &map(&[("c", "3")]));
    assert_eq!(values, Ok(map(&[("a", "1")])));
}

#[test]
fn a_violation_names_field_value_and_what_is_allowed() {
    let wrong = schema().values(&map(&[("module", "m3")]), &map(&[])).expect_err("m3 is not allowed");
    assert_eq!(wrong.code, FailureCode::Metadata);
    assert_eq!(
        wrong.detail,
        "The metadata field \"module\" is \"m3\"; allowed: \"m1\", \"m2\". Correct it and upload the document again."
    );
    let missing = schema().values(&map(&[("module", "")]), &map(&[])).expect_err("module is required").detail;
    assert!(missing.contains("\"module\" is missing") && missing.contains("\"m1\", \"m2\""), "{missing}");
}

#[test]
fn values_have_an_edge_at_two_hundred_characters() {
    let chapter = |length| map(&[("module", "m1"), ("chapter", &"ก".repeat(length))]);
    assert!(schema().values(&chapter(limits::METADATA_VALUE_CHARACTERS), &map(&[])).is_ok());
    let long = schema().values(&chapter(limits::METADATA_VALUE_CHARACTERS + 1), &map(&[]));
    assert!(long.expect_err("too long").detail.contains("has 201 characters"));
    let long = MetadataSchema::default().values(&chapter(limits::METADATA_VALUE_CHARACTERS + 1), &map(&[]));
    assert!(long.is_err());
}

#[test]
fn names_are_plain_words_of_fifty_letters() {
    for name in ["a", "chapter_2", &"a".repeat(50)] {
        assert!(is_name(name), "{name}");
    }
    for name in ["", "_a", "2a", "Module", "a-b", "ก", &"a".repeat(51)] {
        assert!(!is_name(name), "{name}");
        assert!(MetadataSchema::parse(&json!({ name: {} })).is_err(), "{name}");
        assert!(MetadataSchema::default().values(&map(&[(name, "x")]), &map(&[])).is_err(), "{name}");
    }
}

#[test]
fn a_malformed_schema_is_refused_with_its_place() {
    for (declared, said) in [
        (json!([]), "no object"),
        (json!({ "module": [true] }), "an object"),
        (
            json!({ "module": { "alowed": ["m1"] } }),
            "Field \"module\" of the metadata schema: unknown field `alowed`",
        ),
        (json!({ "module": { "allowed": [1] } }), "invalid type: integer"),
        (json!({ "module": { "allowed": [] } }), "allows nothing"),
        (json!({ "module": { "allowed": [" m1"] } }), "blanks around it"),
        (json!({ "module": { "allowed": ["x".repeat(201)] } }), "more than 200 characters"),
        (json!({ "module": { "required": "yes" } }), "expected a boolean"),
        (json!({ "module": { "description": "x".repeat(501) } }), "501 characters"),
    ] {
        let wrong = MetadataSchema::parse(&declared).expect_err("malformed").to_string();
        assert!(wrong.contains(said), "{wrong}");
    }
}

#[test]
fn a_schema_has_an_edge_in_fields_and_in_values() {
    let fields =
        |count: usize| (0..count).map(|n| (format!("f{n}"), json!({}))).collect::<serde_json::Map<_, _>>();
    assert!(MetadataSchema::parse(&Value::Object(fields(limits::METADATA_FIELDS))).is_ok());
    assert!(MetadataSchema::parse(&Value::Object(fields(limits::METADATA_FIELDS + 1))).is_err());
    let values =
        |count: usize| json!({ "f": { "allowed": (0..count).map(|n| n.to_string()).collect::<Vec<_>>() } });
    assert!(MetadataSchema::parse(&values(limits::METADATA_ALLOWED_VALUES)).is_ok());
    assert!(MetadataSchema::parse(&values(limits::METADATA_ALLOWED_VALUES + 1)).is_err());
}
