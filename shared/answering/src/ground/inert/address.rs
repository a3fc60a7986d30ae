//! Addresses in the open: what browsers, chat programs and mail programs make links of by themselves.

use domain::chatbot::AllowedHosts;
use url::Url;

/// What stands where an address stood.
const GONE: &str = "…";

/// Schemes that act without `//`.
const SCHEMES: &str = "javascript vbscript livescript data mailto tel sms callto file blob intent magnet facetime skype \
     view-source jar";

/// Ends of hosts' names that programs take for an address without a scheme, besides all of two letters.
const ENDS: &str = "com net org edu gov mil int info biz name pro aero asia coop museum web xxx app dev page site online \
     shop store cloud tech xyz top club live link click zip mov blog news wiki email chat bot run work \
     world space host website test example invalid local localhost internal onion arpa foo ngrok";

/// What ends a piece without being of it.
const PUNCTUATION: [char; 10] = ['.', ',', ';', ':', '!', '?', '*', '_', '~', '\''];

/// What closes around an address.
const CLOSING: [char; 7] = [')', ']', '}', '>', '"', '|', '`'];

/// Takes addresses out, but for allowed ones.
pub(super) fn without_foreign(text: &str, allowed: &AllowedHosts) -> String {
    let text = without_escapes(text);
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let gap = rest.find(|c| !is_edge(c)).unwrap_or(rest.len());
        out.push_str(&rest[..gap]);
        rest = &rest[gap..];
        let end = rest.find(is_edge).unwrap_or(rest.len());
        let piece = rest[..end].trim_end_matches(PUNCTUATION);
        match foreign_from(piece, allowed) {
            Some(from) => out.extend([&piece[..from], GONE]),
            None => {
                out.push_str(&apart(piece, allowed));
                if goes_on(piece, &rest[piece.len()..]) {
                    out.push(' ');
                }
            }
        }
        out.push_str(&rest[piece.len()..end]);
        rest = &rest[end..];
    }
    names_apart(&out, allowed)
}

/// Markdown's backslash hides an address's marks from a reader of the source only.
fn without_escapes(text: &str) -> String {
    [r"\:", r"\/", r"\.", r"\@"]
        .iter()
        .fold(text.to_owned(), |text, escape| text.replace(escape, &escape[1..]))
}

/// What no address goes across: white space, quotes, brackets, and scripts that are written without spaces.
fn is_edge(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '<' | '>' | '"' | '`' | '|' | '(' | ')' | '[' | ']' | '{' | '}')
        || is_spaceless(c)
}

/// Whether some link maker would read an address's host on into what follows it: most end a link at white space alone, whatever
/// bracket or script comes before, and take `https://allowed.example(@evil.example` for a link to the second host. Behind the slash of
/// a path no host changes any more.
fn goes_on(piece: &str, rest: &str) -> bool {
    let lower = piece.to_ascii_lowercase();
    let cut = || (lower.ends_with("www") && rest.starts_with('.')).then_some(piece.len());
    let host = piece.find("://").map(|at| at + 3).or_else(|| lower.find("www.")).or_else(cut);
    let after = rest.trim_start_matches(|c| PUNCTUATION.contains(&c) || CLOSING.contains(&c));
    host.is_some_and(|from| !piece[from..].contains('/'))
        && after.starts_with(|c: char| !c.is_ascii_whitespace())
}

