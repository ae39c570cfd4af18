"""Scores of past days, kept: what a worker reckons in the background, and what pages of any day read in one query.

`walking` reckons an account day by day, `touched` says whom an event concerns and from when on, `keeping` writes (the
workers call it), `reading` answers, exactly as `scores` would.
"""
