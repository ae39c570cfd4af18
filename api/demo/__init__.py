"""The sample company for a first look: made from a seed, written as the files that a company would export."""

from api.demo.company import SampleCompany, write
from api.demo.days import FIRST_DAY, LAST_DAY
from api.demo.story import story_text

__all__ = ["FIRST_DAY", "LAST_DAY", "SampleCompany", "story_text", "write"]
