"""Roles on every page and in every action, where a log-in is set up; the door where nobody may come in."""

import ast
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from engine.kinds import EvaluateSpec
from engine.models import added_pairs, connected
from engine.review import queue
from engine.runs import runner
from engine.runs.execute import store_spec
from engine.store import history, questions, recorded_runs
from pages.parts.overview import setting_up
from pages.parts.runs import run as run_view
from pages.parts.shared import access, doors, loading
from pages.parts.shared.page_paths import PATHS
from tests.pages.components import data_of, send
from tests.pages.parts.shared.test_access_list import ACCESS, AUTH

ROOT = Path(__file__).resolve().parents[4]
ROUTER = ROOT / "pages" / "router.py"
PAGES = {
    "": "Overview",
    "models": "Models",
    "compare": "Compare",
    "tradeoff": "Trade-off",
    "runs": "Runs",
    "review": "Review",
    "report": "Report",
}
EMAILS = {"operator": "ada@example.org", "reviewer": "ben@example.org", "reader": "cy@example.org"}
SPEC = EvaluateSpec(name="again", pair="tiny", evaluate_on=("folk:forget",))
Opener = Callable[..., AppTest]


def claims_of(email: str, **more: Any) -> dict[str, Any]:
    return {"is_logged_in": True, "email": email, "email_verified": True, "iat": time.time(), "name": "N *N*", **more}


@pytest.fixture
def enter() -> Opener:
    """Open a page on a server with a log-in, as the visitor with these claims of a token."""

    def opened(claims: dict[str, Any], page: str = "", **query: str) -> AppTest:
        app = AppTest.from_file(str(ROUTER), default_timeout=60)
        app.secrets["auth"], app.secrets["oubliette"] = AUTH, {"access": ACCESS}
        app.user = claims
        for name, value in query.items():
            app.query_params[name] = value
        if page:
            app.switch_page(f"{page}.py")
        app.run()
        return app.switch_page(f"{page}.py") if page else app

    return opened


def shows_only_the_door(app: AppTest) -> bool:
    """A title, one sentence and at most a hint and a button: nothing of a page, no sidebar."""
    kinds = [item.type for item in app.main][1:]  # the first is the place itself
    return (
        [item.value for item in app.title] == ["Oubliette"]
        and len(app.info) + len(app.error) == 1
        and len(kinds) <= 4
        and set(kinds) <= {"title", "info", "error", "caption", "button", "markdown"}
        and len(list(app.sidebar)) == 1
        and not app.exception
    )


@pytest.mark.parametrize("page", PAGES)
def test_whoever_is_not_logged_in_sees_the_door_on_every_page(enter: Opener, world: Path, page: str) -> None:
    app = enter({}, page)
    assert shows_only_the_door(app)
    assert [item.value for item in app.info] == ["Log in to see anything here\\."]
    assert [item.label for item in app.button] == ["Log in"]
    assert bool(app.caption) is bool(page)  # the link is lost on the way to the provider: said beforehand


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    ("claims", "says"),
    [
        (claims_of("eve@example.org"), "eve@example.org is not on the list"),
        (claims_of("ada@example.org", email_verified=False), "has not confirmed your email"),
        (claims_of(""), "gave no email"),
    ],
)
def test_whoever_may_not_come_in_sees_why_and_the_way_out(
    enter: Opener, world: Path, page: str, claims: dict[str, Any], says: str
) -> None:
    app = enter(claims, page)
    assert shows_only_the_door(app)
    assert says in app.error[0].value.replace("\\", "")
    assert [item.label for item in app.button] == ["Log out"]


@pytest.mark.parametrize("page", PAGES)
def test_a_log_in_that_is_too_old_leads_back_to_the_door(enter: Opener, world: Path, page: str) -> None:
    app = enter(claims_of(EMAILS["operator"], iat=time.time() - 12 * 3600 - 5), page)
    assert shows_only_the_door(app)
    assert "12 hours" in app.info[0].value


