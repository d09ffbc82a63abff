"""What everybody may see and change of their own account."""

from typing import Final

from hawknest.doors.web.route import Route

ROUTES: Final[tuple[Route, ...]] = ()
