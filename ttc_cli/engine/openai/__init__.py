"""A model behind an OpenAI-compatible server: llama-server, vLLM, Ollama, a hosted API.

address.py   where it is, and its key
api.py       HTTP: one client, timeouts, bounds on what may come
told.py      what comes, read type by type
refusal.py   what a refusal means
retry.py     another attempt where what failed is likely to pass; how long a server is away
piece.py     what a chunk of a stream says, whoever sends it
spoken.py    the text and the thoughts of a chunk
raw.py       the dialect of token ids to /v1/completions
chat.py      the dialect of messages to /v1/chat/completions
form.py      what a server of messages takes and gives; probe.py finds it out
server.py    which server and model answer, and what they tell of themselves
replicas.py  several of them behind one address
detect.py    how to speak to them, and what they can do
window.py    how many requests are under way
job.py       one live request
meter.py     how fast they are answered
engine.py    the Engine protocol around them, on the event loop of loop.py
"""
