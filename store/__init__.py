"""The only place that speaks SQL: tables, one writer, and reads by intent.

Reading order: `tables` (with `columns`), `database` (with `schema`), `writer` (the engine's
commits), `accounts`, `recovery` (what the engine reads at start), then what people look at:
`history`, `series`, `digest`; and `access`, who may come in.
"""
