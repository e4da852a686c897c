"""The engine's end of the bus on a unix socket, for asyncio."""

import asyncio
import errno
import logging
import os
import socket
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, cast

from typing_extensions import override

from core.errors import BusError, ConfigError
from core.stream import EventId, Frame, Ring
from infra.bus.base import CommandRequest, Pulse, Welcome, Whole
from infra.bus.granting import CommandHandler, granted
from infra.bus.wire import PROTOCOL, Hello, ToEngine, encode, engine_side

PATH_CAP: Final = 103  # sockaddr_un holds 108 bytes on Linux, 104 on macOS, one for the end
PENDING_CAP: Final = 8 * 1024 * 1024
PULSE_S: Final = 2.0
HELLO_S: Final = 10.0
COMMANDS_CAP: Final = 16  # of one connection, being answered at once
_BACKLOG: Final = 128

log = logging.getLogger(__name__)


class UnixBusServer:
    """Sends frames to every subscriber and answers commands.

    Promise: a subscriber that stops reading is cut at `PENDING_CAP` bytes and resumes by id;
    it never slows `publish`. Whatever a connection sends, only that connection suffers.
    """

    def __init__(
        self,
        path: Path,
        ring: Ring,
        snapshot: Callable[[], bytes],
        on_command: CommandHandler,
        now: Callable[[], int] | None = None,
    ) -> None:
        """Prepare to listen.

        Args:
            path: of the socket, at most `PATH_CAP` bytes long.
            ring: the engine's; what is published is already in it.
            snapshot: JSON of the snapshot event's data, everything in the ring folded in.
            on_command: grants a wish or raises `CommandError`.
            now: the engine clock in ms, told to subscribers every `PULSE_S` seconds.
        """
        self.path = path
        self.ring = ring
        self.snapshot = snapshot
        self.on_command = on_command
        self.subscribers: set[_Peer] = set()
        self._now = now
        self._server: asyncio.Server | None = None
        self._peers: set[_Peer] = set()
        self._inode = 0
        self._pulse: asyncio.TimerHandle | None = None

    @property
    def has_subscribers(self) -> bool:
        """Return whether anybody would receive a frame."""
        return bool(self.subscribers)

    async def start(self) -> None:
        """Listen; a socket file that a dead engine left behind is replaced.

        Raises:
            ConfigError: the path is too long, not writable, or another engine listens there.
        """
        listener = _bind(self.path)
        self._inode = self.path.stat().st_ino
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(
            lambda: _Peer(self, self._peers), sock=listener, backlog=_BACKLOG
        )
        self._beat()

    def publish(self, frames: Sequence[Frame]) -> None:
        """Send *frames*, already in the ring, to every subscriber in one write; never waits."""
        if not self.subscribers or not frames:
            return
        blob = b"".join([encode(frame) for frame in frames])
        for peer in list(self.subscribers):
            peer.publish(frames, blob)

    async def stop(self) -> None:
        """Stop listening, let what is pending go out and close every connection."""
        if self._pulse is not None:
            self._pulse.cancel()
        if self._server is not None:
            self._server.close()
        for peer in list(self._peers):
            peer.finish()
        if self._inode and self.path.exists() and self.path.stat().st_ino == self._inode:
            self.path.unlink()

    def _beat(self) -> None:
        at = self._now() if self._now is not None else None
        blob = encode(Pulse(at))
        for peer in list(self.subscribers):
            peer.send(blob)
        self._pulse = asyncio.get_running_loop().call_later(PULSE_S, self._beat)


class _Peer(asyncio.Protocol):
    """One connection: a subscriber after its hello, else a sender of commands."""

    def __init__(self, server: UnixBusServer, peers: "set[_Peer]") -> None:
        self._server = server
        self._peers = peers
        self._reader = engine_side()
        self._seq = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._transport: asyncio.WriteTransport | None = None
        self._deadline: asyncio.TimerHandle | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)
        self._peers.add(self)
        self._deadline = asyncio.get_running_loop().call_later(HELLO_S, self._close)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._peers.discard(self)
        self._server.subscribers.discard(self)
        self._met()

    @override
    def data_received(self, data: bytes) -> None:
        try:
            for message in self._reader.feed(data):
                self._on_message(message)
        except BusError as error:
            log.warning("A bus connection was closed: %s", error)
            self._close()

    def publish(self, frames: Sequence[Frame], blob: bytes) -> None:
        """Send frames that this subscriber has not had with its welcome."""
        if frames[0].seq <= self._seq:
            blob = b"".join([encode(frame) for frame in frames if frame.seq > self._seq])
        self._seq = max(self._seq, frames[-1].seq)
        self.send(blob)

    def send(self, blob: bytes) -> None:
        """Write without waiting, or cut a subscriber that does not read."""
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.write(blob)
        if self._transport.get_write_buffer_size() > PENDING_CAP:
            log.warning("A bus subscriber was cut: it left %d bytes unread", PENDING_CAP)
            self._transport.abort()

    def finish(self) -> None:
        """Close after what is pending has gone out, unless the other end does not read."""
        if self._transport is not None and self._transport.get_write_buffer_size():
            asyncio.get_running_loop().call_later(1.0, self._transport.abort)
        self._close()

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def _met(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _on_message(self, message: ToEngine) -> None:
        self._met()
        if isinstance(message, Hello):
            self._welcome(message)
            return
        if len(self._tasks) >= COMMANDS_CAP:
            raise BusError(f"one connection may have {COMMANDS_CAP} commands in hand")
        task = asyncio.get_running_loop().create_task(self._answer(message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _welcome(self, hello: Hello) -> None:
        if hello.protocol != PROTOCOL or self in self._server.subscribers:
            raise BusError(f"a hello must be the first and speak protocol {PROTOCOL}, was {hello}")
        ring = self._server.ring
        missed = ring.since(EventId.parse(hello.resume))
        greeting = [encode(Welcome(ring.epoch, ring.seq, ring.floor, missed is not None))]
        if missed is None:
            greeting.append(encode(Whole(self._server.snapshot())))
            missed = ring.since(EventId(ring.epoch, ring.floor)) or []
        greeting += [encode(frame) for frame in missed]
        self._seq = ring.seq
        self._server.subscribers.add(self)
        self.send(b"".join(greeting))

    async def _answer(self, request: CommandRequest) -> None:
        self.send(encode(await granted(self._server.on_command, request)))


def _bind(path: Path) -> socket.socket:
    size = len(os.fsencode(path))
    if size > PATH_CAP:
        raise ConfigError(
            f"the path of a unix socket may have {PATH_CAP} bytes, {path} has {size}: "
            "choose a shorter DATA_DIR"
        )
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _clear(path)
        return _listen(path)
    except OSError as error:
        raise ConfigError(f"the engine cannot listen at {path}: {error.strerror}") from error


def _listen(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    mask = os.umask(0o177)  # 0600 from its first instant
    try:
        listener.bind(str(path))
    except OSError:
        listener.close()
        raise
    finally:
        os.umask(mask)
    return listener


def _clear(path: Path) -> None:
    """Remove the socket file of an engine that is dead.

    Raises:
        ConfigError: what is there is no socket, or a living engine's.
        OSError: the file cannot be asked or removed.
    """
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise ConfigError(f"{path} must be a socket or absent, it is another kind of file")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except OSError as error:
            if error.errno not in {errno.ECONNREFUSED, errno.ENOENT}:
                raise
        else:
            raise ConfigError(f"another engine is listening at {path}")
    path.unlink(missing_ok=True)
