"""Models: the catalogue, how a file gets here, and what a GGUF says about itself.

    catalogue    what can be pulled by name, from where, with which hash; what other programs keep
    registry     what the user typed (a name, a path, a URL) to a file here or a server
    pull         sources in order, one hash, an atomic install; `ensure` asks first
    hub, wheel   the two kinds of source
    gguf         the header of a GGUF file, safely
    disk         files written whole, errors to act on, and which bytes a model is

Nothing is imported here: start-up pays only for what it uses.
"""
