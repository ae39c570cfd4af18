"""The parts of the page of today: whose it is, what is to be done and where, what changed."""
