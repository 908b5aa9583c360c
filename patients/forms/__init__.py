"""What people type about a patient. Forms parse; the rules live in the use cases."""
