from django.db import migrations
from django.db.models import F


def allow(apps, schema_editor):
    """Every photo so far was taken for the record."""
    photos = apps.get_model('patients', 'Photo').objects.filter(record_allowed_at=None)
    photos.update(record_allowed_at=F('taken_at'))


class Migration(migrations.Migration):

    dependencies = [
        ('patients', '0008_more_standard_views'),
    ]

    operations = [
        migrations.RunPython(allow, migrations.RunPython.noop, elidable=True),
    ]
