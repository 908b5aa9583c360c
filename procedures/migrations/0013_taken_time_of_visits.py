from django.db import migrations

FILL = """
INSERT INTO procedures_takentime (appointment_id, practitioner_key, room_key, patient_key, slot)
SELECT id, practitioner_id, room_id, patient_id, slot FROM procedures_appointment AS visit
WHERE status NOT IN ('cancelled', 'no-show')
  AND NOT EXISTS (SELECT FROM procedures_takentime WHERE appointment_id = visit.id)
"""


class Migration(migrations.Migration):

    dependencies = [
        ('procedures', '0012_slot_reservations'),
    ]

    operations = [
        migrations.RunSQL(FILL, migrations.RunSQL.noop, elidable=True),
    ]
