"""What comes in and goes out: one patient, everybody, lists from elsewhere."""
