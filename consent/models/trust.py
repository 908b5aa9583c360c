"""With what was sealed: each certificate that was ever in use, and times given afterwards."""

from uuid import uuid4

import pgtrigger
from django.db import models

from consent.models.document import ConsentDocument


class SealCertificate(models.Model):
    """A certificate of the clinic's seal, kept: a seal is known after the key was changed."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    fingerprint = models.CharField(max_length=64, unique=True, help_text="SHA-256 of it.")
    pem = models.TextField(help_text="The certificate, and after it those of its authorities.")
    first_used_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(fingerprint__regex=r"^[0-9a-f]{64}$"),
                name="sealcertificate_fingerprint_is_sha256",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="sealcertificate_append_only", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"SealCertificate #{self.pk}"


class TimeStamp(models.Model):
    """A time given after the seal, because the authority did not answer during it.

    It names the hash of the sealed bytes, so that not one of them has to change.
    """

    document = models.OneToOneField(
        ConsentDocument, on_delete=models.PROTECT, related_name="time_stamp"
    )
    stamped_at = models.DateTimeField(help_text="As the authority says.")
    pdf_sha256 = models.CharField(max_length=64)
    token = models.BinaryField(help_text="RFC 3161, with the authority's certificates.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(pdf_sha256__regex=r"^[0-9a-f]{64}$"),
                name="timestamp_hash_is_sha256",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="timestamp_append_only", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"TimeStamp #{self.pk}"
