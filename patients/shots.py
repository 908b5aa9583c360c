"""From an uploaded file to a picture we can keep: recognised, upright, without traces, a JPEG.

The size is asked before anything is decoded; what the file calls itself is never asked.
"""

from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO

from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from clinic.errors import ClinicError

FORMATS = ("JPEG", "PNG", "WEBP")
MOST_BYTES = 25 * 1024 * 1024
MOST_PIXELS = 64_000_000
LONGEST_SIDE = 3000  # pixels kept
SHORTEST_SIDE = 200  # pixels; less shows nothing
QUALITY = 90
HEIF_BRANDS = (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftyphevc", b"ftypmsf1")
WHITE = (255, 255, 255)


class NoPicture(ClinicError):
    code = "no-picture"
    text = _("This file is not a photo we can read. Choose a JPEG, PNG or WebP file.")


class Heif(ClinicError):
    code = "heif"
    text = _(
        "HEIC photos cannot be read here. Set the camera to “Most compatible”, or send it as JPEG."
    )


class TooHeavy(ClinicError):
    code = "too-heavy"
    text = _("The file is larger than 25 MB. Choose a smaller one.")


class TooManyPixels(ClinicError):
    code = "too-many-pixels"
    text = _("The picture has more than 64 megapixels. Choose a smaller one.")


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
    picture = _picture(_opened(tape))
    if tape.has_run_out:
        raise Damaged
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=QUALITY, optimize=True, progressive=False)
    jpeg = buffer.getvalue()
    return Shot(
        jpeg=jpeg, sha256=sha256(jpeg).hexdigest(), width=picture.width, height=picture.height
    )


def _opened(tape: Tape) -> Image.Image:
    """The header is read and judged; no pixel is decoded yet."""
    if tape.getbuffer().nbytes > MOST_BYTES:
        raise TooHeavy
    if bytes(tape.getbuffer()[4:12]) in HEIF_BRANDS:
        raise Heif
    try:
        image = Image.open(tape, formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooManyPixels from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise NoPicture from error
    if image.width * image.height > MOST_PIXELS:
        raise TooManyPixels
    if min(image.size) < SHORTEST_SIDE:
        raise TooSmall
    return image


def _picture(image: Image.Image) -> Image.Image:
    """Decoded, upright, in plain colours, on fresh paper: nothing of the file comes along."""
    try:
        image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        image.load()
        upright = ImageOps.exif_transpose(image)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise Damaged from error
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    paper = Image.new("RGB", upright.size, WHITE)
    colours = _plain_colours(upright)
    paper.paste(colours, mask=colours.getchannel("A") if colours.mode == "RGBA" else None)
    return paper


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
