"""Answers under a JSON schema: a grammar that lets nothing else through, and what it cannot say.

shapes.py    grammars as values: written as GBNF, and closed where a text breaks off
texts.py     what a JSON string may hold: plain text, patterns, formats
numbers.py   numbers within bounds, digit by digit
shorthand.py  `name, age int` as a schema
limits.py    how large a schema may be
ecma.py      patterns of ECMA-262 in Python's spelling
facts.py     what one alternative of a schema says, keyword by keyword
reader.py    references, allOf, anyOf and oneOf resolved into such alternatives, or refused
compiler.py  facts to a grammar
validation.py  strict JSON, and validators that fetch nothing
answer.py    `AnswerSchema`: read, refuse, check, close, vote

A grammar need not say all that a schema allows, but all that it says must be valid: properties
that are not declared are never written where some are, unbounded numbers have up to 15 digits.
A keyword that it cannot guarantee is refused by name before anything is generated.
"""
