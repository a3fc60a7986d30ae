//! Spreadsheets and comma-separated values.

use super::{Hostile, MEGABYTE, archives::zipped, offices::open, readable, rejected, wrapped};
use std::fmt::Write as _;

const CELL: &str = "<c r=\"A1\" t=\"inlineStr\"><is><t>The valve opens</t></is></c>";

pub(super) fn files() -> Vec<Hostile> {
    vec![
        rejected("XLSX: four thousand million shared texts, it says", "strings.xlsx", || {
            xlsx(
                &row(CELL),
                "<sst uniqueCount=\"4294967295\" count=\"4294967295\"><si><t>x</t></si></sst>",
                "",
            )
        }),
        rejected("XLSX: one text of a megabyte in a million cells", "shared.xlsx", || {
            let cells: String = (1..=MEGABYTE)
                .map(|number| format!("<row r=\"{number}\"><c r=\"A{number}\" t=\"s\"><v>0</v></c></row>"))
                .collect();
            xlsx(
                &cells,
                &format!("<sst uniqueCount=\"1\"><si><t>{}</t></si></sst>", "x".repeat(MEGABYTE)),
                "",
            )
        }),
        rejected("XLSX: ten million shared texts", "texts.xlsx", || {
            xlsx(&row(CELL), &format!("<sst>{}</sst>", "<si/>".repeat(10 * MEGABYTE)), "")
        }),
        readable("XLSX: its last cell is Excel's last", "far.xlsx", || {
            xlsx(
                &[row(CELL), format!("<row r=\"1048576\">{}</row>", CELL.replace("A1", "XFD1048576"))]
                    .concat(),
                "",
                "",
            )
        }),
        rejected("XLSX: cells in columns that there are not", "column.xlsx", || {
            xlsx(&row(&CELL.replace("A1", "ZZZZZZZZZZZZ1")), "", "")
        }),
        rejected("XLSX: a row of a million and one cells", "cells.xlsx", || {
            xlsx(&row(&"<c><v>1</v></c>".repeat(MEGABYTE + 1)), "", "")
        }),
        rejected("XLSX: a staircase of cells", "stairs.xlsx", || {
            let mut rows = String::new();
            for number in 1..=5_000_u32 {
                let _ =
                    write!(rows, "<row r=\"{number}\">{}</row>", CELL.replace("A1", &cell(number, number)));
            }
            xlsx(&rows, "", "")
        }),
        rejected("XLSX: ten million cell formats", "formats.xlsx", || {
            xlsx(
                &row(CELL),
                "",
                &format!("<styleSheet><cellXfs>{}</cellXfs></styleSheet>", "<xf/>".repeat(10 * MEGABYTE)),
            )
        }),
        readable("XLSX: a number format of two million places", "places.xlsx", || {
            let format = format!(
                "<numFmts count=\"1\"><numFmt numFmtId=\"164\" formatCode=\"0.{}\"/></numFmts>",
                "0".repeat(2 * MEGABYTE)
            );
            let styles =
                format!("<styleSheet>{format}<cellXfs><xf numFmtId=\"164\"/></cellXfs></styleSheet>");
            xlsx(&row(&[CELL, "<c r=\"B1\" s=\"0\"><v>1.5</v></c>"].concat()), "", &styles)
        }),
        readable("XLSX: a merged cell over everything", "merged.xlsx", || {
            xlsx(
                &[
                    row(CELL),
                    "</sheetData><mergeCells><mergeCell ref=\"A1:XFD1048576\"/></mergeCells><sheetData>"
                        .into(),
                ]
                .concat(),
                "",
                "",
            )
        }),
        rejected("XLSX: a sheet that is not there", "sheet.xlsx", || {
            let parts = parts(&row(CELL), "", "");
            zipped(&parts.into_iter().filter(|(name, _)| !name.contains("sheet1")).collect::<Vec<_>>())
        }),
        rejected("ODS: a thousand million columns of text", "columns.ods", || ods("1000000000", "1")),
        rejected("ODS: a thousand million rows of text", "rows.ods", || ods("1", "1000000000")),
        rejected("ODS: more columns and rows than there are numbers", "overflow.ods", || {
            ods("18446744073709551615", "18446744073709551615")
        }),
        rejected("CSV: one line of 50 MB", "line.csv", || wrapped("a,b\n", "x", 50 * MEGABYTE, "")),
        rejected("CSV: a row of a million and one cells", "cells.csv", || {
            wrapped("", "x,", MEGABYTE + 1, "\n")
        }),
        rejected("CSV: three million empty rows", "empty-rows.csv", || wrapped("", ",\n", 3 * MEGABYTE, "")),
        rejected("CSV: a staircase of cells", "stairs.csv", || {
            (0..5_000).fold(String::new(), |rows, number| rows + &",".repeat(number) + "x\n").into_bytes()
        }),
        rejected("CSV: NULs between its letters", "nul.csv", || wrapped("", "a\0,\0\0b\n", MEGABYTE, "")),
        readable("CSV: a quote that never ends", "quote.csv", || {
            wrapped("a,b\nc,\"", "valve,\n", 20_000, "")
        }),
    ]
}

