"""What stood in a peer's settings before we changed them, sealed: a webhook's secret is among it."""

import json
from collections.abc import Sequence
from uuid import UUID

from channel.core.provisioning import Change, from_json, to_json
from channel.store.vault import Vault
from models.workspace import Workspace


async def remember(vault: Vault, workspace: UUID, changes: Sequence[Change]) -> None:
    """Keep these, and no others, until they are undone. Where there are none, nothing is kept."""
    text = json.dumps(to_json(changes), ensure_ascii=False).encode()
    sealed = vault.seal(_place(workspace), text) if changes else None
    await Workspace.filter(id=workspace).update(provisioned=sealed)


async def remembered(vault: Vault, workspace: UUID) -> tuple[Change, ...]:
    """What is kept; nothing where nothing was changed, or all of it undone."""
    sealed = (await Workspace.get(id=workspace)).provisioned
    return from_json(json.loads(vault.open(_place(workspace), sealed))) if sealed is not None else ()


def _place(workspace: UUID) -> str:
    return f"provisioned:{workspace}"
