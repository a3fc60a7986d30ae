#!/usr/bin/env python3
"""Extraction beside pypdfium2 (PDF) and markitdown (office), on generated files of known text, or on FILES.

Each reader is a process of its own: ours is the child that the `ingest` binary starts for every document. Printed
are words recalled, F1, pairs of neighbouring words recalled (which reading order decides), pages per CPU-second and
peak memory. For FILES, whose text nobody knows, the other reader's words stand for it.

Needs `pip install reportlab pypdfium2 "markitdown[docx,pptx,xlsx]"`; without one of them its rows are left out."""

import argparse
import collections
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile

WORDS = """pump valve filter hose pressure seal oil water litre office service engine efficient torque manual warranty
sensor level cartridge inlet outlet motor shaft bearing gasket difficult clean replace check close open tighten measure
every before after during under over steady quick slow warm cold affluent second third spare main small large
consideration installation configuration maintenance temperature replacement documentation""".split()
OFFICE = {".docx", ".pptx", ".xlsx"}
# Start-up of Python and its modules is not the reader's: it is measured with an empty run and taken off.
READERS = {
    "pypdfium2": """
import sys, pypdfium2
if len(sys.argv) > 1:
    for page in pypdfium2.PdfDocument(sys.argv[1]):
        print(page.get_textpage().get_text_bounded())
""",
    "markitdown": """
import sys, markitdown
reader = markitdown.MarkItDown()
if len(sys.argv) > 1:
    print(reader.convert(sys.argv[1]).text_content)
""",
}


def sentences(rng, count):
    made = []
    for _ in range(count):
        words = [rng.choice(WORDS) for _ in range(rng.randint(8, 16))]
        made.append(" ".join(words).capitalize() + ".")
    return " ".join(made)


def rows(rng, count):
    return [["Part", "Price", "Stock"]] + [
        [rng.choice(WORDS), str(rng.randint(100, 999)), str(rng.randint(10, 99))] for _ in range(count)]


def pdf(path, rng, pages, columns=1, tables=False, running=False, hyphens=False):
    """A PDF and the text that it says, without what runs along its pages."""
    from reportlab.lib import colors, pagesizes, styles
    from reportlab.platypus import BaseDocTemplate, Frame, PageBreak, PageTemplate, Paragraph, Spacer, Table
    sheet, said, story = styles.getSampleStyleSheet(), [], []
    width, height = pagesizes.A4
    body = styles.ParagraphStyle("body", sheet["BodyText"])
    if hyphens:
        body.embeddedHyphenation, body.uriWasteReduce, body.alignment = 1, 0, 4
        body.splitLongWords, body.hyphenationMinWordLength = 0, 6

    def frame(canvas, document):
        if running:
            canvas.setFont("Helvetica", 8)
            canvas.drawString(60, height - 30, "Tarnwell Operating Manual")
            canvas.drawString(60, 25, "Confidential")
            canvas.drawRightString(width - 60, 25, f"Page {document.page} of {pages}")

    gap = 20
    each = (width - 120 - gap * (columns - 1)) / columns
    frames = [Frame(60 + number * (each + gap), 50, each, height - 100) for number in range(columns)]
    document = BaseDocTemplate(str(path), pagesize=pagesizes.A4)
    document.addPageTemplates([PageTemplate(frames=frames, onPage=frame)])
    for page in range(pages):
        title = f"Section {page + 1} {rng.choice(WORDS)}"
        story.append(Paragraph(title, sheet["Heading2"]))
        said.append(title)
        for _ in range(4 * columns):
            text = sentences(rng, 5 if columns == 1 else 4)
            said.append(text)
            # A soft hyphen is where the line may break.
            shown = re.sub(r"(\w{5,}?)(tion|ment|ture)\b", "\\1\u00ad\\2", text) if hyphens else text
            story.append(Paragraph(shown, body))
        if tables:
            table = rows(rng, 6)
            said += [" ".join(row) for row in table]
            story += [Spacer(1, 8), Table(table, style=[("GRID", (0, 0), (-1, -1), 0.5, colors.black)])]
        story.append(PageBreak())
    document.build(story)
    return " ".join(said)


def docx(path, rng, pages):
    import docx as library
    made, said = library.Document(), []
    for page in range(pages):
        title, text, table = f"Section {page + 1}", [sentences(rng, 5) for _ in range(4)], rows(rng, 6)
        made.add_heading(title, 1)
        for paragraph in text:
            made.add_paragraph(paragraph)
        grid = made.add_table(0, 3)
        for row in table:
            for cell, value in zip(grid.add_row().cells, row):
                cell.text = value
        said += [title, *text, *(" ".join(row) for row in table)]
    made.save(path)
    return " ".join(said)


def pptx(path, rng, pages):
    import pptx as library
    made, said = library.Presentation(), []
    for page in range(pages):
        slide = made.slides.add_slide(made.slide_layouts[1])
        title, text = f"Section {page + 1}", sentences(rng, 4)
        slide.shapes.title.text, slide.placeholders[1].text = title, text
        said += [title, text]
    made.save(path)
    return " ".join(said)


