"""What ends or comes together: a colleague leaves, two charts are one, a patient is erased."""
