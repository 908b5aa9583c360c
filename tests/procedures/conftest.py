"""What the tests of the treatment share."""

import pytest
from django.utils.html import format_html_join

from consent import rendering
from consent.models import ConsentDocument
from consent.text import Text


@pytest.fixture(autouse=True)
def short_paper(monkeypatch: pytest.MonkeyPatch) -> None:
    """Consents of one page: really printed and sealed, but quickly."""

    def page(document: ConsentDocument, text: Text, steps: object) -> str:
        content = text.content
        words = [drug.name for drug in content.drugs]
        words += [
            document.content_sha256,
            content.patient.name,
            document.signer_name,
            f"{text.labels['sessions']}: {content.sessions.count}",
            f"{text.labels['page']} 1 {text.labels['of']} 1",
        ]
        body = format_html_join("", "<p>{}</p>", ([word] for word in words))
        return f'<html lang="en"><head><title>Consent</title></head><body>{body}</body></html>'

    monkeypatch.setattr(rendering, "page", page)
