"""Models: the catalogue, how a file gets here, and what a GGUF says about itself.

    catalogue    what can be pulled by name, from where, and the hash that must come out
    registry     what the user typed (a name, a path, a URL) to a file here or a server
    pull         sources in order, one hash, an atomic install; `ensure` asks first
    hub, wheel   the two kinds of source
    found        GGUF files that other programs already keep on this machine
    gguf         the header of a GGUF file, safely
    identity     which bytes a model is, without hashing gigabytes at every start

Nothing is imported here: start-up pays only for what it uses.
"""
