"""Take the pictures of the documentation from a running demonstration: `make demo`, then this."""

import argparse
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

HERE = Path(__file__).parent / "img"
PASSWORD = "try-the-clinic"  # noqa: S105  the demonstration's, printed at every start
WIDTHS = (1280, 820, 390)
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
PICTURES = {"board": ("reception", "/"), "calendar": ("cosmetologist", "/treatment/calendar/")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address", nargs="?", default="http://localhost:8000")
    address = parser.parse_args().address
    HERE.mkdir(exist_ok=True)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=QUIET)
        for name, (who, page) in PICTURES.items():
            for width in WIDTHS:
                shoot(browser, address, who, page, HERE / f"{name}-{width}.png", width)
        browser.close()


def shoot(browser: Browser, address: str, who: str, page: str, file: Path, width: int) -> None:
    """Sign in as somebody and keep what their page looks like at this width."""
    context = browser.new_context(viewport={"width": width, "height": 900})
    tab = context.new_page()
    tab.goto(f"{address}/account/login/")
    tab.fill("[name=login]", f"{who}@clinic.example")
    tab.fill("[name=password]", PASSWORD)
    tab.click("main form button.btn-primary")
    tab.wait_for_load_state("networkidle")
    tab.goto(address + page)
    tab.wait_for_load_state("networkidle")
    tab.screenshot(path=file)
    context.close()


if __name__ == "__main__":
    main()