fn row(cells: &str) -> String {
    format!("<row r=\"1\">{cells}</row>")
}

/// A cell's name.
fn cell(row: u32, column: u32) -> String {
    let (mut column, mut letters) = (column, String::new());
    while column > 0 {
        let letter = u8::try_from((column - 1) % 26).expect("one of 26");
        letters.insert(0, char::from(b'A' + letter));
        column = (column - 1) / 26;
    }
    format!("{letters}{row}")
}

fn parts(rows: &str, strings: &str, styles: &str) -> Vec<(&'static str, Vec<u8>)> {
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let main = "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"";
    let package = "xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"";
    let relation = |id: &str, kind: &str, target: &str| {
        format!("<Relationship Id=\"{id}\" Type=\"{office}/{kind}\" Target=\"{target}\"/>")
    };
    let within = [
        relation("r1", "worksheet", "worksheets/sheet1.xml"),
        relation("r2", "sharedStrings", "sharedStrings.xml"),
        relation("r3", "styles", "styles.xml"),
    ];
    let from = relation("r0", "officeDocument", "xl/workbook.xml");
    let mut parts = vec![
        ("_rels/.rels", format!("<Relationships {package}>{from}</Relationships>").into_bytes()),
        (
            "xl/workbook.xml",
            format!("<workbook {main} xmlns:r=\"{office}\"><sheets><sheet name=\"Parts\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>").into_bytes(),
        ),
        ("xl/_rels/workbook.xml.rels", format!("<Relationships {package}>{}</Relationships>", within.concat()).into_bytes()),
        ("xl/worksheets/sheet1.xml", format!("<worksheet {main}><dimension ref=\"A1:XFD1048576\"/><sheetData>{rows}</sheetData></worksheet>").into_bytes()),
    ];
    for (name, text) in [("xl/sharedStrings.xml", strings), ("xl/styles.xml", styles)] {
        if !text.is_empty() {
            parts.push((name, text.as_bytes().to_vec()));
        }
    }
    parts
}

fn xlsx(rows: &str, strings: &str, styles: &str) -> Vec<u8> {
    zipped(&parts(rows, strings, styles))
}

/// A sheet with one text, so often beside and below itself.
fn ods(columns: &str, rows: &str) -> Vec<u8> {
    let cell = format!(
        "<table:table-cell table:number-columns-repeated=\"{columns}\"><text:p>valve</text:p></table:table-cell>"
    );
    let row =
        format!("<table:table-row table:number-rows-repeated=\"{rows}\">{cell}{cell}</table:table-row>");
    open(
        "spreadsheet",
        format!(
            "<office:spreadsheet><table:table table:name=\"Parts\">{row}</table:table></office:spreadsheet>"
        )
        .as_bytes(),
    )
}
