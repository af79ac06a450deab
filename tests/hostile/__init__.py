"""Seeded corpora of hostile and damaged files; their outputs are never committed.

A corpus is a module here with `cases(seed)`, which yields `Case`s, and `opens(case, path)`, which
`trial.Opens` describes. `python tests/benchmarks/hostile.py` tries all of them, each file in a
process of its own, and prints what became of them; the unit tests try those that take milliseconds.
"""
