"""A server of a few lines stands in for the page."""

import asyncio

import pytest

from runner.health import ask_health


async def asked(host: str, answer: bytes) -> tuple[object, bytes]:
    """Return what is made of *answer*, and the request it was for."""
    requests: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, host, 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        health = await ask_health(host, port)
    return health, requests[0].replace(b"%d" % port, b"8080")


@pytest.mark.parametrize(
    ("host", "named"), [("127.0.0.1", b"127.0.0.1:8080"), ("::1", b"[::1]:8080")]
)
def test_the_page_is_asked_by_a_name_it_answers_to(host: str, named: bytes) -> None:
    try:
        health, request = asyncio.run(asked(host, b'HTTP/1.0 200 OK\r\n\r\n{"engine":"up"}'))
    except OSError as error:
        pytest.skip(f"this machine cannot listen on {host}: {error}")

    assert health == {"engine": "up"}
    assert b"\r\nHost: %s\r\n" % named in request


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.0 200 OK\r\n\r\n", b"x\r\n\r\n[1]", b"\xff\r\n\r\n\xff"]
)
def test_what_makes_no_sense_is_no_answer(answer: bytes) -> None:
    assert asyncio.run(asked("127.0.0.1", answer))[0] is None
