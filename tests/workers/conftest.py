from collections.abc import Iterator

import pytest

from tests.workers.following import Company, company_on


@pytest.fixture
def company(database_url: str) -> Iterator[Company]:
    with company_on(database_url) as company:
        yield company
