"""Programs of their own, run by path in interpreters that see nothing of ours.

`examiner` holds the tests and asks questions, `inmate` holds the code under test and answers them,
`wire` is what they say to each other, `jail` locks the inmate in.
"""