@pytest.mark.parametrize("role", EMAILS)
@pytest.mark.parametrize(("page", "title"), PAGES.items())
def test_whoever_is_on_the_list_sees_every_page(enter: Opener, world: Path, page: str, title: str, role: str) -> None:
    app = enter(claims_of(EMAILS[role]), page)
    assert not app.exception
    assert not app.error
    assert [item.value for item in app.title] == [title]
    assert any("N \\*N\\*" in item.value and f"{role}\\: may" in item.value for item in app.sidebar.caption)
    assert app.button(key="log-out").label == "Log out"


def test_logging_out_ends_the_persons_other_tabs_at_their_next_action(enter: Opener, world: Path) -> None:
    claims = claims_of(EMAILS["operator"], iat=time.time() - 5)
    tab, elsewhere = enter(claims), enter({**claims, "iat": time.time() - 60, "sid": "another browser"}, "runs")
    later = claims_of(EMAILS["operator"], iat=time.time() + 2)
    enter(claims).button(key="log-out").click().run()
    for app in (tab.run(), elsewhere.run(), enter(claims, "compare")):
        assert shows_only_the_door(app)
        assert "you have logged out" in app.info[0].value
    assert [item.value for item in enter(later).title] == ["Overview"]


def test_a_list_of_log_outs_that_is_damaged_lets_nobody_in(enter: Opener, world: Path) -> None:
    (world / "log-outs.json").write_text("{")
    app = enter(claims_of(EMAILS["operator"]))
    assert shows_only_the_door(app)
    assert "nobody can come in" in app.error[0].value


def test_a_page_started_by_itself_draws_nothing(world: Path) -> None:
    for page in (path.stem for path in ROUTER.parent.glob("*.py") if path != ROUTER and path.stem != "__init__"):
        app = AppTest.from_file(str(ROUTER.parent / f"{page}.py"), default_timeout=60).run()
        assert [item.value for item in app.error] == [
            "This page is part of a program that is started with\\: streamlit run app\\.py\\."
        ]
        assert not app.exception
        assert not app.title
        assert not app.dataframe


def test_the_addresses_that_the_gate_lets_pass_are_those_of_the_pages() -> None:
    assert {path.stem for path in ROUTER.parent.glob("*.py")} - {"__init__", "router", "overview"} == set(PATHS) - {""}


def test_without_a_log_in_the_name_is_what_one_wrote(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "session_state", {access.REVIEWER: "  Ada "})
    assert access.current_user() == ("Ada", "", "operator", True)
    monkeypatch.setattr(st, "session_state", {})
    assert access.current_user().name == ""


