#!/usr/bin/env python3
"""What a chat turn costs over the raw search statement, and how many flushes it takes to the database.

Starts the `chat` binary by itself, with a Runtime API of this script's own, the Postgres and the Bedrock of a running stack, and a
proxy between it and Postgres that counts flushes (a burst of the client's bytes after the server has spoken) and can
delay each. The model calls' time, as the answer reports it, is taken off.

    cargo run -p local                    # in one terminal, with the samples in it
    pip install "psycopg[binary]"
    python3 tests/bench/turn.py           # in another
"""

import argparse
import http.server
import json
import os
import pathlib
import queue
import re
import socket
import statistics
import subprocess
import threading
import time
import urllib.parse
import urllib.request

import psycopg

QUESTION = "How often must the shaft seal of the P-40 be replaced?"


class Proxy:
    """Passes bytes on; counts the client's bursts, and holds each for a delay."""

    def __init__(self, host, port):
        self.target, self.flushes, self.delay = (host, port), 0, 0.0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            server = socket.create_connection(self.target)
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            state = {"server_spoke": True}
            threading.Thread(target=self.forward, args=(client, server, state), daemon=True).start()
            threading.Thread(target=self.back, args=(server, client, state), daemon=True).start()

    def forward(self, client, server, state):
        while data := client.recv(1 << 20):
            if state["server_spoke"]:
                state["server_spoke"] = False
                self.flushes += 1
                if self.delay:
                    time.sleep(self.delay)
            server.sendall(data)

    def back(self, server, client, state):
        while data := server.recv(1 << 20):
            state["server_spoke"] = True
            client.sendall(data)


class Runtime(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    work, answers = queue.Queue(), queue.Queue()
    END = b"nobody asks any more"

    def setup(self):
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.quick()

    def quick(self):
        # The runtime leaves Nagle's algorithm on: a late acknowledgement would cost each answer 40 ms.
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def do_GET(self):
        event = Runtime.work.get().encode()
        if event == Runtime.END:
            return
        self.send_response(200)
        for name, value in (("Lambda-Runtime-Aws-Request-Id", "bench"), ("Lambda-Runtime-Deadline-Ms", str(int(time.time() * 1000) + 60_000)),
                            ("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:0:function:chat"), ("Content-Length", str(len(event)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(event)

    def do_POST(self):
        self.quick()
        body = b""
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            while size := int(self.rfile.readline().strip() or b"0", 16):
                self.quick()
                body += self.rfile.read(size)
                self.quick()
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        Runtime.answers.put(body)
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def event(stack, session):
    text = pathlib.Path("events/chat/message.json").read_text()
    return text.replace("{{api_key}}", stack["api_key"]).replace("{{session_id}}", session)


def turn(stack, session):
    started = time.perf_counter()
    Runtime.work.put(event(stack, session))
    body = Runtime.answers.get(timeout=60)
    taken = (time.perf_counter() - started) * 1000
    answer = json.loads(body.split(b"\0" * 8, 1)[1])
    timings = answer["timings"]
    return taken, timings["embed_ms"] + timings["generate_ms"]


class RawSearch:
    """The search statement alone, on a connection of its own that is as warm and as idle as the function's."""

    def __init__(self, stack):
        request = urllib.request.Request(
            f"{stack['bedrock_endpoint']}/model/local.all-minilm-l6-v2/invoke",
            json.dumps({"inputText": QUESTION, "dimensions": 384, "normalize": True}).encode(), {"Content-Type": "application/json"})
        vector = json.load(urllib.request.urlopen(request))["embedding"]
        self.database = psycopg.connect(stack["database_url"], autocommit=True, prepare_threshold=None)
        self.organization = self.database.execute("SELECT docent.organization_of_slug(%s)", (stack["organization"],)).fetchone()[0]
        with self.database.transaction():
            self.enter()
            space = self.database.execute("SELECT id FROM docent.embedding_spaces").fetchone()[0]
        self.parameters = (space, vector, re.findall(r"\w+", QUESTION.lower()), stack["chatbot_id"])

    def enter(self):
        self.database.execute("SELECT set_config('app.organization_id', %s, true)", (str(self.organization),))

    def take(self):
        with self.database.transaction():
            self.enter()
            started = time.perf_counter()
            self.database.execute("SELECT * FROM docent.search_chunks(%s, %s::real[], %s, %s, '{}', 0.7, 50, 10)",
                                  self.parameters).fetchall()
            return (time.perf_counter() - started) * 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--data", default=".local")
    parser.add_argument("--chat", default="target/debug/chat", help="the binary")
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--delay-ms", type=float, default=4.5)
    options = parser.parse_args()
    stack = json.loads((pathlib.Path(options.data) / "stack.json").read_text())
    url = urllib.parse.urlparse(stack["database_url"])
    proxy = Proxy(url.hostname, url.port)
    database_url = stack["database_url"].replace(f":{url.port}/", f":{proxy.port}/")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Runtime)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environment = {
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}", "AWS_LAMBDA_FUNCTION_NAME": "chat",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024", "AWS_LAMBDA_FUNCTION_VERSION": "1", "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": stack["access_key_id"], "AWS_SECRET_ACCESS_KEY": stack["secret_access_key"],
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": stack["bedrock_endpoint"], "DATABASE_URL": database_url,
        "EMBEDDING_MODEL": "local.all-minilm-l6-v2", "EMBEDDING_DIMENSION": "384", "BUCKET": stack["bucket"],
        "AWS_ENDPOINT_URL_S3": stack["s3_endpoint"], "PUBLIC_URL": stack["gateway"],
        "IDENTITY_HASH_KEY": "k" * 32, "SESSION_TOKEN_KEY": "s" * 32, "AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH": "true", "PATH": os.environ["PATH"],
    }
    request = urllib.request.Request(
        f"{stack['gateway']}/api/v1/chatbots/{stack['chatbot_id']}/sessions", b"{}",
        {"Authorization": f"Bearer {stack['api_key']}", "Content-Type": "application/json"})
    session = json.load(urllib.request.urlopen(request))["id"]

    def measured(url, prepare, beside=lambda: 0.0):
        """Medians: a turn without its model calls, what is taken beside each, and the difference of the two."""
        chat = subprocess.Popen([options.chat], env=environment | {"DATABASE_URL": url},
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for _ in range(3):
                turn(stack, session)
            prepare()
            runs = [(taken - models, beside()) for (taken, models) in (turn(stack, session) for _ in range(options.runs))]
            return [statistics.median(column) for column in (*zip(*runs), [own - other for own, other in runs])]
        finally:
            time.sleep(0.3)
            chat.kill()
            chat.wait()
            # Its last request for work is still being served: let it have some.
            Runtime.work.put(Runtime.END.decode())
            time.sleep(0.2)

    def count():
        proxy.flushes = 0

    def delay():
        proxy.delay = options.delay_ms / 1000

    raw = RawSearch(stack)
    turns, search, own = measured(stack["database_url"], lambda: None, raw.take)
    through = measured(database_url, count)[0]
    flushes = proxy.flushes / options.runs
    slow = measured(database_url, delay)[0]
    print(f"flushes a turn: {flushes:.2f}")
    print(f"a turn without its model calls: {turns:.2f} ms; the raw search beside it: {search:.2f} ms; own cost: {own:.2f} ms")
    print(f"with {options.delay_ms} ms added to each flush: {slow:.2f} ms instead of {through:.2f}: {(slow - through) / options.delay_ms:.2f} delays more")


if __name__ == "__main__":
    main()
