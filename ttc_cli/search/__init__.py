"""Tree search as pure policies: asked what to grow, told what came of it. No engine, no I/O."""
