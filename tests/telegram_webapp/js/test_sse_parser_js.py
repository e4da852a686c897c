from typing import Any

from playwright.sync_api import Page

# Every kind of line, three kinds of line ends, two and three byte characters, a cut-off frame.
BODY = (
    "\ufeff: welcome\n\n"
    'id: e-1\nevent: price\ndata: {"a":1}\n\n'
    "id:e-2\r\nevent:fill\r\ndata: one\r\ndata:two é\r\n\r\n"
    "retry: 1500\rdata: cr ✓\r\r"
    "event: nothing\n\n"
    "id: bad\0id\ndata\n\n"
    "retry: soon\nunknown: x\nevent: heartbeat\ndata: {}\n\n"
    "id: e-9\nevent: cut\ndata: never told\n"
)
TOLD = [
    {"type": "price", "data": '{"a":1}', "id": "e-1"},
    {"type": "fill", "data": "one\ntwo é", "id": "e-2"},
    {"retry": 1500},
    {"type": "message", "data": "cr ✓"},
    {"type": "message", "data": ""},
    {"type": "heartbeat", "data": "{}"},
]
PARSE = """async ([text, mode]) => {
  const { SseParser } = await import("/js/sse_parser.js");
  const bytes = new TextEncoder().encode(text);
  const told = (cuts) => {
    const out = [];
    const parser = new SseParser(
      ({type, data, id}) => out.push(id === undefined ? {type, data} : {type, data, id}),
      (ms) => out.push({retry: ms}),
    );
    let from = 0;
    for (const cut of [...cuts, bytes.length]) { parser.feed(bytes.slice(from, cut)); from = cut; }
    return out;
  };
  if (mode === "whole") return told([]);
  if (mode === "bytes") return told(bytes.keys());
  const whole = JSON.stringify(told([]));
  return [...bytes.keys()].filter((cut) => JSON.stringify(told([cut])) !== whole);
}"""


def test_whole_frames_are_told_and_the_cut_one_is_not(modules: Page) -> None:
    assert modules.evaluate(PARSE, [BODY, "whole"]) == TOLD


def test_a_body_that_comes_byte_by_byte_tells_the_same(modules: Page) -> None:
    assert modules.evaluate(PARSE, [BODY, "bytes"]) == TOLD


def test_a_body_cut_at_any_byte_tells_the_same(modules: Page) -> None:
    assert modules.evaluate(PARSE, [BODY, "cuts"]) == []


def test_an_id_is_only_that_of_its_own_frame(modules: Page) -> None:
    told: list[dict[str, Any]] = modules.evaluate(PARSE, ["id: 1\ndata: a\n\ndata: b\n\n", "whole"])

    assert [event.get("id") for event in told] == ["1", None]
