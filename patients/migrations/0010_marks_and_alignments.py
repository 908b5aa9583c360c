import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('patients', '0009_photos_for_the_record'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='photo',
            constraint=models.CheckConstraint(condition=models.Q(('record_allowed_at__isnull', False), models.Q(('marketing_allowed_at', None), ('teaching_allowed_at', None)), _connector='OR'), name='photo_closed_to_all_uses'),
        ),
        migrations.CreateModel(
            name='Alignment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('points', models.JSONField(help_text='Four of [x, y] in ten-thousandths: two of the first, the same two of the second.')),
                ('aligned_at', models.DateTimeField()),
                ('after', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='patients.photo')),
                ('aligned_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('before', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='patients.photo')),
            ],
        ),
        migrations.CreateModel(
            name='Markup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('marks', models.JSONField(help_text='Strokes and points in ten-thousandths of the photo.')),
                ('drawn_at', models.DateTimeField()),
                ('superseded_at', models.DateTimeField(help_text='Empty means: the one shown.', null=True)),
                ('drawn_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('photo', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='markups', to='patients.photo')),
            ],
        ),
        migrations.CreateModel(
            name='PhotoUseDecision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('use', models.CharField(choices=[('record', 'The record'), ('teaching', 'Teaching'), ('marketing', 'Marketing')], max_length=12)),
                ('allowed', models.BooleanField()),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('photo', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='patients.photo')),
            ],
        ),
        migrations.AddConstraint(
            model_name='alignment',
            constraint=models.UniqueConstraint(fields=('before', 'after'), name='alignment_once_a_pair'),
        ),
        migrations.AddConstraint(
            model_name='alignment',
            constraint=models.CheckConstraint(condition=models.Q(('before', models.F('after')), _negated=True), name='alignment_is_of_two_photos'),
        ),
        migrations.AddConstraint(
            model_name='markup',
            constraint=models.UniqueConstraint(condition=models.Q(('superseded_at', None)), fields=('photo',), name='markup_one_is_shown'),
        ),
        migrations.AddConstraint(
            model_name='markup',
            constraint=models.CheckConstraint(condition=models.Q(('superseded_at', None), ('superseded_at__gte', models.F('drawn_at')), _connector='OR'), name='markup_superseded_after_drawn'),
        ),
        migrations.AddIndex(
            model_name='photousedecision',
            index=models.Index(fields=['photo', 'at'], name='photo_use_decided'),
        ),
        migrations.AddConstraint(
            model_name='photousedecision',
            constraint=models.CheckConstraint(condition=models.Q(('use__in', ['record', 'teaching', 'marketing'])), name='photo_use_known'),
        ),
    ]
