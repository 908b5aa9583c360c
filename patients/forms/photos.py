"""Photos of one area, a file per standard view."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from patients import photos, shots
from patients.models import View

ACCEPT = "image/jpeg,image/png,image/webp,image/heic,image/heif,.heic,.heif"


class PhotosForm(forms.Form):
    """At least one file; each is judged by itself."""

    taken_at = forms.DateTimeField(
        label=_("Taken"),
        required=False,
        help_text=_("Empty means: now."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def __init__(self, *args: Any, area: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.views = photos.standard_views(area)
        for view in self.views:
            self.fields[view.value] = forms.FileField(
                label=view.label,
                required=False,
                allow_empty_file=True,
                widget=forms.FileInput(attrs={"accept": ACCEPT, "class": "form-control"}),
            )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not any(data.get(view.value) for view in self.views) and not self.errors:
            self.add_error(None, _("Choose at least one photo."))
        return data

    def slots(self) -> Iterator[tuple[View, BoundField]]:
        for view in self.views:
            yield view, self[view.value]

    def uploads(self) -> Iterator[tuple[View, bytes]]:
        """Read no more than could be kept; one byte over the limit is enough to refuse."""
        for view in self.views:
            file: UploadedFile | None = self.cleaned_data.get(view.value)
            if file is not None:
                yield view, file.read(shots.MOST_BYTES + 1)

    def taken(self, now: datetime) -> datetime:
        taken: datetime | None = self.cleaned_data.get("taken_at")
        return taken or now
