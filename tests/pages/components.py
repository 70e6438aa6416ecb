"""Our components in AppTest, which draws none of them: what one is given, and what its script would send back."""

import json
from typing import Any

from streamlit.testing.v1 import AppTest


def data_of(app: AppTest) -> dict[str, Any]:
    """What the one component of the page is given."""
    (element,) = app.get("bidi_component")
    found: dict[str, Any] = json.loads(element.proto.json)  # type: ignore[attr-defined]
    return found


def send(app: AppTest, **state: Any) -> AppTest:
    """Run the page as after the component has set its state."""
    (element,) = app.get("bidi_component")
    states = app._tree.get_widget_states()
    states.widgets.add(id=element.proto.id, json_value=json.dumps(state))  # type: ignore[attr-defined]
    return app._run(states)
