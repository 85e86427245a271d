"""llama.cpp in process: one context, one unified KV cache, many sequences.

binding.py    log, weights and vocabulary (ctypes)
context.py    the KV cache, decodes and grammars (ctypes)
info.py       what a model is and can do; prompts to tokens, cells to bytes
kv.py         which cells hold which tokens, by content
sampler.py    drawing tokens from a matrix of logits
job.py        one live request, and what logits make of it
residents.py  sequences in the cache, live and idle
scheduler.py  what the next decode holds
engine.py     the Engine protocol around them, on a thread of its own
"""

import os

# llama.cpp's threads meet at a barrier hundreds of times a token. With libgomp's default they spin
# there for milliseconds, and another busy process makes decoding ten times slower; a short spin
# is as fast on an idle machine. Read when the library is loaded, so it is set before that.
os.environ.setdefault("GOMP_SPINCOUNT", "5000")
