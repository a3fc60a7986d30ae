//! The environment enters here, once, and travels as values. The names are those of `infra/template.yaml`.

use anyhow::Context as _;

/// A variable that must be set and not empty.
///
/// # Errors
/// Names the variable and where it is set.
pub fn text(name: &str) -> anyhow::Result<String> {
    #[expect(clippy::disallowed_methods, reason = "the one place where the environment is read")]
    std::env::var(name)
        .ok()
        .filter(|value| !value.trim().is_empty())
        .with_context(|| format!("{name} is not set: infra/template.yaml sets it under Environment"))
}

/// A variable that may be empty or missing.
#[must_use]
pub fn optional(name: &str) -> String {
    text(name).unwrap_or_default()
}

/// A variable that must hold a whole number.
///
/// # Errors
/// As [`text`], and when it is no number.
pub fn number(name: &str) -> anyhow::Result<usize> {
    text(name)?.trim().parse().with_context(|| format!("{name} is not a whole number"))
}
