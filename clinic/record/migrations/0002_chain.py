from django.db import migrations

# The lock is taken at commit, as the last of the transaction: who holds it waits for nobody.
# Each statement in the function sees what was committed when it starts, the lock included.
FORWARDS = """
CREATE FUNCTION record_auditentry_append() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last_position bigint;
    last_hash varchar;
BEGIN
    PERFORM pg_advisory_xact_lock(7205759403792793);
    SELECT position, hash INTO last_position, last_hash
        FROM record_auditlink ORDER BY position DESC LIMIT 1;
    last_position := coalesce(last_position, 0);
    last_hash := coalesce(last_hash, repeat('0', 64));
    INSERT INTO record_auditlink (entry_id, position, previous, hash) VALUES (
        NEW.id,
        last_position + 1,
        last_hash,
        encode(sha256(convert_to(last_hash || NEW.digest, 'UTF8')), 'hex')
    );
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER auditentry_chain AFTER INSERT ON record_auditentry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION record_auditentry_append();
"""
BACKWARDS = """
DROP TRIGGER auditentry_chain ON record_auditentry;
DROP FUNCTION record_auditentry_append();
"""


class Migration(migrations.Migration):

    dependencies = [
        ("record", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]
