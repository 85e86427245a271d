"""`ttc serve`: an OpenAI-compatible endpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ttc_cli.cli.app import Grouped, opt, tree
from ttc_cli.cli.options import Given, takes
from ttc_cli.cli.process import caught, hello
from ttc_cli.settings.options import ENGINE

app = tree(usual="run", help="Answer other programs: an OpenAI-compatible endpoint.")

WHERE = "Who may call"


@app.command(cls=Grouped)
@takes("serve")
def run(
    given: Given,
    host: Annotated[str, opt(
        "--host", "Address to listen at; any but loopback needs a key.", WHERE)] = "127.0.0.1",
    port: Annotated[int, opt(
        "--port", "Port to listen at; 0 for a free one.", WHERE, min=0, max=65535)] = 8642,
    key_env: Annotated[str, opt(
        "--key-env", "Variable with the key to ask for.", WHERE, metavar="NAME")] = "",
    key_file: Annotated[Path | None, opt(
        "--key-file", "File with the key, that only you can read.", WHERE)] = None,
    cors: Annotated[list[str] | None, opt(
        "--cors", "A web page that may call (repeatable).", WHERE, metavar="ORIGIN")] = None,
    queue: Annotated[int, opt(
        "--queue", "Requests held at once; more get 429.", ENGINE, min=1, max=512)] = 128,
    grace: Annotated[float, opt(
        "--grace", "For what is under way when the server is told to end.", ENGINE,
        metavar="SECONDS", min=0)] = 10.0,
    no_http: Annotated[bool, opt(
        "--no-http", "Open no port: keep the model loaded for calls of ttc alone.", WHERE)] = False,
    detach: Annotated[bool, opt(
        "--detach", "Run in the background, once the model is loaded.", ENGINE)] = False,
) -> None:  # fmt: skip
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
        from ttc_cli.cli.serving import Place, detached, keep, serve

        if detach:
            raise typer.Exit(detached())
        if no_http:
            raise typer.Exit(keep(given, signals))
        place = Place(host, port, key_env, key_file, tuple(cors or ()), queue, grace)
        raise typer.Exit(serve(given, place, signals))


@app.command()
def status(as_json: Annotated[bool, opt("--json", "One JSON list.")] = False) -> None:
    """Say which models are kept loaded, since when, and for whom."""
    from ttc_cli.cli.serving import show

    show(as_json=as_json)


@app.command()
def stop() -> None:
    """Tell every server of yours to end, once it has answered what it is asked."""
    from ttc_cli.session import warm

    count = warm.stop()
    said = f"{count} ended" if count else "no model was kept loaded"
    typer.echo(said, err=True)
