"""From an uploaded file to a picture: upright, without traces, or refused with a reason."""

import os
import struct
import subprocess
import sys
import zipfile
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageCms, ImageFile

from patients import shots
from patients.shots import Damaged, NoPicture, TooHeavy, TooManyPixels, TooSmall, TwoInOne
from tests.factories.patients import make_picture

DARK = 90  # of 255: the corner that the factory paints
ORIENTATION, GPS, CAMERA = 0x0112, 0x8825, 0x0110


def opened(jpeg: bytes) -> Image.Image:
    return Image.open(BytesIO(jpeg))


def is_dark(picture: Image.Image, x: int, y: int) -> bool:
    return picture.convert("L").crop((x, y, x + 1, y + 1)).tobytes()[0] < DARK


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_what_a_camera_gives_becomes_a_jpeg(kind: str) -> None:
    shot = shots.develop(make_picture(kind=kind))
    picture = opened(shot.jpeg)
    assert picture.format == "JPEG"
    assert (shot.width, shot.height) == picture.size == (240, 320)


@pytest.mark.parametrize(
    ("orientation", "size", "corner"),
    [
        (1, (240, 320), (5, 5)),
        (3, (240, 320), (235, 315)),
        (6, (320, 240), (315, 5)),
        (8, (320, 240), (5, 235)),
    ],
)
def test_a_picture_lying_on_its_side_is_turned_upright(
    orientation: int, size: tuple[int, int], corner: tuple[int, int]
) -> None:
    """R-49: turned first, then stripped of what says how it lay."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    picture = opened(shots.develop(make_picture(exif=exif)).jpeg)
    assert picture.size == size
    assert is_dark(picture, *corner)


def test_place_camera_comment_and_profile_do_not_come_along() -> None:
    """R-49: neither place nor camera stays in a photo."""
    exif = Image.Exif()
    exif[CAMERA] = "Secretcam"
    exif.get_ifd(GPS)[1] = "N"
    exif.get_ifd(GPS)[2] = (50.0, 27.0, 0.0)
    picture = Image.new("RGB", (240, 320), (200, 150, 140))
    buffer = BytesIO()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture.save(buffer, "JPEG", exif=exif, comment=b"Secretplace", icc_profile=profile)
    upload = buffer.getvalue() + b"Secrettail"
    assert dict(opened(upload).getexif().get_ifd(GPS))
    jpeg = shots.develop(upload).jpeg
    kept = opened(jpeg)
    assert not dict(kept.getexif())
    assert not {"comment", "icc_profile", "exif"} & set(kept.info)
    assert b"Secret" not in jpeg


def test_clear_parts_become_white() -> None:
    upload = make_picture(kind="PNG", mode="RGBA", colour=(0, 0, 0, 0))
    picture = opened(shots.develop(upload).jpeg)
    assert picture.getpixel((200, 300)) == (255, 255, 255)


@pytest.mark.parametrize(("mode", "colour"), [("L", (120,)), ("CMYK", (0, 0, 0, 0))])
def test_other_colours_are_read_too(mode: str, colour: tuple[int, ...]) -> None:
    picture = Image.new(mode, (240, 320), colour if len(colour) > 1 else colour[0])
    buffer = BytesIO()
    picture.save(buffer, "JPEG")
    assert opened(shots.develop(buffer.getvalue()).jpeg).mode == "RGB"


def test_a_large_picture_is_made_smaller_and_keeps_its_shape() -> None:
    shot = shots.develop(make_picture(4000, 6000))
    assert (shot.width, shot.height) == (2000, 3000)


def test_the_same_picture_gives_the_same_fingerprint() -> None:
    assert shots.develop(make_picture()).sha256 == shots.develop(make_picture()).sha256


PNG = b"\x89PNG\r\n\x1a\n"


def chunk(kind: bytes, data: bytes) -> bytes:
    checked = kind + data
    return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))


def png_header(width: int, height: int) -> bytes:
    """A PNG that promises its pixels, and brings almost none: a bomb."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    return PNG + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [30_000, 10_000, 8_001])
