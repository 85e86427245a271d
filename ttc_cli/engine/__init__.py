"""Engines: a GGUF in process, a scripted one for tests, and a hub that lets runs share one."""
