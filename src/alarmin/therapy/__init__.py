"""Room `therapy`."""
