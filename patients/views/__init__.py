"""Pages about a patient. Which patient stands in the address, and nowhere else."""
