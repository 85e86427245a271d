"""`ttc serve`: an OpenAI-compatible endpoint whose answers come from the session's own runs.

HTTP is on a thread of its own (`listener`, `app`); what it reads of a body (`fields`, `chat`,
`responses`) becomes Requests of the session, which `service` answers on the thread that drives
the engine. starlette, uvicorn and prometheus_client are an extra: only `cli.serve` imports this.
"""
