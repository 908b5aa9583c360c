import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('procedures', '0006_lab_results'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SessionAddendum',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField(max_length=2000, verbose_name='correction or addition')),
                ('written_at', models.DateTimeField()),
                ('session', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='addenda', to='procedures.session')),
                ('written_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='SessionDraft',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('content', models.JSONField(help_text='Entries, ticks and words that are not recorded yet.')),
                ('version', models.PositiveIntegerField(default=1)),
                ('saved_at', models.DateTimeField()),
                ('saved_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('session', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='draft', to='procedures.session')),
            ],
        ),
        migrations.AddField(
            model_name='injection',
            name='device',
            field=models.CharField(blank=True, help_text='Of a technique that needs one.', max_length=80, verbose_name='device'),
        ),
        migrations.AddField(
            model_name='injection',
            name='drawing',
            field=models.CharField(blank=True, choices=[('face', 'Face'), ('neck', 'Neck'), ('hands', 'Hands'), ('scalp', 'Scalp'), ('body', 'Body')], help_text='Empty means: not drawn.', max_length=10),
        ),
        migrations.AddField(
            model_name='injection',
            name='marks',
            field=models.JSONField(default=list, help_text="[x, y] each, in percent of the drawing's width and height."),
        ),
        migrations.AddField(
            model_name='injection',
            name='needle',
            field=models.CharField(blank=True, max_length=60, verbose_name='needle'),
        ),
        migrations.AddField(
            model_name='injection',
            name='shape',
            field=models.CharField(blank=True, choices=[('points', 'Points'), ('zone', 'Painted zone')], help_text='Empty means: not drawn.', max_length=10),
        ),
        migrations.AddField(
            model_name='injection',
            name='technique',
            field=models.CharField(blank=True, help_text='Knowledge id, TE-..; empty: that of the plan.', max_length=60),
        ),
        migrations.AddConstraint(
            model_name='injection',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('drawing', ''), ('marks', []), ('shape', '')), models.Q(('drawing__in', ['face', 'neck', 'hands', 'scalp', 'body']), ('shape__in', ['points', 'zone']), models.Q(('marks', []), _negated=True)), _connector='OR'), name='injection_drawn_with_its_places'),
        ),
        migrations.AddConstraint(
            model_name='sessionaddendum',
            constraint=models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='sessionaddendum_says_something'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='sessionaddendum',
            trigger=pgtrigger.compiler.Trigger(name='sessionaddendum_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='0506208ab465ebc990ff6d3389685921066d7ee8', operation='UPDATE OR DELETE', pgid='pgtrigger_sessionaddendum_append_only_43edd', table='procedures_sessionaddendum', when='BEFORE')),
        ),
    ]
