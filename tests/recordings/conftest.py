import pytest


@pytest.fixture(scope="session")
def shared(shared_data):
    """The folder of real recordings; tests that need it are skipped where it is absent."""
    return shared_data / "recordings"
