"""Keeps child processes running: starts, restarts with backoff, and stops all of them."""

import asyncio
import codecs
import contextlib
import os
import signal
from asyncio.subprocess import DEVNULL, Process
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final, Protocol

from utils.backoff import Backoff
from utils.clock import Clock
from utils.parent_watch import VARIABLE

# a child that ends with this code said what a person must mend: trying again cannot help
EXIT_CONFIG: Final = 2
GRACE_S: Final = 2.3
STABLE_S: Final = 10.0
CHUNK: Final = 65_536


class Console(Protocol):
    """Where a child's words and the supervisor's own go."""

    def child_said(self, name: str, text: str) -> None:
        """Take a piece of what child *name* wrote, which need not end with a line."""
        ...

    def child_ended(self, name: str) -> None:
        """Finish the line that *name* may have left open."""
        ...

    def tell(self, text: str) -> None:
        """Say a line of one's own."""
        ...

    def warn(self, text: str) -> None:
        """Say that a child is not as it should be."""
        ...


@dataclass(frozen=True)
class ChildSpec:
    """A process to keep running.

    Attributes:
        environment: read at each start, so that what changes in it is there after a restart.
        once: variables for the first start alone.
        finishes: whether exit code 0 means that it is done, not that it must be started again.
        needed: whether nothing shall run when a person must mend something for it first.
        waits_for: what must have happened before its first start.
    """

    name: str
    argv: Sequence[str]
    folder: Path
    environment: Mapping[str, str]
    once: Mapping[str, str] = field(default_factory=dict)
    finishes: bool = False
    needed: bool = True
    waits_for: asyncio.Event | None = None


@dataclass
class Pace:
    """How patient the supervisor is; every time in seconds."""

    base_s: float = 0.5
    cap_s: float = 30.0
    stable_s: float = STABLE_S
    grace_s: float = GRACE_S


