"""Programs of their own, run by path in interpreters that see nothing of ours.

`examiner` holds the tests and asks questions, `inmate` holds the code under test and answers them,
`wire` is what they say to each other; `testfile` reads tests, `trials` runs them, `shim` stands in
for pytest. `runner` runs one program, `watch` ends a command in time. `cell` locks them in:
`namespaces` builds what they see, `calls` the seccomp filter (from the numbers in `syscalls`),
`landlock` the rules for files; `kernel` is what all of them ask for.
"""
