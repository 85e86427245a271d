"""Fuzzing of the endpoint: `python benchmarks/serve_fuzz.py --schemathesis PATH/TO/schemathesis`.

schemathesis makes calls of the server's own OpenAPI document, right ones and wrong ones, and
sends them to `ttc serve` on the scripted engine. Prints how many calls were made and by status,
and what the server said on stderr: a 500, a call that hangs (10 s) or a traceback is a failure.
Needs schemathesis in an environment of its own. Loopback only, bounded in requests and in time.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
LABEL = re.compile(r'="([^"]*)"')
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_schema_conformance"
)


def narrowed(document: dict[str, Any]) -> dict[str, Any]:
    """The document with bodies most of which reach the engine: one question, settings at will."""
    paths = document["paths"]
    chat, responses = (
        paths[path]["post"]["requestBody"]["content"]["application/json"]["schema"]
        for path in ("/v1/chat/completions", "/v1/responses")
    )
    question = {"enum": [f"What is {n} + {n * n}?" for n in range(50)]}
    message = {
        "type": "object", "required": ["role", "content"], "additionalProperties": False,
        "properties": {"role": {"const": "user"}, "content": question},
    }  # fmt: skip
    chat["properties"]["messages"] = {
        "type": "array",
        "minItems": 1,
        "maxItems": 1,
        "items": message,
    }
    chat["properties"]["response_format"] = {"enum": [None, {"type": "json_object"}]}
    responses["properties"]["input"] = question
    responses["properties"]["text"] = {"enum": [None, {"format": {"type": "json_object"}}]}
    for schema in (chat, responses):
        ours = schema["properties"]["ttc"]["properties"]
        ours["options"] = {"enum": [{}, {"width": "2"}]}
        ours["verifiers"] = {"enum": [[], ["confidence"], ["judge"], ["regex:[0-9]+", "judge"]]}
        ours["samples"]["maximum"] = 8
    kept = ("/v1/chat/completions", "/v1/responses")
    return {**document, "paths": {path: paths[path] for path in kept}}


def fuzz(args: argparse.Namespace, root: str, document: str, seed: int) -> tuple[str, str]:
    """Exit code and summary of one pass."""
    words = [
        args.schemathesis, "run", document, "--url", root, "--checks", CHECKS,
        "--max-examples", str(args.examples), "--seed", str(seed), "--request-timeout", "10",
        "--continue-on-failure", "--no-color", "--phases", "examples,coverage,fuzzing",
        "--suppress-health-check", "all",
    ]  # fmt: skip
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=args.seconds)
    except subprocess.TimeoutExpired as late:
        return f"ended after {args.seconds} s", (late.stdout or b"").decode()[-1500:]
    return str(done.returncode), done.stdout.partition("= SUMMARY =")[2][:1500] or done.stdout


def main() -> None:
    """Fuzz."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schemathesis", default="schemathesis")
    parser.add_argument("--examples", type=int, default=1200, help="of each endpoint and pass")
    parser.add_argument("--seconds", type=int, default=1500, help="of each pass, at most")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    words = [sys.executable, str(HERE / "serve_scripted.py"), "--port", "0", "--no-log"]
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
        assert server.stderr is not None
        try:
            root = server.stderr.readline().strip().partition(" at ")[2].removesuffix("/v1")
            document = json.loads(fetched(f"{root}/openapi.json"))
            file = Path(folder) / "narrowed.json"
            file.write_text(json.dumps(narrowed(document)))
            with ThreadPoolExecutor() as both:
                passes = both.map(
                    lambda told: fuzz(args, root, *told),
                    [(f"{root}/openapi.json", args.seed), (str(file), args.seed + 1)],
                )
            lines = fetched(f"{root}/metrics").splitlines()
            server.terminate()
            code, said = server.wait(30), server.stderr.read()
        finally:
            server.kill()
    calls = {
        " ".join(LABEL.findall(line)): int(float(line.rpartition(" ")[2]))
        for line in lines
        if line.startswith("ttc_serve_calls_total")
    }
    ends, summaries = zip(*passes, strict=True)
    print(*summaries, sep="\n")
    figures = {
        "calls": sum(calls.values()),
        "by_status": calls,
        "schemathesis_exits": ends,
        "server_exit": code,
        "stderr": said[-2000:],
    }
    print(json.dumps(figures, indent=1))


def fetched(url: str) -> str:
    """A page of the server."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        return str(answer.read().decode())


if __name__ == "__main__":
    main()
