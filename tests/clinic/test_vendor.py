"""What is copied from other people's packages, and what happens when it is not there."""

from pathlib import Path

import pytest
from django.core.management.base import CommandError

from clinic.management.commands import vendor

DOOR = f'<svg\n  class="icon"\n>\n  {vendor.INVISIBLE}\n  <path d="M14 12v.01" />\n</svg>\n'


@pytest.fixture
def outlines(tmp_path: Path) -> Path:
    (tmp_path / "door.svg").write_text(DOOR)
    return tmp_path


def test_a_sprite_holds_each_icon_as_a_symbol(outlines: Path) -> None:
    sprite = vendor.sprite(["door"], outlines)
    assert '<symbol id="tabler-door" viewBox="0 0 24 24"' in sprite
    assert '<path d="M14 12v.01" />' in sprite
    assert vendor.INVISIBLE not in sprite


def test_the_width_of_the_stroke_is_left_to_the_page(outlines: Path) -> None:
    assert "stroke-width" not in vendor.sprite(["door"], outlines)


def test_an_icon_that_does_not_exist_is_named(outlines: Path) -> None:
    with pytest.raises(CommandError, match=r"static/icons.txt names icons .*: dor, window"):
        vendor.sprite(["dor", "door", "window"], outlines)


def test_a_list_of_icons_may_hold_comments_and_doubles(tmp_path: Path) -> None:
    (tmp_path / "icons.txt").write_text("door\n# rooms\n\nbell  # tasks\ndoor\n")
    assert vendor.icon_names(tmp_path / "icons.txt") == ["bell", "door"]


def test_pointers_to_source_maps_are_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.css").write_text("b{}\n/*# sourceMappingURL=a.css.map */")
    (tmp_path / "a.js").write_text("b();\n//# sourceMappingURL=a.js.map\n")
    (tmp_path / "a.ttf").write_bytes(b"\xff\xfe")
    monkeypatch.setattr(vendor, "FILES", {"c.css": "a.css", "c.js": "a.js", "f/c.ttf": "a.ttf"})
    vendor.copy(tmp_path, tmp_path / "vendor")
    assert (tmp_path / "vendor" / "c.css").read_text() == "b{}\n"
    assert (tmp_path / "vendor" / "c.js").read_text() == "b();\n\n"
    assert (tmp_path / "vendor" / "f" / "c.ttf").read_bytes() == b"\xff\xfe"


def test_a_file_that_left_its_package_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vendor, "FILES", {"c.css": "gone/a.css"})
    with pytest.raises(CommandError, match=r"gone/a\.css is not in its package"):
        vendor.copy(tmp_path, tmp_path / "vendor")
