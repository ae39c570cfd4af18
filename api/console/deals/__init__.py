"""What the page of an opportunity shows, a file for each part of it."""
