"""llama.cpp in process: one context, one unified KV cache, many sequences.

binding.py    the only file that touches ctypes
kv.py         which cells hold which tokens, by content
sampler.py    drawing tokens from a matrix of logits
text.py       tokens to text: UTF-8, stop strings, step marks, loops
job.py        one live request
scheduler.py  what the next decode holds
engine.py     the Engine protocol around them, on a thread of its own
"""
