"""A model behind an OpenAI-compatible server: llama-server, vLLM, Ollama, a hosted API.

api.py       HTTP: one client, timeouts, what a refusal means
patience.py  another attempt where what failed is likely to pass
piece.py     what a chunk of a stream says, whoever sends it
raw.py       the dialect of token ids to /v1/completions
chat.py      the dialect of messages to /v1/chat/completions
detect.py    which server and model answer, and what they can do
job.py       one live request
engine.py    the Engine protocol around them, on an event loop of its own
"""
