"""What each role may do, when an account is closed, and which passwords are none."""

import pytest

from channel.core import limits
from channel.core.operators import Role, is_locked, may, why_not


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (Role.LOOK, {Role.LOOK}),
        (Role.OPERATE, {Role.LOOK, Role.OPERATE}),
        (Role.ADMINISTER, {Role.LOOK, Role.OPERATE, Role.ADMINISTER}),
    ],
)
def test_each_role_may_what_the_one_before_may(role: Role, allowed: set[Role]) -> None:
    assert {wanted for wanted in Role if may(role, wanted)} == allowed


def test_ten_sign_ins_may_fail_and_the_next_is_not_looked_at() -> None:
    assert [is_locked(n) for n in (1, limits.SIGN_IN_FAILURES, limits.SIGN_IN_FAILURES + 1)] == [False, False, True]


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("", "less than 12 characters"),
        ("elevenchars", "less than 12 characters"),
        ("x" * 1001, "more than 1000 characters"),
        ("a password\twith a tab", "nobody can type"),
        ("a password with a\0", "nobody can type"),
        ("margaretlima", "hardly more than the account's name"),
        ("1Margaretlima2", "hardly more than the account's name"),
        ("abababababababab", "repeats a few characters"),
    ],
)
def test_a_password_that_is_none_is_told_why(password: str, why: str) -> None:
    assert why in (why_not("margaretlima", password) or "")


@pytest.mark.parametrize(
    "password", ["twelve chars", "correct horse battery", "パスワードは十二文字以上です", "margaretlima and much more"]
)
def test_any_other_will_do(password: str) -> None:
    assert why_not("margaretlima", password) is None
