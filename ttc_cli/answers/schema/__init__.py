"""Answers under a JSON schema: a grammar that lets nothing else through, and what it cannot say.

shapes.py    grammars as values: written as GBNF, and closed where a text breaks off
scalars.py   what a JSON string or number may hold: plain text, patterns, formats, bounds
ecma.py      patterns of ECMA-262 in Python's spelling
validation.py  strict JSON, schemas of a bearable size, and validators that fetch nothing
facts.py     what one alternative of a schema says, keyword by keyword
reader.py    references, allOf, anyOf and oneOf resolved into such alternatives, or refused
compiler.py  facts to a grammar
answer.py    `AnswerSchema`: read, refuse, check, close, vote

A grammar need not say all that a schema allows, but all that it says must be valid: properties
that are not declared are never written where some are, unbounded numbers have up to 15 digits.
A keyword that it cannot guarantee is refused by name before anything is generated.
"""
