"""Agents and departments, for those who are logged in."""

from typing import Any

from ..documents import of_department, of_user
from ..errors import Failure, NotPermitted
from ..paging import paged
from ..parameters import TEXT, Keys
from ..permissions import may
from ..records import User
from ..rest import Call, Operation


async def list_agents(call: Call) -> dict[str, Any]:
    """List agents."""
    text, available = call.given.get("text", "").lower(), call.given.get("onlyAvailable") == "true"
    found = [
        of_user(user)
        for user in call.workspace.users.values()
        if user.is_agent and (user.is_online or not available) and text in f"{user.name} {user.username}".lower()
    ]
    return paged(call, "users", found)


async def set_agent_status(call: Call) -> dict[str, Any]:
    """Make an agent available, or not."""
    agent = agent_with_id(call, call.given.get("agentId") or call.caller.id)
    if agent is not call.caller and not may(call.caller, "manage-livechat-agents"):
        raise NotPermitted
    agent.livechat_status = call.given["status"]
    call.workspace.changed()
    return {"status": agent.livechat_status}


async def list_departments(call: Call) -> dict[str, Any]:
    """List departments whose name contains the text."""
    text, enabled = call.given.get("text", "").lower(), call.given.get("enabled") == "true"
    found = [
        of_department(each)
        for each in call.workspace.departments.values()
        if text in each.name.lower() and (each.enabled or not enabled)
    ]
    return paged(call, "departments", found)


async def show_department(call: Call) -> dict[str, Any]:
    """Show a department and its agents; one that does not exist is null, without an error."""
    department = call.workspace.departments.get(call.path["id"])
    if department is None:
        return {"department": None, "agents": []}
    agents = [call.workspace.users[id] for id in department.agents]
    return {
        "department": of_department(department),
        "agents": [{"agentId": agent.id, "username": agent.username} for agent in agents],
    }


def agent_with_id(call: Call, id: str) -> User:
    """Find an agent, or refuse."""
    agent = call.workspace.users.get(id)
    if agent is None or not agent.is_agent:
        raise Failure("error-invalid-agent")
    return agent


_API = "/api/v1/livechat"
_SEE_DEPARTMENTS = ("view-livechat-departments", "view-l-room")

OPERATIONS = (
    Operation(method="GET", path=f"{_API}/users/agent", act=list_agents, permissions=("transfer-livechat-guest",)),
    Operation(
        method="POST",
        path=f"{_API}/agent.status",
        act=set_agent_status,
        accepts=Keys({"status": TEXT}, {"agentId": TEXT}),
        permissions=("view-l-room",),
    ),
    Operation(
        method="GET",
        path=f"{_API}/department",
        act=list_departments,
        permissions=_SEE_DEPARTMENTS,
    ),
    Operation(
        method="GET",
        path=f"{_API}/department/{{id}}",
        act=show_department,
        permissions=_SEE_DEPARTMENTS,
    ),
)
