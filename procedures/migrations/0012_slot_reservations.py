import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('patients', '0010_marks_and_alignments'),
        ('procedures', '0011_calendar_index_and_feed'),
        ('staff', '0002_pins'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SlotReservation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('slot', django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                ('held_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField(db_index=True)),
                ('held_by', models.ForeignKey(help_text='Empty means: offered to somebody of the waiting list.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reservations', to=settings.AUTH_USER_MODEL)),
                ('patient', models.ForeignKey(help_text='Empty means: nobody knows yet for whom.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reservations', to='patients.patient')),
                ('practitioner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='reserved_with', to=settings.AUTH_USER_MODEL)),
                ('room', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='reservations', to='staff.room')),
            ],
        ),
        migrations.CreateModel(
            name='TakenTime',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('practitioner_key', models.BigIntegerField()),
                ('room_key', models.BigIntegerField()),
                ('patient_key', models.BigIntegerField(help_text="Empty means: nobody's yet.", null=True)),
                ('slot', django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                ('appointment', models.OneToOneField(null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='procedures.appointment')),
                ('reservation', models.OneToOneField(null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='procedures.slotreservation')),
            ],
        ),
        migrations.AddConstraint(
            model_name='slotreservation',
            constraint=models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('held_at'))), name='slotreservation_expires_later'),
        ),
        migrations.AddConstraint(
            model_name='slotreservation',
            constraint=models.CheckConstraint(condition=models.Q(('slot__isempty', False), ('slot__lower_inf', False), ('slot__upper_inf', False)), name='slotreservation_slot_has_both_ends'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='slotreservation',
            trigger=pgtrigger.compiler.Trigger(name='slotreservation_takes_time', sql=pgtrigger.compiler.UpsertTriggerSql(func="\nIF TG_OP <> 'INSERT' THEN\n    DELETE FROM procedures_takentime WHERE reservation_id = OLD.id;\nEND IF;\nIF TG_OP <> 'DELETE' THEN\n    INSERT INTO procedures_takentime\n        (reservation_id, practitioner_key, room_key, patient_key, slot)\n    VALUES (NEW.id, NEW.practitioner_id, NEW.room_id, NEW.patient_id, NEW.slot);\nEND IF;\nRETURN NULL;\n", hash='4c55d72d31f84e52da171c6f8cd928eedcea9195', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_slotreservation_takes_time_8c3fc', table='procedures_slotreservation', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='takentime',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('appointment__isnull', False), ('reservation', None)), models.Q(('appointment', None), ('reservation__isnull', False)), _connector='OR'), name='takentime_has_one_cause'),
        ),
        migrations.AddConstraint(
            model_name='takentime',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('practitioner_key', '='), ('slot', '&&')], name='takentime_practitioner_free'),
        ),
        migrations.AddConstraint(
            model_name='takentime',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('room_key', '='), ('slot', '&&')], name='takentime_room_free'),
        ),
        migrations.AddConstraint(
            model_name='takentime',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('patient_key', '='), ('slot', '&&')], name='takentime_patient_free'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='appointment',
            trigger=pgtrigger.compiler.Trigger(name='appointment_takes_time', sql=pgtrigger.compiler.UpsertTriggerSql(func="\nIF TG_OP = 'UPDATE' THEN\n    IF (OLD.slot, OLD.status, OLD.practitioner_id, OLD.room_id, OLD.patient_id)\n        IS NOT DISTINCT FROM\n        (NEW.slot, NEW.status, NEW.practitioner_id, NEW.room_id, NEW.patient_id) THEN\n        RETURN NULL;\n    END IF;\n    DELETE FROM procedures_takentime WHERE appointment_id = NEW.id;\nEND IF;\nIF NEW.status NOT IN ('cancelled', 'no-show') THEN\n    INSERT INTO procedures_takentime\n        (appointment_id, practitioner_key, room_key, patient_key, slot)\n    VALUES (NEW.id, NEW.practitioner_id, NEW.room_id, NEW.patient_id, NEW.slot);\nEND IF;\nRETURN NULL;\n", hash='28bc124fe51b7072222215a82188939cf891b07f', operation='INSERT OR UPDATE', pgid='pgtrigger_appointment_takes_time_4901c', table='procedures_appointment', when='AFTER')),
        ),
    ]
