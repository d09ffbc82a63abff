"""Policies: read as their owner types them, checked, kept, and never able to stop the server."""

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hawknest.accounts.errors import AccountError
from hawknest.accounts.settings import Policies, policies, set_policy, set_state, state
from hawknest.store import Connection


def test_the_defaults_are_the_safe_ones(connection: Connection) -> None:
    found = policies(connection)
    assert found == Policies()
    assert found.sender_policy
    assert not any((found.pop_before_smtp, found.cram_md5, found.mend_newlines, found.clear_login))
    assert found.message_size_limit == 50 * 1024 * 1024


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("message_size_limit", "0", 0),
        ("message-size-limit", "5M", 5 * 1024 * 1024),
        (" Message_Size_Limit ", "1g", 1 << 30),
        ("recipients_limit", "100", 100),
        ("sender_policy", "off", False),
        ("sender_policy", "NO", False),
        ("send_to_internet", "true", True),
        ("queue_days", "2.5", 2.5),
        ("delay_warning_hours", "0", 0.0),
        ("plus_separator", "-", "-"),
        ("plus_separator", "", ""),
    ],
)
def test_what_an_owner_types(connection: Connection, name: str, text: str, value: object) -> None:
    set_policy(connection, name, text)
    key = name.strip().lower().replace("-", "_")
    assert getattr(policies(connection), key) == value
    assert set_policy(connection, name, None) == Policies()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("no_such_thing", "1"),
        ("message_size_limit", "-1"),
        ("message_size_limit", "much"),
        ("message_size_limit", "99999999999999G"),
        ("recipients_limit", "0"),
        ("recipients_limit", "1.5"),
        ("sender_policy", "maybe"),
        ("queue_days", "nan"),
        ("queue_days", "inf"),
        ("queue_days", "0"),
        ("delay_warning_hours", "inf"),
        ("responder_days", "1e999"),
        ("journey_days", "Infinity"),
        ("plus_separator", "++"),
        ("plus_separator", "a"),
        ("plus_separator", "@"),
        ("__class__", "1"),
    ],
)
def test_what_is_refused_changes_nothing(connection: Connection, name: str, text: str) -> None:
    with pytest.raises(AccountError, match=r"\w+ \w+"):
        set_policy(connection, name, text)
    assert policies(connection) == Policies()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(name=st.sampled_from(Policies.__struct_fields__), text=st.text(max_size=12) | st.floats().map(str))
def test_nothing_that_was_taken_cannot_be_read(connection: Connection, name: str, text: str) -> None:
    try:
        taken = set_policy(connection, name, text)
    except AccountError:
        return
    assert policies(connection) == taken


def test_each_policy_explains_itself() -> None:
    for field in msgspec.inspect.type_info(Policies).fields:  # type: ignore[union-attr]
        assert isinstance(field.type, msgspec.inspect.Metadata), field.name
        assert len((field.type.extra_json_schema or {})["description"]) > 30, field.name


def test_states_of_the_server_are_no_policies(connection: Connection) -> None:
    assert state(connection, "delivery") is None
    set_state(connection, "delivery", {"on": False})
    assert state(connection, "delivery") == {"on": False}
    assert policies(connection) == Policies()
    with pytest.raises(AccountError, match="no policy"):
        set_policy(connection, "delivery", "on")
