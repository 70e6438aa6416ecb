"""The script that the server runs for every visitor: the frame, and in it the page that the address asks for."""

from pages.parts.shared import frame

frame.route()
