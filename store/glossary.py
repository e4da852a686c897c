"""What tables and columns mean, in a sentence: the words of docs/DATABASE_SCHEMA.md."""

from typing import Final

# What a column of this name means wherever its table does not say otherwise.
COLUMNS: Final = {
    "account_id": "whose row it is",
    "action": "what the signal says: `buy`, `sell` or `hold`",
    "at": "when",
    "closed_at": "when the trade closed",
    "confidence": "how sure the strategy was, 0 to 1",
    "created_at": "when it was made",
    "decision": "`traded`, `closed`, `refused` or `held`",
    "detail": "the rest, as JSON",
    "entry_price": "average price of what was entered",
    "exit_price": "average price of what was left",
    "expected_pct": "what the strategy expected to make, % of the price",
    "expected_pnl": "what it expected to make with the size it got, in quote",
    "horizon_ms": "how far ahead it looks",
    "id": "names it within the account",
    "leverage": "notional over margin",
    "model": "which model, with its version",
    "net_pnl": "gross P&L − fees + funding, in quote",
    "opened_at": "when the first fill came",
    "position_id": "the position it belongs to; empty for none",
    "price": "in quote per base",
    "qty": "in base, always positive",
    "side": "`buy` or `sell`",
    "stop_price": "where the stop is to stand",
    "strategy": "whose sub-account",
    "symbol": "the market, such as `BTC/USDT`",
    "target_price": "where the target is to stand",
}

