"""Pages of the administration: through the door, one call, answer."""
