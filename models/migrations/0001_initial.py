from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from json import dumps, loads
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.contrib.postgres.indexes import PostgreSQLIndex
from tortoise.fields.base import OnDelete
from tortoise.fields.db_defaults import SqlDefault
from uuid import uuid4
from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="Clock",
            fields=[
                ("id", fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("shift_seconds", fields.FloatField(db_default=0)),
            ],
            options={"table": "clock", "app": "models", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Keyring",
            fields=[
                ("name", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=60)),
                ("value", fields.BinaryField()),
            ],
            options={"table": "keyring", "app": "models", "pk_attr": "name"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Workspace",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("name", fields.TextField(unique=False)),
                (
                    "base_url",
                    fields.CharField(
                        unique=True,
                        description="without a trailing slash, so that one server is one workspace",
                        max_length=1024,
                    ),
                ),
                (
                    "webhook_secret",
                    fields.BinaryField(description="sealed: Rocket.Chat's administrator must be shown it again"),
                ),
                (
                    "webhook_secret_hash",
                    fields.CharField(
                        description="SHA-256 of the secret, and of the one before while both are valid", max_length=64
                    ),
                ),
                ("previous_secret_hash", fields.CharField(null=True, max_length=64)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={"table": "workspace", "app": "models", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Channel",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "workspace",
                    fields.ForeignKeyField(
                        "models.Workspace",
                        source_field="workspace_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="channels",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("name", fields.TextField(unique=False)),
                ("rapidpro_url", fields.TextField(unique=False)),
                (
                    "rapidpro_channel",
                    fields.TextField(
                        null=True,
                        description="the External channel's UUID; null until an authenticated send names it",
                        unique=False,
                    ),
                ),
                ("scheme", fields.TextField(description="URN scheme of the External channel", unique=False)),
                ("set_up", fields.TextField(unique=False)),
                ("department", fields.TextField(db_default="", unique=False)),
                ("reply_via", fields.TextField(unique=False)),
                ("max_length", fields.IntField(description="courier's part size in bytes, as pasted into RapidPro")),
                (
                    "when_ambiguous",
                    fields.TextField(
                        description="what an attempt without an answer leads to", db_default="resend", unique=False
                    ),
                ),
                (
                    "send_token_hash",
                    fields.CharField(
                        description="SHA-256 of the tokens RapidPro shows us, and of those before while both are valid",
                        max_length=64,
                    ),
                ),
                ("previous_send_token_hash", fields.CharField(null=True, max_length=64)),
                ("live_agents_token_hash", fields.CharField(unique=True, max_length=64)),
                ("previous_live_agents_token_hash", fields.CharField(null=True, max_length=64)),
                (
                    "rapidpro_token",
                    fields.BinaryField(null=True, description="sealed: the token we show RapidPro's API"),
                ),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "removed_at",
                    fields.DatetimeField(
                        null=True,
                        description="a removed channel refuses its callers and keeps its record",
                        auto_now=False,
                        auto_now_add=False,
                    ),
                ),
            ],
            options={
                "table": "channel",
                "app": "models",
                "constraints": [
                    CheckConstraint(check="set_up IN ('a', 'b')", name="channel_set_up"),
                    CheckConstraint(check="reply_via IN ('receive', 'api')", name="channel_reply_via"),
                    CheckConstraint(check="when_ambiguous IN ('resend', 'hold')", name="channel_when_ambiguous"),
                ],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Contact",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "channel",
                    fields.ForeignKeyField(
                        "models.Channel",
                        source_field="channel_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="contacts",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("uuid", fields.CharField(null=True, description="RapidPro's UUID, where known", max_length=255)),
                (
                    "urn",
                    fields.CharField(
                        null=True,
                        description="identity of the URN within the channel's scheme, where known",
                        max_length=255,
                    ),
                ),
                (
                    "path",
                    fields.TextField(
                        description="the path last received in `to`, byte for byte: what `from` says at `receive`",
                        db_default="",
                        unique=False,
                    ),
                ),
                ("name", fields.TextField(db_default="", unique=False)),
                ("visitor_token", fields.BinaryField(description="sealed; found by a keyed hash")),
                ("visitor_token_hash", fields.CharField(unique=True, max_length=64)),
                (
                    "registered",
                    fields.TextField(
                        null=True,
                        description="what Rocket.Chat was last told of the visitor; null before the first registration",
                        unique=False,
                    ),
                ),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "contact",
                "app": "models",
                "unique_together": (("channel", "urn"), ("channel", "uuid")),
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Conversation",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=False,
                        primary_key=True,
                        unique=True,
                        db_index=True,
                        description="the contact's id too: Tortoise's migrations cannot refer to a primary key that is itself a reference",
                    ),
                ),
                (
                    "contact",
                    fields.OneToOneField(
                        "models.Contact",
                        source_field="contact_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="conversation",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("state", fields.TextField(db_default="closed", unique=False)),
                ("room", fields.TextField(null=True, description="Rocket.Chat's id of the open room", unique=False)),
                (
                    "agent",
                    fields.TextField(
                        null=True, description="Rocket.Chat's id of the agent who serves it", unique=False
                    ),
                ),
                (
                    "received_uuid",
                    fields.TextField(
                        description="courier's last answer for this URN: its uuid, the text it took, and when",
                        db_default="",
                        unique=False,
                    ),
                ),
                ("received_text_hash", fields.CharField(null=True, max_length=64)),
                ("received_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "conversation",
                "app": "models",
                "constraints": [
                    CheckConstraint(check="state IN ('closed', 'queued', 'served')", name="conversation_state")
                ],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Event",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "workspace",
                    fields.ForeignKeyField(
                        "models.Workspace",
                        source_field="workspace_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="events",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "conversation",
                    fields.ForeignKeyField(
                        "models.Conversation",
                        source_field="conversation_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="events",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("room", fields.TextField(null=True, unique=False)),
                ("kind", fields.TextField(unique=False)),
                ("reason", fields.TextField(unique=False)),
                ("key", fields.CharField(max_length=255)),
                (
                    "original",
                    fields.BinaryField(null=True, description="what came in, sealed; null where it is not to be kept"),
                ),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={"table": "event", "app": "models", "unique_together": (("workspace", "key"),), "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Lane",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "conversation",
                    fields.ForeignKeyField(
                        "models.Conversation",
                        source_field="conversation_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="lanes",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("kind", fields.CharField(max_length=20)),
                (
                    "head_due",
                    fields.DatetimeField(
                        null=True,
                        description="when its head may go; null when nothing waits",
                        auto_now=False,
                        auto_now_add=False,
                    ),
                ),
                (
                    "lease_until",
                    fields.DatetimeField(
                        null=True,
                        description="whose it is: not indexed, so that a claim stays a heap-only update",
                        auto_now=False,
                        auto_now_add=False,
                    ),
                ),
                ("lease_token", fields.BigIntField(db_default=0)),
                ("next_seq", fields.BigIntField(db_default=0)),
            ],
            options={
                "table": "lane",
                "app": "models",
                "unique_together": (("conversation", "kind"),),
                "constraints": [
                    CheckConstraint(check="kind IN ('to_agent', 'to_contact', 'to_author', 'status')", name="lane_kind")
                ],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Message",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                (
                    "channel",
                    fields.ForeignKeyField(
                        "models.Channel",
                        source_field="channel_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="messages",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "conversation",
                    fields.ForeignKeyField(
                        "models.Conversation",
                        source_field="conversation_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="messages",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("author", fields.TextField(unique=False)),
                (
                    "key",
                    fields.CharField(
                        description="what makes a second one a repeat; stays when the words are erased", max_length=255
                    ),
                ),
                (
                    "external_id",
                    fields.TextField(
                        description="the peer's identifier: RapidPro's id, or Rocket.Chat's `_id`", unique=False
                    ),
                ),
                (
                    "edited_at",
                    fields.TextField(
                        null=True, description="when Rocket.Chat says it was written anew, as it says it", unique=False
                    ),
                ),
                ("texts", ArrayField(description="its parts, in order", element_type="TEXT")),
                (
                    "position",
                    fields.IntField(
                        description="where the next part is expected, and when we last answered for this id",
                        db_default=0,
                    ),
                ),
                ("answered_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "status",
                    fields.TextField(null=True, description="what RapidPro was told, or is about to be", unique=False),
                ),
                (
                    "reason",
                    fields.TextField(null=True, description="why nothing, or not all, of it goes", unique=False),
                ),
                (
                    "room",
                    fields.TextField(null=True, description="the room it was posted in, or written in", unique=False),
                ),
                ("original", fields.BinaryField(null=True, description="what came in, sealed; goes with the texts")),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "message",
                "app": "models",
                "unique_together": (("conversation", "key"),),
                "constraints": [
                    CheckConstraint(check="author IN ('contact', 'agent')", name="message_author"),
                    CheckConstraint(check="status IN ('sent', 'delivered', 'failed')", name="message_status"),
                ],
                "indexes": [
                    PostgreSQLIndex(fields=["external_id"], name="message_external_id"),
                    PostgreSQLIndex(fields=["conversation_id"], name="message_unserved", condition={"status": "sent"}),
                ],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Delivery",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "lane",
                    fields.ForeignKeyField(
                        "models.Lane",
                        source_field="lane_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="deliveries",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "message",
                    fields.ForeignKeyField(
                        "models.Message",
                        source_field="message_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="deliveries",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("seq", fields.BigIntField(description="place in the lane, kept by dead letters too")),
                ("state", fields.TextField(db_default="waiting", unique=False)),
                (
                    "kind",
                    fields.TextField(
                        description="what is owed (`channel.core.owed`), and the values of it", unique=False
                    ),
                ),
                ("body", fields.JSONField(encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads)),
                ("part", fields.IntField(db_default=0)),
                (
                    "external_id",
                    fields.TextField(null=True, description="the `_id` that a post has in Rocket.Chat", unique=False),
                ),
                ("due_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "attempts",
                    fields.IntField(
                        description="counted before each call; `attempt_open` until its outcome is saved", db_default=0
                    ),
                ),
                ("attempt_open", fields.BooleanField(db_default=False)),
                (
                    "ambiguous",
                    fields.IntField(
                        description="attempts of which nobody knows whether they arrived, and the room the first one was for",
                        db_default=0,
                    ),
                ),
                ("tried_room", fields.TextField(null=True, unique=False)),
                ("rejections", fields.IntField(description="attempts that were said no to", db_default=0)),
                ("rehomings", fields.IntField(description="rooms and visitors lost under it", db_default=0)),
                (
                    "crashes",
                    fields.IntField(
                        description="attempts that ended the process before their outcome was saved", db_default=0
                    ),
                ),
                ("first_failed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                (
                    "reason",
                    fields.TextField(null=True, description="why it waits, is dead or was discarded", unique=False),
                ),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "delivery",
                "app": "models",
                "constraints": [
                    CheckConstraint(check="state IN ('waiting', 'done', 'dead', 'discarded')", name="delivery_state")
                ],
                "indexes": [
                    PostgreSQLIndex(fields=["lane_id", "seq"], name="delivery_waiting", condition={"state": "waiting"}),
                    PostgreSQLIndex(fields=["id"], name="delivery_dead", condition={"state": "dead"}),
                    PostgreSQLIndex(fields=["message_id"], name="delivery_message"),
                    PostgreSQLIndex(fields=["external_id"], name="delivery_external_id"),
                ],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Attempt",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "delivery",
                    fields.ForeignKeyField(
                        "models.Delivery",
                        source_field="delivery_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="attempts_made",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("number", fields.IntField()),
                ("outcome", fields.TextField(description="done, or what went wrong", unique=False)),
                ("asked", fields.TextField(unique=False)),
                ("answered", fields.TextField(unique=False)),
                ("seconds", fields.FloatField()),
                ("ended_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={"table": "attempt", "app": "models", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Room",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "workspace",
                    fields.ForeignKeyField(
                        "models.Workspace",
                        source_field="workspace_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="rooms",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("rid", fields.CharField(description="Rocket.Chat's id", max_length=255)),
                (
                    "conversation",
                    fields.ForeignKeyField(
                        "models.Conversation",
                        source_field="conversation_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="rooms",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("first_seen_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "heard",
                    ArrayField(
                        description="times of its latest messages that are known, in the form that orders",
                        db_default=SqlDefault("'{}'"),
                        element_type="TEXT",
                    ),
                ),
                ("closed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={"table": "room", "app": "models", "unique_together": (("workspace", "rid"),), "pk_attr": "id"},
            bases=["Model"],
        ),
    ]
