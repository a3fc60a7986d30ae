#!/usr/bin/env python3
"""Seconds from PUT to searchable of a text of 1 MB, through a running stack (`cargo run -p local`, or with
`--embedder instant` for the pipeline's own cost)."""

import argparse
import pathlib
import random
import re
import subprocess
import tempfile

WORDS = """pump valve filter hose pressure seal oil water litre hour service engine bolt torque manual warranty sensor
level cartridge inlet outlet motor shaft bearing gasket clean replace check close open tighten measure every before
after during under over steady quick slow warm cold northern southern second third spare main small large""".split()


def text(size, seed):
    rng = random.Random(seed)
    sentences, length, number = [], 0, 0
    while length < size:
        number += 1
        words = [rng.choice(WORDS) for _ in range(rng.randint(8, 18))]
        sentence = f"{words[0].capitalize()} {' '.join(words[1:])} {number}."
        if number % 12 == 0:
            sentence += "\n\n"
        sentences.append(sentence)
        length += len(sentence) + 1
    return " ".join(sentences)[:size]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=".local")
    parser.add_argument("--local", default="target/debug/local")
    parser.add_argument("--bytes", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    for run in range(options.runs):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, f"bench-{run}.txt").write_text(text(options.bytes, random.random()))
            printed = subprocess.run(
                [options.local, "--data", options.data, "drop", folder, "--collection", "bench-ingest"],
                check=True, capture_output=True, text=True,
            ).stdout
        print(re.sub(r"\s+", " ", printed.strip()))


if __name__ == "__main__":
    main()
