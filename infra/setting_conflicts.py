"""Settings about real money that contradict each other, each refused in a sentence."""

from pathlib import Path

from pydantic import SecretStr


def refuse_keys(key: SecretStr, secret: SecretStr, file: Path | None) -> None:
    """Refuse half a pair of keys, and two pairs.

    Raises:
        ValueError: one of the pair is missing, or there is a file as well; no key is repeated.
    """
    given = [bool(part.get_secret_value()) for part in (key, secret)]
    if any(given) and file is not None:
        raise ValueError(
            "the keys of the exchange must be given in one way: leave EXCHANGE_KEY and "
            "EXCHANGE_SECRET out, or exchange_key_file"
        )
    if any(given) and not all(given):
        there, missing = ("EXCHANGE_KEY", "EXCHANGE_SECRET")[:: 1 if given[0] else -1]
        raise ValueError(f"{there} needs {missing} beside it: give both, or neither")


def refuse_broker(broker: str, market: str, *, has_keys: bool, consents: bool) -> None:
    """Refuse a broker of a real account where something that it needs is missing.

    Raises:
        ValueError: the market is not an exchange's, there are no keys, or nobody said that the
            risk is understood.
    """
    if broker == "paper":
        return
    if market != "exchange":
        raise ValueError(
            f"broker {broker} has to do with a real account, which market {market} has not: "
            f"set market exchange, or broker paper"
        )
    if not has_keys:
        raise ValueError(
            f"broker {broker} needs the keys of an account: set EXCHANGE_KEY and EXCHANGE_SECRET "
            f"in .env, or exchange_key_file"
        )
    if broker == "live" and not consents:
        raise ValueError(
            "broker live trades with real money, which can all be lost: set "
            "I_UNDERSTAND_THE_RISK=yes to say that you know"
        )
