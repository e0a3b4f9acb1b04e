"""What Rocket.Chat lists for a bot user: departments, agents, the queue, rooms, custom fields. As exchanges."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from channel.core import limits
from channel.core.exchange import Exchange
from channel.core.people import Bot
from channel.core.reading import each
from channel.rocketchat.wire import admin_results as results
from channel.rocketchat.wire.asking import get_as, livechat

T = TypeVar("T")


def departments(bot: Bot) -> Exchange[tuple[results.ListedDepartment, ...]]:
    """Every department, with agents or without, in use or not."""
    return (yield from _listed(bot, livechat("department"), "departments", results.department))


def department(bot: Bot, id: str) -> Exchange[results.StaffedDepartment | None]:
    """One department and its agents; None where there is none of this id."""
    return results.staffed((yield from get_as(bot, livechat("department", id))))


def agents(bot: Bot) -> Exchange[tuple[results.ListedAgent, ...]]:
    """Every agent, online or not."""
    return (yield from _listed(bot, livechat("users", "agent"), "users", results.agent))


def inquiries(bot: Bot) -> Exchange[tuple[results.Inquiry, ...]]:
    """The queue: open rooms that no agent has taken."""
    return (yield from _listed(bot, livechat("inquiries.list"), "inquiries", results.inquiry))


def open_rooms(bot: Bot) -> Exchange[tuple[results.ListedRoom, ...]]:
    """Every open room, served or not."""
    return (yield from _listed(bot, livechat("rooms"), "rooms", results.room, open="true"))


def custom_fields(bot: Bot) -> Exchange[tuple[results.CustomField, ...]]:
    """Every custom field of visitors and of rooms."""
    return (yield from _listed(bot, livechat("custom-fields"), "customFields", results.custom_field))


def _listed(
    bot: Bot, path: str, key: str, read: Callable[[Mapping[str, Any]], T], **query: str
) -> Exchange[tuple[T, ...]]:
    """All of a list, page by page; of one that is longer than anybody would look at, its first part."""
    found: list[T] = []
    for _ in range(limits.LISTED_PAGES):
        answer = yield from get_as(bot, path, count=str(limits.LISTED_AT_ONCE), offset=str(len(found)), **query)
        page = [read(item) for item in each(answer, key)]
        found += page
        total = answer.get("total")
        if not page or not isinstance(total, int) or len(found) >= total:
            break
    return tuple(found)
