"""The command line: parse, call the session, print. One small file per command group."""
