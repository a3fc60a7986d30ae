//! Workbooks of our own, good and bad.

use super::*;
use crate::extract::{BlockKind, archive::tests::zipped};
use domain::FailureCode;

const STYLES: &str = "<styleSheet><numFmts><numFmt numFmtId='164' formatCode='&quot;EUR &quot;#,##0.00'/></numFmts>\
    <cellXfs><xf numFmtId='0'/><xf numFmtId='14'/><xf numFmtId='10'/><xf numFmtId='164'/><xf numFmtId='46'/></cellXfs></styleSheet>";

/// A workbook of one sheet, given its rows and shared strings.
fn workbook(rows: &str, strings: &str) -> Vec<u8> {
    let main = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    zipped(&[
        (
            "_rels/.rels",
            &format!(
                "<Relationships><Relationship Id='r1' Type='{main}/officeDocument' Target='xl/workbook.xml'/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml",
            &format!(
                "<workbook xmlns:r='{main}'><sheets><sheet name='Prices' sheetId='1' r:id='r1'/></sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            &format!(
                "<Relationships><Relationship Id='r1' Type='{main}/worksheet' Target='worksheets/sheet1.xml'/></Relationships>"
            ),
        ),
        ("xl/styles.xml", STYLES),
        ("xl/sharedStrings.xml", strings),
        ("xl/worksheets/sheet1.xml", &format!("<worksheet><sheetData>{rows}</sheetData></worksheet>")),
    ])
}

const STRINGS: &str =
    "<sst count='2' uniqueCount='2'><si><t>Part</t></si><si><r><t>Se</t></r><r><t>al</t></r></si></sst>";

fn table(rows: &str) -> String {
    let document = read(&workbook(rows, STRINGS)).expect("readable");
    assert_eq!(document.blocks[0].kind, BlockKind::Heading(2));
    document.text.trim_start_matches("Prices").trim().to_owned()
}

#[test]
fn cells_are_what_excel_shows() {
    let seen = table(
        "<row r='1'><c r='A1' t='s'><v>0</v></c><c r='B1' t='inlineStr'><is><t>When</t></is></c></row>\
         <row r='2'><c r='A2' t='s'><v>1</v></c><c r='B2' s='1'><v>46083</v></c><c r='C2' s='2'><v>0.125</v></c>\
         <c r='D2' s='3'><v>1390.5</v></c><c r='E2' t='b'><v>1</v></c><c r='F2'><f>0.1+0.2</f><v>0.30000000000000004</v></c>\
         <c r='G2' t='str'><f>A2</f><v>Seal &amp; co</v></c><c r='H2' t='e'><v>#N/A</v></c><c r='I2' s='4'><v>1.5</v></c></row>",
    );
    assert_eq!(
        seen,
        "Part | When\nSeal | 2026-03-02 | 12.50% | EUR 1,390.50 | TRUE | 0.3 | Seal & co | #N/A | 36:00:00"
    );
}

#[test]
fn rows_that_the_file_leaves_out_part_tables_and_far_columns_close_up() {
    let row = |number: u32, column: &str| {
        format!(
            "<row r='{number}'><c r='A{number}'><v>{number}</v></c><c r='{column}{number}'><v>7</v></c></row>"
        )
    };
    assert_eq!(
        table(&[row(1, "XFD"), row(2, "B"), row(1_048_576, "B")].concat()),
        "1 |  | 7\n2 | 7\n\n1048576 | 7"
    );
}

#[test]
fn number_formats_are_understood() {
    let shown = |code: &str, number| Shown::parse(code).map(|shown| shown.write(number));
    assert_eq!(shown("0.00", 1.005e3).as_deref(), Some("1005.00"));
    assert_eq!(shown("#,##0;[Red]-#,##0", -1_234_567.0).as_deref(), Some("-1,234,567"));
    assert_eq!(shown("0.##", 2.5).as_deref(), Some("2.5"));
    assert_eq!(shown("0.0%", 0.0814).as_deref(), Some("8.1%"));
    assert_eq!(shown("[$€-407] #,##0.00", 27.9).as_deref(), Some("€ 27.90"));
    assert_eq!(shown("#,##0.00\\ \"kg\"", 3.0).as_deref(), Some("3.00 kg"));
    assert_eq!(shown("0", -0.2).as_deref(), Some("0"));
    for code in ["General", "@", "# ?/?", "0.00E+00", "dd/mm/yyyy", "0,,"] {
        assert_eq!(shown(code, 1.0), None, "{code}");
    }
    assert_eq!(general(204_417_001_234.0), "204417001234");
    assert_eq!(general(1.0 / 3.0), "0.3333333333");
}

#[test]
fn hostile_workbooks_are_refused() {
    let code = |bytes: &[u8]| read(bytes).map(|document| document.blocks.len()).expect_err("refused").code;
    let claims = STRINGS.replace("uniqueCount='2'", "uniqueCount='4000000000000'");
    assert_eq!(code(&workbook("", &claims)), FailureCode::Hostile);
    let row: String = "<c><v>1</v></c>".repeat(1_000);
    let rows: String = (0..=ROWS).map(|_| format!("<row>{row}</row>")).collect();
    assert_eq!(code(&workbook(&rows, STRINGS)), FailureCode::TooLarge);
    assert_eq!(code(&workbook("<row r='1'><c r='A1'><v>1", STRINGS)), FailureCode::Damaged);
    // Each row has a cell in a column of its own: a table of a hundred million places.
    let diagonal: String =
        (1..10_000_u32).map(|at| format!("<row><c r='{}{at}'><v>1</v></c></row>", name(at))).collect();
    assert_eq!(code(&workbook(&diagonal, STRINGS)), FailureCode::TooLarge);
}

const ROWS: usize = domain::limits::TABLE_CELLS / 1_000;

/// A column's letters.
fn name(mut column: u32) -> String {
    let mut letters = Vec::new();
    while column > 0 {
        letters.push(char::from(b'A' + ((column - 1) % 26) as u8));
        column = (column - 1) / 26;
    }
    letters.iter().rev().collect()
}
