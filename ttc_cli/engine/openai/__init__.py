"""A model behind an OpenAI-compatible server: llama-server, vLLM, Ollama, a hosted API.

address.py   where it is, and its key
api.py       HTTP: one client, timeouts, bounds on what may come
told.py      what comes, read type by type, and what a refusal means
piece.py     what a chunk of a stream says, whoever sends it: text, thoughts, figures
raw.py       the dialect of token ids to /v1/completions
chat.py      the dialect of messages to /v1/chat/completions
form.py      what a server of messages takes and gives
server.py    which server and model answer, and whether replicas behind one address are one model
detect.py    how to speak to them, and what they can do
pacing.py    other attempts, how many requests are under way, how fast they are answered
job.py       one live request
engine.py    the Engine protocol around them, on an event loop of its own
"""
