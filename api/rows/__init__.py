"""Rows of read models as others take them away: Arrow, Parquet, CSV, JSON Lines, pages of JSON."""