def xlsx(path, rng, pages):
    import openpyxl
    made, said = openpyxl.Workbook(), []
    made.active.title = "Parts"
    for row in rows(rng, 50 * pages):
        made.active.append(row)
        said.append(" ".join(row))
    made.save(path)
    return " ".join(said)


def generated(folder, pages):
    rng = random.Random(7)
    kinds = [
        ("one column.pdf", 200, lambda path: pdf(path, rng, 200)),
        ("two columns.pdf", 200, lambda path: pdf(path, rng, 200, columns=2)),
        ("tables.pdf", 200, lambda path: pdf(path, rng, 200, tables=True)),
        ("heads and feet.pdf", 200, lambda path: pdf(path, rng, 200, running=True)),
        ("hyphens.pdf", 200, lambda path: pdf(path, rng, 200, columns=2, hyphens=True)),
        ("long.pdf", pages, lambda path: pdf(path, rng, pages, running=True)),
        ("text.docx", 60, lambda path: docx(path, rng, 60)),
        ("slides.pptx", 60, lambda path: pptx(path, rng, 60)),
        ("sheet.xlsx", 60, lambda path: xlsx(path, rng, 60)),
    ]
    for name, count, make in kinds:
        path = pathlib.Path(folder, name)
        try:
            yield path, count, make(path)
        except ImportError as missing:
            print(f"{name}: {missing}", file=sys.stderr)


# A child's peak memory begins with its parent's, so the parent is a small one.
MEASURE = """
import os, sys
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(child, 0)
print(os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, file=sys.stderr)
"""


def run(command):
    """What a process printed, its CPU seconds, its peak memory in MB; nothing when it failed."""
    done = subprocess.run([sys.executable, "-S", "-E", "-c", MEASURE, *command], capture_output=True)
    code, seconds, memory = done.stderr.decode("utf-8", "replace").split("\n")[-2].split()
    return (done.stdout.decode("utf-8", "replace") if code == "0" else None), float(seconds), float(memory)


def ours(program, path):
    text, seconds, memory = run([program, "extract-in-child-process", str(path), path.name])
    answer = json.loads(text) if text else {}
    read = answer.get("Extracted")
    if read is None:
        return None, 0, seconds, memory
    return read["text"], read["page_count"] or 0, seconds, memory


def theirs(reader, path, start):
    text, seconds, memory = run([sys.executable, "-c", READERS[reader], str(path)])
    return text, max(seconds - start, 0.0), memory


def words(text):
    return re.findall(r"\w+", text.lower())


def score(expected, got):
    expected, got = words(expected), words(got)

    def shared(a, b):
        return sum((collections.Counter(a) & collections.Counter(b)).values())

    both = shared(expected, got)
    recall, precision = both / max(len(expected), 1), both / max(len(got), 1)
    pairs = list(zip(expected, expected[1:]))
    order = shared(pairs, zip(got, got[1:])) / max(len(pairs), 1)
    return recall, 2 * recall * precision / max(recall + precision, 1e-9), order


def line(name, reader, scores, pages, seconds, memory):
    speed = f"{pages / seconds:9.0f}" if pages and seconds > 0.05 else f"{'':9}"
    said = " ".join(f"{value:7.4f}" for value in scores) if scores else f"{'not read':>23}"
    print(f"{name[:28]:28} {reader:11} {said:23} {speed:>11} {seconds:8.2f} {memory:8.0f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=pathlib.Path, help="files or folders instead of generated ones")
    parser.add_argument("--ingest", default="target/release/ingest", help="the function's binary")
    parser.add_argument("--pages", type=int, default=3000, help="of the long PDF")
    options = parser.parse_args()
    start = {reader: run([sys.executable, "-c", source]) for reader, source in READERS.items()}
    for reader in [reader for reader, (text, _, _) in start.items() if text is None]:
        print(f"{reader} is not installed; its rows are left out", file=sys.stderr)
        del start[reader]
    print(f"{'file':28} {'reader':11} {'recall':>7} {'F1':>7} {'order':>7} {'pages/CPU-s':>9} {'CPU s':>8} {'MB':>8}")
    with tempfile.TemporaryDirectory() as folder:
        cases = generated(folder, options.pages)
        if options.files:
            listed = [path for given in options.files for path in (sorted(given.rglob("*")) if given.is_dir() else [given])]
            cases = ((path, 0, None) for path in listed if path.is_file())
        for path, pages, known in cases:
            reader = "pypdfium2" if path.suffix.lower() == ".pdf" else "markitdown"
            other = None
            if reader in start and (path.suffix.lower() in OFFICE | {".pdf", ".html"}):
                other = theirs(reader, path, start[reader][1])
            text, counted, seconds, memory = ours(options.ingest, path)
            expected = known if known is not None else (other[0] if other else None)
            line(path.name, "docent", score(expected, text) if expected and text else None, pages or counted, seconds, memory)
            if other:
                scores = score(known, other[0]) if known and other[0] else None
                line("", reader, scores, pages or counted, *other[1:])


if __name__ == "__main__":
    main()
