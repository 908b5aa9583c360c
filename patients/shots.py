"""From an uploaded file to a picture we can keep: recognised, upright, without traces, a JPEG.

The size is asked before anything is decoded; what the file calls itself is never asked.
"""

from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from threading import Lock

import pillow_heif
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from clinic.errors import ClinicError

pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)

MEGA = 1_000_000
MOST_BYTES = 25 * 1024 * 1024
LIMITS = {"JPEG": 64, "PNG": 20, "WEBP": 14, "HEIF": 26}  # megapixels, by what decoding costs
MOST_PROGRESSIVE = 20  # megapixels: such a JPEG is held whole, twice, before it can be made smaller
LONGEST_SIDE = 3000  # pixels kept
SHORTEST_SIDE = 200  # pixels; less shows nothing
QUALITY = 90
WHITE = (255, 255, 255)
EDGE = 64 * 1024  # bytes at both ends, where another program would look for its own beginning
FOREIGN = (
    b"%pdf-",
    b"<html",
    b"<script",
    b"<!doctype",
    b"<svg",
    b"<?php",
    b"pk\x03\x04",
    b"pk\x05\x06",
)
one_at_a_time = Lock()  # several large pictures at once would cost what none of them may


class NoPicture(ClinicError):
    code = "no-picture"
    text = _("This file is not a photo we can read. Choose a JPEG, PNG, HEIC or WebP file.")


class TwoInOne(ClinicError):
    code = "two-in-one"
    text = _(
        "This file is a photo and something else at once. Take the photo again, or send it as the "
        "camera saved it."
    )


class TooHeavy(ClinicError):
    code = "too-heavy"
    text = _("The file is larger than 25 MB. Choose a smaller one.")


class TooManyPixels(ClinicError):
    code = "too-many-pixels"
    text = _(
        "The picture has more than %(most)d megapixels, too many for this kind of file. Send it as "
        "an ordinary JPEG, or choose a smaller one."
    )


class TooSmall(ClinicError):
    code = "too-small"
    text = _("The picture is smaller than 200 pixels: nothing could be compared. Take it again.")


class Damaged(ClinicError):
    code = "damaged"
    text = _("The file is damaged: a part of the picture is missing. Take or send it again.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """A picture as it is kept."""

    jpeg: bytes
    sha256: str
    width: int
    height: int


class Tape(BytesIO):
    """The bytes of a file; it notices when somebody reads on after the last of them.

    Pillow may be told, by any library of this process, to paint over a missing end.
    """

    has_run_out = False

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.has_run_out |= bool(size and size > 0 and not data)
        return data


def develop(upload: bytes) -> Shot:
    """The picture of an uploaded file, or the reason why there is none."""
    tape = Tape(upload)
    with one_at_a_time:
        picture = _picture(_opened(tape))
        if tape.has_run_out:
            raise Damaged
        buffer = BytesIO()
        picture.save(buffer, "JPEG", quality=QUALITY)
    jpeg = buffer.getvalue()
    return Shot(
        jpeg=jpeg, sha256=sha256(jpeg).hexdigest(), width=picture.width, height=picture.height
    )


def _opened(tape: Tape) -> Image.Image:
    """The header is read and judged; no pixel is decoded yet."""
    if tape.getbuffer().nbytes > MOST_BYTES:
        raise TooHeavy
    try:
        image = Image.open(tape, formats=tuple(LIMITS))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooManyPixels(most=min(LIMITS.values())) from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError) as error:
        raise NoPicture from error
    most = _most_megapixels(image)
    if image.width * image.height > most * MEGA:
        raise TooManyPixels(most=most)
    if min(image.size) < SHORTEST_SIDE:
        raise TooSmall
    if image.format == "HEIF" and not _is_whole(tape.getbuffer()):
        raise Damaged
    _refuse_company(tape)
    return image


def _is_whole(heif: memoryview) -> bool:
    """Each box says how long it is; its decoder paints over what is missing."""
    at, head = 0, 8
    while at + head <= len(heif):
        size = int.from_bytes(heif[at : at + 4], "big")
        if size == 1:
            size = int.from_bytes(heif[at + head : at + 2 * head], "big")
        elif size == 0:  # up to the end
            return True
        if size < head:
            return False
        at += size
    return at == len(heif)


def _most_megapixels(image: Image.Image) -> int:
    limit = LIMITS[image.format or ""]
    return min(limit, MOST_PROGRESSIVE) if image.info.get("progressive") else limit


def _refuse_company(tape: Tape) -> None:
    """A photo that is also a page, an archive or a document: no camera makes that."""
    whole = tape.getbuffer()
    edges = bytes(whole[:EDGE]).lower() + bytes(whole[EDGE:][-EDGE:]).lower()
    if any(mark in edges for mark in FOREIGN):
        raise TwoInOne


def _picture(image: Image.Image) -> Image.Image:
    """Decoded, upright, in plain colours, on fresh paper: nothing of the file comes along.

    Made smaller first, so that only one picture of the full size is ever held.
    """
    try:
        image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        image.load()
        upright = _small(image, LONGEST_SIDE)
        ImageOps.exif_transpose(upright, in_place=True)
        colours = _plain_colours(upright)
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise Damaged from error
    if colours.mode == "RGB":
        return _bare(colours)
    paper = Image.new("RGB", colours.size, WHITE)
    paper.paste(colours, mask=colours.getchannel("A"))
    return paper


def _small(image: Image.Image, side: int) -> Image.Image:
    """No longer than this; a palette or a mask must become colours before it can be blended."""
    if image.mode not in {"RGB", "RGBA", "L", "CMYK"}:
        has_holes = "A" in image.getbands() or "transparency" in image.info
        image = image.convert("RGBA" if has_holes else "RGB")
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    return image


def _bare(picture: Image.Image) -> Image.Image:
    """Its pixels alone: what the file said about itself would be written into ours."""
    picture.info = {}
    return picture


def _plain_colours(image: Image.Image) -> Image.Image:
    """sRGB, as every screen shows it; phones write wider colours and say so in a profile."""
    clear = "A" in image.getbands() or "transparency" in image.info
    profile = image.info.get("icc_profile")
    if profile and image.mode in ("RGB", "RGBA"):
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            target = ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(image, source, target)
        except (ImageCms.PyCMSError, OSError):
            converted = None
        image = converted or image
    return image.convert("RGBA" if clear else "RGB")


def shrink(jpeg: bytes, side: int) -> bytes:
    """A small copy of one of our own pictures."""
    picture = Image.open(BytesIO(jpeg), formats=("JPEG",))
    picture.draft("RGB", (side, side))
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()
