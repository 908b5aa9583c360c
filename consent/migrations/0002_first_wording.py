"""The first wording of a consent, in every language, from its files."""

import hashlib
import json
import tomllib
from datetime import datetime, UTC
from pathlib import Path

from django.db import migrations

FOLDER = Path(__file__).resolve().parent.parent / "wording" / "version_1"
WRITTEN = datetime(2026, 11, 1, tzinfo=UTC)


def in_language(node, language):
    """The same tree with the words of one language."""
    if isinstance(node, dict):
        return node[language] if language in node else {k: in_language(v, language) for k, v in node.items()}
    return node


def fill(apps, schema_editor):
    tree = {"blocks": {}, "labels": {}}
    for path in sorted(FOLDER.glob("*.toml")):
        for part, entries in tomllib.loads(path.read_text(encoding="utf-8")).items():
            tree[part] |= entries
    template = apps.get_model("consent", "ConsentTemplate")
    for language in ("en", "ru", "uk"):
        texts = in_language(tree, language)
        canonical = json.dumps(texts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        template.objects.create(
            language=language,
            version=1,
            texts=texts,
            sha256=hashlib.sha256(canonical.encode()).hexdigest(),
            created_at=WRITTEN,
        )


class Migration(migrations.Migration):
    dependencies = [("consent", "0001_initial")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]  # never erased: it may be signed
