#!/usr/bin/env python3
"""A thousand organizations in one local stack: how long one more takes to make, and how search fares beside one alone.

Makes an organization (an invocation of `migrate`, which prints its first key), a bot and a key (the API), and tells how long the three
took together. Drops documents for it by the upload form and asks `GET /api/v1/search` with it alone; then makes the others with their
bots and a document each, and asks again.

    cargo run -p local -- --embedder instant --data /tmp/tenants   # in one terminal
    pip install boto3
    python3 tests/bench/tenants.py --data /tmp/tenants             # in another
"""

import argparse
import concurrent.futures
import http.client
import json
import pathlib
import random
import statistics
import threading
import time
import urllib.parse
import uuid

import boto3
from botocore.config import Config

WORDS = [f"word{number}" for number in range(5_000)]
PASSAGES = 200


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


class Stack:
    def __init__(self, data):
        self.addresses = json.loads((pathlib.Path(data) / "stack.json").read_text())
        self.gateway = urllib.parse.urlsplit(self.addresses["gateway"])
        self.mine = threading.local()
        common = dict(
            region_name=self.addresses["region"],
            aws_access_key_id=self.addresses["access_key_id"],
            aws_secret_access_key=self.addresses["secret_access_key"],
        )
        patient = Config(read_timeout=300, retries={"max_attempts": 0})
        self.functions = boto3.client(
            "lambda", endpoint_url=self.addresses["lambda_endpoint"], config=patient, **common
        )
        self.s3 = boto3.client(
            "s3", endpoint_url=self.addresses["s3_endpoint"], config=Config(s3={"addressing_style": "path"}), **common
        )

    def call(self, key, method, path, body=None, expected=200):
        if not hasattr(self.mine, "connection"):
            self.mine.connection = http.client.HTTPConnection(self.gateway.hostname, self.gateway.port, timeout=120)
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        sent = None if body is None else json.dumps(body)
        self.mine.connection.request(method, self.gateway.path + path, sent, headers)
        response = self.mine.connection.getresponse()
        answer = response.read()
        if response.status != expected:
            raise SystemExit(f"{method} {path}: {response.status} {answer[:400]}")
        return json.loads(answer) if answer else None

    def organization(self, slug):
        wish = {"action": "create_organization", "name": slug, "slug": slug}
        answer = self.functions.invoke(FunctionName="migrate", Payload=json.dumps(wish))
        said = json.loads(answer["Payload"].read())
        if "api_key" not in said:
            raise SystemExit(f"migrate: {said}")
        return said

    def bot(self, key, name):
        return self.call(key, "POST", "/api/v1/chatbots", {"name": name}, 201)

    def put(self, slug, name, text):
        self.s3.put_object(Bucket=self.addresses["bucket"], Key=f"{slug}/all/{name}", Body=text.encode())


def passage(rng):
    # Words as frequent as Zipf has them.
    return " ".join(WORDS[min(len(WORDS) - 1, int(len(WORDS) ** rng.random()) - 1)] for _ in range(60))


def text(rng, passages):
    return "\n\n".join(f"# Part {number}\n\n{passage(rng)}." for number in range(passages))


def settled(stack, key, count):
    while True:
        listed = stack.call(key, "GET", "/api/v1/documents?limit=100")["items"]
        if len(listed) >= count and all(one["status"] in ("completed", "failed") for one in listed):
            failed = [one for one in listed if one["status"] == "failed"]
            if failed:
                raise SystemExit(f"a document failed: {failed[0]}")
            return
        time.sleep(0.2)


def searched(stack, key, questions):
    """Milliseconds of each question."""
    taken = []
    for words in questions:
        begun = time.perf_counter()
        found = stack.call(key, "GET", "/api/v1/search?" + urllib.parse.urlencode({"q": words, "k": 10}))
        taken.append((time.perf_counter() - begun) * 1_000)
        if not found["items"]:
            raise SystemExit("nothing is found")
    return taken


def told(name, taken):
    print(f"{name}: p50 {statistics.median(taken):.1f} ms, p95 {percentile(taken, 0.95):.1f} ms, of {len(taken)} searches")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--data", default=".local")
    parser.add_argument("--organizations", type=int, default=1_000)
    parser.add_argument("--bots", type=int, default=10)
    parser.add_argument("--searches", type=int, default=300)
    parser.add_argument("--at-once", type=int, default=4)
    parser.add_argument("--rest", type=float, default=120, help="seconds before search is measured among them")
    options = parser.parse_args()
    stack, rng = Stack(options.data), random.Random(7)
    run = uuid.uuid4().hex[:6]

    made = []
    for number in range(6):
        begun = time.perf_counter()
        slug = f"t-{run}-warm-{number}"
        key = stack.organization(slug)["api_key"]
        between = time.perf_counter()
        stack.bot(key, "Helper")
        stack.call(key, "POST", "/api/v1/api-keys", {"name": "machine", "scopes": ["chat", "search"]}, 201)
        made.append(((time.perf_counter() - begun) * 1_000, (between - begun) * 1_000))
    warm = made[1:]
    print(
        f"an organization, a bot and a key: {statistics.median(all_ for all_, _ in warm):.0f} ms together "
        f"(the organization {statistics.median(one for _, one in warm):.0f}); the first time, with functions that start, {made[0][0]:.0f}"
    )

    slug = f"t-{run}-0"
    key = stack.organization(slug)["api_key"]
    for number in range(1, options.bots):
        stack.bot(key, f"Bot {number}")
    for number in range(10):
        stack.put(slug, f"{number}.md", text(rng, PASSAGES // 10))
    settled(stack, key, 10)
    questions = [" ".join(rng.sample(WORDS[:2_000], 4) + WORDS[:2]) for _ in range(options.searches)]
    searched(stack, key, questions[:50])
    alone = searched(stack, key, questions)
    told("one organization alone", alone)

    def other(number):
        own = random.Random(number)
        slug = f"t-{run}-{number}"
        key = stack.organization(slug)["api_key"]
        for bot in range(1, options.bots):
            stack.bot(key, f"Bot {bot}")
        stack.put(slug, "a.md", text(own, 5))
        return key

    begun = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(options.at_once) as pool:
        keys = list(pool.map(other, range(1, options.organizations)))
    for key_of_other in keys[-20:] + keys[:20]:
        settled(stack, key_of_other, 1)
    print(f"{len(keys)} more organizations of {options.bots} bots each, with a document: {time.perf_counter() - begun:.0f} s")
    # The database gathers its statistics a minute after rows were written; functions come to rest.
    time.sleep(options.rest)
    searched(stack, key, questions[:50])
    among = searched(stack, key, questions)
    told(f"the same among {options.organizations}", among)
    others = [searched(stack, one, [WORDS[0]])[0] for one in rng.sample(keys, min(len(keys), options.searches))]
    told("any of the others", others)
    print(f"p95 among them / alone: {percentile(among, 0.95) / percentile(alone, 0.95):.2f}")


main()
