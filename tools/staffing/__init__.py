"""Who works on what, and when: pure functions on canonical records.

`Problem.of(books)` reads and checks, `solve` plans, `verify` checks a plan by other means, `alternatives` and `why_not`
answer for it, `replan` changes as little as can be, `conflicts` says what cannot be had together.
"""
