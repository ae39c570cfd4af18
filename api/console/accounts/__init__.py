"""What the pages of accounts show, part by part."""
