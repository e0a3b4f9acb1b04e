"""Is it all right?"""

from starlette.responses import Response

from channel.console.access import Access, ConsoleRoute, Visit


def routes(access: Access) -> list[ConsoleRoute]:
    async def overview(visit: Visit) -> Response:
        return visit.page("overview.html")

    return [access.page("/", overview)]
