"""Written in one go: the same file for less work."""

import gc
import weakref
from io import BytesIO
from zlib import compress

import pikepdf
import pytest
from weasyprint import Document

from consent import binding, rendering

PAGE = "<html lang=en><title>Title</title><h1>Heading</h1><p>Words that stay</p></html>"


def streams(pdf: bytes) -> list[bytes]:
    """The content of all streams but the one with the places and the one with the objects."""
    with pikepdf.open(BytesIO(pdf)) as file:
        found = [one for one in file.objects if isinstance(one, pikepdf.Stream)]
        return [one.read_bytes() for one in found if one.get("/Type") not in {"/ObjStm", "/XRef"}]


def test_the_file_says_the_same_and_is_hardly_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    pdf = rendering.print_pdf(PAGE, [])
    monkeypatch.setattr(binding, "bound", lambda one: one)
    plain = rendering.print_pdf(PAGE, [])
    assert streams(pdf) == streams(plain)
    assert len(pdf) < 1.03 * len(plain)


def test_each_stream_is_packed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    packed: list[bytes] = []

    def pack(data: bytes, level: int) -> bytes:
        packed.append(data)
        return compress(data, level)

    monkeypatch.setattr(binding, "compress", pack)
    pdf = rendering.print_pdf(PAGE, [])
    assert len(packed) == len(set(packed))
    assert len([data for data in streams(pdf) if data in packed]) >= 3


@pytest.mark.parametrize("page", [PAGE, '<img src="https://example.com/a.png" alt="">'])
def test_garbage_is_looked_for_again_when_the_page_is_printed_or_refused(page: str) -> None:
    assert gc.isenabled()
    try:
        rendering.print_pdf(page, [])
    except rendering.NotRendered:
        assert page != PAGE
    assert gc.isenabled()


class Ring:
    """It holds itself, so that only a search for garbage finds it."""

    def __init__(self) -> None:
        self.me = self


def test_what_was_made_meanwhile_goes_at_once() -> None:
    """What grew old before it was looked for would wait for a rare search of everything."""
    with binding.undisturbed():
        ring = weakref.ref(Ring())
        assert ring() is not None
    assert ring() is None


def test_nothing_of_a_printed_page_stays_behind() -> None:
    rendering.print_pdf(PAGE, [])
    assert [one for one in gc.get_objects() if type(one) is Document] == []
