#!/usr/bin/env python3
"""From PUT to searchable, and from DELETE to gone: p50 and p95 of a text of 1 MB, through a running stack.

Each run puts a new object by the S3 API, asks `GET /api/v1/search` for a word that its last paragraph alone has until it is found,
deletes the object, and asks until it is not. `--embedder instant` gives the pipeline's own cost; MiniLM on two cores is the
model's.

    cargo run -p local -- --embedder instant      # in one terminal
    pip install boto3
    python3 tests/bench/latency.py                # in another
"""

import argparse
import json
import pathlib
import random
import statistics
import time
import urllib.error
import urllib.parse
import urllib.request

import boto3

from ingest import text

EVERY = 0.02


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--data", default=".local")
    parser.add_argument("--bytes", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=20)
    options = parser.parse_args()
    stack = json.loads((pathlib.Path(options.data) / "stack.json").read_text())
    s3 = boto3.client("s3", endpoint_url=stack["s3_endpoint"], region_name="us-east-1",
                      aws_access_key_id=stack["access_key_id"], aws_secret_access_key=stack["secret_access_key"])

    def finds(word, key):
        query = urllib.parse.urlencode({"q": word, "collection": "bench-latency", "k": 1})
        request = urllib.request.Request(f"{stack['gateway']}/api/v1/search?{query}",
                                         headers={"Authorization": "Bearer " + stack["api_key"]})
        try:
            found = json.load(urllib.request.urlopen(request))
        except urllib.error.HTTPError as error:
            # The collection is made by its first document.
            if error.code == 404:
                return False
            raise
        return any(word in json.dumps(result) and key in json.dumps(result) for result in found["items"])

    def until(wanted, word, key):
        started = time.perf_counter()
        while finds(word, key) is not wanted:
            time.sleep(EVERY)
        return time.perf_counter() - started

    searchable, gone = [], []
    for run in range(options.runs):
        word = "zq" + "".join(random.choice("bcdfghjklmnpqrstvwx") for _ in range(10))
        key = f"{stack['organization']}/bench-latency/{word}.txt"
        body = text(options.bytes, random.random()) + f"\n\nThe last word is {word}.\n"
        s3.put_object(Bucket=stack["bucket"], Key=key, Body=body.encode())
        searchable.append(until(True, word, key))
        s3.delete_object(Bucket=stack["bucket"], Key=key)
        gone.append(until(False, word, key))
    for name, values in (("PUT to searchable", searchable), ("DELETE to gone", gone)):
        print(f"{name}: p50 {statistics.median(values):.2f} s, p95 {percentile(values, .95):.2f} s, "
              f"max {max(values):.2f} s (n={len(values)}, {options.bytes} bytes)")


if __name__ == "__main__":
    main()