# Each table's sentence, and what its columns mean where `COLUMNS` does not say it.
TRADING: Final[dict[str, tuple[str, dict[str, str]]]] = {
    "accounts": (
        (
            "Who owns the rows: one living paper account a market, those that were archived, and "
            "those whose history was imported. Nothing of an account that is set aside is deleted."
        ),
        {
            "id": "names it",
            "market_id": "the tape it trades on; `imported:…` has no journal",
            "initial_balance": "what it began with, in quote",
            "used_at": "when an engine opened it last; 0 when imported",
            "archived_at": "when it was set aside; null while it lives",
        },
    ),
    "journal": (
        (
            "The ledger: every transfer, fill, fee and funding payment, never changed and never "
            "deleted. Balances, positions and trades are folds of it."
        ),
        {
            "id": "counts up in the order of storing, over all accounts",
            "kind": "`transfer`, `fill`, `fee` or `funding`",
            "amount": "the change of cash in quote; of a fill the gross P&L it realized",
            "source": "with `source_id` what makes an entry unique: storing it twice is once",
            "source_id": "its id at the source",
            "symbol": "the market; empty for a transfer",
            "order_id": "the order that was filled; empty for none",
            "qty": "of a fill, in base; else 0",
            "price": "of a fill its price, of funding the mark price; else 0",
            "side": "of a fill, `buy` or `sell`; null otherwise",
            "role": "of a fill, why: `entry`, `stop`, `target`, …; null otherwise",
        },
    ),
    "orders": (
        "Every order in its newest form: resting, filled, cancelled or refused.",
        {
            "type": "`market`, `limit`, `stop` or `take_profit`",
            "qty": "what was asked for, in base",
            "role": "why: `entry`, `stop`, `target`, …",
            "price": "the limit; null without one",
            "trigger_price": "what sets it off; null without one",
            "reduce_only": "whether it can only make a position smaller",
            "stop_price": "of an entry, where its stop is to stand",
            "target_price": "of an entry, where its target is to stand",
            "filled_qty": "how much of it was filled so far, in base",
            "status": "`open`, `partially_filled`, `filled`, `cancelled`, …",
            "reason": "why it ended or was refused; empty for none",
        },
    ),
    "trades": (
        "Closed round trips: a position from its first fill to its last.",
        {
            "id": "the position's id",
            "side": "`long` or `short`",
            "qty": "the largest size that was held, in base",
            "gross_pnl": "what its fills realized, in quote",
            "fees": "what they cost, positive",
            "funding": "what funding brought, negative when it was paid",
            "roe_pct": "net P&L over the initial margin of all that was entered, %",
            "exit_reason": "`target`, `stop`, `timeout`, `signal`, `manual` or `liquidation`",
            "mae": "the worst unrealized P&L while it was open, 0 or less",
            "mfe": "the best one, 0 or more",
            "entry_notional": "Σ price · quantity of what was entered, in quote",
            "exit_notional": "Σ price · quantity of what was left, in quote",
            "slippage": "what its fills cost against the prices they aimed at; positive is worse",
            "risk": "what the first stop would have lost before costs: the unit R; null without",
        },
    ),
    "signals": (
        (
            "Every signal of a strategy with the decision on it. Those nobody wished to act on "
            "(`held`) go after `retention.hold_signal_days`."
        ),
        {
            "id": "also the id of the position that it opened",
            "price": "the market when it was raised",
            "gate": "what stopped it, or what it was held back by; empty for nothing",
            "value": "what the gate measured",
            "threshold": "what the gate allows",
            "why": "the decision in words",
            "position_id": "the position it opened or closed; empty for none",
            "detail": "its `reasons` and `parts` (name, score, weight, text), as JSON",
        },
    ),
    "theory_performance": (
        "What each part of the signal that opened a trade said, and how the trade ended.",
        {
            "trade_id": "the trade",
            "theory": "the part's name",
            "score": "what it said, −1 (short) to 1 (long)",
            "weight": "how much it counted, 0 to 1",
            "hit": "whether its side was the one that made money; null when it leaned to none",
        },
    ),
    "signal_predictions": (
        (
            "What a model predicted and, once its time came, what came true. They go "
            "`retention.prediction_days` after that."
        ),
        {
            "due_at": "when it can be compared with the market",
            "up_probability": "how likely it said a rise is, 0 to 1",
            "price": "the market when it was made",
            "outcome_price": "the market at `due_at`; null until then",
            "rose": "whether it went up; null until then",
        },
    ),
    "model_performance": (
        "How well models did, against a naive baseline.",
        {
            "kind": "`walk_forward` (before it was used) or `live`",
            "samples": "how many predictions it is of",
            "accuracy": "the share that had the right side; null without any",
            "brier": "mean of (probability − outcome)², lower is better; null without any",
            "baseline_accuracy": "accuracy of the baseline; null without any",
            "baseline_brier": "Brier score of the baseline; null without any",
            "passes": "whether it beats the baseline: a model that does not never trades",
        },
    ),
    "model_usage": (
        "What each question to a language model cost. Times are the machine's own.",
        {
            "cost_usd": "in USD, by the prices in the settings",
            "prompt_tokens": "how long the question was",
            "completion_tokens": "how long the answer was",
            "outcome": "`ok`, the gate that refused the answer, or `stopped`",
        },
    ),
    "performance_metrics": (
        (
            "Headline figures once an hour: of the account, of one strategy, or of one symbol as "
            "if the account had traded nothing else."
        ),
        {
            "strategy": "whose sub-account; empty for the whole account",
            "symbol": "the market they are of; empty for all of them",
            "equity": "cash plus unrealized P&L, in quote",
            "balance": "cash, in quote",
            "closed_trades": "so far",
            "wins": "of them with a net P&L above 0",
            "losses": "of them with one below 0",
            "net_pnl": "of all of them, in quote",
            "win_rate_pct": "wins over closed trades; null without any",
            "profit_factor": "Σ wins ÷ |Σ losses|; null without a loss",
            "drawdown_pct": "below the highest equity so far",
        },
    ),
    "facts": (
        (
            "Everything that was told and may not be lost, as it was told. They go after "
            "`retention.fact_days`; the newest always stays, the next is numbered after it."
        ),
        {
            "number": "counts up by one within the account",
            "fact_id": "what readers know it by",
            "type": "the event's type, see events.md",
            "data": "the event's whole payload, as JSON",
        },
    ),
    "candles": (
        "Closed 1-minute candles, kept for `retention.candle_days`. Prices are doubles.",
        {
            "open_time": "the beginning of the minute",
            "open": "first price",
            "high": "highest price",
            "low": "lowest price",
            "close": "last price",
            "volume": "traded, in base",
        },
    ),
    "funding_rates": (
        "Funding settlements of the market, kept for `retention.candle_days`.",
        {
            "at": "when holders paid, to the minute",
            "rate": "of the position's value at the mark price; longs pay it when above 0",
            "mark_price": "what positions were valued at",
        },
    ),
    "anomalies": (
        (
            "What the market did out of the ordinary: see MARKET.md. They go after "
            "`retention.fact_days`."
        ),
        {
            "at": "the end of the minute it was seen in",
            "measure": "`return`, `volume`, `spread`, `funding` or `book_imbalance`",
            "value": "what was measured, in the measure's own unit",
            "usual": "the median of what came before",
            "deviation": "how far it usually is from that: 1.4826 times the median distance",
            "z": "(value − usual) ÷ deviation",
            "severity": "`mild`, `strong` or `extreme`",
            "title": "what happened",
            "detail": "how much, against what is usual",
            "did": "what the engine did about it",
        },
    ),
    "equity": (
        (
            "The curve of a strategy's sub-account or, where `strategy` is empty, of the whole "
            "account: a point a minute. After `retention.equity_minute_days` the last of each "
            "quarter of an hour stays."
        ),
        {
            "strategy": "whose sub-account; empty for the whole account",
            "equity": "cash plus unrealized P&L, in quote",
            "balance": "cash, in quote",
        },
    ),
    "outbox": (
        (
            "What people are told of: a row for each fact that a person may want to hear of, "
            "written with it. History that is played flat out leaves none. Rows go after "
            "`retention.fact_days`."
        ),
        {
            "id": "counts up over all accounts, never given twice; the bot goes by it",
            "fact_id": "the fact it tells",
            "type": "what it is about, such as `fill` or `drawdown`: see ALERTS.md",
            "level": "`info`, `warn` or `error`",
            "owner": "whose rule it was; empty when it concerns everybody",
            "symbol": "the market; empty for none",
            "strategy": "whose sub-account; empty for none",
            "title": "what happened",
            "detail": "the rest of the sentence",
            "amount": "what it made or cost, in quote; null when it did neither",
            "link": "the word that opens its place on the page",
            "data": "the fact's payload with the market's badge and the currency, as JSON",
        },
    ),
    "alert_acknowledgements": (
        "Alerts that somebody has seen to, one row each; the first who says so stays.",
        {"alert_id": "of the outbox", "actor": "who, as the audit names them"},
    ),
    "alert_rules": (
        "Rules of people's own, each belonging to one of them.",
        {
            "owner": "whose: `telegram:<id>`, or the subject of a session or key",
            "text": "the rule in its normal form: see ALERTS.md",
            "cooldown_s": "the shortest time between two of its alerts",
            "created_by": "who made it, as the audit names them",
            "state": "what was told already and still lasts, as JSON; empty when it is armed",
            "fired_at": "when it fired last; null for never",
            "fired_count": "how often it fired",
        },
    ),
    "checkpoints": (
        "Where the engine stood at its last commit, beyond what the journal says.",
        {
            "name": "`engine`, or `anomalies`: the samples that those are judged by",
            "value": "what a restart needs, as JSON",
        },
    ),
    "system_metrics": (
        (
            "Figures of the machine and of each process, every `system.update_interval` for a day: "
            "see SYSTEM.md. They belong to no account."
        ),
        {"name": "which figure, such as `engine.cpu_pct`", "value": "in the unit its name says"},
    ),
    "system_minutes": (
        "The same figures by the minute, for `system.metrics_retention` days.",
        {
            "name": "which figure",
            "at": "when the minute began",
            "value": "the mean of the minute",
            "highest": "its highest",
        },
    ),
    "pipeline_status": (
        "Each piece of work beside trading, as it was last: see SYSTEM.md.",
        {
            "name": "names it",
            "title": "what to call it",
            "status": "`ok`, `late`, `failed`, `idle` or `off`",
            "last_run_at": "when it ended last; null before the first",
            "duration_ms": "how long that took; null where it is not measured",
            "rows": "how much it did: messages, rows, letters",
            "lag_ms": "how far it is behind; null where it cannot be",
            "error": "the newest trouble in a sentence; empty for none",
            "next_due_at": "when it is to run again; null when nobody knows",
            "runs": "so far",
            "failures": "of these",
        },
    ),
    "pipeline_runs": (
        "What each did before; what goes on all the time, a row a minute.",
        {
            "name": "of which",
            "at": "when it ended",
            "duration_ms": "how long it took: of a minute the longest",
            "rows": "how much it did",
            "runs": "how often it ran in that time",
            "failures": "of these",
            "error": "the newest trouble; empty for none",
        },
    ),
}

