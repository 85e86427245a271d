"""Process reward models: a second GGUF that scores every step of a reply."""
