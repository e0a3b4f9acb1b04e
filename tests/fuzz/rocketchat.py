"""Every exchange with Rocket.Chat, to be had with any answers."""

from typing import Final
from uuid import UUID

from channel.core.addresses import ByRoom
from channel.core.learned import HistoryRead, RoomOpened
from channel.core.owed import Mark
from channel.core.people import Agent, Bot
from channel.rocketchat.wire import (
    admin,
    asking,
    authors,
    closing,
    finding,
    forgetting,
    holding,
    lists,
    livechat,
    messages,
    opening,
    posting,
    repair,
)
from tests.fuzz.answers import Exchanges

TOKEN: Final = "6f0c1d2e3a4b4c5d8e6f708192a3b4c5"
ROOM: Final = "Hj3kPq8sT2vWxYz9a"
MESSAGE: Final = "la-1"
BOT: Final = Bot("bot", "login")
WANTED: Final = repair.Wanted(ByRoom(UUID(TOKEN), ROOM, TOKEN), asks_agent=True)
OPENED: Final = RoomOpened(ROOM, Agent("a1", "bea"))

EXCHANGES: Final[Exchanges] = {
    "admin.version": lambda: admin.version(BOT),
    "admin.me": lambda: admin.me(BOT),
    "admin.user": lambda: admin.user(BOT, "bot"),
    "admin.webhook": lambda: admin.webhook(BOT),
    "admin.write_webhook": lambda: admin.write_webhook(BOT, {"url": "https://bridge.example.org"}),
    "admin.test_webhook": lambda: admin.test_webhook(BOT),
    "admin.setting": lambda: admin.setting(BOT, "Message_MaxAllowedSize"),
    "admin.write_setting": lambda: admin.write_setting(BOT, "Livechat_enabled", value=True),
    "admin.roles_with": lambda: admin.roles_with(BOT),
    "admin.add_role": lambda: admin.add_role(BOT, "bridge.bot", "bot"),
    "admin.remove_role": lambda: admin.remove_role(BOT, "bridge.bot", "bot"),
    "admin.add_custom_field": lambda: admin.add_custom_field(BOT, "language"),
    "admin.remove_custom_field": lambda: admin.remove_custom_field(BOT, "language"),
    "asking.get": lambda: asking.get("/api/info"),
    "asking.get_as": lambda: asking.get_as(BOT, "/api/info"),
    "asking.send": lambda: asking.send("POST", "/api/v1/livechat/visitor", {}),
    "authors.tell": lambda: authors.tell(BOT, ROOM, MESSAGE, "Too long", doubted=False),
    "authors.tell, in doubt": lambda: authors.tell(BOT, ROOM, MESSAGE, "Too long", doubted=True),
    "authors.mark": lambda: authors.mark(BOT, MESSAGE, Mark.ARRIVED, first=False),
    "closing.close": lambda: closing.close(TOKEN, ROOM, "", BOT),
    "closing.close, without a bot user": lambda: closing.close(TOKEN, ROOM, "", None),
    "finding.find": finding.find,
    "forgetting.forget": lambda: forgetting.forget(TOKEN, [ROOM], BOT),
    "holding.look": lambda: holding.look(TOKEN, ROOM),
    "lists.departments": lambda: lists.departments(BOT),
    "lists.department": lambda: lists.department(BOT, "d1"),
    "lists.agents": lambda: lists.agents(BOT),
    "lists.inquiries": lambda: lists.inquiries(BOT),
    "lists.open_rooms": lambda: lists.open_rooms(BOT),
    "lists.custom_fields": lambda: lists.custom_fields(BOT),
    "livechat.server_info": livechat.server_info,
    "livechat.config": livechat.config,
    "livechat.agent_info": lambda: livechat.agent_info(TOKEN, ROOM),
    "livechat.next_agent": lambda: livechat.next_agent(TOKEN),
    "livechat.register_visitor": lambda: livechat.register_visitor(TOKEN),
    "livechat.get_visitor": lambda: livechat.get_visitor(TOKEN),
    "livechat.delete_visitor": lambda: livechat.delete_visitor(TOKEN),
    "livechat.open_room": lambda: livechat.open_room(TOKEN),
    "livechat.close_room": lambda: livechat.close_room(TOKEN, ROOM),
    "livechat.survey": lambda: livechat.survey(TOKEN, ROOM, {"satisfaction": "5"}),
    "livechat.transfer_department": lambda: livechat.transfer_department(TOKEN, ROOM, "d1", before_8=False),
    "livechat.offline_message": lambda: livechat.offline_message("Ana", "ana@example.org", "Hello"),
    "messages.send_message": lambda: messages.send_message(TOKEN, ROOM, MESSAGE, "Hello"),
    "messages.get_message": lambda: messages.get_message(TOKEN, ROOM, MESSAGE),
    "messages.update_message": lambda: messages.update_message(TOKEN, ROOM, MESSAGE, "Hello"),
    "messages.delete_message": lambda: messages.delete_message(TOKEN, ROOM, MESSAGE),
    "messages.history": lambda: messages.history(TOKEN, ROOM, limit=50),
    "messages.history_items": lambda: messages.history_items(TOKEN, ROOM, limit=50),
    "opening.register": lambda: opening.register(TOKEN),
    "opening.open_room_for": lambda: opening.open_room_for(TOKEN),
    "opening.named": lambda: opening.named(TOKEN, OPENED),
    "posting.post": lambda: posting.post(TOKEN, ROOM, MESSAGE, "Hello", doubted_room=None),
    "posting.post, in doubt": lambda: posting.post(TOKEN, ROOM, MESSAGE, "Hello", doubted_room=ROOM),
    "posting.landed_in": lambda: posting.landed_in(TOKEN, ROOM, MESSAGE),
    "repair.read": lambda: repair.read(WANTED),
    "repair.served": lambda: repair.served(WANTED, HistoryRead(ROOM, "", ())),
}
