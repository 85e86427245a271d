"""The one door: a request goes in, what happens comes out, and what came of it is kept."""

from __future__ import annotations

from collections.abc import Callable

from ttc_cli.core.events import Flow
from ttc_cli.session.loaded import Session, one_thread
from ttc_cli.session.recall import keep_prompt, recall, recorded
from ttc_cli.session.request import Request, check


def answer(
    session: Session, request: Request, *, began: float, run_id: str,
    stops: Callable[[Callable[[], None]], None] = lambda _interrupt: None,
    say: Callable[[str], None] = lambda _line: None,
) -> Flow[None]:  # fmt: skip
    """Recall, or load, plan, run, verify, reply and keep; yields every event from Start to Done.

    Those that run many requests on one engine plan each (`session.plan`) and run it
    (`session.running`) themselves; those two are all that stands between here and there.

    Args:
        began: monotonic seconds from which limits on time count.
        run_id: of the run, in the result and in the log.
        stops: gets the function that interrupts the run, once there is one.
        say: gets one line about what could not be kept.

    Raises:
        ContextOverflow: the prompt does not fit. ModelError: the model cannot be loaded.
        NoAnswer, BudgetSpent: nothing usable came back.
    """
    request = request.identified(session.identity)
    if (known := recall(session, request, began, run_id)) is not None:
        return (yield from known)
    check(request, unsafe=session.settings.unsafe_exec)
    session.begin()
    session.expect(request)

    with one_thread():  # takes a while, and the model is loading
        from ttc_cli.session.plan import plan
        from ttc_cli.session.running import answering, start

    planned = plan(session, request, began=began, run_id=run_id)
    run = start(planned)
    stops(run.interrupt)
    refused: list[str] = []
    yield from recorded(planned, answering(planned, run), refused.append)
    if not run.interrupted:  # somebody who wants to leave does not wait for the disk
        keep_prompt(session, planned.prompt, refused.append)
    for line in refused[:1]:  # one is enough
        say(line)
    return None