class Supervisor:
    """Runs children until told to stop; none outlives it, however it ends.

    Each child leads a process group of its own, which is killed whole when the child ends, and
    holds the reading end of a pipe that closes with this process (see ``utils.parent_watch``).
    ``restarts`` counts how often each was started again.
    """

    def __init__(
        self,
        children: Sequence[ChildSpec],
        console: Console,
        clock: Clock,
        pace: Pace | None = None,
    ) -> None:
        """Prepare; nothing runs yet."""
        self.on_hangup = self.stop
        self.restarts: Counter[str] = Counter({child.name: 0 for child in children})
        self._children = children
        self._console = console
        self._clock = clock
        self._pace = pace or Pace()
        self._running: dict[str, Process] = {}
        self._restarting: set[str] = set()
        self._stopping = asyncio.Event()
        self._hurry = asyncio.Event()

    @property
    def pids(self) -> dict[str, int]:
        """The process ids of the children that run now, by name."""
        return {name: process.pid for name, process in self._running.items()}

    def hang_up(self, names: Collection[str]) -> None:
        """Have those of the children *names* that run read their settings again."""
        for name, process in self._running.items():
            if name in names:
                with contextlib.suppress(ProcessLookupError):
                    process.send_signal(signal.SIGHUP)

    def stop(self) -> None:
        """Ask everything to end; a second call kills what is still there."""
        if self._stopping.is_set():
            self._hurry.set()
        self._stopping.set()

    async def wait_stopping(self, timeout_s: float) -> bool:
        """Wait until the end has begun, at most *timeout_s*; return whether it has."""
        return await _happens(self._stopping, timeout_s)

    async def restart(self, name: str) -> None:
        """End the child *name*, if it runs, and start it again at once."""
        self._restarting.add(name)
        process = self._running.get(name)
        if process is not None and not self._stopping.is_set():
            await self._end([process])

    async def run(self) -> int:
        """Keep the children running until ``stop``; return the exit code for this process.

        That is 0, or ``EXIT_CONFIG`` when a child said that a setting or file must be mended.
        """
        with _signals_call(self.stop, self.on_hangup), _pipe() as read_end:
            keepers = [asyncio.create_task(self._keep(child, read_end)) for child in self._children]
            stopping = asyncio.create_task(self._stopping.wait())
            all_kept = asyncio.gather(*keepers)
            either: list[asyncio.Future[Any]] = [stopping, all_kept]
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            await self._end_all()
            return max(await all_kept)

    async def _keep(self, child: ChildSpec, read_end: int) -> int:
        """Run *child* again and again; return this process's exit code if it decides that."""
        backoff = Backoff(self._pace.base_s, self._pace.cap_s, Random())  # noqa: S311 - jitter
        once = child.once
        if child.waits_for is not None:
            await self._unless_stopping(child.waits_for)
        while not self._stopping.is_set():
            self._restarting.discard(child.name)
            started = self._clock.monotonic()
            code = await self._run_once(child, {**child.environment, **once}, read_end)
            once = {}
            if self._stopping.is_set():
                break
            if child.name in self._restarting:
                self.restarts[child.name] += 1
                continue
            over = self._over(child, code)
            if over is not None:
                return over
            self.restarts[child.name] += 1
            if self._clock.monotonic() - started >= self._pace.stable_s:
                backoff.reset()
            wait_s = backoff.next()
            self._console.warn(
                f"{child.name} ended ({_ending(code)}); starting it again in {wait_s:.1f} s"
            )
            await _happens(self._stopping, wait_s)
        return 0

    def _over(self, child: ChildSpec, code: int) -> int | None:
        """Return this process's exit code if *child* shall not start again after *code*."""
        if code == 0 and child.finishes:
            self._console.tell(f"{child.name} has finished")
            return 0
        if code != EXIT_CONFIG:
            return None
        if not child.needed:
            self._console.warn(
                f"{child.name} cannot run until that is mended; everything else goes on"
            )
            return 0
        self._console.warn(f"{child.name} cannot run until that is mended; stopping")
        self._stopping.set()
        return EXIT_CONFIG

    async def _run_once(self, child: ChildSpec, environment: Mapping[str, str], pipe: int) -> int:
        # our own pipe: with asyncio's, wait() would wait for orphans that keep it open
        output, input_ = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                *child.argv,
                stdin=DEVNULL, stdout=input_, stderr=input_, start_new_session=True,
                pass_fds=(pipe,), cwd=child.folder,
                env={**environment, VARIABLE: str(pipe), "PYTHONUNBUFFERED": "1"},
            )  # fmt: skip
        finally:
            os.close(input_)
        self._running[child.name] = process
        if self._stopping.is_set() or child.name in self._restarting:
            process.kill()  # it was told while this one was being born
        forward = asyncio.create_task(self._forward(child.name, output))
        code = await process.wait()
        _kill_group(process.pid)
        await forward
        del self._running[child.name]
        return code

    async def _forward(self, name: str, output: int) -> None:
        """Hand on what *name* writes, until nobody can write any more."""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        with os.fdopen(output, "rb", 0) as file:
            transport, _ = await asyncio.get_running_loop().connect_read_pipe(
                lambda: protocol, file
            )
            while chunk := await reader.read(CHUNK):
                self._console.child_said(name, decoder.decode(chunk))
            transport.close()
        self._console.child_ended(name)

    async def _unless_stopping(self, event: asyncio.Event) -> None:
        """Wait for *event*, or for the end if that comes first."""
        waits = [asyncio.create_task(one.wait()) for one in (event, self._stopping)]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    async def _end_all(self) -> None:
        """Ask the children to end, and kill those that have not in time."""
        processes = list(self._running.values())
        if processes:
            await self._end(processes)

    async def _end(self, processes: Sequence[Process]) -> None:
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        all_ended = asyncio.gather(*(process.wait() for process in processes))
        hurry = asyncio.create_task(self._hurry.wait())
        either: list[asyncio.Future[Any]] = [all_ended, hurry]
        await asyncio.wait(either, timeout=self._pace.grace_s, return_when=asyncio.FIRST_COMPLETED)
        hurry.cancel()
        for process in processes:
            _kill_group(process.pid)
        await all_ended


def _kill_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def _ending(code: int) -> str:
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"exit code {code}"


async def _happens(event: asyncio.Event, timeout_s: float) -> bool:
    with contextlib.suppress(TimeoutError):
        return await asyncio.wait_for(event.wait(), timeout_s)
    return False


@contextlib.contextmanager
def _pipe() -> Iterator[int]:
    """Yield the reading end of a pipe whose writing end this process alone holds."""
    read_end, write_end = os.pipe()
    try:
        yield read_end
    finally:
        os.close(write_end)
        os.close(read_end)


@contextlib.contextmanager
def _signals_call(stop: Callable[[], None], hung_up: Callable[[], None]) -> Iterator[None]:
    """Have Ctrl-C and a polite kill call *stop*, and a hang-up *hung_up*."""
    loop = asyncio.get_running_loop()
    calls = {signal.SIGINT: stop, signal.SIGTERM: stop, signal.SIGHUP: hung_up}
    for number, call in calls.items():
        loop.add_signal_handler(number, call)
    try:
        yield
    finally:
        for number in calls:
            loop.remove_signal_handler(number)
