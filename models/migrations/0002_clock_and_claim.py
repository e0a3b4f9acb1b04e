"""What the models cannot say: the one clock, the index a claim reads, and how the hot tables are kept small."""

from tortoise import migrations
from tortoise.migrations import operations as ops

CLOCK = [
    "INSERT INTO clock (id, shift_seconds) VALUES (1, 0)",
    """
    CREATE FUNCTION live_agents_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$
        SELECT clock_timestamp() + make_interval(secs => shift_seconds) FROM clock WHERE id = 1
    $$
    """,
]
NO_CLOCK = ["DROP FUNCTION live_agents_now()", "DELETE FROM clock"]

# Only lanes with something to do are in the index, and neither lease column is: taking and giving back a lease
# are heap-only updates.
CLAIM = [
    "CREATE INDEX lane_head_due ON lane (head_due) WHERE head_due IS NOT NULL",
    "ALTER TABLE lane SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0)",
    "ALTER TABLE delivery SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, "
    "autovacuum_vacuum_cost_delay = 0)",
    "ALTER TABLE conversation SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01, "
    "autovacuum_vacuum_cost_delay = 0)",
]
NO_CLAIM = [
    "DROP INDEX lane_head_due",
    "ALTER TABLE lane RESET (fillfactor, autovacuum_vacuum_scale_factor, autovacuum_vacuum_cost_delay)",
    "ALTER TABLE delivery RESET (fillfactor, autovacuum_vacuum_scale_factor, autovacuum_vacuum_cost_delay)",
    "ALTER TABLE conversation RESET (fillfactor, autovacuum_vacuum_scale_factor, autovacuum_vacuum_cost_delay)",
]

# Tortoise knows the models' constraints from 0001, and makes none of them with the tables.
CHECKS = [
    "ALTER TABLE channel ADD CONSTRAINT channel_set_up CHECK (set_up IN ('a', 'b'))",
    "ALTER TABLE channel ADD CONSTRAINT channel_reply_via CHECK (reply_via IN ('receive', 'api'))",
    "ALTER TABLE channel ADD CONSTRAINT channel_when_ambiguous CHECK (when_ambiguous IN ('resend', 'hold'))",
    "ALTER TABLE conversation ADD CONSTRAINT conversation_state CHECK (state IN ('closed', 'queued', 'served'))",
    "ALTER TABLE lane ADD CONSTRAINT lane_kind CHECK (kind IN ('to_agent', 'to_contact', 'to_author', 'status'))",
    "ALTER TABLE message ADD CONSTRAINT message_author CHECK (author IN ('contact', 'agent'))",
    "ALTER TABLE message ADD CONSTRAINT message_status CHECK (status IN ('sent', 'delivered', 'failed'))",
    "ALTER TABLE delivery ADD CONSTRAINT delivery_state CHECK (state IN ('waiting', 'done', 'dead', 'discarded'))",
]
NO_CHECKS = [
    "ALTER TABLE channel DROP CONSTRAINT channel_set_up, DROP CONSTRAINT channel_reply_via, "
    "DROP CONSTRAINT channel_when_ambiguous",
    "ALTER TABLE conversation DROP CONSTRAINT conversation_state",
    "ALTER TABLE lane DROP CONSTRAINT lane_kind",
    "ALTER TABLE message DROP CONSTRAINT message_author, DROP CONSTRAINT message_status",
    "ALTER TABLE delivery DROP CONSTRAINT delivery_state",
]


class Migration(migrations.Migration):
    dependencies = [("models", "0001_initial")]

    operations = [
        ops.RunSQL(CLOCK, reverse_sql=NO_CLOCK),
        ops.RunSQL(CLAIM, reverse_sql=NO_CLAIM),
        ops.RunSQL(CHECKS, reverse_sql=NO_CHECKS),
    ]
