//! What RTF's words stand for.

/// Words and symbols that stand for text.
pub(super) fn symbol(word: &str) -> Option<&'static str> {
    Some(match word {
        "tab" | "nestcell" => "\t",
        "line" | "lbr" | "nestrow" => "\n",
        "~" => "\u{a0}",
        "_" => "-",
        "emdash" => "—",
        "endash" => "–",
        "bullet" => "•",
        "lquote" => "‘",
        "rquote" => "’",
        "ldblquote" => "“",
        "rdblquote" => "”",
        "emspace" | "enspace" | "qmspace" => " ",
        "\\" => "\\",
        "{" => "{",
        "}" => "}",
        _ => return None,
    })
}

/// The code page of a font's character set; `None` for the file's own and for symbols.
pub(super) fn code_page_of_charset(charset: i32) -> Option<i32> {
    Some(match charset {
        77 => 10_000,
        128 => 932,
        129 => 949,
        134 => 936,
        136 => 950,
        161 => 1253,
        162 => 1254,
        163 => 1258,
        177 => 1255,
        178 => 1256,
        186 => 1257,
        204 => 1251,
        222 => 874,
        238 => 1250,
        _ => return None,
    })
}
