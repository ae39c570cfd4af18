"""What-if (假设): the same history under other policies, side by side with what was; nothing is written."""
