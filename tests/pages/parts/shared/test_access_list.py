"""Who may come in as what: what secrets.toml must say, and what an identity token must hold."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from engine.errors import AccessError, LogInError, SettingError
from pages.parts.shared.access_list import ROLES, SKEW, Rules, User, admit, fold_address, is_enough, read_rules

AUTH = {
    "redirect_uri": "http://127.0.0.1:8501/oauth2callback",
    "cookie_secret": "k" * 32,
    "client_id": "bench",
    "client_secret": "s",
    "server_metadata_url": "http://127.0.0.1:9400/.well-known/openid-configuration",
}
ACCESS = {"operator": ["Ada@Example.org"], "reviewer": ["ben@example.org"], "reader": ["cy@example.org"]}
NOW = 1_800_000_000.0
CLAIMS = {"is_logged_in": True, "email": "ada@example.org", "email_verified": True, "iat": NOW - 60, "name": "Ada L."}


def rules_of(**access: Any) -> Rules:
    found = read_rules({"auth": AUTH, "oubliette": {"access": {**ACCESS, **access}}})
    assert found is not None
    return found


def test_without_auth_there_are_no_rules() -> None:
    assert read_rules({}) is None


@pytest.mark.parametrize("missing", sorted(AUTH))
@pytest.mark.parametrize("instead", [None, "", "  ", 7, ["x"], {}])
@pytest.mark.parametrize("provider", [None, "google"])
def test_a_log_in_that_lacks_anything_says_what(missing: str, instead: object, provider: str | None) -> None:
    whole: dict[str, object] = dict(AUTH)
    shared = {key: whole.pop(key) for key in ("redirect_uri", "cookie_secret")} if provider else {}
    broken = shared if missing in shared else whole
    broken.pop(missing)
    if instead is not None:
        broken[missing] = instead
    auth = {**shared, provider: whole} if provider else whole
    with pytest.raises(SettingError, match=missing) as refused:
        read_rules({"auth": auth, "oubliette": {"access": ACCESS}})
    assert "k" * 32 not in str(refused.value)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"redirect_uri": "bench.example.org/oauth2callback"}, "redirect_uri"),
        ({"redirect_uri": "https://bench.example.org/"}, "oauth2callback"),
        ({"redirect_uri": "https://[/oauth2callback"}, "redirect_uri"),
        ({"server_metadata_url": "id.example.org"}, "server_metadata_url"),
        ({"google": {"client_id": "c"}}, r"\[auth.google\] lacks client_secret, server_metadata_url"),
        ({"goo_gle": AUTH}, "without _"),
        ({"expose_tokens": "all"}, "expose_tokens"),
        ({"expose_tokens": [{}]}, "expose_tokens"),
    ],
)
def test_a_log_in_with_something_that_cannot_be_says_what(more: dict[str, Any], says: str) -> None:
    with pytest.raises(SettingError, match=says):
        read_rules({"auth": {**AUTH, **more}, "oubliette": {"access": ACCESS}})


def test_addresses_have_one_role_each_whatever_their_case() -> None:
    assert rules_of().roles == {
        "ada@example.org": "operator",
        "ben@example.org": "reviewer",
        "cy@example.org": "reader",
    }
    assert rules_of().hours == 12.0
    assert rules_of(hours=1.5).hours == 1.5


def test_providers_are_the_only_one_or_those_with_names() -> None:
    assert rules_of().providers == (None,)
    shared = {key: AUTH[key] for key in ("redirect_uri", "cookie_secret")}
    named = read_rules({"auth": {**shared, "one": AUTH, "two": AUTH}, "oubliette": {"access": ACCESS}})
    assert named is not None
    assert named.providers == ("one", "two")


@pytest.mark.parametrize(
    ("secrets", "says"),
    [
        ({"auth": {}}, "oubliette.access"),
        ({"auth": AUTH}, "oubliette.access"),
        ({"auth": AUTH, "oubliette": "all"}, "oubliette.access"),
        ({"auth": "yes", "oubliette": {"access": ACCESS}}, "tables"),
        ({"auth": [AUTH], "oubliette": {"access": ACCESS}}, "tables"),
        ({"oubliette": {"access": ACCESS}}, "'oubliette'"),
        ({"Auth": AUTH, "oubliette": {"access": ACCESS}}, "'Auth'"),
        ({"auth_google": {"x": 1}}, "'auth_google'"),
        ({"connections": {"auth": AUTH}}, "'cookie_secret'"),
        ({"auth": {**AUTH, "cookie_secret": "k" * 31}, "oubliette": {"access": ACCESS}}, "32 random"),
        ({"auth": {"cookie_secret": "k" * 32}, "oubliette": {"access": ACCESS}}, "no provider"),
    ],
)
def test_half_a_log_in_is_none(secrets: dict[str, Any], says: str) -> None:
    with pytest.raises(SettingError, match=says):
        read_rules(secrets)


@pytest.mark.parametrize(
    ("access", "says"),
    [
        ({"admin": ["eve@example.org"]}, "'admin'"),
        ({"reader": "cy@example.org"}, "must be a list"),
        ({"reader": ["cy@example.org", "*"]}, "entry 2 of reader"),
        ({"reader": [""]}, "entry 1 of reader"),
        ({"reader": [7]}, "entry 1 of reader"),
        ({"operator": ["BEN@example.org"]}, "twice"),
        ({"eve@example.org": "reader"}, "another key"),
        ({"hours": 0}, "hours"),
        ({"hours": 721}, "hours"),
        ({"hours": True}, "hours"),
        ({"hours": "12"}, "hours"),
    ],
)
def test_a_list_that_cannot_hold_is_one_sentence(access: dict[str, Any], says: str) -> None:
    with pytest.raises(SettingError, match=says) as refused:
        rules_of(**access)
    assert "@" not in str(refused.value)  # strangers read it


def test_whoever_is_on_the_list_comes_in() -> None:
    assert admit(CLAIMS, rules_of(), NOW) == User("Ada L.", "ada@example.org", "operator", False)
    named = admit({**CLAIMS, "email": " BEN@example.org ", "name": "  "}, rules_of(), NOW)
    assert named == User("BEN@example.org", "ben@example.org", "reviewer", False)


@pytest.mark.parametrize(
    ("claims", "says"),
    [
        ({"email": None}, "no email"),
        ({"email": " "}, "no email"),
        ({"email": ["ada@example.org"]}, "no email"),
        ({"email_verified": None}, "not confirmed"),
        ({"email_verified": False}, "not confirmed"),
        ({"email_verified": "true"}, "not confirmed"),
        ({"email_verified": 1}, "not confirmed"),
        ({"email": "eve@example.org"}, "not on the list"),
        ({"email": "ada@example.org.evil.example"}, "not on the list"),
        ({"email": "\u00a0ada@example.org"}, "not on the list"),
        ({"email": "ada@example.org\u200b"}, "not on the list"),
        ({"iat": NOW + SKEW + 1}, "later than this machine's clock"),
        ({"email": "ada@example.org", "email_verified": True, "iat": NOW - 60, "is_logged_in": "True"}, "Log in"),
    ],
)
def test_what_is_missing_or_unsure_is_refused(claims: dict[str, Any], says: str) -> None:
    with pytest.raises(AccessError, match=says):
        admit({key: value for key, value in {**CLAIMS, **claims}.items() if value is not None}, rules_of(), NOW)


@pytest.mark.parametrize(("age", "holds"), [(0, True), (12 * 3600, True), (12 * 3600 + 1, False)])
def test_a_log_in_holds_for_its_hours(age: float, holds: bool) -> None:
    claims = {**CLAIMS, "iat": NOW - age}
    if holds:
        assert admit(claims, rules_of(), NOW).role == "operator"
    else:
        with pytest.raises(LogInError, match="12 hours"):
            admit(claims, rules_of(), NOW)


def test_a_providers_clock_may_be_a_little_ahead() -> None:
    assert admit({**CLAIMS, "iat": NOW + SKEW}, rules_of(), NOW).role == "operator"


@pytest.mark.parametrize(
    ("listed", "told", "same"),
    [
        ("kim@example.org", "\u212aim@example.org", False),  # the Kelvin sign: str.lower and NFC make it a k
        ("ivan@example.org", "\u0131van@example.org", False),  # a dotless i: its capital is I
        ("ivan@example.org", "\u0130van@example.org", False),
        ("strasse@example.org", "stra\u00dfe@example.org", False),
        ("sam@example.org", "\u017fam@example.org", False),  # a long s
        ("jos\u00e9@example.org", "jose\u0301@example.org", False),
        ("JOS\u00c9@example.org", "jos\u00e9@example.org", False),
        ("jos\u00e9@example.org", "JOS\u00e9@EXAMPLE.org", True),
        ("\uff41da@example.org", "ada@example.org", False),
    ],
)
def test_addresses_are_the_same_by_ascii_case_alone(listed: str, told: str, same: bool) -> None:
    rules = rules_of(operator=[], reviewer=[], reader=[listed])
    claims = {**CLAIMS, "email": told}
    if same:
        assert admit(claims, rules, NOW).role == "reader"
    else:
        with pytest.raises(AccessError, match="not on the list"):
            admit(claims, rules, NOW)


@given(some.text(min_size=1, max_size=8), some.text(min_size=1, max_size=8))
def test_no_two_texts_fold_into_one_but_by_ascii_case(one: str, other: str) -> None:
    same = len(one) == len(other) and all(
        a == b or (a.isascii() and b.isascii() and a.lower() == b.lower()) for a, b in zip(one, other, strict=True)
    )
    assert (fold_address(one) == fold_address(other)) is same


@pytest.mark.parametrize(
    "issued", [None, "1800000000", True, float("nan"), float("inf"), float("-inf"), [NOW], NOW + 3600.0]
)
def test_a_log_in_of_no_known_age_does_not_hold(issued: object) -> None:
    with pytest.raises(LogInError):
        admit({**CLAIMS, "iat": issued}, rules_of(), NOW)


_JUNK = some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=20)
_GOOD = {"is_logged_in": True, "email": "cy@example.org", "email_verified": True, "iat": NOW}


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    some.fixed_dictionaries(
        {}, optional={key: some.just(good) | _JUNK for key, good in _GOOD.items()} | {"role": some.sampled_from(ROLES)}
    )
)
def test_no_other_claims_let_anybody_in(claims: dict[str, Any]) -> None:
    """Whatever a token holds: in comes the listed address with its listed role, or nobody."""
    good = claims.get("is_logged_in") is True and claims.get("email_verified") is True
    try:
        found = admit(claims, rules_of(), NOW)
    except AccessError:
        return
    assert good
    assert NOW - 12 * 3600 <= claims["iat"] <= NOW + SKEW
    assert (found.email, found.role) == ("cy@example.org", "reader")


def test_a_higher_role_may_what_a_lower_one_may() -> None:
    table = [[is_enough(has, needed) for needed in ROLES] for has in ROLES]
    assert table == [[True, False, False], [True, True, False], [True, True, True]]
