//! What people write, and what they should not: every string field of every route takes each of it as it is, or refuses it with
//! a 4xx.

use super::{
    routes::{Route, routes},
    support::{Bench, Tenant, filled},
};
use futures_util::{StreamExt as _, stream};
use serde_json::Value;
use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

/// Requests that are under way at once.
const AT_ONCE: usize = 4;
/// One in so many strings is tried at a field in a common run.
const SHARE: usize = 8;
/// Stands in a body where the naughty string comes.
const PLACE: &str = "@@naughty@@";

/// Words of the world.
const TEXTS: &[&str] = &[
    " ",
    "\t",
    "\n",
    "\r\n",
    "0",
    "-1",
    "1e309",
    "NaN",
    "null",
    "undefined",
    "true",
    "[]",
    "{}",
    "\u{0}",
    "a\u{0}b",
    "\u{1}\u{2}\u{3}",
    "\u{1b}[31mred\u{1b}[0m",
    "\u{7f}",
    "\u{85}",
    "\u{a0}",
    "\u{ad}",
    "\u{200b}",
    "\u{200d}",
    "\u{feff}bom",
    "\u{fffd}",
    "\u{ffff}",
    "\u{10ffff}",
    "\u{e000}",
    "\u{e0001}\u{e0041}",
    "\u{202e}desrever\u{202c}",
    "\u{2066}isolated\u{2069}",
    "\u{200f}שלום",
    "مرحبا بالعالم",
    "\u{644}\u{627}\u{64b}",
    "สวัสดีชาวโลก",
    "น้ำมันเกียร์เปลี่ยนทุกกี่ชั่วโมง",
    "ปี\u{e48}\u{e48}\u{e48}\u{e48}",
    "你好，世界",
    "こんにちは",
    "안녕하세요",
    "नमस्ते दुनिया",
    "Ünïcödé",
    "e\u{301}\u{301}\u{301}\u{301}\u{301}",
    "ß ẞ ſ",
    "İ ı",
    "ﬁ ligature",
    "Ａ full width",
    "😀",
    "👩‍👩‍👧‍👦",
    "🏴󠁧󠁢󠁳󠁣󠁴󠁿",
    "🇺🇬🇹",
    "Z\u{335}\u{348}a\u{337}l\u{334}g\u{336}o\u{338}",
    "'",
    "''",
    "\"",
    "`",
    "\\",
    "\\\\",
    "\\u0000",
    "%",
    "%00",
    "%s%n",
    "_",
    "*",
    "?",
    "$1",
    "$$",
    ";",
    "--",
    "/*",
    "' OR '1'='1",
    "'; DROP TABLE docent.messages; --",
    "1; SELECT pg_sleep(10)",
    "\\'; --",
    "E'\\x00'",
    "$$; --",
    "pump & | ! ( ) :* <->",
    "((((",
    "a:b:c",
    "<b>bold</b>",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "&lt;&amp;&#0;",
    "javascript:alert(1)",
    "${jndi:ldap://x/y}",
    "{{7*7}}",
    "#{7*7}",
    "<%= 7*7 %>",
    "../../etc/passwd",
    "..\\..\\windows",
    "/dev/null",
    "CON",
    "file.md\u{0}.pdf",
    "http://127.0.0.1:9/\u{0}",
    "\r\nX-Injected: 1",
    "data:text/html,x",
    "@@@",
    "a@b@c",
    "\u{1d518}\u{1d52b}\u{1d526}",
    "٣١٤",
    "𝟘𝟙𝟚",
    "½",
    "\u{202e}",
];

/// A string as JSON and as bytes of a query.
struct Naughty {
    json: String,
    query: Vec<u8>,
    /// None: no string at all.
    text: Option<String>,
}

fn all() -> Vec<Naughty> {
    let long = ["x".repeat(70_000), "ก".repeat(10_001), "👩‍👩‍👧‍👦".repeat(2_001)];
    let texts = TEXTS.iter().map(|text| (*text).to_owned()).chain(long);
    let mut all: Vec<Naughty> = texts
        .map(|text| Naughty {
            json: Value::String(text.clone()).to_string(),
            // A gateway takes no query of any length.
            query: text.chars().take(1_000).collect::<String>().into_bytes(),
            text: Some(text),
        })
        .collect();
    // Halves of pairs, and bytes that are no UTF-8.
    for (json, query) in [
        ("\"\\ud800\"", &b"\xed\xa0\x80"[..]),
        ("\"\\udc00x\"", b"\xed\xb0\x80"),
        ("\"a\\ud83d\"", b"\xff\xfe"),
        ("\"\\ude00\\ud83d\"", b"\xc0\x80"),
    ] {
        all.push(Naughty { json: json.to_owned(), query: query.to_vec(), text: None });
    }
    all
}

/// Those for one field: all of them when `DOCENT_NAUGHTY=all`; else what databases and decoders stumble over, and a share of
/// the rest, another one for each field.
fn some(field: &AtomicUsize) -> Vec<Naughty> {
    let number = field.fetch_add(1, Ordering::Relaxed);
    let whole = tests::setting("DOCENT_NAUGHTY").is_some_and(|wish| wish == "all");
    let always = |naughty: &Naughty| naughty.text.as_ref().is_none_or(|text| text.contains('\0'));
    let mut all = all();
    let mut place = 0;
    all.retain(|naughty| {
        place += 1;
        whole || always(naughty) || (place + number).is_multiple_of(SHARE)
    });
    all
}

