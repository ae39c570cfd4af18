"""Visits in the console: logging one in under a minute, planning one, the calendar."""
