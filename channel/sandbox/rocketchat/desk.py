"""The agents' side: what people do in Rocket.Chat's own client, and who they are."""

from typing import Any

from . import events, messages, rooms
from .ids import new_id
from .records import Attachment, Author, CustomField, Department, Message, Room, User
from .workspace import Workspace


class Desk:
    """The agents of a workspace, named by username.

    What Rocket.Chat would refuse raises `Refused`, as behind the routes; a room, message or user that does not exist
    raises KeyError. Where the release blocks, a method returns after the webhook's first attempt.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def user(self, username: str) -> User:
        """Find a user."""
        user = self.workspace.user_named(username)
        if user is None:
            raise KeyError(username)
        return user

    def department(self, id_or_name: str) -> Department:
        """Find a department by id or exact name."""
        department = self.workspace.department_like(id_or_name)
        if department is None:
            raise KeyError(id_or_name)
        return department

    def add_user(self, username: str, *, roles: str = "user", **details: Any) -> User:
        """Add a user; roles are separated by blanks, details are the fields of `User`."""
        user = User(username=username, roles=frozenset(roles.split()), **{"name": username, **details})
        self.workspace.users[user.id] = user
        return user

    def add_agent(self, username: str, name: str, email: str | None = None) -> User:
        """Add an agent, who is online."""
        return self.add_user(username, name=name, email=email, roles="livechat-agent", password=username)

    def add_department(self, name: str, *agents: str, **details: Any) -> Department:
        """Add a department with these agents; details are the fields of `Department`."""
        department = Department(name=name, agents={self.user(agent).id for agent in agents}, **details)
        self.workspace.departments[department.id] = department
        return department

    def add_custom_field(self, id: str, scope: str = "visitor") -> None:
        """Define a custom field; values for fields that are not defined are skipped."""
        self.workspace.custom_fields[id] = CustomField(id, scope)

    def add_custom_emoji(self, name: str, *aliases: str) -> None:
        """Add an emoji of the workspace's own, which has no character of Unicode's."""
        self.workspace.custom_emoji.append({"name": name, "aliases": list(aliases), "extension": "png"})

    def go_online(self, agent: str) -> None:
        """Let an agent be available."""
        self._set_status(agent, "online", "available")

    def go_offline(self, agent: str) -> None:
        """Let an agent be gone; their open rooms go on."""
        self._set_status(agent, "offline", "not-available")

    def block(self, visitor: str) -> None:
        """Block a contact, by the id of the visitor, in the releases that have contacts."""
        self.workspace.visitors[visitor].blocked = True

    async def take(self, rid: str, agent: str) -> None:
        """Take a room from the queue."""
        await rooms.take(self.workspace, self._room(rid), self.user(agent))

    async def write(
        self,
        rid: str,
        agent: str,
        text: str = "",
        *,
        attachment: Attachment | None = None,
        blocks: list[dict[str, Any]] | None = None,
    ) -> str:
        """Write in a room, as the agent who serves it or any other user, and return the message's id.

        The placeholders of a canned response, such as `{{contact.name}}`, are replaced. `blocks` are what an app adds.
        """
        message = await messages.write(
            self.workspace, self._room(rid), self.user(agent), text, attachment=attachment, blocks=blocks
        )
        return message.id

    async def offer_call(self, rid: str, agent: str) -> str:
        """Offer a video call: a message without words, whose button is a block."""
        return await self.write(rid, agent, blocks=[{"type": "video_conf", "callId": new_id(), "blockId": new_id()}])

    async def edit(self, message_id: str, agent: str, text: str) -> None:
        """Give a message new words, one's own or (a manager's right) somebody else's."""
        await messages.edit(self.workspace, self._message(message_id), self.user(agent).author, text)

    async def delete(self, message_id: str) -> None:
        """Delete a message; no webhook tells of it."""
        messages.delete(self.workspace, self._message(message_id))

    async def close(self, rid: str, agent: str, comment: str = "") -> None:
        """Close a room."""
        await rooms.close_by_agent(self.workspace, self._room(rid), self.user(agent), comment)

    def close_quietly(self, rid: str) -> None:
        """Close a room as the automatons do, and lose the event."""
        by = Author(rooms.SYSTEM.id, rooms.SYSTEM.username)
        rooms.mark_closed(self.workspace, self._room(rid), by, "user", comment="Closed for inactivity")

    async def close_automatically(self, rid: str, comment: str = "") -> None:
        """Close a room as the automatons do: after inactivity, on hold for too long, in the queue for too long."""
        await rooms.close_by_system(self.workspace, self._room(rid), comment)

    async def forward_to_agent(self, rid: str, agent: str, to: str) -> None:
        """Hand a room to another agent."""
        await rooms.forward_to_agent(self.workspace, self._room(rid), self.user(agent).author, self.user(to))

    async def forward_to_department(self, rid: str, agent: str, to: str) -> None:
        """Hand a room to a department, named by id or name."""
        await rooms.forward_to_department(self.workspace, self._room(rid), self.user(agent).author, self.department(to))

    async def return_to_queue(self, rid: str, agent: str) -> None:
        """Put a room back in the queue."""
        await rooms.return_to_queue(self.workspace, self._room(rid), self.user(agent).author)

    async def join(self, rid: str, agent: str) -> None:
        """Enter a room somebody else serves; no webhook tells of it."""
        rooms.join(self.workspace, self._room(rid), self.user(agent))

    async def put_on_hold(self, rid: str, agent: str) -> None:
        """Let a room rest; no webhook tells of it."""
        rooms.put_on_hold(self.workspace, self._room(rid), self.user(agent).author)

    async def resume(self, rid: str) -> None:
        """Wake a room that rests; its agent takes it anew."""
        await rooms.resume(self.workspace, self._room(rid))

    async def save_info(self, rid: str, *, topic: str | None = None, tags: list[str] | None = None) -> None:
        """Change a room's details; of a closed room this is told (`LivechatEdit`)."""
        room = self._room(rid)
        room.topic = topic if topic is not None else room.topic
        room.tags = tags if tags is not None else room.tags
        self.workspace.changed()
        if not room.open:
            await events.info_saved(self.workspace, room)

    def _set_status(self, agent: str, status: str, livechat_status: str) -> None:
        user = self.user(agent)
        user.status, user.livechat_status = status, livechat_status
        self.workspace.changed()

    def _room(self, rid: str) -> Room:
        return self.workspace.rooms[rid]

    def _message(self, id: str) -> Message:
        return self.workspace.messages[id]
