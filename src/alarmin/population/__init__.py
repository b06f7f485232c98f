"""Room `population`."""
