"""Run a venue by itself: ``python -m tests.exchange.venue --port 0`` prints its address."""

import argparse
import asyncio
import signal

from tests.exchange.venue.contracts import DEFAULT_SYMBOLS
from tests.exchange.venue.server import venue_server


async def serve(arguments: argparse.Namespace) -> None:
    """Serve until the process is told to stop."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    symbols = arguments.symbols.split(",")
    async with venue_server(
        symbols, seed=arguments.seed, rate_hz=arguments.rate_hz, port=arguments.port
    ) as venue:
        venue.market.activity.turns = arguments.turns
        print(venue.url, flush=True)  # noqa: T201 - whoever started us reads it
        await stopped.wait()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description="An exchange on loopback.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate-hz", type=float, default=10, help="steps of the market a second")
    parser.add_argument("--turns", action="store_true", help="in each step another contract acts")
    parser.add_argument("--symbols", default=",".join(DEFAULT_SYMBOLS))
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
