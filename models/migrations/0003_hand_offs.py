from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from json import dumps, loads
from tortoise.contrib.postgres.indexes import PostgreSQLIndex
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint


# Chats that are open at the upgrade go on: nobody is told again who attends them, and nobody waits for ever.
OPEN_CHATS = [
    """
    UPDATE conversation SET handoff = jsonb_strip_nulls(jsonb_build_object(
        'room', room, 'began_at', to_jsonb(live_agents_now()),
        'taken_at', CASE WHEN state = 'served' THEN to_jsonb(live_agents_now()) END,
        'agent', CASE WHEN agent IS NOT NULL THEN jsonb_build_object('id', agent) END
    )) WHERE state <> 'closed'
    """,
    """
    INSERT INTO timer (conversation_id, why, due_at)
    SELECT id, 'max_wait', live_agents_now() + interval '30 minutes' FROM conversation WHERE state = 'queued'
    """,
]
NOTHING = ["SELECT 1"]


class Migration(migrations.Migration):
    dependencies = [("models", "0002_clock_and_claim")]

    initial = False

    operations = [
        ops.CreateModel(
            name="Timer",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "conversation",
                    fields.ForeignKeyField(
                        "models.Conversation",
                        source_field="conversation_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="timers",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("why", fields.CharField(description="what for (`channel.core.events.Timer`)", max_length=20)),
                ("due_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "timer",
                "app": "models",
                "unique_together": (("conversation", "why"),),
                "indexes": [PostgreSQLIndex(fields=["due_at"], name="timer_due")],
                "pk_attr": "id",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="Channel",
            name="hours",
            field=fields.JSONField(null=True, encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads),
        ),
        ops.AddField(
            model_name="Channel",
            name="options",
            field=fields.JSONField(
                description="what an operator has chosen (`channel.core.options`), and when somebody is there (`channel.core.hours`)",
                db_default={},
                encoder=functools.partial(dumps, separators=(",", ":")),
                decoder=loads,
            ),
        ),
        ops.AddField(
            model_name="Contact",
            name="language",
            field=fields.TextField(
                description='ISO 639-3, as RapidPro says it; "" where it is not known', db_default="", unique=False
            ),
        ),
        ops.AddField(
            model_name="Contact",
            name="shown_fields",
            field=fields.JSONField(
                description="those of RapidPro's fields that an agent is to see",
                db_default={},
                encoder=functools.partial(dumps, separators=(",", ":")),
                decoder=loads,
            ),
        ),
        ops.AddField(
            model_name="Conversation",
            name="handoff",
            field=fields.JSONField(
                description="the latest hand-off (`channel.core.conversation.Handoff`)",
                db_default={},
                encoder=functools.partial(dumps, separators=(",", ":")),
                decoder=loads,
            ),
        ),
        ops.AddIndex(
            model_name="Conversation",
            index=PostgreSQLIndex(fields=["id"], name="conversation_queued", condition={"state": "queued"}),
        ),
        ops.RemoveConstraint(
            model_name="Message",
            name="message_author",
            fields=None,
        ),
        ops.AddIndex(
            model_name="Message",
            index=PostgreSQLIndex(fields=["conversation_id"], name="message_kept", condition={"reason": "kept"}),
        ),
        ops.AddConstraint(
            model_name="Message",
            constraint=CheckConstraint(check="author IN ('contact', 'agent', 'bridge')", name="message_author"),
        ),
        ops.AddField(
            model_name="Room",
            name="department",
            field=fields.TextField(
                description="for which it waited, and when an agent first took it", db_default="", unique=False
            ),
        ),
        ops.AddField(
            model_name="Room",
            name="taken_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddIndex(
            model_name="Room",
            index=PostgreSQLIndex(fields=["workspace_id", "department", "taken_at"], name="room_taken"),
        ),
        ops.AddField(
            model_name="Workspace",
            name="bot_token",
            field=fields.BinaryField(null=True),
        ),
        ops.AddField(
            model_name="Workspace",
            name="bot_user_id",
            field=fields.TextField(
                description="the Rocket.Chat account that closes what a visitor may not close; its token is sealed",
                db_default="",
                unique=False,
            ),
        ),
        ops.RunSQL(OPEN_CHATS, reverse_sql=NOTHING),
    ]
