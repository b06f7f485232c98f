"""Room `trial`."""
