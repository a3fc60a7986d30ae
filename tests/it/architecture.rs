//! The shape of the repository: which crate may know which, what stands at the top, how every file begins.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use tests::repository;

/// Who a shared crate may know, in the order of the data's way. A crate that is not listed here is not allowed:
/// add it with its reason to `.github/decisions`.
const EDGES: [(&str, &[&str]); 22] = [
    ("domain", &[]),
    ("language", &[]),
    ("privacy", &[]),
    ("understanding", &["domain", "language", "privacy"]),
    ("objects", &["domain"]),
    ("queue", &["domain"]),
    ("pages", &["domain"]),
    ("models", &["domain", "language"]),
    ("store", &["domain"]),
    ("vault", &["domain", "store"]),
    ("ingestion", &["domain", "language", "objects", "queue", "pages", "models", "store"]),
    (
        "answering",
        &["domain", "language", "privacy", "understanding", "objects", "queue", "models", "store", "vault"],
    ),
    (
        "management",
        &[
            "domain",
            "language",
            "privacy",
            "understanding",
            "objects",
            "queue",
            "models",
            "store",
            "vault",
            "deliver",
        ],
    ),
    ("insight", &["domain", "language", "privacy", "queue", "models", "store", "answering", "management"]),
    ("metrics", &["domain", "understanding", "store"]),
    ("retention", &["domain", "objects", "store", "vault"]),
    ("deliver", &["domain", "pages", "store", "vault"]),
    ("alerting", &["domain", "store", "management", "deliver"]),
    ("web", &["domain"]),
    ("identity", &["domain"]),
    ("access", &["domain", "identity", "store", "vault", "web"]),
    ("runtime", &["domain"]),
];
/// Packages that may know everything: the one-machine stack, and these tests.
const FREE: [&str; 2] = ["local", "tests"];
const TOP: [&str; 10] = [
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "events",
    "functions",
    "infra",
    "migrations",
    "shared",
    "tests",
];

/// Each package of the workspace, with the packages of the workspace that it is built with.
fn edges() -> BTreeMap<String, BTreeSet<String>> {
    let metadata =
        repository::output(env!("CARGO"), &["metadata", "--format-version=1", "--no-deps", "--offline"]);
    let metadata: Value = serde_json::from_str(&metadata.expect("cargo metadata")).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    packages
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"].as_array().into_iter().flatten();
            // Only what is of this workspace has a path.
            let ours = dependencies.filter(|dependency| dependency["path"].is_string());
            let names =
                ours.map(|dependency| dependency["name"].as_str().expect("a name").to_owned()).collect();
            (package["name"].as_str().expect("a name").to_owned(), names)
        })
        .collect()
}

#[test]
fn crates_know_only_whom_they_may_know() {
    let allowed: BTreeMap<&str, &[&str]> = EDGES.into_iter().collect();
    let functions = repository::packages("functions");
    let shared = repository::packages("shared");
    let mut wrong = Vec::new();
    for (package, knows) in edges() {
        for known in knows {
            let is_allowed = if FREE.contains(&package.as_str()) {
                true
            } else if functions.contains(&package) {
                shared.contains(&known)
            } else {
                allowed.get(package.as_str()).is_some_and(|allowed| allowed.contains(&known.as_str()))
            };
            if !is_allowed {
                wrong.push(format!("{package} -> {known}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
    let listed: BTreeSet<&str> = EDGES.iter().map(|(name, _)| *name).collect();
    assert_eq!(listed, shared.iter().map(String::as_str).collect(), "shared/ and the list above");
}

#[test]
fn a_crate_exists_when_something_uses_it() {
    let edges = edges();
    let used: BTreeSet<&String> = edges.values().flatten().collect();
    let idle: Vec<String> =
        repository::packages("shared").into_iter().filter(|name| !used.contains(name)).collect();
    assert!(idle.is_empty(), "{idle:?}");
    assert!(!edges.contains_key("core"), "`core` is the language's");
}

#[test]
fn each_package_is_its_folder() {
    let edges = edges();
    for folder in ["functions", "shared"] {
        for name in repository::packages(folder) {
            assert!(edges.contains_key(&name), "{folder}/{name} holds a package of another name");
        }
    }
}

#[test]
fn the_top_is_what_was_agreed() {
    // Without git (an unpacked archive) there is no list of what belongs to the repository.
    let Some(files) = repository::output("git", &["ls-files"]) else { return };
    let top: BTreeSet<&str> =
        files.lines().filter_map(|path| path.trim_matches('"').split('/').next()).collect();
    let strangers: Vec<&&str> =
        top.iter().filter(|name| !name.starts_with('.') && !TOP.contains(*name)).collect();
    assert!(strangers.is_empty(), "{strangers:?}");
    let missing: Vec<&&str> = TOP.iter().filter(|name| !top.contains(**name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_file_says_what_it_is_for() {
    let silent: Vec<String> = ["functions", "shared", "infra", "tests"]
        .iter()
        .flat_map(|folder| repository::files(folder, "rs"))
        .filter(|path| !repository::read(path).starts_with("//!"))
        .collect();
    assert!(silent.is_empty(), "a file begins with //! and what it is for: {silent:?}");
    let silent: Vec<String> = repository::files("migrations", "sql")
        .into_iter()
        .filter(|path| !repository::read(path).starts_with("-- "))
        .collect();
    assert!(silent.is_empty(), "{silent:?}");
}

#[test]
fn a_functions_main_only_sets_up() {
    for name in repository::packages("functions") {
        let main = repository::read(&format!("functions/{name}/src/main.rs"));
        let lines = main
            .lines()
            .filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with("//"))
            .count();
        assert!(lines <= 40, "functions/{name}/src/main.rs has {lines} lines of code");
    }
}

#[test]
fn the_readme_names_every_crate_in_the_order_of_the_datas_way() {
    let readme = repository::read("README.md");
    let tree = readme.split("\nshared/").nth(1).and_then(|rest| rest.split("\ninfra/").next());
    let tree = tree.expect("the README's tree lists shared/ and then infra/");
    let named: Vec<&str> = tree.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let named: BTreeSet<&str> = named.into_iter().collect();
    assert_eq!(named, repository::packages("shared").iter().map(String::as_str).collect());
    for function in repository::packages("functions") {
        assert!(readme.contains(&function), "{function}");
    }
}

#[test]
fn no_file_names_a_machine_or_a_registry() {
    // In two halves, so that this file does not hold what it looks for.
    let forbidden = [
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("pypi", ".org"),
        concat!("crates", ".io/api"),
        concat!("files.python", "hosted"),
    ];
    let mut found = Vec::new();
    for (folder, extension) in
        ["functions", "shared", "infra", "tests", "migrations", "events", ".ci", ".github"].iter().flat_map(
            |folder| ["rs", "toml", "sql", "yaml", "md", "json", "py"].map(|extension| (folder, extension)),
        )
    {
        for path in repository::files(folder, extension) {
            let text = repository::read(&path);
            found.extend(
                forbidden.iter().filter(|word| text.contains(**word)).map(|word| format!("{path}: {word}")),
            );
        }
    }
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn every_crate_of_ours_is_heard_in_the_log() {
    let logs = repository::read("shared/runtime/src/logs.rs");
    let ours = repository::packages("functions").into_iter().chain(repository::packages("shared"));
    // These say nothing by themselves.
    let deaf: Vec<String> = ours
        .filter(|name| {
            !["domain", "language", "understanding"].contains(&name.as_str())
                && !logs.contains(&format!("\"{name}\""))
        })
        .collect();
    assert!(deaf.is_empty(), "runtime::logs does not know {deaf:?}");
}
