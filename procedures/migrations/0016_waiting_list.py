import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('patients', '0010_marks_and_alignments'),
        ('procedures', '0015_screening_by_itself'),
        ('staff', '0003_visits_by_patients'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='WaitlistEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('kind', models.CharField(choices=[('consultation', 'Consultation'), ('allergy-test', 'Allergy test'), ('session', 'Session'), ('review', 'Review')], max_length=15)),
                ('minutes', models.PositiveSmallIntegerField()),
                ('weekdays', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), blank=True, default=list, size=None)),
                ('hours_from', models.TimeField(help_text='Empty means: as early as it gets.', null=True)),
                ('hours_until', models.TimeField(help_text='Empty means: as late as it gets.', null=True)),
                ('first_date', models.DateField()),
                ('last_date', models.DateField()),
                ('priority', models.PositiveSmallIntegerField(choices=[(1, 'As soon as possible'), (2, 'Normal'), (3, 'Can wait')], default=2)),
                ('added_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(help_text='Empty means: still waits.', null=True)),
                ('added_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('location', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='staff.location')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='waitlist', to='patients.patient')),
                ('practitioner', models.ForeignKey(help_text='Empty means: with anybody.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('visit', models.ForeignKey(help_text='Empty means: a new visit; else this one would come earlier.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='waitlist', to='procedures.appointment')),
            ],
        ),
        migrations.CreateModel(
            name='WaitlistOffer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('start', models.DateTimeField()),
                ('reservation', models.UUIDField(help_text='Gone when it was answered.')),
                ('state', models.CharField(choices=[('offered', 'Offered'), ('accepted', 'Accepted'), ('refused', 'Refused'), ('expired', 'Not answered in time')], default='offered', max_length=10)),
                ('offered_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('answered_at', models.DateTimeField(help_text='Empty means: open.', null=True)),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='offers', to='procedures.waitlistentry')),
                ('practitioner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('room', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='staff.room')),
            ],
        ),
        migrations.CreateModel(
            name='FreedSlot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slot', django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                ('freed_at', models.DateTimeField()),
                ('practitioner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('room', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='staff.room')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('slot__isempty', False), ('slot__lower_inf', False), ('slot__upper_inf', False)), name='freedslot_slot_has_both_ends')],
            },
        ),
        migrations.AddConstraint(model_name='waitlistentry', constraint=models.CheckConstraint(condition=models.Q(('last_date__gte', models.F('first_date'))), name='waitlistentry_days_in_order')),
        migrations.AddConstraint(model_name='waitlistentry', constraint=models.CheckConstraint(condition=models.Q(('hours_from', None), ('hours_until', None), ('hours_until__gt', models.F('hours_from')), _connector='OR'), name='waitlistentry_hours_in_order')),
        migrations.AddConstraint(model_name='waitlistentry', constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['consultation', 'allergy-test', 'session', 'review'])), name='waitlistentry_kind_known')),
        migrations.AddConstraint(model_name='waitlistentry', constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'session'), _negated=True), ('visit__isnull', False), _connector='OR'), name='waitlistentry_session_is_booked')),
        migrations.AddConstraint(model_name='waitlistoffer', constraint=models.CheckConstraint(condition=models.Q(('state__in', ['offered', 'accepted', 'refused', 'expired'])), name='waitlistoffer_state_known')),
        migrations.AddConstraint(model_name='waitlistoffer', constraint=models.CheckConstraint(condition=models.Q(models.Q(('answered_at', None), ('state', 'offered')), models.Q(models.Q(('state', 'offered'), _negated=True), ('answered_at__isnull', False)), _connector='OR'), name='waitlistoffer_open_iff_unanswered')),
        migrations.AddConstraint(model_name='waitlistoffer', constraint=models.UniqueConstraint(condition=models.Q(('state', 'offered')), fields=('entry',), name='waitlistoffer_one_open_per_entry')),
        migrations.AddConstraint(model_name='waitlistoffer', constraint=models.UniqueConstraint(fields=('entry', 'practitioner', 'start'), name='waitlistoffer_offered_once')),
    ]
