#!/usr/bin/env python3
"""Has a stranger who knows only the served OpenAPI documents ask a running stack: schemathesis, all checks, all phases.

    cargo run -p local -- --embedder instant        # in one terminal
    pip install schemathesis
    python3 tests/tools/strange.py                  # in another; what else is said goes to schemathesis

It deletes and revokes whatever it finds: give it a stack of its own.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import urllib.request

DOCUMENTS = {
    "chat": "/api/v1/openapi.json",
    "admin": "/api/v1/admin/openapi.json",
    "feedback": "/api/v1/feedback/openapi.json",
    "dashboards": "/api/v1/dashboards/openapi.json",
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--data", default=".local")
    parser.add_argument("--key", help="an organization's key; else the demo's")
    parser.add_argument("--document", action="append", choices=list(DOCUMENTS), help="one of them; else all")
    options, more = parser.parse_known_args()
    stack = json.loads((pathlib.Path(options.data) / "stack.json").read_text())
    key, failed = options.key or stack["api_key"], []
    for name in options.document or DOCUMENTS:
        with urllib.request.urlopen(stack["gateway"] + DOCUMENTS[name]) as answer:
            document = pathlib.Path(options.data) / f"{name}.openapi.json"
            document.write_bytes(answer.read())
        print(f"== {name}", flush=True)
        command = [
            "schemathesis", "run", str(document), "--url", stack["gateway"], "--checks", "all", "--continue-on-failure",
            "--header", f"Authorization: Bearer {key}", *more,
        ]
        if subprocess.run(command).returncode:
            failed.append(name)
    sys.exit(f"failed: {', '.join(failed)}" if failed else 0)


main()
