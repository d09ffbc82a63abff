"""The composition root: configuration becomes rooms, rooms become one running server."""
