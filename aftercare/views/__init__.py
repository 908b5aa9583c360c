"""The pages after a visit: the patient's, and those of staff."""