/// Where an address begins that must go; it reaches to the piece's end.
fn foreign_from(piece: &str, allowed: &AllowedHosts) -> Option<usize> {
    if let Some(at) = piece.find("://") {
        let before =
            piece[..at].rfind(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')));
        let from = before.map_or(0, |at| at + piece[at..].chars().next().map_or(1, char::len_utf8));
        // One address in another's path is where some programs begin a link of their own.
        let holds_another = piece[at + 3..].contains("://");
        return (holds_another || !is_allowed(&piece[from..], allowed)).then_some(from);
    }
    let lower = piece.to_ascii_lowercase();
    let acting = SCHEMES.split(' ').find_map(|scheme| {
        let at = lower.find(&format!("{scheme}:"))?;
        let starts = !lower[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
        (starts && lower.len() > at + scheme.len() + 1).then_some(at)
    });
    let relative = || {
        let at = ["//", r"\\", r"/\", r"\/"].iter().filter_map(|mark| piece.find(mark)).min()?;
        piece[at + 2..].contains(['.', '@', ':']).then_some(at)
    };
    // `www.` makes a link of all that follows it, a host's name or not: behind an allowed name that must be a path, or nothing.
    let www = || {
        let starts = |at: &usize| !lower[..*at].ends_with(|c: char| c.is_ascii_alphanumeric());
        let at = lower.match_indices("www.").map(|(at, _)| at).find(starts)?;
        let end = piece[at..].find(|c| !is_of_host(c)).map_or(piece.len(), |end| at + end);
        let more = &piece[end..];
        let leads_home =
            allowed.holds(piece[at..end].trim_matches('.')) && (more.is_empty() || more.starts_with('/'));
        (!leads_home).then_some(at)
    };
    let acts = |(_, _, more): &(usize, &str, &str)| !more.is_empty();
    acting
        .or_else(relative)
        .or_else(www)
        .or_else(|| foreign_names(piece, allowed).into_iter().find(acts).map(|(from, ..)| from))
}

/// A bare name of a host, which some programs link: a space after its dot leaves the words and no link. Addresses of
/// mail stay: nothing is fetched by them, and they are what documents are asked for.
fn apart(piece: &str, allowed: &AllowedHosts) -> String {
    let bare = foreign_names(piece, allowed).into_iter().find(|(from, ..)| !piece[..*from].ends_with('@'));
    match bare {
        Some((from, host, _)) => {
            let dot = from + host.rfind('.').unwrap_or_default() + 1;
            format!("{} {}", &piece[..dot], &piece[dot..])
        }
        None => piece.to_owned(),
    }
}

/// The names of hosts in a piece that are not allowed: where each begins, the name, and what of an address follows it.
/// What follows an allowed name's slash belongs to it.
fn foreign_names<'a>(piece: &'a str, allowed: &AllowedHosts) -> Vec<(usize, &'a str, &'a str)> {
    let (mut found, mut from) = (Vec::new(), 0);
    while let Some(start) = piece[from..].find(is_of_host).map(|start| from + start) {
        let end = piece[start..].find(|c| !is_of_host(c)).map_or(piece.len(), |end| start + end);
        let dots = piece[start..end].len() - piece[start..end].trim_start_matches('.').len();
        let host = piece[start..end].trim_matches('.');
        let more = address_after(&piece[end..]);
        if is_host(host, more) {
            if !allowed.holds(host) {
                found.push((start + dots, host, more));
            } else if more.starts_with('/') {
                break;
            }
        }
        from = end;
    }
    found
}

/// Names of hosts in scripts that are written without spaces, which the search for pieces cuts at: a space after each of their
/// dots leaves the words. An address that is left by now is an allowed one, with such words in its path.
fn names_apart(text: &str, allowed: &AllowedHosts) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_inclusive(|c: char| c.is_ascii_whitespace()) {
        if word.contains("://") || !word.contains(is_spaceless) {
            out.push_str(word);
            continue;
        }
        let mut rest = word;
        while let Some(start) = rest.find(is_of_spaceless_host) {
            out.push_str(&rest[..start]);
            rest = &rest[start..];
            let end = rest.find(|c| !is_of_spaceless_host(c)).unwrap_or(rest.len());
            let name = &rest[..end];
            let more = if name.ends_with('.') { "" } else { address_after(&rest[end..]) };
            let host = name.trim_matches('.');
            let is_foreign = host.contains(is_spaceless) && is_host(host, more) && !allowed.holds(host);
            out.push_str(&if is_foreign { name.replace('.', ". ") } else { name.to_owned() });
            rest = &rest[end..];
        }
        out.push_str(rest);
    }
    out
}

fn is_spaceless(c: char) -> bool {
    c >= '\u{e00}'
}

/// Vowels and tones of South Asian scripts are no letters, and stand in names all the same.
fn is_of_spaceless_host(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '.' | '_' | '\u{e00}'..='\u{1fff}')
}

fn is_of_host(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '.' | '_')
}

/// What of an address may follow a host's name.
fn address_after(rest: &str) -> &str {
    let port = rest.strip_prefix(':').is_some_and(|port| port.starts_with(|c: char| c.is_ascii_digit()));
    if port || rest.starts_with(['/', '?', '#']) { rest } else { "" }
}

/// Whether programs take a name for a host's, by what of an address follows it: behind `www.`, or before a path, whatever its end
/// is, since new ends are sold every year.
fn is_host(host: &str, more: &str) -> bool {
    let Some((before, end)) = host.rsplit_once('.') else { return false };
    let end = end.to_lowercase();
    let letters = end.chars().count();
    let is_word = letters >= 2
        && !end.contains(|c: char| c.is_numeric() || matches!(c, '-' | '_'))
        && (end.is_ascii() || !end.contains(|c: char| c.is_ascii()));
    let is_end = letters == 2 && end.chars().all(char::is_alphabetic)
        || ENDS.split(' ').any(|known| known == end)
        || end.starts_with("xn--")
        || is_word && !more.is_empty()
        || is_www(host);
    let labels: Vec<&str> = before.split('.').collect();
    is_end
        && labels.iter().all(|label| !label.is_empty())
        && labels.iter().any(|label| label.chars().count() > 1)
}

fn is_www(host: &str) -> bool {
    host.get(..4).is_some_and(|beginning| beginning.eq_ignore_ascii_case("www."))
}

/// Whether an address leads to an allowed host over HTTP, and says nothing that another reader could take for another
/// host.
pub(super) fn is_allowed(address: &str, allowed: &AllowedHosts) -> bool {
    let plain = !address.contains(['\\', '@', '<', '>', '"', '`']) && address.is_ascii();
    let Ok(url) = Url::parse(address) else { return false };
    plain
        && matches!(url.scheme(), "http" | "https")
        && url.port().is_none()
        && url.host_str().is_some_and(|host| allowed.holds(host))
}