/// Whether a schema is of free text.
fn is_text(schema: &Value) -> bool {
    let of_type = match &schema["type"] {
        Value::String(kind) => kind == "string",
        Value::Array(kinds) => kinds.iter().any(|kind| kind == "string"),
        _ => false,
    };
    of_type && schema["enum"].is_null()
}

/// Bodies with the place of a string in each, and the field's name.
fn bodies(schema: &Value, base: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    if let Value::Array(parts) = &schema["oneOf"] {
        return parts.iter().flat_map(|part| bodies(part, base)).collect();
    }
    if is_text(schema) {
        found.push((String::new(), Value::from(PLACE)));
    } else if schema["items"].is_object() {
        let first = base.get(0).cloned().unwrap_or(Value::Null);
        for (name, value) in bodies(&schema["items"], &first) {
            found.push((name, Value::Array(vec![value])));
        }
    } else if let Some(properties) = schema["properties"].as_object() {
        for (field, property) in properties {
            for (inner, value) in bodies(property, &base[field.as_str()]) {
                let mut body =
                    if base.is_object() { base.clone() } else { Value::Object(Default::default()) };
                body[field.as_str()] = value;
                let name = if inner.is_empty() { field.clone() } else { format!("{field}.{inner}") };
                found.push((name, body));
            }
        }
    }
    found
}

fn encoded(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("%{byte:02X}")).collect()
}

#[derive(Default)]
struct Report {
    fields: AtomicUsize,
    sent: AtomicUsize,
    taken: AtomicUsize,
    wrong: Mutex<Vec<String>>,
}

impl Report {
    fn wrong(&self, text: String) {
        self.wrong.lock().expect("no panic under this lock").push(text.chars().take(600).collect());
    }
}

/// Every string field of one route.
async fn route(bench: &Bench, route: &Route, report: &Report) {
    let tenant: Tenant = bench.tenant().await;
    let value = |_: usize, name: &str| tenant.value(name);
    let path = filled(&route.path, 0, value);
    let base: Value = serde_json::from_str(&filled(&route.body, 0, value)).unwrap_or_default();
    for (field, body) in bodies(&route.schema, &base) {
        for naughty in some(&report.fields) {
            let text = body.to_string().replace(&format!("\"{PLACE}\""), &naughty.json);
            let reply = bench.send(&tenant.key, &route.method, &path, &text).await;
            report.sent.fetch_add(1, Ordering::Relaxed);
            let at =
                || format!("{} {field} = {}", route.name, naughty.json.chars().take(60).collect::<String>());
            if reply.status >= 500 {
                report.wrong(format!("{}: {} {}", at(), reply.status, reply.body));
            }
            if reply.status < 300 {
                report.taken.fetch_add(1, Ordering::Relaxed);
                let Some(sent) = &naughty.text else {
                    report.wrong(format!("{}: was taken, and is no text", at()));
                    continue;
                };
                let answer: Value = serde_json::from_str(&reply.body).unwrap_or_default();
                let kept = answer.get(&field).and_then(Value::as_str);
                // Blank is as good as not said.
                let is_blank = sent.trim().is_empty();
                if kept.is_some_and(|kept| kept != sent && kept != sent.trim() && !is_blank) {
                    report.wrong(format!("{}: became {kept:?}", at()));
                }
            }
        }
    }
    // Any metadata is searched for; its names are no parameters of the document.
    let metadata = (route.name == "GET /api/v1/search").then(|| "metadata.module".to_owned());
    let named = route.parameters.iter().filter(|(_, schema)| is_text(schema)).map(|(name, _)| name.clone());
    for name in named.chain(metadata) {
        for naughty in some(&report.fields) {
            let needed = if route.name == "GET /api/v1/search" && name != "q" { "q=pump&" } else { "" };
            let path = format!("{path}?{needed}{name}={}", encoded(&naughty.query));
            let reply = bench.send(&tenant.key, &route.method, &path, "").await;
            report.sent.fetch_add(1, Ordering::Relaxed);
            if reply.status >= 500 {
                report.wrong(format!(
                    "{} ?{name}={}: {} {}",
                    route.name, naughty.json, reply.status, reply.body
                ));
            }
        }
    }
    // In the path, where an id stands.
    if route.path.contains('{') {
        for naughty in some(&report.fields) {
            let word = encoded(&naughty.query.iter().copied().take(300).collect::<Vec<u8>>());
            let path = filled(&route.path, 0, |_, _| word.clone());
            let reply = bench.send(&tenant.key, &route.method, &path, "{}").await;
            report.sent.fetch_add(1, Ordering::Relaxed);
            if reply.status >= 500 {
                report.wrong(format!(
                    "{} with {} in its path: {} {}",
                    route.name, naughty.json, reply.status, reply.body
                ));
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_string_of_every_route_takes_the_words_of_the_world_or_refuses_them() {
    assert!(TEXTS.len() >= 60, "{}", TEXTS.len());
    let bench = Bench::new().await;
    let (routes, _) = routes(&bench).await;
    let report = Report::default();
    stream::iter(&routes).for_each_concurrent(AT_ONCE, |one| route(&bench, one, &report)).await;
    let wrong = report.wrong.into_inner().expect("no panic under this lock");
    let (sent, taken) = (report.sent.into_inner(), report.taken.into_inner());
    assert!(wrong.is_empty(), "{} of {sent}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(taken > 500, "{taken} of {sent} were taken");
    eprintln!("{sent} requests with naughty strings, {taken} taken as they are");
}
