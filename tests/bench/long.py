#!/usr/bin/env python3
"""A PDF of 3,000 pages and an HTML page of 50 MB through a running stack: seconds, units of work, and the most memory that a
function and its child had together.

    cargo run -p local -- --embedder instant      # in one terminal
    pip install reportlab "psycopg[binary]"
    python3 tests/bench/long.py                   # in another
"""

import argparse
import json
import pathlib
import random
import subprocess
import tempfile
import threading
import time

import psycopg

from ingest import text


def pdf(path, pages):
    from reportlab.pdfgen import canvas
    page = canvas.Canvas(str(path))
    for number in range(pages):
        page.setFont("Helvetica", 10)
        for line, words in enumerate(text(3_000, number).replace("\n", " ")[at:at + 95] for at in range(0, 3_000, 95)):
            page.drawString(50, 790 - line * 22, words)
        page.showPage()
    page.save()


def html(path, size):
    paragraphs = "".join(f"<h2>Part {number}</h2><p>{part}</p>\n" for number, part in
                         enumerate(text(size // 20, 1).split("\n\n")))
    with open(path, "w") as file:
        file.write("<!doctype html><html><head><title>Long</title></head><body><main>")
        # A page of so much text would be refused: as in the world, most of it is markup.
        written = 0
        while written < size * .3:
            written += file.write(paragraphs)
        filler = '<div class="layout column wide" data-number="00000000"><span style="color: black"></span></div>\n' * 1000
        while written < size:
            written += file.write(filler)
        file.write("</main></body></html>")


class Memory(threading.Thread):
    """The most resident memory that the ingest functions and their children had at one moment, each pair together."""

    def __init__(self):
        super().__init__(daemon=True)
        self.peak, self.ends = 0, False

    def run(self):
        while not self.ends:
            pairs = {}
            for folder in pathlib.Path("/proc").iterdir():
                if not folder.name.isdigit():
                    continue
                try:
                    if (folder / "comm").read_text().strip() != "ingest":
                        continue
                    status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines() if ":" in line)
                    is_child = b"extract-in-child-process" in (folder / "cmdline").read_bytes()
                    head = status["PPid"].strip() if is_child else folder.name
                    pairs[head] = pairs.get(head, 0) + int(status.get("VmRSS", "0 kB").split()[0])
                except (OSError, KeyError):
                    continue
            self.peak = max([self.peak, *pairs.values()])
            time.sleep(0.02)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--data", default=".local")
    parser.add_argument("--local", default="target/debug/local")
    parser.add_argument("--pages", type=int, default=3_000)
    parser.add_argument("--megabytes", type=int, default=50)
    options = parser.parse_args()
    stack = json.loads((pathlib.Path(options.data) / "stack.json").read_text())
    database = psycopg.connect(stack["admin_database_url"], autocommit=True)
    for kind in ("pdf", "html"):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, f"long-{random.randrange(10**9)}.{kind}")
            pdf(path, options.pages) if kind == "pdf" else html(path, options.megabytes * 1_000_000)
            size = path.stat().st_size
            memory, started = Memory(), time.perf_counter()
            memory.start()
            dropped = subprocess.run([options.local, "--data", options.data, "drop", str(path), "--collection", "bench-long"],
                                     capture_output=True, text=True)
            seconds, memory.ends = time.perf_counter() - started, True
            if dropped.returncode:
                print(dropped.stdout, dropped.stderr)
        row = database.execute(
            "SELECT d.processing_status, d.page_count, d.chunk_count, v.units FROM docent.documents d"
            " LEFT JOIN docent.document_versions v ON v.id = d.active_version_id WHERE d.filename = %s", (path.name,)).fetchone()
        print(f"{kind}, {size / 1e6:.1f} MB: {row[0]} in {seconds:.1f} s, {row[1] or 0} pages, {row[2]} passages, "
              f"{row[3] or 0} units ({max(0, (row[3] or 1) - 1)} continuations), at most {memory.peak / 1024:.0f} MB")


if __name__ == "__main__":
    main()
