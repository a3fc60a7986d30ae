#!/usr/bin/env python3
"""Retrieval and answers of a question set through a running stack, as a user would get them.

Drops every paragraph of a set as a text file with `local drop`, searches each question with `GET /api/v1/search`,
and asks each with `local ask`. Prints how often the gold paragraph is among the first five, how often the answer
stands in the printed answer, and how often the bot abstained.

    cargo run -p local                                # in one terminal
    python3 tests/bench/answers.py SET --only en      # in another; SET has docs.jsonl and questions.jsonl

A set's lines: docs {"id", "title", "text"}; questions {"question", "answers", "gold_doc", "answerable"}. Needs
nothing but Python's standard library.
"""

import argparse
import concurrent.futures
import json
import pathlib
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def file_name(doc):
    return doc.replace(":", "-") + ".txt"


def plain(text):
    return " ".join(text.lower().split())


def search(stack, question, collection):
    query = urllib.parse.urlencode({"q": question, "collection": collection, "k": 10})
    request = urllib.request.Request(
        f"{stack['gateway']}/api/v1/search?{query}", headers={"Authorization": f"Bearer {stack['api_key']}"}
    )
    with urllib.request.urlopen(request) as response:
        return [(item["document_key"].rsplit("/", 1)[1], item["score"]) for item in json.load(response)["items"]]


def ask(local, question, collection):
    printed = subprocess.run([*local, "ask", "--collection", collection, "--", question], capture_output=True, text=True)
    answer = printed.stdout.split("\n\n")[0]
    return answer, "(no answer:" in printed.stdout


def distinct(names):
    return list(dict.fromkeys(names))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("set", type=pathlib.Path)
    parser.add_argument("--only", default="", help="documents whose id begins so, such as en")
    parser.add_argument("--most", type=int, default=0, help="questions at most")
    parser.add_argument("--collection", default="", help="default: the set's name")
    parser.add_argument("--data", default=".local")
    parser.add_argument("--local", default="target/debug/local", help="the built program")
    parser.add_argument("--no-ask", action="store_true", help="search only")
    parser.add_argument("--no-drop", action="store_true", help="the documents are there already")
    options = parser.parse_args()
    local = [options.local, "--data", options.data]
    stack = json.loads((pathlib.Path(options.data) / "stack.json").read_text())
    collection = options.collection or f"{options.set.name}-{options.only or 'all'}"
    docs = [doc for doc in lines(options.set / "docs.jsonl") if doc["id"].startswith(options.only)]
    ids = {doc["id"] for doc in docs}
    questions = [one for one in lines(options.set / "questions.jsonl") if one["gold_doc"] in ids]
    questions = questions[: options.most or None]

    if not options.no_drop:
        with tempfile.TemporaryDirectory() as folder:
            for doc in docs:
                pathlib.Path(folder, file_name(doc["id"])).write_text(doc["text"], encoding="utf-8")
            started = time.time()
            subprocess.run([*local, "drop", folder, "--collection", collection], check=True, stdout=subprocess.DEVNULL)
            print(f"{len(docs)} documents dropped and completed in {time.time() - started:.1f} s")

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda one: search(stack, one["question"], collection), questions))
    answerable = [(one, hits) for one, hits in zip(questions, found) if one.get("answerable", True)]
    ranks = []
    for one, hits in answerable:
        names = distinct(name for name, _ in hits)
        gold = file_name(one["gold_doc"])
        ranks.append(names.index(gold) + 1 if gold in names else 0)
    for most in (1, 5, 10):
        print(f"gold paragraph in the top {most}: {sum(1 <= rank <= most for rank in ranks) / len(ranks):.4f}  (n = {len(ranks)})")

    if not options.no_ask:
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda one: ask(local, one["question"], collection), questions))
        good = abstained = 0
        for one, (answer, silent) in zip(questions, answers):
            if one.get("answerable", True):
                abstained += silent
                good += not silent and any(plain(gold) in plain(answer) for gold in one["answers"])
        print(f"answer string in the printed answer: {good / len(answerable):.4f}")
        print(f"abstained although answerable: {abstained / len(answerable):.4f}")
        near = [silent for one, (_, silent) in zip(questions, answers) if not one.get("answerable", True)]
        if near:
            print(f"abstained where the text holds no answer: {sum(near) / len(near):.4f}  (n = {len(near)})")


if __name__ == "__main__":
    main()
