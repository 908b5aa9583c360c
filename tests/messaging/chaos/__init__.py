"""A storm over the outbox: killed workers, a crashed database, an emptied broker."""