# Which modules write a table, where it is not the engine's one writer.
WRITERS: Final[dict[str, tuple[str, ...]]] = {
    "accounts": ("accounts", "imported"),
    "system_metrics": ("system",),
    "system_minutes": ("system",),
    "pipeline_status": ("pipelines",),
    "pipeline_runs": ("pipelines",),
    "api_keys": ("access",),
    "sessions": ("access",),
    "one_time_codes": ("access",),
    "users": ("users",),
    "notices": ("notices",),
    "audit": ("audit",),
    "alert_settings": ("alert_settings",),
    "preferences": ("preferences",),
    "recipients": ("recipients",),
    "delivery_cursors": ("fan_out",),
    "deliveries": ("deliveries", "fan_out", "recipients"),
    "incidents": ("incidents",),
    "standing_messages": ("standing",),
}

# What belongs together beyond the foreign keys.
RELATIONS: Final = (
    (
        "`trades.id` is the position's id: `journal.position_id`, `orders.position_id` and, of the "
        "signal that opened it, `signals.id` and `signals.position_id`."
    ),
    (
        "A signal that closed a position bears its id in `signals.position_id` with the decision "
        "`closed`."
    ),
    "`journal.order_id` is `orders.id`; an order's `filled_qty` is the sum of its fills.",
    "`theory_performance.trade_id` is `trades.id`.",
    (
        "A trade's `gross_pnl`, `fees` and `funding` are the sums of its entries in the journal; "
        "`python run_dashboard.py db check` adds them up again."
    ),
    "`outbox.fact_id` is `facts.fact_id`, or `signal:` with a `signals.id`.",
    "`signal_predictions.model`, `model_performance.model` name the same model.",
)

VIEW: Final = "signal_results"
VIEW_IS: Final = (
    "Every closed trade with the signal that opened it, where there is one: all columns of "
    "`trades`, how long it was open, and what the signal said."
)
VIEW_ADDS: Final = (
    "duration_ms", "action", "confidence", "expected_pct", "expected_pnl", "stop_price",
    "target_price", "detail",
)  # fmt: skip
