"""Write what was decided: conversations, messages, what is owed, and how deliveries ended. One transaction's part."""

import uuid
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from channel.core.conversation import Conversation, Message
from channel.core.decision import Decision
from channel.core.events import Event
from channel.core.held import Held
from channel.store.authors import forget_rooms, settle_authors
from channel.store.batch import Batch, gathered
from channel.store.database import Connection
from channel.store.following_up import note_followed
from channel.store.holding import Loaded
from channel.store.lanes import Places, settle_lanes
from channel.store.noting import note
from channel.store.owing import Owing
from channel.store.queries import query
from channel.store.rows import Row, json_of, texts_of
from channel.store.seen_rooms import save_rooms
from channel.store.vault import Vault, keyed_hash, seal_beside


class Saver:
    """Writes a batch of decisions with as few statements as there are tables concerned."""

    def __init__(self, connection: Connection, vault: Vault, hash_key: bytes, loaded: Loaded) -> None:
        self._connection = connection
        self._vault = vault
        self._hash_key = hash_key
        self._loaded = loaded
        self._lanes: set[int] = set()

    async def save(
        self,
        before: Sequence[tuple[Event, Held, Decision]],
        ours: Sequence[int] = (),
        unheard: Sequence[int] = (),
        *,
        keep: bool = False,
    ) -> list[int]:
        """Write what each event, decided upon what was held of its conversation then, has come to.

        `ours`: lanes that are leased to us, and given back, but for those that stay ours if `keep`: these are returned.
        `unheard`: those of them of which the same was saved before, and the answer was lost.
        """
        batch = gathered(before)
        await self._save_contacts(batch, before)
        await save_rooms(self._connection, batch, self._loaded)
        ids = await self._save_messages(batch, before)
        await self._save_timers(batch)
        places = Places(await self._hold_lanes(batch))
        owing = Owing(self._connection, self._loaded.now, places)
        await owing.owe_given_up(batch, ids)
        await self._abandon(batch)
        await self._settle(batch, ids)
        await note_followed(self._connection, batch)
        await self._withdraw(batch.reported(), ids)
        await settle_authors(self._connection, batch, ids)
        self._lanes |= await owing.owe(batch, ids)
        self._lanes |= await forget_rooms(self._connection, batch)
        await note(self._connection, self._vault, batch.notes)
        if not self._lanes and not ours:
            return []
        return await settle_lanes(self._connection, self._lanes, places, ours, unheard, keep=keep)

    async def _save_contacts(self, batch: Batch, before: Sequence[tuple[Event, Held, Decision]]) -> None:
        known: dict[int, Conversation] = {}
        for _, held, _ in before:
            if held.conversation:
                known.setdefault(held.conversation.id, held.conversation)
        await self._save_profiles(batch, known)
        turned = [c for c in batch.conversations.values() if _standing(c) != _standing(known[c.id])]
        if turned:
            columns = zip(*(_standing(c) for c in turned), strict=True)
            handoffs = [json_of(c.handoff) for c in turned]
            await self._connection.execute(
                query("save_conversations"), *(list(column) for column in list(columns)[:-1]), handoffs
            )

    async def _save_profiles(self, batch: Batch, known: dict[int, Conversation]) -> None:
        told = [c for c in batch.conversations.values() if c.id in batch.tokens or _profile(c) != _profile(known[c.id])]
        if not told:
            return
        tokens = [batch.tokens.get(c.id) for c in told]
        hashes = [keyed_hash(self._hash_key, token) if token else None for token in tokens]
        sealed = [
            self._vault.seal(f"visitor:{digest}", token.encode()) if token else None
            for token, digest in zip(tokens, hashes, strict=True)
        ]
        await self._connection.execute(
            query("save_contacts"),
            [c.id for c in told],
            [c.path for c in told],
            [c.registered for c in told],
            sealed,
            hashes,
            [c.uuid for c in told],
            [c.urn for c in told],
            [c.name for c in told],
            [c.language for c in told],
            [json_of(dict(c.shown_fields)) for c in told],
        )

    async def _save_timers(self, batch: Batch) -> None:
        """Set those that are wanted, and end those that are not."""
        wanted = [(number, timer) for (number, _), timer in sorted(batch.timers.items())]
        for name, chosen in (
            ("set_timers", [(n, t) for n, t in wanted if t.at and not t.keep]),
            ("keep_timers", [(n, t) for n, t in wanted if t.at and t.keep]),
        ):
            if chosen:
                columns = [n for n, _ in chosen], [t.why for _, t in chosen], [t.at for _, t in chosen]
                await self._connection.execute(query(name), *columns)
        if ended := [(n, t.why) for n, t in wanted if t.at is None]:
            await self._connection.execute(query("end_timers"), [n for n, _ in ended], [why for _, why in ended])

    async def _abandon(self, batch: Batch) -> None:
        if batch.abandoned:
            rows = await self._connection.fetch(query("abandon"), list(batch.abandoned), list(batch.abandoned.values()))
            self._lanes |= {row["lane_id"] for row in rows}

    async def _save_messages(
        self, batch: Batch, before: Sequence[tuple[Event, Held, Decision]]
    ) -> dict[tuple[int, str], UUID]:
        """Insert the new ones, update those that are others now. Returns the id of each, by conversation and key."""
        ids = {place: message.id or uuid.uuid4() for place, message in batch.messages.items()}
        for number, held in self._loaded.held.items():
            if number is not None:
                known = {**held.unserved, **held.messages}
                ids |= {(number, key): m.id for key, m in known.items() if m.id}
        new = [(place, m) for place, m in batch.messages.items() if m.id is None]
        stored = _stored_of(before)
        changed = [m for place, m in batch.messages.items() if m.id and _columns(m) != stored.get(place)]
        if new:
            await self._insert_messages(new, ids)
        if changed:
            await self._connection.execute(
                query("update_messages"),
                [m.id for m in changed],
                [texts_of(m) for m in changed],
                [m.position for m in changed],
                [m.answered_at for m in changed],
                [m.status for m in changed],
                [m.reason for m in changed],
                [m.room for m in changed],
            )
        return ids

    async def _insert_messages(
        self, new: Sequence[tuple[tuple[int, str], Message]], ids: dict[tuple[int, str], UUID]
    ) -> None:
        await self._connection.execute(
            query("insert_messages"),
            [ids[place] for place, _ in new],
            [self._loaded.channels[number] for (number, _), _ in new],
            [number for (number, _), _ in new],
            [m.author for _, m in new],
            [m.key for _, m in new],
            [m.external_id for _, m in new],
            [m.edited_at for _, m in new],
            [texts_of(m) for _, m in new],
            [m.position for _, m in new],
            [m.answered_at for _, m in new],
            [m.status for _, m in new],
            [m.reason for _, m in new],
            [m.room for _, m in new],
            [await seal_beside(self._vault, f"message:{ids[place]}", m.raw or b"") for place, m in new],
            # in the order of their commit, too: by this, words that are kept are in order
            [m.created_at + timedelta(microseconds=n) for n, (_, m) in enumerate(new)],
        )

    async def _hold_lanes(self, batch: Batch) -> Sequence[Row]:
        """Lock lanes before their deliveries, as a claim does: the other way round each would wait for the other."""
        lanes = batch.lanes()
        if not lanes:
            return []
        rows: Sequence[Row] = await self._connection.fetch(
            query("hold_lanes_of"), [number for number, _ in lanes], [kind for _, kind in lanes]
        )
        return rows

    async def _withdraw(self, places: Sequence[tuple[int, str]], ids: dict[tuple[int, str], UUID]) -> None:
        gone = [ids[place] for place in places if place in ids]
        if gone:
            rows = await self._connection.fetch(query("withdraw_statuses"), gone)
            self._lanes |= {row["lane_id"] for row in rows}

    async def _settle(self, batch: Batch, ids: dict[tuple[int, str], UUID]) -> None:
        await self._withdraw(batch.withdrawn, ids)
        if batch.settled or batch.attempts:
            settled, attempts = batch.settled, batch.attempts
            rows = await self._connection.fetch(
                query("settle_deliveries"),
                [s.delivery for s in settled],
                [s.end for s in settled],
                [s.reason for s in settled],
                [s.due_at for s in settled],
                [s.uncounted for s in settled],
                [s.silent for s in settled],
                [s.rejected for s in settled],
                [s.rehomed for s in settled],
                [s.failing for s in settled],
                [delivery for delivery, _, _ in attempts],
                [made.number for _, _, made in attempts],
                [outcome for _, outcome, _ in attempts],
                [made.asked for _, _, made in attempts],
                [made.answered for _, _, made in attempts],
                [made.seconds for _, _, made in attempts],
                [s.external_id for s in settled],
            )
            self._lanes |= {row["lane_id"] for row in rows}
        if batch.replayed:
            rows = await self._connection.fetch(
                query("replay_parts"),
                [ids[number, key] for number, key, _ in batch.replayed],
                [part for _, _, part in batch.replayed],
            )
            self._lanes |= {row["lane_id"] for row in rows}


def _stored_of(before: Sequence[tuple[Event, Held, Decision]]) -> dict[tuple[int, str], tuple[object, ...] | None]:
    """How messages stood, by conversation and key, before the first of these decisions about them; None: unknown."""
    stored: dict[tuple[int, str], tuple[object, ...] | None] = {}
    for _, held, decision in before:
        if held.conversation is None:
            continue
        for message in decision.messages:
            place = (held.conversation.id, message.key)
            known = held.messages.get(message.key) or held.unserved.get(message.key)
            stored.setdefault(place, _columns(known) if known else None)
    return stored


def _columns(m: Message) -> tuple[object, ...]:
    """The columns of a message that decisions change."""
    return (m.texts, m.position, m.answered_at, m.status, m.reason, m.room)


def _standing(c: Conversation) -> tuple[object, ...]:
    """The columns of a conversation that decisions change."""
    return (c.id, c.state, c.room, c.agent, c.received_uuid, c.received_text_hash, c.received_at, c.handoff)


def _profile(c: Conversation) -> tuple[object, ...]:
    """The columns of a contact that decisions change."""
    return (c.path, c.registered, c.uuid, c.urn, c.name, c.language, c.shown_fields)
