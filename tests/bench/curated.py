#!/usr/bin/env python3
"""How near paraphrases lie, and questions that only look alike, in the vectors of a running stack's model.

Measures the pairs of `shared/answering/src/curated/pairs.tsv` again, writes the cosines back with `--write`, and prints
how many pairs of each kind lie at or above each threshold. The unit tests of `answering` hold the rule to the table.

    cargo run -p local                # in one terminal
    python3 tests/bench/curated.py    # in another
"""

import argparse
import functools
import json
import pathlib
import urllib.request

PAIRS = pathlib.Path("shared/answering/src/curated/pairs.tsv")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--data", default=".local")
    parser.add_argument("--write", action="store_true", help="put the cosines into the table")
    options = parser.parse_args()
    stack = json.loads((pathlib.Path(options.data) / "stack.json").read_text())

    @functools.cache
    def vector(text):
        body = json.dumps({"inputText": text, "dimensions": 384, "normalize": True}).encode()
        request = urllib.request.Request(f"{stack['bedrock_endpoint']}/model/local.all-minilm-l6-v2/invoke", body,
                                         {"Content-Type": "application/json"})
        return json.load(urllib.request.urlopen(request))["embedding"]

    head, *rows = PAIRS.read_text(encoding="utf-8").splitlines()
    pairs = [row.split("\t") for row in rows]
    for pair in pairs:
        pair[0] = f"{sum(a * b for a, b in zip(vector(pair[3]), vector(pair[4]))):.3f}"
    for pair in sorted(pairs, key=lambda pair: float(pair[0]), reverse=True):
        print(f"{pair[0]}  {pair[1]:9}  {pair[2]}  {pair[3]}  |  {pair[4]}")
    for language in ("en", "others"):
        print(f"\n{language}: pairs at or above a cosine\n         same  different")
        for threshold in (0.75, 0.8, 0.85, 0.88, 0.9, 0.92, 0.95, 0.97):
            above = [pair[1] for pair in pairs if float(pair[0]) >= threshold and (pair[2] == "en") == (language == "en")]
            print(f"   {threshold:.2f}  {above.count('same'):4}  {above.count('different'):9}")
        whole = [pair[1] for pair in pairs if (pair[2] == "en") == (language == "en")]
        print(f"     of  {whole.count('same'):4}  {whole.count('different'):9}")
    if options.write:
        PAIRS.write_text("\n".join([head, *("\t".join(pair) for pair in pairs)]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
