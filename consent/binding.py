"""A file written in one go: nothing looks for garbage meanwhile, its objects are their final bytes.

To write a file pydyf asks each object for its bytes up to three times, for the identifier, for the
table of places and for the file itself, and packs every stream again at each asking.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from zlib import compress

import pydyf  # type: ignore[import-untyped]

LEVEL = 6  # the ninth takes twice as long and saves a fiftieth
COLOURS = "N"  # of a stream: it is the colour profile, the same in every file


class Bound(pydyf.Object):  # type: ignore[misc]
    """One object that is not going to change."""

    compressible: bool = False  # attributes here; what pydyf brings computes them anew
    data: bytes = b""

    def __init__(self, one: pydyf.Object) -> None:
        super().__init__()
        self.number, self.generation, self.free = one.number, one.generation, one.free
        self.compressible = one.compressible
        self.data = _packed(one) if isinstance(one, pydyf.Stream) else one.data


def bound(one: pydyf.Object) -> pydyf.Object:
    return one if one.free == "f" else Bound(one)


def _packed(stream: pydyf.Stream) -> bytes:
    if not stream.compress:
        whole: bytes = stream.data
        return whole
    data = b"\n".join(map(pydyf._to_bytes, stream.stream))
    short = _kept(data) if COLOURS in stream.extra else compress(data, LEVEL)
    extra = pydyf.Dictionary(stream.extra | {"Filter": "/FlateDecode", "Length": len(short)})
    return b"\n".join((extra.data, b"stream", short, b"endstream"))


@cache
def _kept(data: bytes) -> bytes:
    return compress(data, LEVEL)


@contextmanager
def undisturbed() -> Iterator[None]:
    """A document is a hundred thousand small objects that all live until it is written: to look
    for garbage among them again and again finds none and takes a third of the time. At the end
    they are young still, and go at once: what grew old would stay, and a worker would grow."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.collect(0)
            gc.enable()
