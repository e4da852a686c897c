"""What can go wrong, named by what the caller must do about it.

QuarterdeckError
├── ConfigError            a setting or file is wrong: the person fixes it
│   └── SchemaError        a database or state file of another version: upgrade or restore
├── StoreError             nothing was committed: keep the batch and retry
├── DataError              an input record is not usable: it is set aside, with its reason
├── FeedError              market data stopped: reconnect
├── LedgerError            the journal does not add up: stop trading and tell
├── OrderRejected          nothing traded
│   ├── RiskRefused        our own limits said no
│   └── GateRefused        a limit on real orders said no
├── BrokerError            may have traded: reconcile
├── CommandError           a wish that cannot be granted: tell who asked
├── BusError               the engine cannot be reached: retry
└── NothingToDraw          too little for a picture: say so instead
"""

from decimal import Decimal


class QuarterdeckError(Exception):
    """The root of every error this project raises on purpose."""


class ConfigError(QuarterdeckError):
    """A setting, flag or file a person gave is wrong; the text says how to mend it."""


class SchemaError(ConfigError):
    """A stored file has a schema this version does not know."""


class StoreError(QuarterdeckError):
    """The database refused; nothing of the transaction is stored, so keep it and retry."""


class DataError(QuarterdeckError):
    """A record of input data breaks its rule."""


class FeedError(QuarterdeckError):
    """Market data stopped or cannot start; reconnecting may help."""


class LedgerError(QuarterdeckError):
    """Journal entries contradict each other."""


class OrderRejected(QuarterdeckError):  # noqa: N818 - the field's own word
    """The broker took nothing: no position changed."""


class RiskRefused(OrderRejected):
    """Our own limits refused the order before any broker saw it."""


class GateRefused(OrderRejected):
    """A limit on real orders refused it before it was sent.

    Attributes:
        gate: a short stable word for the limit.
        value: what met the limit, or None when it is no figure.
        limit: the limit, or None.
    """

    def __init__(
        self, text: str, *, gate: str, value: Decimal | None = None, limit: Decimal | None = None
    ) -> None:
        super().__init__(text)
        self.gate = gate
        self.value = value
        self.limit = limit


class BrokerError(QuarterdeckError):
    """The outcome is unknown: it may have traded, so reconcile."""


class CommandError(QuarterdeckError):
    """A wish that cannot be granted as asked.

    Attributes:
        code: a short stable word for programs, such as ``intent_expired``.
        status: the HTTP status that fits, such as 409.
    """

    def __init__(self, code: str, text: str, status: int = 409) -> None:
        super().__init__(text)
        self.code = code
        self.status = status


class BusError(QuarterdeckError):
    """The other side of the bus cannot be reached or does not speak our protocol."""


class NothingToDraw(QuarterdeckError):  # noqa: N818 - a chart of nothing is no fault
    """There is too little for a picture; the text says what is missing."""
