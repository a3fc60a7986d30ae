"""Write the binary documents of tests/corpus from the text beside this script.

`pump-manual.md` becomes a PDF with a real text layer, `warranty.md` a DOCX.
The other documents of the corpus are text and are edited in place. Running
the script again gives the same bytes with the same library versions.

    pip install reportlab==5.1.0 python-docx==1.2.0
    python tests/tools/make_corpus.py
"""

import datetime
import re
import zipfile
from pathlib import Path

import docx
import reportlab.rl_config
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table

HERE = Path(__file__).parent
CORPUS = HERE.parent / "corpus"
WRITTEN = datetime.datetime(2026, 3, 2, 9, 0, 0)


def blocks(path):
    """Yield (kind, value) for the few Markdown forms that the sources use."""
    for block in path.read_text("utf-8").strip().split("\n\n"):
        lines = block.split("\n")
        if block == "---":
            yield "page", None
        elif heading := re.fullmatch(r"(#+) (.+)", block):
            yield f"h{len(heading[1])}", heading[2]
        elif lines[0].startswith("|"):
            rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
            yield "table", [rows[0], *rows[2:]]
        elif lines[0].startswith("- "):
            yield "bullets", [line[2:] for line in lines]
        elif re.match(r"\d+\. ", lines[0]):
            yield "steps", [re.sub(r"^\d+\. ", "", line) for line in lines]
        else:
            yield "text", " ".join(lines)


def write_pdf(source, target):
    """Lay the manual out with embedded font subsets, a header and page numbers."""
    reportlab.rl_config.invariant = 1
    pdfmetrics.registerFont(TTFont("Body", "Vera.ttf"))
    pdfmetrics.registerFont(TTFont("Bold", "VeraBd.ttf"))
    text = ParagraphStyle(
        "text", fontName="Body", bulletFontName="Body", fontSize=10, leading=15, spaceAfter=6
    )
    styles = {
        "text": text,
        "h1": ParagraphStyle("h1", text, fontName="Bold", fontSize=22, leading=30, spaceAfter=14),
        "h2": ParagraphStyle("h2", text, fontName="Bold", fontSize=13, leading=19, spaceBefore=10),
    }
    cell = ParagraphStyle("cell", text, fontSize=9, leading=12, spaceAfter=0)
    head = ParagraphStyle("head", cell, fontName="Bold")
    item = ParagraphStyle("item", text, leftIndent=16, bulletIndent=2, spaceAfter=3)
    grid = [
        ("GRID", (0, 0), (-1, -1), 0.4, colors.grey),
        ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ]

    def frame(canvas, document):
        canvas.setFont("Body", 8)
        canvas.drawString(22 * mm, 285 * mm, "Tarnwell P-40 operating manual")
        canvas.drawRightString(188 * mm, 12 * mm, f"Page {document.page}")

    story = []
    for kind, value in blocks(source):
        if kind == "page":
            story.append(PageBreak())
        elif kind == "table":
            rows = [[Paragraph(c, head if n == 0 else cell) for c in row] for n, row in enumerate(value)]
            longest = [max(len(c) for c in column) + 6 for column in zip(*value)]
            widths = [166 * mm * length / sum(longest) for length in longest]
            story += [Table(rows, colWidths=widths, style=grid), Spacer(1, 8)]
        elif kind == "bullets":
            story += [Paragraph(line, item, bulletText="•") for line in value]
        elif kind == "steps":
            story += [Paragraph(line, item, bulletText=f"{n}.") for n, line in enumerate(value, 1)]
        else:
            story.append(Paragraph(value, styles[kind]))
    SimpleDocTemplate(
        str(target), pagesize=A4, leftMargin=22 * mm, rightMargin=22 * mm,
        topMargin=20 * mm, bottomMargin=20 * mm, lang="en-GB",
        title="Tarnwell P-40 Booster Pump: Operating Manual", author="Tarnwell Water Systems",
    ).build(story, onFirstPage=frame, onLaterPages=frame)


def write_docx(source, target):
    """Write headings, lists and tables with Word's own styles."""
    document = docx.Document()
    properties = document.core_properties
    properties.title, properties.author = "Tarnwell Warranty Terms", "Tarnwell Water Systems"
    properties.comments, properties.created, properties.modified = "", WRITTEN, WRITTEN
    for kind, value in blocks(source):
        if kind == "table":
            table = document.add_table(rows=0, cols=len(value[0]), style="Table Grid")
            for row in value:
                for target_cell, content in zip(table.add_row().cells, row):
                    target_cell.text = content
        elif kind in ("bullets", "steps"):
            for line in value:
                document.add_paragraph(line, style="List Bullet" if kind == "bullets" else "List Number")
        elif kind == "text":
            document.add_paragraph(value)
        else:
            document.add_heading(value, level=int(kind[1]) - 1)
    document.save(target)
    fix_times(target)


def fix_times(path):
    """Give every member of a zip the same date, so that the bytes do not change."""
    with zipfile.ZipFile(path) as archive:
        members = [(info.filename, archive.read(info)) for info in archive.infolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            info = zipfile.ZipInfo(name, WRITTEN.timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)


if __name__ == "__main__":
    write_pdf(HERE / "pump-manual.md", CORPUS / "pump-manual.pdf")
    write_docx(HERE / "warranty.md", CORPUS / "warranty.docx")
