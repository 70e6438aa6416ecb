"""A session of the running program without a browser: Streamlit's own messages over a web socket.

It opens Compare at a question, moves α as the slider does, and times each move from the message that carries it to the
message that brings what is said of the answer at the new α.
"""

import asyncio
import json
import time
from typing import Any
from urllib.parse import urlencode

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

GIVEN_UP = 120.0  # seconds after which to stop waiting for an answer
STEP, LOW, HIGH = 0.05, 0.0, 2.0


class Session:
    """One visitor of Compare; `question` is its position in the demo's set, from 1. `whole`: moves rerun the page."""

    def __init__(self, port: int, question: int, whole: bool = False) -> None:
        self._address = f"ws://127.0.0.1:{port}/_stcore/stream"
        self._query = {"set": "demo", "pair": "demo", "split": "forget", "q": str(question), "alpha": "1"}
        self._socket: Any = None
        self._slider, self._dial, self._fragment = "", "", ""
        self.alpha = 1.0
        self.whole, self.question = whole, question

    async def __aenter__(self) -> "Session":
        self._socket = await websockets.connect(self._address, subprotocols=["streamlit"], max_size=None)  # type: ignore[list-item]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._socket.close()

    async def open(self) -> float:
        """Seconds until the first page was completely drawn."""
        began = time.perf_counter()
        await self._send(page=True)
        while True:
            message = await self._next()
            self._look(message)
            if message.WhichOneof("type") == "script_finished" and (self._slider or self._dial):
                return time.perf_counter() - began

    async def move(self, alpha: float) -> float:
        """Seconds from the message to the card; later drawing is read, not waited for."""
        self.alpha = round(alpha, 2)
        words = f"α = {self.alpha:g}<"  # the heading of what is said
        began = time.perf_counter()
        await self._send()
        while True:
            message = await self._next()
            self._look(message)
            if "First difference" in (text := _html_of(message)) and words in text:
                return time.perf_counter() - began

    async def rest(self, seconds: float) -> None:
        """Keep reading for this time, as a browser does."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            try:
                self._look(await self._next(left))
            except TimeoutError:
                return

    async def _next(self, limit: float = GIVEN_UP) -> ForwardMsg:
        async with asyncio.timeout(limit):
            data = await self._socket.recv()
        message = ForwardMsg()
        message.ParseFromString(data)
        return message

    def _look(self, message: ForwardMsg) -> None:
        """Remember the slider, or the dial of a mapped question, and the fragment that it reruns."""
        if message.WhichOneof("type") == "delta" and message.delta.WhichOneof("type") == "new_element":
            element = message.delta.new_element
            if element.WhichOneof("type") == "slider":
                self._slider, self._dial, self._fragment = element.slider.id, "", message.delta.fragment_id
            if element.WhichOneof("type") == "bidi_component":
                self._slider, self._dial, self._fragment = "", element.bidi_component.id, message.delta.fragment_id

    async def _send(self, page: bool = False) -> None:
        message = BackMsg()
        message.rerun_script.query_string = urlencode(self._query | {"alpha": f"{self.alpha:g}"})
        message.rerun_script.page_name = "compare" if page or self.whole else ""
        if self._slider or self._dial:
            message.rerun_script.fragment_id = "" if self.whole else self._fragment
            state = message.rerun_script.widget_states.widgets.add()
            state.id = self._slider or self._dial
            if self._slider:
                state.double_array_value.data.append(self.alpha)
            else:
                state.json_value = json.dumps({"turn": {"alpha": self.alpha, "at": time.time()}})
        await self._socket.send(message.SerializeToString())


def _html_of(message: ForwardMsg) -> str:
    if message.WhichOneof("type") != "delta" or message.delta.WhichOneof("type") != "new_element":
        return ""
    element = message.delta.new_element
    return str(element.html.body) if element.WhichOneof("type") == "html" else ""
