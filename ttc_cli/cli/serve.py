"""`ttc serve`: an OpenAI-compatible endpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ttc_cli.cli.help import Grouped, tree
from ttc_cli.cli.options import Given, opt, takes
from ttc_cli.cli.process import caught, hello
from ttc_cli.settings.options import ENGINE

app = tree(usual="run", help="Answer other programs: an OpenAI-compatible endpoint.")

WHERE = "Who may call"


@app.command(cls=Grouped)
@takes("serve")
def run(
    given: Given,
    host: Annotated[
        str, opt("--host", help="Address to listen at; any but loopback needs a key.", panel=WHERE)
    ] = "127.0.0.1",
    port: Annotated[
        int,
        opt("--port", help="Port to listen at; 0 for a free one.", panel=WHERE, min=0, max=65535),
    ] = 8642,
    key_env: Annotated[
        str, opt("--key-env", metavar="NAME", help="Variable with the key to ask for.", panel=WHERE)
    ] = "",
    key_file: Annotated[
        Path | None,
        opt("--key-file", help="File with the key, that only you can read.", panel=WHERE),
    ] = None,
    cors: Annotated[
        list[str] | None,
        opt("--cors", metavar="ORIGIN", help="A web page that may call (repeatable).", panel=WHERE),
    ] = None,
    queue: Annotated[
        int,
        opt("--queue", help="Requests held at once; more get 429.", panel=ENGINE, min=1, max=512),
    ] = 128,
    grace: Annotated[
        float,
        opt(
            "--grace",
            metavar="SECONDS",
            help="For what is under way when the server is told to end.",
            panel=ENGINE,
            min=0,
        ),
    ] = 10.0,
    no_http: Annotated[
        bool,
        opt(
            "--no-http",
            help="Open no port: keep the model loaded for calls of ttc alone.",
            panel=WHERE,
        ),
    ] = False,
    detach: Annotated[
        bool,
        opt("--detach", help="Run in the background, once the model is loaded.", panel=ENGINE),
    ] = False,
) -> None:
    """Serve /v1/chat/completions, /v1/responses, /v1/models, /health and /metrics.

    What the flags say holds where a call says nothing. Ctrl-C or SIGTERM finishes what is under
    way. Needs pip install 'ttc-cli[serve]'. While it runs, ttc ask, map, again and chat of the
    same user, model and settings use its model instead of loading it.

    Examples: ttc serve -m qwen2.5-coder-1.5b -e medium ·
    ttc serve --host 0.0.0.0 --key-env MY_KEY
    """
    with caught() as signals:
        if not given.flags.quiet:
            hello()
        from ttc_cli.cli.serving import Place, serve
        from ttc_cli.cli.warmth import detached, keep

        if detach:
            raise typer.Exit(detached())
        if no_http:
            raise typer.Exit(keep(given, signals))
        place = Place(host, port, key_env, key_file, tuple(cors or ()), queue, grace)
        raise typer.Exit(serve(given, place, signals))


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON list.")] = False,
) -> None:
    """Say which models are kept loaded, since when, and for whom."""
    from ttc_cli.cli.warmth import show

    show(as_json=as_json)


@app.command()
def stop() -> None:
    """Tell every server of yours to end, once it has answered what it is asked."""
    from ttc_cli.cli.warmth import stop as leave

    leave()
