#!/usr/bin/env python3
"""Milliseconds from a process's start to its first `GET next`, for each function and for a Python function of the same
kind (boto3 clients made, psycopg imported; neither side connects before its first event), interleaved in one run.

    cargo build --release -p ingest -p chat -p admin -p migrate
    pip install boto3 "psycopg[binary]"
    python3 tests/bench/start.py --profile release
"""

import argparse
import http.server
import json
import os
import pathlib
import statistics
import subprocess
import sys
import threading
import time

PYTHON = """
import os, urllib.request
import boto3, psycopg
session = boto3.session.Session(region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
clients = [session.client(name) for name in ("s3", "sqs", "bedrock-runtime")]
url = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/next"
urllib.request.urlopen(url)
"""


class RuntimeApi(http.server.BaseHTTPRequestHandler):
    asked = threading.Event()

    def do_GET(self):
        RuntimeApi.at = time.perf_counter()
        RuntimeApi.asked.set()
        time.sleep(0.5)

    def log_message(self, *_):
        pass


def first_next(command, environment):
    RuntimeApi.asked.clear()
    started = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    asked = RuntimeApi.asked.wait(30)
    process.kill()
    process.wait()
    time.sleep(0.6)
    if not asked:
        sys.exit(f"{command[0]} never asked for work")
    return (RuntimeApi.at - started) * 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--profile", default="release")
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--python", default=sys.executable)
    options = parser.parse_args()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), RuntimeApi)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environment = {
        "PATH": os.environ["PATH"], "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}",
        "AWS_LAMBDA_FUNCTION_NAME": "bench", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024", "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b",
        "DATABASE_URL": "postgres://docent_app:x@127.0.0.1:1/docent", "OWNER_DATABASE_URL": "postgres://o:x@127.0.0.1:1/docent",
        "BUCKET": "b", "WORK_QUEUE_URL": "http://127.0.0.1:1/q", "EVENTS_QUEUE_URL": "http://127.0.0.1:1/e", "EMBEDDING_MODEL": "m", "EMBEDDING_DIMENSION": "384",
        "GENERATION_MODEL": "g", "IDENTITY_HASH_KEY": "k" * 32, "SESSION_TOKEN_KEY": "s" * 32,
    }
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", "target")) / options.profile
    commands = {name: [str(target / name)] for name in ("ingest", "chat", "admin", "migrate")}
    commands["python"] = [options.python, "-c", PYTHON]
    times = {name: [] for name in commands}
    for run in range(options.runs + 1):
        for name, command in commands.items():
            taken = first_next(command, environment)
            if run:
                times[name].append(taken)
    python = statistics.median(times["python"])
    for name, taken in times.items():
        median = statistics.median(taken)
        print(f"{name:8} median {median:7.1f} ms  (min {min(taken):.1f}, max {max(taken):.1f})  {python / median:6.1f} x python")
    print(json.dumps({name: round(statistics.median(taken), 1) for name, taken in times.items()}))


if __name__ == "__main__":
    main()
