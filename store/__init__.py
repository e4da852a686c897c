"""The only place that speaks SQL: tables, one writer, and reads by intent.

Reading order: `tables`, `database` (one class for every database), `writer` (the engine's
commits), `accounts`, `recovery` (what the engine reads at start), `history` and `series`
(what people look at), `access` (who may come in).
"""