def test_a_bomb_is_refused_before_a_pixel_is_decoded(
    side: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decoded(self: Image.Image) -> None:
        pytest.fail("decoded")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", decoded)
    with pytest.raises(TooManyPixels):
        shots.develop(png_header(side, side))


@pytest.mark.parametrize(
    "upload",
    [
        b"",
        b"<!doctype html><script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"GIF89a" + bytes(100),
        b"%PDF-1.7 " + bytes(100),
        b"\xff\xd8\xff\xe0" + bytes(40),
    ],
    ids=["empty", "html", "svg", "gif", "pdf", "beginning of a JPEG only"],
)
def test_what_is_no_photo_is_refused_whatever_it_is_called(upload: bytes) -> None:
    """R-49: the bytes say what it is, not the name."""
    with pytest.raises(NoPicture):
        shots.develop(upload)


@pytest.mark.parametrize("is_lenient", [False, True])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_half_a_picture_is_refused_even_where_another_library_told_pillow_to_bear_it(
    kind: str, is_lenient: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", is_lenient)
    picture = Image.effect_noise((400, 400), 60).convert("RGB")
    buffer = BytesIO()
    picture.save(buffer, kind)
    whole = buffer.getvalue()
    assert shots.develop(whole).width == 400
    with pytest.raises((Damaged, NoPicture)):
        shots.develop(whole[: len(whole) // 2])


def test_too_heavy_too_small_and_half_a_heic_are_refused_with_their_reason() -> None:
    with pytest.raises(TooHeavy):
        shots.develop(bytes(shots.MOST_BYTES + 1))
    with pytest.raises(TooSmall):
        shots.develop(make_picture(199, 400))
    with pytest.raises(NoPicture):
        shots.develop(b"\x00\x00\x00\x18ftypheic" + bytes(100))


@pytest.mark.parametrize(
    "company",
    [
        b"<!DOCTYPE html><script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<?php system($_GET[0]);",
        b"%PDF-1.7\n1 0 obj",
    ],
    ids=["page", "drawing", "program", "document"],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_photo_that_is_something_else_too_is_refused(kind: str, company: bytes) -> None:
    with pytest.raises(TwoInOne):
        shots.develop(make_picture(kind=kind) + company)
    picture, inside = Image.new("RGB", (240, 320)), BytesIO()
    picture.save(inside, "JPEG", comment=company)
    with pytest.raises(TwoInOne):
        shots.develop(inside.getvalue())


def test_a_photo_with_an_archive_behind_it_is_refused() -> None:
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("run.class", b"x" * 200_000)
    with pytest.raises(TwoInOne):
        shots.develop(make_picture() + archive.getvalue())
    with pytest.raises(NoPicture):
        shots.develop(archive.getvalue())


def test_a_text_that_swells_inside_of_a_picture_is_refused() -> None:
    head = struct.pack(">IIBBBBB", 300, 300, 8, 2, 0, 0, 0)
    text = b"Comment\x00\x00" + zlib.compress(bytes(100_000_000))
    upload = PNG + chunk(b"IHDR", head) + chunk(b"zTXt", text) + chunk(b"IEND", b"")
    with pytest.raises((NoPicture, Damaged)):
        shots.develop(upload)


@pytest.mark.parametrize("mode", ["1", "P", "LA", "I;16"])
def test_rare_kinds_of_pixels_are_read_or_refused_with_a_sentence(mode: str) -> None:
    upload = BytesIO()
    Image.new(mode, (240, 320)).save(upload, "PNG")
    assert opened(shots.develop(upload.getvalue()).jpeg).mode == "RGB"


def test_the_hardest_files_stay_below_half_a_gigabyte(tmp_path: Path) -> None:
    """Each at the limit of its kind, in one process that has all of the clinic loaded."""
    plain = Image.new("RGBA", (4800, 4160), (200, 170, 150, 90))
    plain.save(tmp_path / "many.png", compress_level=1)
    plain.crop((0, 0, 4000, 3490)).save(tmp_path / "many.webp", method=0)
    plain.convert("CMYK").save(tmp_path / "many.jpg", progressive=True)
    plain.convert("RGB").crop((0, 0, 1000, 1500)).save(tmp_path / "many.heic")
    (tmp_path / "bomb.png").write_bytes(png_header(30_000, 30_000))
    (tmp_path / "large.jpg").write_bytes(b"\xff\xd8\xff" + bytes(40 * 1024 * 1024))
    done = subprocess.run(
        [sys.executable, "-c", WORKER, *sorted(map(str, tmp_path.iterdir()))],
        capture_output=True,
        check=True,
        text=True,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"},
    )
    *said, peak = done.stdout.split()
    assert said == ["too-many-pixels", "too-heavy", "kept", "kept", "kept", "kept"]
    assert int(peak) < 512 * 1024


WORKER = """
import re, sys
import django
django.setup()
import clinic.urls
from clinic.errors import ClinicError
from patients import shots
for name in sys.argv[1:]:
    with open(name, "rb") as file:
        upload = file.read(shots.MOST_BYTES + 1)
    try:
        shots.develop(upload)
    except ClinicError as error:
        print(error.code)
    else:
        print("kept")
print(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
"""


def test_a_small_copy_is_small() -> None:
    small = opened(shots.shrink(shots.develop(make_picture(1000, 2000)).jpeg, 480))
    assert small.size == (240, 480)
