"""The second wording: the first one, with what the files of version 2 add or say otherwise."""

import hashlib
import json
import tomllib
from datetime import datetime, UTC
from pathlib import Path

from django.db import migrations

FOLDER = Path(__file__).resolve().parent.parent / "wording" / "version_2"
WRITTEN = datetime(2026, 11, 24, tzinfo=UTC)


def in_language(node, language):
    """The same tree with the words of one language."""
    if isinstance(node, dict):
        return node[language] if language in node else {k: in_language(v, language) for k, v in node.items()}
    return node


def fill(apps, schema_editor):
    template = apps.get_model("consent", "ConsentTemplate")
    added = [tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.toml"))]
    for language in ("en", "ru", "uk"):
        texts = template.objects.get(language=language, version=1).texts
        for part in (in_language(tree, language) for tree in added):
            texts["blocks"] |= part.get("blocks", {})
            labels = part.get("labels", {})
            events = texts["labels"]["events"] | labels.pop("events", {})
            texts["labels"] |= labels | {"events": events}
            texts["check"] = texts.get("check", {}) | part.get("check", {})
        canonical = json.dumps(texts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        template.objects.create(
            language=language,
            version=2,
            texts=texts,
            sha256=hashlib.sha256(canonical.encode()).hexdigest(),
            created_at=WRITTEN,
        )


class Migration(migrations.Migration):
    dependencies = [("consent", "0007_withdrawal_page")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]  # never erased: it may be signed
