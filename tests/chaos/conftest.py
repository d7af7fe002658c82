"""What attacks need of the machine, and a skip that is seen where it is not there."""

import pytest

from tests.chaos.wall_clock import can_be_built
from tests.conftest import in_ci


@pytest.fixture
def compiler() -> None:
    """Need a C compiler, for a wall clock that jumps."""
    if not can_be_built():
        if in_ci():
            pytest.fail("a C compiler must not be missing here")
        pytest.skip("no C compiler: apt-get install gcc libc6-dev")
