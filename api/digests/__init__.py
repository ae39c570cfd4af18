"""The weekly digest as people read it: a page, a letter, a text."""
