"""The promises of the README, case by case; tests/test_promises.py runs them."""

import pytest

pytest.register_assert_rewrite(*(f"{__name__}.{name}" for name in ("overwritten", "undone", "without_yes", "tomorrow")))