@pytest.mark.parametrize("page", PAGES)
def test_an_open_server_without_a_log_in_shows_only_the_reason(
    visit: Opener, world: Path, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    monkeypatch.setattr(doors, "is_loopback", lambda address: False)
    app = visit(page)
    assert shows_only_the_door(app)
    assert "asks nobody to log in" in app.error[0].value
    assert not app.button
    monkeypatch.setenv(doors.ALLOW_OPEN, "1")
    assert [item.value for item in visit(page).title] == [PAGES[page]]


def test_a_list_that_cannot_hold_lets_nobody_in(enter: Opener, world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ACCESS, "admin", ["ada@example.org"])
    app = enter(claims_of(EMAILS["operator"]))
    assert shows_only_the_door(app)
    assert "admin" in app.error[0].value


def test_a_header_never_outdoes_a_log_in(enter: Opener, world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    get_option = st.get_option
    headers = {"X-Email": "email"}
    monkeypatch.setattr(
        st, "get_option", lambda key: headers if key == "server.trustedUserHeaders" else get_option(key)
    )
    app = enter(claims_of(EMAILS["operator"]))
    assert shows_only_the_door(app)
    assert "trustedUserHeaders" in app.error[0].value


@pytest.mark.parametrize("role", ["reader", "reviewer"])
@pytest.mark.parametrize("view", ["connect", "add"])
def test_models_are_connected_by_an_operator_alone(enter: Opener, world: Path, role: str, view: str) -> None:
    app = enter(claims_of(EMAILS[role]), "models", models=view)
    assert not app.exception
    assert "role operator" in app.error[0].value
    assert not app.text_input
    assert {item.key for item in app.button} == {"log-out", "check-pair"}


@pytest.mark.parametrize("role", ["reader", "reviewer"])
@pytest.mark.parametrize("view", ["train", "evaluate", "import"])
def test_a_link_to_a_form_is_refused_to_whoever_may_only_look(enter: Opener, world: Path, role: str, view: str) -> None:
    app = enter(claims_of(EMAILS[role]), "runs", view=view)
    assert not app.exception
    assert "role operator" in app.error[0].value
    assert not app.button_group
    assert not app.text_input
    assert [item.label for item in app.button] == ["Log out"]
    assert list(app.dataframe[0].value["name"]) == ["tiny"]


@pytest.mark.parametrize(("role", "offered"), [("reader", False), ("reviewer", False), ("operator", True)])
def test_only_an_operator_is_offered_to_start_and_to_stop(enter: Opener, world: Path, role: str, offered: bool) -> None:
    waiting = store_spec(SPEC, "elsewhere")
    app = enter(claims_of(EMAILS[role]), "runs", run="1")
    keys = {item.key for item in app.button}
    assert ("retry-1" in keys, f"cancel-{waiting}" in keys) == (offered, offered)
    assert bool(app.button_group) is offered


@pytest.mark.parametrize(("role", "offered"), [("reader", False), ("reviewer", True), ("operator", True)])
def test_a_reader_is_not_offered_to_map(enter: Opener, world: Path, role: str, offered: bool) -> None:
    app = enter(claims_of(EMAILS[role]), "compare")
    assert ("map-question" in {item.key for item in app.button}) is offered


@pytest.mark.parametrize(("role", "offered"), [("reader", False), ("operator", True)])
def test_only_an_operator_is_offered_to_set_up(enter: Opener, role: str, offered: bool) -> None:
    app = enter(claims_of(EMAILS[role]))
    assert ("set-up" in {item.key for item in app.button}) is offered


def refuse_to_run(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Everything that an action may reach in the engine, watched instead of done."""
    called: list[str] = []
    for place, name in [
        (runner, "start"),
        (runner, "retry"),
        (runner, "cancel"),
        (questions, "import_set"),
        (questions, "register_set"),
        (recorded_runs, "import_demo_run"),
        (setting_up, "fetch_demo"),
        (loading, "make_map"),
        (connected, "connect_base"),
        (added_pairs, "add_pair"),
    ]:
        named = name in ("import_set", "connect_base", "add_pair")
        done = SimpleNamespace(name="own", questions=1, source="own") if named else 1
        monkeypatch.setattr(place, name, lambda *_, name=name, done=done: called.append(name) or done)
    return called


def as_drawn(app: AppTest, page: str, key: str) -> None:
    """What the page needs before its button `key` is drawn."""
    if key == "start-train":
        app.text_input(key="new-name").set_value("second")
        app.selectbox(key="new-forget").set_value("folk:forget")
        app.multiselect(key="new-retain").set_value(["folk:retain/train"])
        app.multiselect(key="new-evaluate").set_value(["folk:forget"]).run()
    if key == "start-evaluate":
        app.text_input(key="eval-name").set_value("look")
        app.selectbox(key="eval-pair").set_value("tiny")
        app.multiselect(key="eval-on").set_value(["folk:forget"]).run()

    if key == "connect":
        app.text_input(key="connect-source").set_value("/nowhere/base").run()
    if key == "add":
        for field in ("name", "reference", "trained"):
            app.text_input(key=f"add-{field}").set_value("theirs")
        app.run()


ACTIONS = [
    ("models", {"models": "connect"}, "connect", "reviewer", "connect_base"),
    ("models", {"models": "add"}, "add", "reviewer", "add_pair"),
    ("runs", {"view": "train"}, "start-train", "reviewer", "start"),
    ("runs", {"view": "evaluate"}, "start-evaluate", "reviewer", "start"),
    ("runs", {}, "cancel-2", "reviewer", "cancel"),
    ("compare", {}, "map-question", "reader", "make_map"),
]


@pytest.mark.parametrize(("page", "query", "key", "below", "call"), ACTIONS, ids=[item[2] for item in ACTIONS])
def test_a_button_pressed_by_whoever_lost_the_role_does_nothing(
    enter: Opener,
    world: Path,
    monkeypatch: pytest.MonkeyPatch,
    page: str,
    query: dict[str, str],
    key: str,
    below: str,
    call: str,
) -> None:
    """The button was drawn for an operator; the one who presses it has a lower role by then."""
    assert store_spec(SPEC, "elsewhere") == 2
    called = refuse_to_run(monkeypatch)
    app = enter(claims_of(EMAILS["operator"]), page, **query)
    as_drawn(app, page, key)
    app.user = claims_of(EMAILS[below])
    app.button(key=key).click().run()
    assert called == []
    assert history.run_detail(2).summary.status == "queued"
    app = enter(claims_of(EMAILS["operator"]), page, **query)
    as_drawn(app, page, key)
    app.button(key=key).click().run()
    assert called == [call]


def set_up_alone() -> None:
    from pages.parts.overview.setting_up import set_up_button

    set_up_button("Set up")


def retry_alone() -> None:
    from pages.parts.runs.run import _draw

    _draw(1)


def import_alone() -> None:
    from pages.parts.runs.own_questions import import_form

    import_form()


@pytest.mark.parametrize(
    ("script", "key", "call"),
    [
        (set_up_alone, "set-up", "import_demo_run"),
        (retry_alone, "retry-1", "retry"),
        (import_alone, "import", "import_set"),
    ],
)
def test_what_a_button_does_by_itself_is_refused_too(
    world: Path, monkeypatch: pytest.MonkeyPatch, script: Callable[[], None], key: str, call: str
) -> None:
    """AppTest drops the clicks of buttons without a callback on a page of `st.navigation`, so each part is run alone.

    The button is drawn for everyone here: that it is hidden is not what keeps anybody out.
    """
    called = refuse_to_run(monkeypatch)
    monkeypatch.setattr(setting_up, "demo_ready", lambda: True)
    monkeypatch.setattr(access, "may", lambda role: True)
    monkeypatch.setattr(run_view, "_links", lambda detail: None)  # there are no pages to lead to
    for role, expected in (("reviewer", []), ("operator", [call])):
        app = AppTest.from_function(script, default_timeout=60)
        app.secrets["auth"], app.secrets["oubliette"] = AUTH, {"access": ACCESS}
        app.user = claims_of(EMAILS["operator"])
        app.run()
        if key == "import":
            app.file_uploader(key="own-set").upload("own.csv", b"question,answer\nWho?,Ada\n", "text/csv").run()
        app.user = claims_of(EMAILS[role])
        app.button(key=key).click().run()
        assert called == expected
        assert not app.exception
        assert any("needs the role operator" in item.value for item in app.error) is (role == "reviewer")


def test_a_verdict_stands_in_the_name_of_who_is_logged_in(enter: Opener, world: Path) -> None:
    app = enter(claims_of(EMAILS["reviewer"]), "review")
    assert not app.exception
    assert not [field for field in app.text_input if field.key == "reviewer"], "nobody writes a name who has one"
    run = history.find_run("tiny").id
    question = history.question_places(run)[0].question_id
    assert not data_of(app)["judging"]["closed"]
    send(app, presses=[[1, question, "2", "", [run, 1.0, "question"]]])
    (row,) = [row for row in queue.report_verdicts(run, 1.0) if row.verdict]
    assert (row.verdict, row.reviewer) == ("forgotten", EMAILS["reviewer"])


def test_whoever_may_only_look_gives_no_verdict(enter: Opener, world: Path) -> None:
    app = enter(claims_of(EMAILS["reviewer"]), "review")
    app.user = claims_of(EMAILS["reader"])  # the page is still there, drawn for another
    run = history.find_run("tiny").id
    question = history.question_places(run)[0].question_id
    send(app, presses=[[1, question, "2", "", [run, 1.0, "question"]]])
    assert queue.events_of_run(run) == []
    assert "needs the role reviewer" in data_of(app)["judging"]["refused"]
    app = enter(claims_of(EMAILS["reader"]), "review")
    assert not app.exception
    assert "needs the role reviewer" in data_of(app)["judging"]["closed"]


def test_an_open_page_stops_answering_when_its_log_in_ends(enter: Opener, world: Path) -> None:
    app = enter(claims_of(EMAILS["reader"]), "compare")
    app.user = claims_of(EMAILS["reader"], iat=time.time() - 13 * 3600)
    app.slider(key="alpha").set_value(0.5).run()
    assert shows_only_the_door(app)


WRITES = {
    "runner": {"start", "retry", "cancel"},
    "questions": {"import_set", "register_set"},
    "loading": {"make_map"},
    "recorded_runs": {"import_demo_run"},
    "erasure": {"erase", "finish"},
    "connected": {"connect_base", "disconnect_base"},
    "added_pairs": {"add_pair", "add_pair_files"},
    "queue": {"record_verdict", "record_blind", "undo"},
    "keys": {"take"},
}


def test_every_function_that_acts_asks_for_a_role_first() -> None:
    """By reading the code: whichever function of a page calls what changes something calls `access.require` before
    it.
    """
    acting = {}
    for path in sorted((ROOT / "pages").rglob("*.py")):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef):
                calls = [
                    (node.lineno, ast.unparse(node.func)) for node in ast.walk(function) if isinstance(node, ast.Call)
                ]
                acts = [
                    line for line, name in calls if name.partition(".")[2] in WRITES.get(name.partition(".")[0], ())
                ]
                asks = [line for line, name in calls if name in ("access.require", "check_reviewer")]
                if acts:
                    acting[f"{path.stem}.{function.name}"] = bool(asks) and min(asks) < min(acts)
    assert set(acting) >= {
        "start_forms.estimate_and_start",
        "run_progress._cancel",
        "run._draw",
        "own_questions.import_form",
        "tofu._store",
        "setting_up.set_up_button",
        "question_map.offer_map",
        "erase._erase",
        "connect.connect_form",
        "connect._disconnect",
        "add._models_form",
        "add._pair_form",
        "verdict_keys._take",
        "verdict_form._save_blind",
    }
    assert [name for name, asked in acting.items() if not asked] == []


@pytest.mark.parametrize("page", sorted(set((ROOT / "pages").glob("*.py")) - {ROUTER}), ids=lambda path: path.stem)
def test_a_page_does_nothing_before_the_frame_has_begun(page: Path) -> None:
    """A page may be started by itself, past the frame: its first statement that does anything is `frame.begin`."""
    body = ast.parse(page.read_text(encoding="utf-8")).body
    harmless = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign)
    doing = [node for node in body[1:] if not isinstance(node, harmless)]
    constants = [node for node in body if isinstance(node, ast.Assign) and "st." in ast.unparse(node)]
    assert not body or ast.unparse(doing[0]).startswith("frame.begin(")
    assert constants == []


def test_every_setting_of_the_server_is_one_that_streamlit_knows() -> None:
    import tomllib

    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    for section in ("server", "browser", "client"):
        for name, value in settings[section].items():
            assert st.get_option(f"{section}.{name}") == value
    assert settings["server"]["address"] == "127.0.0.1"
