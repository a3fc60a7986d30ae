//! HTML and Markdown.

use super::{Hostile, MEGABYTE, readable, rejected, wrapped};
use std::fmt::Write as _;

const PAGE: &str = "<!doctype html><html><body><p>The valve opens.</p>";

pub(super) fn files() -> Vec<Hostile> {
    vec![
        readable("HTML: a million elements in each other", "deep.html", || {
            wrapped(PAGE, "<div>", MEGABYTE, "x")
        }),
        readable("HTML: 200,000 letters in letters", "letters.html", || {
            wrapped(PAGE, "<b><i><a href=x>", 70_000, "x")
        }),
        readable("HTML: ends that cross their beginnings", "crossed.html", || {
            wrapped(PAGE, "<b><i><p>x</b></i>", 20_000, "")
        }),
        rejected("HTML: a tag with 200,000 attributes", "attributes.html", || {
            let attributes: String = (0..200_000).fold(String::new(), |mut all, number| {
                let _ = write!(all, " a{number}=1");
                all
            });
            format!("{PAGE}<div{attributes}>x").into_bytes()
        }),
        readable("HTML: 100,000 tables that do not end", "tables.html", || {
            wrapped(PAGE, "<table><tr><td>", 100_000, "x")
        }),
        readable("HTML: text between a table's rows", "foster.html", || {
            wrapped(&format!("{PAGE}<table>"), "x<tr>", 100_000, "")
        }),
        rejected("HTML: a comment of 60 MB and nothing else", "comment.html", || {
            wrapped("<!doctype html><html><!--", "-", 60 * MEGABYTE, "")
        }),
        rejected("HTML: twenty million elements", "elements.html", || {
            wrapped(PAGE, "<p>", 20 * MEGABYTE, "")
        }),
        readable("HTML: a cell of 65,534 rows and a thousand columns, often", "spans.html", || {
            wrapped(&format!("{PAGE}<table>"), "<tr><td rowspan=65534 colspan=1000>x</td></tr>", 5_000, "")
        }),
        readable("HTML: lists in lists", "lists.html", || wrapped(PAGE, "<ul><li>x", 20_000, "")),
        readable("HTML: 100,000 choices in choices", "select.html", || {
            wrapped(PAGE, "<select><optgroup><option>", 100_000, "x")
        }),
        readable("HTML: 100,000 references", "references.html", || {
            wrapped(PAGE, "&#x110000;&nosuch", 50_000, "")
        }),
        rejected("HTML: 30 MB of text", "text.html", || wrapped(PAGE, "The valve. ", 3 * MEGABYTE, "")),
        readable("Markdown: quotes in quotes", "quotes.md", || wrapped("", ">", 100_000, " The valve.\n")),
        readable("Markdown: lists in lists", "lists.md", || wrapped("", "- ", 20_000, "The valve.\n")),
        readable("Markdown: lists that indent 700 times", "indent.md", || {
            (0..700).fold(String::new(), |all, level| all + &"  ".repeat(level) + "- valve\n").into_bytes()
        }),
        readable("Markdown: brackets", "brackets.md", || wrapped("The valve ", "[", 100_000, "x")),
        readable("Markdown: pictures of links of pictures", "links.md", || {
            [wrapped("The valve ", "![[", 10_000, "x"), wrapped("", "](a)](b)", 10_000, "")].concat()
        }),
        readable("Markdown: stars", "stars.md", || wrapped("The valve ", "*a **b ", 20_000, "x")),
        readable("Markdown: back ticks of every length", "ticks.md", || {
            (1..400)
                .fold(String::from("The valve "), |all, length| all + &"`".repeat(length) + " ")
                .into_bytes()
        }),
        readable("Markdown: a table that fills itself up", "table.md", || {
            [
                wrapped("", "|a", 20_000, "|\n"),
                wrapped("", "|-", 20_000, "|\n"),
                wrapped("", "|x|\n", 20_000, ""),
            ]
            .concat()
        }),
        readable("Markdown: one link defined, 20,000 times used", "defined.md", || {
            let target = "x".repeat(1_000);
            wrapped(&format!("[a]: {target} \"{target}\"\n\nThe valve "), "[a] ", 20_000, "\n")
        }),
        readable("Markdown: front matter of aliases", "aliases.md", || {
            let mut fields = String::from("a0: &a0 [ha, ha]\n");
            for level in 1..30 {
                let before = level - 1;
                let _ =
                    writeln!(fields, "a{level}: &a{level} [*a{before}, *a{before}, *a{before}, *a{before}]");
            }
            format!("---\n{fields}---\n# The valve\n\nIt opens.\n").into_bytes()
        }),
        readable("Markdown: front matter that nests", "matter.md", || {
            [
                wrapped("---\na: ", "[", 3_000, ""),
                wrapped("", "]", 3_000, "\n---\n# The valve\n\nIt opens.\n"),
            ]
            .concat()
        }),
        readable("Markdown: HTML that does not end", "comment.md", || {
            wrapped("The valve\n\n", "<!-- <?php <![CDATA[ ", 100_000, "x")
        }),
    ]
}
