-- Every query that is hot, or that an operator may want to paste into psql. Each begins with its name and a line of
-- purpose. Time is always live_agents_now().

-- resolve_urns --
-- The contacts of channels by the identity of their URN, or by a path that is their UUID.
SELECT i.n, coalesce(by_urn.id, by_uuid.id) AS id
FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS i (channel, path, n)
LEFT JOIN contact by_urn ON by_urn.channel_id = i.channel AND by_urn.urn = i.path
LEFT JOIN contact by_uuid ON by_uuid.channel_id = i.channel AND by_uuid.uuid = i.path

-- resolve_contacts --
-- The contacts of channels by UUID, or by a URN whose path is that UUID or the one given ("" for none): unless that
-- contact has another UUID, for an address can be given to somebody else.
SELECT i.n, coalesce(by_uuid.id, by_urn.id) AS id
FROM unnest($1::uuid[], $2::text[], $3::text[]) WITH ORDINALITY AS i (channel, uuid, path, n)
LEFT JOIN contact by_uuid ON by_uuid.channel_id = i.channel AND by_uuid.uuid = i.uuid
LEFT JOIN LATERAL (
    SELECT ct.id FROM contact ct
    WHERE ct.channel_id = i.channel AND ct.urn IN (i.path, i.uuid) AND (ct.uuid IS NULL OR ct.uuid = i.uuid)
    ORDER BY ct.urn <> i.path LIMIT 1
) by_urn ON by_uuid.id IS NULL

-- resolve_rooms --
-- The contacts of a workspace's rooms: by the room, then by the visitor token, then by the token as contact UUID
-- (the one with an open room first, else the newest).
SELECT i.n, coalesce(known.conversation_id, by_token.id, by_uuid.id) AS id
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS i (workspace, rid, hash, token, n)
LEFT JOIN room known ON known.workspace_id = i.workspace AND known.rid = i.rid
LEFT JOIN LATERAL (
    SELECT ct.id FROM contact ct JOIN channel ch ON ch.id = ct.channel_id
    WHERE ct.visitor_token_hash = i.hash AND ch.workspace_id = i.workspace
) by_token ON known.id IS NULL
LEFT JOIN LATERAL (
    SELECT ct.id FROM contact ct JOIN channel ch ON ch.id = ct.channel_id JOIN conversation cv ON cv.id = ct.id
    WHERE known.id IS NULL AND by_token.id IS NULL AND ct.uuid = i.token AND ch.workspace_id = i.workspace
    ORDER BY cv.room IS NULL, ct.id DESC LIMIT 1
) by_uuid ON true

-- begin_contacts --
-- New contacts with their conversation and lanes; one that another replica began meanwhile is left alone.
WITH begun AS (
    INSERT INTO contact (channel_id, uuid, urn, path, visitor_token, visitor_token_hash, created_at)
    SELECT channel, uuid, urn, path, token, hash, live_agents_now()
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::text[])
         AS i (channel, uuid, urn, path, token, hash)
    ORDER BY channel, uuid, urn
    ON CONFLICT DO NOTHING
    RETURNING id
), conversations AS (
    INSERT INTO conversation (id, contact_id) SELECT id, id FROM begun RETURNING id
)
INSERT INTO lane (conversation_id, kind)
SELECT id, kind FROM conversations
CROSS JOIN (VALUES ('to_agent'), ('to_contact'), ('to_author'), ('status')) AS kinds (kind)

-- hold_conversations --
-- Lock conversations with their contacts, in id order, and read them as they are once the lock is ours.
SELECT cv.id, ch.workspace_id, ch.id AS channel_id, cv.state, cv.room, cv.agent, cv.handoff, ct.path, ct.name, ct.uuid,
       ct.urn, ct.language, ct.shown_fields, ch.department, ct.registered, ch.max_length, ch.when_ambiguous, ch.scheme,
       ch.reply_via, ch.options, ch.hours, ch.rapidpro_token IS NOT NULL AS can_ask, w.bot_user_id,
       cv.received_uuid, cv.received_text_hash, cv.received_at, ct.uuid IS NULL AND ct.urn IS NULL AS forgotten
FROM conversation cv JOIN contact ct ON ct.id = cv.contact_id JOIN channel ch ON ch.id = ct.channel_id
JOIN workspace w ON w.id = ch.workspace_id
WHERE cv.id = ANY($1::bigint[])
ORDER BY cv.id
FOR NO KEY UPDATE OF cv, ct

-- hold_lanes --
-- Lock the lanes whose deliveries have ended, and say whose lease they are.
SELECT id, lease_token FROM lane
WHERE id IN (SELECT lane_id FROM delivery WHERE id = ANY($1::bigint[]))
ORDER BY id FOR NO KEY UPDATE

-- hold_lanes_of --
-- Lock the lanes that a decision touches before their deliveries, as a claim does.
SELECT l.id, l.conversation_id, l.kind, l.next_seq FROM lane l
WHERE (l.conversation_id, l.kind) IN (SELECT conversation, kind FROM unnest($1::bigint[], $2::text[]) AS i (conversation, kind))
ORDER BY l.id FOR NO KEY UPDATE

-- load_deliveries --
-- The deliveries that have ended, with what the core asks of them, and the time. What is asked of a message's deliveries never says
-- "waiting" here and below: it would be looked for in the index of all that waits, however much that is.
SELECT d.id, d.lane_id, l.conversation_id, d.kind, d.body, d.attempts, d.attempt_open, d.ambiguous, d.rejections,
       d.rehomings,
       d.tried_room, d.first_failed_at, d.state, d.message_id, m.key AS message_key, live_agents_now() AS now,
       d.kind = 'ReportStatus' AND EXISTS (
           SELECT FROM delivery newer WHERE newer.message_id = d.message_id AND newer.kind = d.kind
           AND newer.state NOT IN ('done', 'dead', 'discarded') AND newer.id > d.id
       ) AS superseded,
       behind.id AS behind_id, behind.key AS behind_key, behind.message_id AS behind_message,
       ARRAY(
           SELECT p.id FROM delivery p
           WHERE d.kind IN ('RegisterVisitor', 'OpenRoom') AND p.kind IN ('RegisterVisitor', 'OpenRoom', 'PostContext')
             AND p.lane_id = d.lane_id AND p.state = 'waiting' AND p.seq > d.seq
             AND (behind.seq IS NULL OR p.seq < behind.seq)
       ) AS behind_steps
FROM delivery d JOIN lane l ON l.id = d.lane_id LEFT JOIN message m ON m.id = d.message_id
LEFT JOIN LATERAL (
    SELECT w.id, w.seq, w.message_id, wm.key FROM delivery w JOIN message wm ON wm.id = w.message_id
    WHERE w.lane_id = d.lane_id AND w.state = 'waiting' AND w.seq > d.seq AND w.kind = 'PostToRoom'
    ORDER BY w.seq LIMIT 1
) behind ON d.kind IN ('RegisterVisitor', 'OpenRoom')
WHERE d.id = ANY($1::bigint[])

-- load_messages --
-- Messages by conversation and external id, or by id, with how their words stand. Those of contacts of the channel who
-- were forgotten are whoever's asks who has none of that name, and was not known then: nobody can tell whose they were.
-- But a flow may give one key to many, so what flows passed on is that contact's only who has the UUID ($4, hashed).
SELECT m.id, coalesce(asked.by, m.conversation_id) AS conversation_id, asked.by IS NOT NULL AS forgotten, m.key,
       m.author, m.external_id, m.edited_at, CASE WHEN asked.by IS NULL THEN m.texts ELSE '{}' END AS texts, m.position,
       m.answered_at, m.status, m.reason, m.room, m.created_at,
       m.erased_at IS NOT NULL OR asked.by IS NOT NULL AS erased, words.pending, words.dead, words.begun
FROM message m
LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE d.state = 'waiting') AS pending,
           count(*) FILTER (WHERE d.state IN ('dead', 'discarded') AND d.reason IS DISTINCT FROM 'replaced') AS dead,
           count(*) FILTER (WHERE d.state = 'done' OR d.attempt_open OR d.ambiguous > 0) AS begun
    FROM delivery d WHERE d.message_id = m.id AND d.kind IN ('PostToRoom', 'LeaveOffline', 'ReplyToContact')
) words ON true
JOIN (
    SELECT unnest($3::uuid[]) AS id, NULL::bigint AS by
    UNION
    SELECT f.id, NULL FROM unnest($1::bigint[], $2::text[]) AS i (conversation, external_id)
    JOIN message f ON f.external_id = i.external_id AND f.conversation_id = i.conversation
    UNION
    SELECT f.id, i.conversation FROM unnest($1::bigint[], $2::text[], $4::text[]) AS i (conversation, external_id, hash)
    JOIN message f ON f.external_id = i.external_id AND f.conversation_id <> i.conversation
    JOIN contact gone ON gone.id = f.conversation_id AND gone.uuid IS NULL AND gone.urn IS NULL
    JOIN contact ct ON ct.id = i.conversation AND ct.channel_id = gone.channel_id
         AND ct.created_at > coalesce(gone.forgotten_at, f.erased_at)
         AND (NOT starts_with(f.key, 'passed') OR gone.forgotten_hash IS NULL OR gone.forgotten_hash = i.hash)
    WHERE NOT EXISTS (
        SELECT FROM message own WHERE own.external_id = i.external_id AND own.conversation_id = i.conversation
    )
) asked ON asked.id = m.id

-- load_unserved --
-- What was reported *sent* in conversations whose room is being taken.
SELECT m.id, m.conversation_id, m.key, m.author, m.external_id, m.edited_at, m.texts, m.position, m.answered_at,
       m.status, m.reason, m.room, m.created_at, m.erased_at IS NOT NULL AS erased, 0 AS pending, 0 AS dead, 0 AS begun
FROM message m WHERE m.conversation_id = ANY($1::bigint[]) AND m.status = 'sent'

-- load_kept --
-- What was written after the close of conversations, and is kept for their next rooms.
SELECT m.id, m.conversation_id, m.key, m.author, m.external_id, m.edited_at, m.texts, m.position, m.answered_at,
       m.status, m.reason, m.room, m.created_at, m.erased_at IS NOT NULL AS erased, 0 AS pending, 0 AS dead, 0 AS begun
FROM message m WHERE m.conversation_id = ANY($1::bigint[]) AND m.reason = 'kept' ORDER BY m.created_at, m.key

-- load_waiting --
-- Contacts' messages of which words wait to be posted.
SELECT m.id, m.conversation_id, m.key, m.author, m.external_id, m.edited_at, m.texts, m.position, m.answered_at,
       m.status, m.reason, m.room, m.created_at, m.erased_at IS NOT NULL AS erased, words.pending, words.dead, 0 AS begun
FROM message m JOIN (
    SELECT d.message_id, count(*) FILTER (WHERE d.state = 'waiting') AS pending, 0 AS dead, min(d.seq) AS first
    FROM lane l JOIN delivery d ON d.lane_id = l.id AND d.state = 'waiting'
    WHERE l.conversation_id = ANY($1::bigint[]) AND l.kind = 'to_agent' AND d.kind = 'PostToRoom'
    GROUP BY d.message_id
) words ON words.message_id = m.id
ORDER BY words.first

-- load_timers --
-- Which timers of conversations are due.
SELECT conversation_id, why FROM timer WHERE conversation_id = ANY($1::bigint[]) AND due_at <= live_agents_now()

-- load_lately --
-- How it stands with the unposted words of conversations that woke, and what these wait for.
SELECT cv.id, stuck.since AS stuck_since, head.reason AS stuck_for
FROM conversation cv
LEFT JOIN LATERAL (
    SELECT min(d.created_at) AS since FROM lane l JOIN delivery d ON d.lane_id = l.id AND d.state = 'waiting'
    WHERE l.conversation_id = cv.id AND l.kind = 'to_agent' AND d.kind = 'PostToRoom'
) stuck ON true
LEFT JOIN LATERAL (
    SELECT d.reason FROM lane l JOIN delivery d ON d.lane_id = l.id AND d.state = 'waiting'
    WHERE l.conversation_id = cv.id AND l.kind = 'to_agent' ORDER BY d.seq, d.id LIMIT 1
) head ON true
WHERE cv.id = ANY($1::bigint[])

-- load_spoken --
-- When somebody last spoke in conversations.
SELECT conversation_id AS id, max(created_at) AS spoke_at FROM message
WHERE conversation_id = ANY($1::bigint[]) AND author <> 'bridge' GROUP BY conversation_id

-- load_unsent --
-- Agents' messages of conversations of which words wait, the oldest first.
SELECT m.id, m.conversation_id, m.key, m.author, m.external_id, m.edited_at, m.texts, m.position, m.answered_at,
       m.status, m.reason, m.room, m.created_at, m.erased_at IS NOT NULL AS erased, words.pending, 0 AS dead, 0 AS begun
FROM message m JOIN (
    SELECT d.message_id, count(*) AS pending
    FROM lane l JOIN delivery d ON d.lane_id = l.id AND d.state = 'waiting'
    WHERE l.conversation_id = ANY($1::bigint[]) AND l.kind = 'to_contact' AND d.kind = 'ReplyToContact'
    GROUP BY d.message_id
) words ON words.message_id = m.id
WHERE m.author = 'agent' ORDER BY m.created_at, m.key

-- load_queue --
-- The place in line of conversations that wait for an agent, among ours of the same workspace and department, and
-- what those waited whose rooms were taken lately (null for fewer than $3 of the last $2).
SELECT cv.id, (
    SELECT count(*) FROM conversation other JOIN contact oct ON oct.id = other.contact_id
    JOIN channel och ON och.id = oct.channel_id
    WHERE other.state = 'queued' AND och.workspace_id = ch.workspace_id
      AND coalesce(nullif(other.handoff ->> 'department', ''), och.department)
          = coalesce(nullif(cv.handoff ->> 'department', ''), ch.department)
      AND ((other.handoff ->> 'began_at')::timestamptz, other.id) <= ((cv.handoff ->> 'began_at')::timestamptz, cv.id)
) AS position, (
    SELECT CASE WHEN count(*) >= $3 THEN percentile_cont(0.5) WITHIN GROUP (ORDER BY waited) END FROM (
        SELECT extract(epoch FROM r.taken_at - r.first_seen_at)::float8 AS waited FROM room r
        WHERE r.workspace_id = ch.workspace_id AND r.taken_at IS NOT NULL
          AND r.department = coalesce(nullif(cv.handoff ->> 'department', ''), ch.department)
        ORDER BY r.taken_at DESC LIMIT $2
    ) lately
) AS usual_wait
FROM conversation cv JOIN contact ct ON ct.id = cv.contact_id JOIN channel ch ON ch.id = ct.channel_id
WHERE cv.id = ANY($1::bigint[]) AND cv.state = 'queued'

-- load_rooms --
-- What is known of these rooms.
SELECT r.workspace_id, r.rid, r.heard, r.since, r.read_until, r.closed_at IS NOT NULL AS closed
FROM unnest($1::uuid[], $2::text[]) AS i (workspace, rid)
JOIN room r ON r.workspace_id = i.workspace AND r.rid = i.rid

-- load_unnamed --
-- In which of these rooms agents' words are known without Rocket.Chat's ids: nobody can say what a history adds there.
SELECT r.workspace_id, r.rid FROM unnest($1::uuid[], $2::text[]) AS i (workspace, rid)
JOIN room r ON r.workspace_id = i.workspace AND r.rid = i.rid
WHERE EXISTS (
    SELECT FROM message m
    WHERE m.conversation_id = r.conversation_id AND m.room = r.rid AND starts_with(m.external_id, 'body:')
)

-- load_posted --
-- Which of these items are our own posts.
SELECT external_id FROM delivery WHERE external_id = ANY($1::text[])

-- load_quoted --
-- The words of messages of conversations, by Rocket.Chat's ids: what we posted there, and what agents wrote and
-- contacts got.
SELECT i.conversation, i.item, coalesce(posted.text, written.text) AS text
FROM unnest($1::bigint[], $2::text[]) AS i (conversation, item)
LEFT JOIN LATERAL (
    SELECT d.body ->> 'text' AS text FROM delivery d JOIN lane l ON l.id = d.lane_id
    WHERE d.external_id = split_part(i.item, '.', 1) AND l.conversation_id = i.conversation AND d.kind = 'PostToRoom'
    LIMIT 1
) posted ON true
LEFT JOIN LATERAL (
    SELECT array_to_string(m.texts, '') AS text FROM message m
    WHERE m.external_id = i.item AND m.conversation_id = i.conversation AND m.author = 'agent'
      AND (m.reason IS NULL OR m.reason IN ('media', 'emoji_stripped'))
    ORDER BY m.created_at DESC LIMIT 1
) written ON true

-- load_seen --
-- Which of these events were told before.
SELECT e.workspace_id, e.key FROM unnest($1::uuid[], $2::text[]) AS i (workspace, key)
JOIN event e ON e.workspace_id = i.workspace AND e.key = i.key

-- save_contacts --
-- What Rocket.Chat and RapidPro told of contacts; a null token leaves the one there is.
-- A UUID or a URN that another contact of the channel has stays theirs.
UPDATE contact SET registered = i.registered,
       path = CASE WHEN contact.urn IS NULL AND EXISTS (
                  SELECT FROM contact other WHERE other.channel_id = contact.channel_id AND other.urn = i.urn
              ) THEN contact.path ELSE i.path END,
       visitor_token = coalesce(i.token, visitor_token), visitor_token_hash = coalesce(i.hash, visitor_token_hash),
       name = i.name, language = i.language, shown_fields = i.fields,
       uuid = CASE WHEN contact.uuid IS NOT NULL OR EXISTS (
                  SELECT FROM contact other WHERE other.channel_id = contact.channel_id AND other.uuid = i.uuid
              ) THEN contact.uuid ELSE i.uuid END,
       urn = CASE WHEN contact.urn IS NOT NULL OR EXISTS (
                 SELECT FROM contact other WHERE other.channel_id = contact.channel_id AND other.urn = i.urn
             ) THEN contact.urn ELSE i.urn END
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bytea[], $5::text[], $6::text[], $7::text[], $8::text[],
            $9::text[], $10::jsonb[]) AS i (id, path, registered, token, hash, uuid, urn, name, language, fields)
WHERE contact.id = i.id

-- save_conversations --
-- What became of conversations.
UPDATE conversation SET state = i.state, room = i.room, agent = i.agent, received_uuid = i.received_uuid,
       received_text_hash = i.received_text_hash, received_at = i.received_at, handoff = i.handoff
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::jsonb[])
     AS i (id, state, room, agent, received_uuid, received_text_hash, received_at, handoff)
WHERE conversation.id = i.id

-- insert_messages --
-- New messages. The arrays of parts come as JSON, because Postgres has no arrays of arrays of different lengths.
INSERT INTO message (id, channel_id, conversation_id, author, key, external_id, edited_at, texts, position, answered_at,
                     status, reason, room, original, created_at)
SELECT id, channel, conversation, author, key, external_id, edited_at,
       ARRAY(SELECT jsonb_array_elements_text(texts)), position, answered_at, status, reason, room, original, created_at
FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::jsonb[],
            $9::int[], $10::timestamptz[], $11::text[], $12::text[], $13::text[], $14::bytea[], $15::timestamptz[])
     AS i (id, channel, conversation, author, key, external_id, edited_at, texts, position, answered_at, status, reason,
           room, original, created_at)

-- update_messages --
-- What became of known messages.
UPDATE message SET texts = ARRAY(SELECT jsonb_array_elements_text(i.texts)), position = i.position,
       answered_at = i.answered_at, status = i.status, reason = i.reason, room = i.room
FROM unnest($1::uuid[], $2::jsonb[], $3::int[], $4::timestamptz[], $5::text[], $6::text[], $7::text[])
     AS i (id, texts, position, answered_at, status, reason, room)
WHERE message.id = i.id

-- make_room_ahead --
-- Move what waits in lanes back by some places, which were taken behind it ($3). Returns the first of those that are
-- free now.
WITH heads AS (
    SELECT i.*, coalesce((SELECT min(seq) FROM delivery WHERE lane_id = i.lane AND state = 'waiting'), i.behind) AS first
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS i (lane, places, behind)
), moved AS (
    UPDATE delivery SET seq = seq + heads.places FROM heads
    WHERE delivery.lane_id = heads.lane AND delivery.state = 'waiting'
)
SELECT lane, first FROM heads

-- insert_deliveries --
-- What is owed.
INSERT INTO delivery (lane_id, message_id, seq, kind, body, part, external_id, due_at, created_at)
SELECT lane, message, seq, kind, body, part, external_id, due_at, live_agents_now()
FROM unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::text[], $5::jsonb[], $6::int[], $7::text[], $8::timestamptz[])
     AS i (lane, message, seq, kind, body, part, external_id, due_at)

-- withdraw_statuses --
-- Reports that are not to be made any more, unless one is being made at this moment. Returns their lanes.
UPDATE delivery SET state = 'discarded', reason = 'superseded', ended_at = live_agents_now()
WHERE message_id = ANY($1::uuid[]) AND kind = 'ReportStatus' AND state NOT IN ('done', 'dead', 'discarded')
  AND NOT attempt_open
RETURNING lane_id

-- replace_waiting --
-- Words for contacts that are not to go any more, because others take their place. Returns where they were.
UPDATE delivery SET state = 'discarded', reason = 'replaced', ended_at = live_agents_now()
WHERE message_id = ANY($1::uuid[]) AND kind = 'ReplyToContact' AND state NOT IN ('done', 'dead', 'discarded')
  AND NOT attempt_open
RETURNING lane_id, message_id, seq

-- sum_up --
-- What agents are to be told is added to a notice that waits in the same room. Returns what was, by its place.
WITH waiting AS (
    SELECT DISTINCT ON (i.n) i.n, d.id, i.told
    FROM unnest($1::bigint[], $2::text[], $3::jsonb[]) WITH ORDINALITY AS i (conversation, room, told, n)
    JOIN lane l ON l.conversation_id = i.conversation AND l.kind = 'to_author'
    JOIN delivery d ON d.lane_id = l.id AND d.state = 'waiting' AND d.kind = 'TellAuthor'
    WHERE d.body ->> 'room' = i.room AND NOT d.attempt_open AND d.ambiguous = 0
    ORDER BY i.n, d.seq
)
UPDATE delivery SET body = jsonb_set(body, '{told}', (body -> 'told') || waiting.told)
FROM waiting WHERE delivery.id = waiting.id
RETURNING waiting.n

-- supersede_marks --
-- Marks of agents' messages that are not to be made any more. Returns for each message whether it had one in any of
-- its versions, which version is what an agent reads now (one that shows a contact nothing new is not), and which is
-- the last of all: it has a mark of its own where it is again what the contact has, or has that of the version that goes.
WITH asked AS (
    SELECT conversation, item FROM unnest($1::bigint[], $2::text[]) AS i (conversation, item)
), superseded AS (
    UPDATE delivery SET state = 'discarded', reason = 'superseded', ended_at = live_agents_now()
    FROM asked JOIN lane l ON l.conversation_id = asked.conversation AND l.kind = 'to_author'
    WHERE delivery.lane_id = l.id AND delivery.state = 'waiting' AND delivery.kind = 'MarkMessage'
      AND delivery.body ->> 'item' = asked.item AND NOT delivery.attempt_open
)
SELECT asked.conversation, asked.item, EXISTS (
    SELECT FROM message m JOIN delivery d ON d.message_id = m.id AND d.kind = 'MarkMessage'
    WHERE m.external_id = asked.item AND m.conversation_id = asked.conversation
) AS marked, (
    SELECT m.id FROM message m
    WHERE m.external_id = asked.item AND m.conversation_id = asked.conversation AND m.author = 'agent'
      AND m.reason IS DISTINCT FROM 'unchanged'
    ORDER BY m.edited_at DESC NULLS LAST LIMIT 1
) AS newest, (
    SELECT m.id FROM message m
    WHERE m.external_id = asked.item AND m.conversation_id = asked.conversation AND m.author = 'agent'
    ORDER BY m.edited_at DESC NULLS LAST LIMIT 1
) AS last, (
    SELECT CASE WHEN (array_agg(m.reason ORDER BY m.edited_at DESC NULLS LAST))[1] = 'unchanged' THEN
           (array_agg(m.id ORDER BY m.edited_at DESC NULLS LAST) FILTER (
               WHERE m.reason IS NULL OR m.reason NOT IN ('unchanged', 'too_long', 'emoji', 'empty', 'note', 'replaced')
           ))[1] END
    FROM message m WHERE m.external_id = asked.item AND m.conversation_id = asked.conversation AND m.author = 'agent'
) AS goes
FROM asked

-- closed_of --
-- Which of these rooms of conversations are closed.
SELECT i.conversation, i.room FROM unnest($1::bigint[], $2::text[]) AS i (conversation, room)
JOIN contact ct ON ct.id = i.conversation JOIN channel ch ON ch.id = ct.channel_id
JOIN room r ON r.workspace_id = ch.workspace_id AND r.rid = i.room AND r.closed_at IS NOT NULL

-- discard_of_rooms --
-- What agents were to be told in rooms that are closed. Returns the lanes.
UPDATE delivery SET state = 'discarded', reason = 'room_closed', ended_at = live_agents_now()
FROM unnest($1::bigint[], $2::text[]) AS i (conversation, room)
JOIN lane l ON l.conversation_id = i.conversation AND l.kind = 'to_author'
WHERE delivery.lane_id = l.id AND delivery.state = 'waiting' AND NOT delivery.attempt_open
  AND delivery.body ->> 'room' = i.room
RETURNING delivery.lane_id

-- replay_parts --
-- Dead letters of parts of messages go again, in their old places. Returns their lanes.
UPDATE delivery SET state = 'waiting', due_at = live_agents_now(), attempts = 0, ambiguous = 0, rejections = 0,
       rehomings = 0, crashes = 0, first_failed_at = NULL, reason = NULL, ended_at = NULL
FROM unnest($1::uuid[], $2::int[]) AS i (message, part)
WHERE delivery.message_id = i.message AND delivery.part = i.part AND delivery.kind <> 'ReportStatus'
  AND delivery.state IN ('dead', 'discarded') AND NOT (delivery.kind = 'PostToRoom' AND delivery.reason = 'offline')
RETURNING delivery.lane_id

-- settle_deliveries --
-- How attempts ended, and what was asked and answered in them. Returns the lanes.
WITH made AS (
    INSERT INTO attempt (delivery_id, number, outcome, asked, answered, seconds, ended_at)
    SELECT delivery, number, outcome, asked, answered, seconds, live_agents_now()
    FROM unnest($10::bigint[], $11::int[], $12::text[], $13::text[], $14::text[], $15::float8[])
         AS i (delivery, number, outcome, asked, answered, seconds)
)
UPDATE delivery SET
    state = i.state, reason = i.reason, attempt_open = false,
    due_at = coalesce(i.due_at, delivery.due_at),
    attempts = delivery.attempts - i.uncounted::int,
    ambiguous = delivery.ambiguous + i.silent::int,
    rejections = delivery.rejections + i.rejected::int,
    rehomings = delivery.rehomings + i.rehomed::int,
    external_id = coalesce(i.external_id, delivery.external_id),
    crashes = 0,
    first_failed_at = CASE WHEN i.failing OR delivery.kind = 'ReportStatus'
                           THEN coalesce(delivery.first_failed_at, live_agents_now())
                           -- since when it has been in doubt must not be forgotten: that is what a peer is asked about
                           WHEN delivery.ambiguous > 0 THEN coalesce(delivery.first_failed_at, delivery.due_at) END,
    ended_at = CASE WHEN i.state = 'waiting' THEN NULL ELSE live_agents_now() END
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[], $5::bool[], $6::bool[], $7::bool[], $8::bool[],
            $9::bool[], $16::text[])
     AS i (id, state, reason, due_at, uncounted, silent, rejected, rehomed, failing, external_id)
WHERE delivery.id = i.id
RETURNING delivery.lane_id

-- see_rooms --
-- Rooms heard of, each once, with what Rocket.Chat says of the last message before, and the department that is waited for.
INSERT INTO room (workspace_id, rid, conversation_id, first_seen_at, since, sought_at, department)
SELECT workspace, rid, conversation, live_agents_now(), since, live_agents_now(),
       (SELECT coalesce(nullif(cv.handoff ->> 'department', ''), ch.department)
        FROM conversation cv JOIN contact ct ON ct.id = cv.contact_id JOIN channel ch ON ch.id = ct.channel_id
        WHERE cv.id = i.conversation)
FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::text[]) AS i (workspace, rid, conversation, since)
WHERE NOT EXISTS (SELECT FROM room known WHERE known.workspace_id = i.workspace AND known.rid = i.rid)
ORDER BY workspace, rid
ON CONFLICT (workspace_id, rid) DO NOTHING

-- own_rooms --
-- Rooms that we opened are ours from their beginning, whatever told of them first.
UPDATE room SET since = '' FROM unnest($1::uuid[], $2::text[]) AS i (workspace, rid)
WHERE room.workspace_id = i.workspace AND room.rid = i.rid AND room.since <> ''

-- read_rooms --
-- Up to when the history of rooms is known.
UPDATE room SET read_until = i.until FROM unnest($1::uuid[], $2::text[], $3::text[]) AS i (workspace, rid, until)
WHERE room.workspace_id = i.workspace AND room.rid = i.rid AND room.read_until < i.until

-- hear --
-- Times of messages known of rooms; only the latest are kept. Where one of them is our own, since when nothing says any
-- more whether all before it was told.
UPDATE room SET heard = ARRAY(
    SELECT DISTINCT at FROM unnest(room.heard || i.times) AS at ORDER BY at DESC LIMIT $4
), unsure_since = CASE WHEN i.unsure THEN coalesce(room.unsure_since, live_agents_now()) ELSE room.unsure_since END
FROM (
    SELECT workspace, rid, array_agg(at) AS times, bool_or(unsure) AS unsure
    FROM unnest($1::uuid[], $2::text[], $3::text[], $5::bool[]) AS each (workspace, rid, at, unsure)
    GROUP BY workspace, rid
) AS i
WHERE room.workspace_id = i.workspace AND room.rid = i.rid

-- find_overtaking --
-- Words that wait for a message that has come.
WITH lanes AS MATERIALIZED (
    SELECT l.id, l.conversation_id, i.at FROM unnest($1::bigint[], $2::text[]) AS i (conversation, at)
    JOIN lane l ON l.conversation_id = i.conversation AND l.kind = 'to_contact' AND l.head_due IS NOT NULL
)
SELECT d.id, lanes.conversation_id FROM lanes CROSS JOIN LATERAL (
    SELECT id FROM delivery
    WHERE lane_id = lanes.id AND state = 'waiting' AND attempts = 0 AND body ->> 'awaits' = lanes.at
      AND due_at > live_agents_now()
    OFFSET 0
) d

-- release_overtaking --
-- They need not wait any more. Returns their lanes.
UPDATE delivery SET due_at = live_agents_now()
WHERE id = ANY($1::bigint[]) AND state = 'waiting' AND attempts = 0
RETURNING lane_id

-- make_way --
-- Places in a to_contact lane for words said at $2, one after the other: each before the words said later that still wait,
-- which move back, the last of them into places that were taken behind them ($3).
WITH later AS MATERIALIZED (
    SELECT seq, body ->> 'place' AS place FROM delivery
    WHERE lane_id = $1 AND state = 'waiting' AND kind = 'ReplyToContact' AND NOT attempt_open
      AND ambiguous = 0 AND body ->> 'place' > ($2::text[])[1]
), way AS MATERIALIZED (
    SELECT i.n, coalesce((SELECT min(seq) FROM later WHERE later.place > i.said_at), $3::bigint) AS before
    FROM unnest($2::text[]) WITH ORDINALITY AS i (said_at, n)
), moved AS (
    UPDATE delivery SET seq = seq + (SELECT count(*) FROM way WHERE way.before <= delivery.seq)
    WHERE lane_id = $1 AND state = 'waiting' AND seq >= (SELECT min(before) FROM way)
)
SELECT before + n - 1 AS seq FROM way ORDER BY n

-- hasten_reads --
-- Reads of rooms that wait already: made as early as is wanted, unless they have failed before, and needless only if
-- both are. Returns the rooms that have one.
UPDATE delivery SET
    due_at = CASE WHEN delivery.reason IS NULL THEN least(delivery.due_at, i.at) ELSE delivery.due_at END,
    body = delivery.body || jsonb_build_object(
        'asks_agent', (delivery.body ->> 'asks_agent')::bool OR (i.body ->> 'asks_agent')::bool
    ) || CASE
        WHEN jsonb_array_length(delivery.body -> 'awaits') = 0 AND delivery.body ->> 'unless' = ''
          OR jsonb_array_length(i.body -> 'awaits') = 0 AND i.body ->> 'unless' = ''
        THEN '{"awaits": [], "unless": ""}'
        ELSE jsonb_build_object(
            'awaits', CASE WHEN delivery.body -> 'awaits' @> (i.body -> 'awaits') THEN delivery.body -> 'awaits'
                           ELSE (delivery.body -> 'awaits') || (i.body -> 'awaits') END,
            'unless', coalesce(nullif(delivery.body ->> 'unless', ''), i.body ->> 'unless')
        ) END
FROM unnest($1::bigint[], $2::text[], $3::jsonb[], $4::timestamptz[]) AS i (conversation, room, body, at)
JOIN lane ON lane.conversation_id = i.conversation AND lane.kind = 'status'
WHERE delivery.lane_id = lane.id AND delivery.kind = 'ReadHistory' AND delivery.state = 'waiting'
  AND NOT delivery.attempt_open AND delivery.body ->> 'room' = i.room
RETURNING delivery.lane_id, i.conversation, i.room

-- note_sought --
-- When the histories of rooms were last to be read, and so much is sure, if it is not only read on a condition.
UPDATE room SET sought_at = live_agents_now(), unsure_since = CASE WHEN i.conditional THEN room.unsure_since END
FROM unnest($1::bigint[], $2::text[], $3::bool[]) AS i (conversation, rid, conditional)
WHERE room.conversation_id = i.conversation AND room.rid = i.rid

-- bury --
-- Words that are to wait for an operator from the beginning.
UPDATE delivery SET state = 'dead', reason = i.reason, ended_at = live_agents_now()
FROM unnest($1::uuid[], $2::text[]) AS i (message, reason)
WHERE delivery.message_id = i.message AND delivery.kind = 'ReplyToContact'
  AND delivery.state NOT IN ('done', 'dead', 'discarded')

-- known_room --
-- What is known of a room whose history is to be read, and whether an event has told the same.
SELECT r.heard, r.since, r.read_until, r.closed_at IS NOT NULL AS closed,
       EXISTS (SELECT FROM event e WHERE e.workspace_id = r.workspace_id AND e.key = $3) AS told
FROM room r WHERE r.workspace_id = $1 AND r.rid = $2

-- unsought_rooms --
-- Open rooms whose histories nobody has looked at for $1 seconds, or since something was away; no more than $2 are to
-- be read at once. One that waits because its peer is away keeps no other from being read.
SELECT cv.id AS conversation, r.rid, r.sought_at < w.seek_from AS after_outage
FROM room r JOIN workspace w ON w.id = r.workspace_id
JOIN conversation cv ON cv.id = r.conversation_id AND cv.room = r.rid
WHERE r.closed_at IS NULL
  AND (r.sought_at IS NULL OR r.sought_at < w.seek_from
       OR r.sought_at < (SELECT live_agents_now()) - make_interval(secs => $1))
ORDER BY r.sought_at NULLS FIRST
LIMIT greatest(0, $2 - (
    SELECT count(*) FROM delivery d JOIN lane l ON l.id = d.lane_id LEFT JOIN peer p ON p.id = l.peer_id
    WHERE d.kind = 'ReadHistory' AND d.state = 'waiting' AND coalesce(p.state, 'closed') = 'closed'
))

-- unsure_rooms --
-- Open rooms in which our own post has stood before whatever an event could name for $1 seconds; of a workspace no more
-- than $2 are to be read at once. Where Rocket.Chat limits such reads ($3), one, only while none waits, and with at most
-- one in $4 of its calls: what is known to be missing goes before what only could be.
WITH reads AS (
    SELECT ch.workspace_id, count(*) AS waiting
    FROM delivery d JOIN lane l ON l.id = d.lane_id JOIN contact ct ON ct.id = l.conversation_id
    JOIN channel ch ON ch.id = ct.channel_id
    WHERE d.kind = 'ReadHistory' AND d.state = 'waiting' GROUP BY ch.workspace_id
), unsure AS (
    SELECT cv.id AS conversation, r.rid, r.unsure_since, its.history, its.is_free, coalesce(reads.waiting, 0)
           + row_number() OVER (PARTITION BY w.id ORDER BY r.unsure_since, r.id) AS place
    FROM room r JOIN workspace w ON w.id = r.workspace_id
    JOIN conversation cv ON cv.id = r.conversation_id AND cv.room = r.rid
    JOIN peer p ON p.dest = 'rocketchat' AND p.address = w.base_url AND p.state = 'closed'
    CROSS JOIN LATERAL (
        SELECT p.windows -> $3 AS history,
               coalesce((p.windows -> $3 ->> 'known')::bool AND p.windows -> $3 ->> 'limit' IS NULL, false) AS is_free
    ) its
    LEFT JOIN reads ON reads.workspace_id = w.id
    WHERE r.closed_at IS NULL AND r.unsure_since < (SELECT live_agents_now()) - make_interval(secs => $1)
)
SELECT conversation, rid FROM unsure
WHERE is_free AND place <= $2 OR place = 1 AND coalesce((history ->> 'limit')::int / $4, 1) > CASE
    WHEN (history ->> 'until')::timestamptz > live_agents_now() THEN (history ->> 'spared')::int ELSE 0 END
ORDER BY unsure_since LIMIT $2

-- seek_rooms --
-- Open rooms of a workspace, or of all, are to be looked at again: something was away.
UPDATE workspace SET seek_from = live_agents_now() WHERE $1::uuid IS NULL OR id = $1

-- seek_these_rooms --
-- These are to be looked at again: something told of them was refused.
UPDATE room SET sought_at = NULL FROM unnest($1::uuid[], $2::text[]) AS i (workspace, rid)
WHERE room.workspace_id = i.workspace AND room.rid = i.rid AND room.closed_at IS NULL

-- readable_rooms --
-- Rooms of a channel ($1, or of all) whose histories can be read: the one called $2, or those that are open or were
-- closed no longer than $3 seconds ago. The oldest first.
SELECT r.workspace_id, r.rid, r.since, r.closed_at IS NOT NULL AS closed, cv.state, w.base_url, w.bot_user_id,
       ct.visitor_token, ct.visitor_token_hash
FROM room r JOIN workspace w ON w.id = r.workspace_id JOIN conversation cv ON cv.id = r.conversation_id
JOIN contact ct ON ct.id = cv.contact_id
WHERE ($1::uuid IS NULL OR ct.channel_id = $1) AND (ct.uuid IS NOT NULL OR ct.urn IS NOT NULL)
  AND CASE WHEN $2::text IS NOT NULL THEN r.rid = $2
      ELSE r.closed_at IS NULL OR r.closed_at > live_agents_now() - make_interval(secs => $3) END
ORDER BY r.id

-- ids_that_came --
-- Which of these ids a channel's messages have.
SELECT external_id FROM message WHERE channel_id = $1 AND external_id = ANY($2::text[])

-- follow_up --
-- Channels of which it is time to ask RapidPro whether it has failed what it took of agents' words: every $1 seconds while
-- some of them are younger than $2, every $3 while they are younger than $4. Whoever is told so asks, and nobody else.
-- Such words are found by their time. (Said as "is not null" their name would be looked for in the index of all names.)
WITH due AS (
    SELECT ch.id, its.is_young, its.is_young OR EXISTS (
        SELECT FROM (
            SELECT lane_id FROM delivery WHERE kind = 'ReplyToContact' AND length(external_id) > 0
            AND ended_at > (SELECT live_agents_now()) - make_interval(secs => $4) OFFSET 0
        ) d JOIN lane l ON l.id = d.lane_id JOIN contact ct ON ct.id = l.conversation_id WHERE ct.channel_id = ch.id
    ) AS has_any
    FROM channel ch CROSS JOIN LATERAL (
        SELECT EXISTS (
            SELECT FROM (
                SELECT lane_id FROM delivery WHERE kind = 'ReplyToContact' AND length(external_id) > 0
                AND ended_at > (SELECT live_agents_now()) - make_interval(secs => $2) OFFSET 0
            ) d JOIN lane l ON l.id = d.lane_id JOIN contact ct ON ct.id = l.conversation_id WHERE ct.channel_id = ch.id
        ) AS is_young OFFSET 0
    ) its
    WHERE ch.rapidpro_token IS NOT NULL AND ch.removed_at IS NULL
      AND (ch.followed_at IS NULL OR ch.followed_at < (SELECT live_agents_now()) - make_interval(secs => $1))
      AND (its.is_young OR ch.followed_at IS NULL
           OR ch.followed_at < (SELECT live_agents_now()) - make_interval(secs => $3))
    ORDER BY ch.id FOR NO KEY UPDATE OF ch SKIP LOCKED
)
UPDATE channel SET followed_at = live_agents_now() FROM due WHERE channel.id = due.id
RETURNING channel.id, channel.rapidpro_url, channel.rapidpro_token, due.has_any, live_agents_now()
          - make_interval(secs => CASE WHEN due.is_young THEN $2 ELSE $4 END) AS since

-- put_off_following --
-- Channels of which RapidPro is not to be asked so for $2 seconds, where it is asked every $3.
UPDATE channel SET followed_at = live_agents_now() + make_interval(secs => $2::float8 - $3::float8) WHERE id = ANY($1::uuid[])

-- replies_named --
-- Agents' words that RapidPro took of channels ($1), and calls so ($2); with what we know of their failing ($3).
SELECT d.id, l.conversation_id, d.message_id, d.external_id, d.reason IS NOT DISTINCT FROM $3 AS has_failed
FROM delivery d JOIN lane l ON l.id = d.lane_id JOIN contact ct ON ct.id = l.conversation_id
WHERE d.external_id = ANY($2::text[]) AND d.kind = 'ReplyToContact' AND d.state = 'done' AND ct.channel_id = ANY($1::uuid[])
  AND d.message_id IS NOT NULL
ORDER BY d.id

-- replies_failed --
-- Those that it took from a time on ($2), and has failed since.
SELECT d.id, l.conversation_id, d.message_id, d.external_id, true AS has_failed
FROM (
    SELECT id, lane_id, message_id, external_id FROM delivery
    WHERE kind = 'ReplyToContact' AND length(external_id) > 0 AND ended_at >= $2 AND reason = $3 OFFSET 0
) d JOIN lane l ON l.id = d.lane_id JOIN contact ct ON ct.id = l.conversation_id
WHERE ct.channel_id = ANY($1::uuid[]) AND d.message_id IS NOT NULL

-- load_failed --
-- Which of the replies of messages RapidPro has failed after it took them.
SELECT d.message_id, d.id FROM delivery d
WHERE d.message_id = ANY($1::uuid[]) AND d.kind = 'ReplyToContact' AND d.reason = $2

-- note_followed --
-- What RapidPro has made of words that it took: why they are failed, or null.
UPDATE delivery SET reason = i.reason FROM unnest($1::bigint[], $2::text[]) AS i (id, reason)
WHERE delivery.id = i.id AND delivery.kind = 'ReplyToContact' AND delivery.state = 'done'

-- take_rooms --
-- Rooms that an agent has now: since when is kept of the first time, by department.
UPDATE room SET taken_at = coalesce(taken_at, live_agents_now()), department = i.department
FROM unnest($1::uuid[], $2::text[], $3::text[]) AS i (workspace, rid, department)
WHERE room.workspace_id = i.workspace AND room.rid = i.rid
  AND (room.taken_at IS NULL OR room.department <> i.department)

-- set_timers --
-- When conversations want to be woken.
INSERT INTO timer (conversation_id, why, due_at)
SELECT conversation, why, due_at FROM unnest($1::bigint[], $2::text[], $3::timestamptz[]) AS i (conversation, why, due_at)
ON CONFLICT (conversation_id, why) DO UPDATE SET due_at = excluded.due_at

-- keep_timers --
-- The same for timers that stay where they are once they are set.
INSERT INTO timer (conversation_id, why, due_at)
SELECT conversation, why, due_at FROM unnest($1::bigint[], $2::text[], $3::timestamptz[]) AS i (conversation, why, due_at)
ON CONFLICT (conversation_id, why) DO NOTHING

-- end_timers --
-- What is waited for no more.
DELETE FROM timer USING unnest($1::bigint[], $2::text[]) AS i (conversation, why)
WHERE timer.conversation_id = i.conversation AND timer.why = i.why

-- put_off_timer --
-- A timer that cannot be taken up, out of others' way.
UPDATE timer SET due_at = live_agents_now() + make_interval(secs => $3) WHERE conversation_id = $1 AND why = $2

-- wake_behind --
-- Conversations that wait behind peers that are away or kept to a rate, and of which whoever wrote has not been told:
-- agents' words to a contact for $2 seconds, a contact's to agents for $3, unless these wait for an agent to come.
INSERT INTO timer (conversation_id, why, due_at)
SELECT DISTINCT l.conversation_id, told.why, live_agents_now()
FROM (VALUES ('to_contact', 'ReplyToContact', 'agent', 'undelivered', $2::float8),
             ('to_agent', 'PostToRoom', 'contact', 'delayed', $3::float8)) AS told (lane, kind, author, why, seconds)
JOIN lane l ON l.kind = told.lane AND l.peer_id = ANY($1::bigint[]) AND l.head_due IS NOT NULL
JOIN conversation cv ON cv.id = l.conversation_id AND cv.state <> 'closed'
JOIN delivery d ON d.lane_id = l.id AND d.state = 'waiting' AND d.kind = told.kind
JOIN message m ON m.id = d.message_id AND m.author = told.author
WHERE d.created_at < (SELECT live_agents_now()) - make_interval(secs => told.seconds)
  AND NOT coalesce(cv.handoff -> 'late', '[]') ? m.key AND NOT coalesce(cv.handoff -> 'told', '[]') ? told.why
  AND (told.lane = 'to_contact' OR (
      SELECT head.reason FROM delivery head WHERE head.lane_id = l.id AND head.state = 'waiting'
      ORDER BY head.seq, head.id LIMIT 1
  ) IS DISTINCT FROM 'no_agents')
LIMIT $4 ON CONFLICT DO NOTHING

-- due_timers --
-- Timers whose time has come, the oldest first.
SELECT conversation_id, why FROM timer WHERE due_at <= live_agents_now() ORDER BY due_at LIMIT $1

-- abandon --
-- Nothing that waits in the to_agent lanes of conversations is to be made any more, but for an attempt under way.
-- Returns the lanes.
-- Words that nobody has come for are dead letters; what closes, rates or is left offline belongs to another room or none.
UPDATE delivery SET state = CASE WHEN delivery.kind = 'PostToRoom' AND i.reason = 'max_wait' THEN 'dead' ELSE 'discarded' END,
       reason = i.reason, ended_at = live_agents_now()
FROM unnest($1::bigint[], $2::text[]) AS i (conversation, reason)
JOIN lane ON lane.conversation_id = i.conversation AND lane.kind = 'to_agent'
WHERE delivery.lane_id = lane.id AND delivery.state = 'waiting' AND NOT delivery.attempt_open
  AND delivery.kind NOT IN ('CloseRoom', 'RateRoom', 'LeaveOffline')
RETURNING delivery.lane_id

-- close_rooms --
-- Rooms that are closed, for good.
UPDATE room SET closed_at = live_agents_now()
FROM unnest($1::uuid[], $2::text[]) AS i (workspace, rid)
WHERE room.workspace_id = i.workspace AND room.rid = i.rid AND room.closed_at IS NULL

-- insert_events --
-- What goes no further, with its reason; told twice, kept once.
INSERT INTO event (workspace_id, conversation_id, room, kind, reason, key, original, created_at)
SELECT workspace, conversation, room, kind, reason, key, original, live_agents_now()
FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bytea[])
     AS i (workspace, conversation, room, kind, reason, key, original)
ORDER BY workspace, key
ON CONFLICT (workspace_id, key) DO NOTHING

-- insert_large_event --
-- The same of one that is large: driver and database copy what is in a list once more, and nobody else runs meanwhile.
INSERT INTO event (workspace_id, conversation_id, room, kind, reason, key, original, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, live_agents_now())
ON CONFLICT (workspace_id, key) DO NOTHING

-- mark_due --
-- When the heads of lanes may go, which route of which peer they take, and the places that were taken in them: in
-- *status* and *to_author* any delivery is a head, elsewhere only the first.
-- After a settle also whose they are. A lane of ours ($3) whose head is due stays ours, if $4, and the others are given
-- back. Where the peer takes only so many, none stays, and a lane that has had its turn waits anew behind those that have
-- not. Where a settle was saved before and nobody was told so ($6), the attempt that it counted, and nobody made, is
-- forgotten.
WITH unmade AS (
    UPDATE delivery SET attempts = attempts - 1, attempt_open = false FROM lane
    WHERE lane.id = ANY($6::bigint[]) AND
<attempt of a head>
), its AS MATERIALIZED (  -- at one time for all that is made of it
    SELECT l.id, i.next, l.id = ANY($3::bigint[]) AS ours, live_agents_now() AS now,
           CASE WHEN head.due_at IS NOT NULL THEN greatest(head.due_at, l.turn_at) END AS due,
           CASE WHEN l.kind = 'to_author' THEN (
                    SELECT CASE WHEN w.bot_user_id = '' THEN 'author' ELSE 'bot' END
                    FROM contact ct JOIN channel ch ON ch.id = ct.channel_id JOIN workspace w ON w.id = ch.workspace_id
                    WHERE ct.id = l.conversation_id
                )
                WHEN head.kind = 'RegisterVisitor' THEN 'visitor'
                WHEN head.kind = 'OpenRoom' THEN 'room'
                WHEN head.kind IN ('PostContext', 'PostToRoom') THEN 'message'
                ELSE '' END AS route,
           coalesce(l.peer_id, (
               SELECT p.id FROM contact ct JOIN channel ch ON ch.id = ct.channel_id
               JOIN workspace w ON w.id = ch.workspace_id JOIN peer p ON (p.dest, p.address) = (
                   CASE WHEN l.kind IN ('to_agent', 'to_author') THEN 'rocketchat' ELSE 'rapidpro' END,
                   CASE WHEN l.kind IN ('to_agent', 'to_author') THEN w.base_url ELSE ch.rapidpro_url END
               )
               WHERE ct.id = l.conversation_id
           )) AS peer
    FROM unnest($1::bigint[], $2::bigint[]) AS i (id, next) JOIN lane l ON l.id = i.id
    LEFT JOIN LATERAL (
        (SELECT kind, due_at FROM delivery
         WHERE lane_id = l.id AND state = 'waiting' AND l.kind NOT IN ('status', 'to_author')
         ORDER BY seq, id LIMIT 1)
        UNION ALL
        (SELECT kind, due_at FROM delivery
         WHERE lane_id = l.id AND state = 'waiting' AND l.kind IN ('status', 'to_author')
         ORDER BY due_at LIMIT 1)
    ) head ON true
), marked AS (
    SELECT its.*, its.ours AND due <= now AND NOT coalesce(p.paced, false) AS stays,
           coalesce(its.ours AND due <= now AND p.paced AND p.state <> 'open', false) AS had_its_turn
    FROM its LEFT JOIN peer p ON p.id = its.peer
)
UPDATE lane SET
    next_seq = coalesce(marked.next, lane.next_seq), route = marked.route, peer_id = marked.peer,
    head_due = CASE WHEN marked.had_its_turn THEN marked.now ELSE marked.due END,
    turn_at = CASE WHEN marked.had_its_turn THEN marked.now ELSE lane.turn_at END,
    lease_until = CASE WHEN NOT marked.ours THEN lane.lease_until
                       WHEN $4 AND marked.stays THEN marked.now + make_interval(secs => $5) END
FROM marked WHERE lane.id = marked.id
RETURNING lane.id, marked.ours AND lane.lease_until IS NOT NULL AS kept

-- forget_unmade --
-- An attempt that was counted when a lane was claimed, and not made because nobody was told so.
UPDATE delivery SET attempts = attempts - 1, attempt_open = false FROM lane
WHERE lane.id = ANY($1::bigint[]) AND
<attempt of a head>

-- part: attempt of a head --
-- Behind the head there may be another one, of a process that ended: of that nobody knows how it ended, and that stays so.
delivery.lane_id = lane.id AND delivery.state = 'waiting' AND delivery.attempt_open
AND (lane.kind IN ('status', 'to_author') OR NOT EXISTS (
    SELECT FROM delivery earlier WHERE earlier.lane_id = lane.id AND earlier.state = 'waiting'
    AND (earlier.seq, earlier.id) < (delivery.seq, delivery.id)
))

-- put_off --
-- What is not to be tried now, out of others' way. Since when it has been in doubt stays known: that is asked about.
UPDATE delivery SET due_at = live_agents_now() + make_interval(secs => i.seconds), reason = $3,
       first_failed_at = CASE WHEN ambiguous > 0 THEN coalesce(first_failed_at, due_at) ELSE first_failed_at END,
       attempts = attempts - 1, attempt_open = false
FROM unnest($1::bigint[], $2::float8[]) AS i (id, seconds)
WHERE delivery.id = i.id AND delivery.state = 'waiting' AND delivery.attempt_open

-- hold_leased --
-- Of these lanes those that this claim has, still.
SELECT id FROM lane WHERE id = ANY($1::bigint[]) AND lease_token = $2 AND lease_until IS NOT NULL
ORDER BY id FOR NO KEY UPDATE

-- give_back --
-- Lanes that were leased for nothing.
UPDATE lane SET lease_until = NULL WHERE id = ANY($1::bigint[])

-- hold_unheard --
-- Lanes of claims of which nobody knows whether they were committed, without those that somebody has at the moment.
SELECT id FROM lane WHERE lease_token = ANY($1::bigint[]) AND lease_until IS NOT NULL AND head_due IS NOT NULL
ORDER BY id FOR NO KEY UPDATE SKIP LOCKED

-- claim --
-- Lanes that are due and nobody's, leased to us, with the next attempts at their heads counted: of each window of a peer
-- and of each peer as many as may go, what an agent is to be told first, then those that have waited longest. A peer of
-- which more has become known meanwhile is left out. What a held snapshot keeps in the index lies before what is due now:
-- where nothing is to be found behind *reach*, it is not gone through. Of other peers ($12) those are told, each in a row
-- without a lane, to which a lane leads that is due and nobody's, on any of these routes ($13).
-- All in one statement, which sees deliveries as they were when it began. Whoever changes which of them is a lane's next
-- changes the lane's row: one that is not the row seen then is left for a later claim. (A body that is written anew, and a
-- mark that is not wanted any more, are seen in the delivery's own row, which is the latest.)
WITH gate AS (
    SELECT g.* FROM unnest($4::bigint[], $5::text[], $6::text[], $7::int[], $8::int[], $9::float8[], $10::bool[],
                           $11::float8[]) AS g (peer, route, bucket, lanes, most, overdue, locked, reach)
    JOIN peer p ON p.id = g.peer AND (g.locked OR NOT p.paced)
), found AS (
    SELECT l.id, l.version, l.head_due, gate.*, gate.route <> 'author' AS later
    FROM gate CROSS JOIN LATERAL (
        SELECT id, xmin AS version, head_due FROM lane
        WHERE peer_id = gate.peer AND route = gate.route
          AND head_due <= live_agents_now() - make_interval(secs => gate.overdue)
          AND head_due > coalesce(live_agents_now() - make_interval(secs => gate.reach), '-infinity')
          AND (lease_until IS NULL OR lease_until < live_agents_now())
        ORDER BY head_due LIMIT least(gate.lanes, $1) FOR NO KEY UPDATE SKIP LOCKED
    ) l
), in_window AS (
    SELECT *, row_number() OVER (PARTITION BY peer, bucket ORDER BY later, head_due) AS place FROM found
), of_peer AS (
    SELECT *, row_number() OVER (PARTITION BY peer ORDER BY later, head_due) AS turn FROM in_window WHERE place <= lanes
), due AS (
    SELECT id, version FROM of_peer WHERE turn <= most ORDER BY later, head_due LIMIT $1
), taken AS (
    UPDATE lane SET lease_until = live_agents_now() + make_interval(secs => $2), lease_token = $3
    FROM due WHERE lane.id = due.id AND lane.xmin = due.version
    RETURNING lane.id, lane.lease_token, lane.conversation_id, lane.kind, lane.route, lane.peer_id
), mine AS (
    SELECT * FROM taken
    UNION ALL
    SELECT NULL, NULL, NULL, NULL, NULL, p.id FROM unnest($12::bigint[]) AS p (id) WHERE EXISTS (
        SELECT FROM unnest($13::text[]) AS its (route) CROSS JOIN LATERAL (
            SELECT FROM lane WHERE peer_id = p.id AND route = its.route AND head_due <= live_agents_now()
            AND (lease_until IS NULL OR lease_until < live_agents_now()) ORDER BY head_due LIMIT 1
        ) head
    )
),
<heads of mine>

-- count_from_due --
-- What has waited for a peer that is away has been failing since it was due, not since it is first tried. Not so of
-- what RapidPro is asked about: there it counts for how long it has been in doubt.
UPDATE delivery SET first_failed_at = coalesce(first_failed_at, due_at)
WHERE id = ANY($1::bigint[]) AND kind NOT IN ('ReplyToContact', 'StartFlow')

-- read_peers --
-- What is known of each peer, and whether there are lanes that lead to nobody known.
SELECT p.id, p.dest, p.address, p.paced, p.breaker, p.windows, p.next_at, p.waits, live_agents_now() AS now, EXISTS (
    SELECT FROM lane WHERE peer_id IS NULL AND head_due <= live_agents_now()
) AS strays
FROM (SELECT true) always LEFT JOIN (
    SELECT peer.*, state = 'closed' OR EXISTS (SELECT FROM lane WHERE peer_id = peer.id AND head_due IS NOT NULL) AS waits
    FROM peer
) p ON true
ORDER BY p.id

-- make_peers --
-- Every RapidPro and Rocket.Chat that there is.
INSERT INTO peer (dest, address)
SELECT 'rocketchat', base_url FROM workspace UNION SELECT 'rapidpro', rapidpro_url FROM channel ORDER BY 1, 2
ON CONFLICT (dest, address) DO NOTHING

-- hold_strays --
-- Lanes that are due and lead to nobody known: of a new peer, or made by an older version. As many as one look takes.
SELECT id FROM lane WHERE peer_id IS NULL AND head_due <= live_agents_now()
ORDER BY id LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED

-- hold_peers --
-- Peers of which something is to be accounted for, for us alone; one that somebody else has is left out.
SELECT id, dest, address, paced, breaker, windows, next_at, live_agents_now() AS now
FROM peer WHERE id = ANY($1::bigint[]) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED

-- hold_peer --
-- The same of one that is waited for.
SELECT id, dest, address, paced, breaker, windows, next_at, live_agents_now() AS now
FROM peer WHERE id = $1 FOR NO KEY UPDATE

-- save_peer --
-- What has become known of a peer that is ours for the moment.
UPDATE peer SET paced = $2, state = $3, breaker = $4, windows = $5, next_at = $6 WHERE id = $1

-- lose_peers_of_workspace --
-- A workspace's server is another from now on: its lanes lead there when they are next looked at.
UPDATE lane SET peer_id = NULL FROM contact ct JOIN channel ch ON ch.id = ct.channel_id
WHERE ch.workspace_id = $1 AND lane.conversation_id = ct.id AND lane.kind IN ('to_agent', 'to_author')

-- lose_peer --
-- A channel's RapidPro is another from now on: its lanes lead there when they are next looked at.
UPDATE lane SET peer_id = NULL FROM contact ct
WHERE ct.channel_id = $1 AND lane.conversation_id = ct.id AND lane.kind IN ('to_contact', 'status')

-- count_heads --
-- Count the next attempts in lanes that stay ours.
WITH mine AS (
    SELECT id, lease_token, conversation_id, kind, route, peer_id FROM lane WHERE id = ANY($1::bigint[])
),
<heads of mine>

-- part: heads of mine --
-- The heads of lanes that are ours, their next attempts counted, before these are made; and what an attempt needs. Of a
-- lane with nothing to do there is only its number.
-- The heads are found first, and their rows by number: of what waits elsewhere nothing is to be looked at, however much
-- that is. (Said as "waiting", the state would be looked for in the index of all that waits.)
head AS MATERIALIZED (
    SELECT mine.id AS lane_id, mine.conversation_id, next.id
    FROM mine CROSS JOIN LATERAL (
        (SELECT id FROM delivery WHERE lane_id = mine.id AND state = 'waiting' AND mine.kind NOT IN ('status', 'to_author')
         ORDER BY seq, id LIMIT 1)
        UNION ALL
        (SELECT id FROM delivery WHERE lane_id = mine.id AND state = 'waiting' AND mine.kind IN ('status', 'to_author')
         ORDER BY due_at LIMIT 1)
    ) next
), counted AS (
    UPDATE delivery d SET attempts = d.attempts + 1, ambiguous = d.ambiguous + d.attempt_open::int, attempt_open = true,
           crashes = d.crashes + d.attempt_open::int,
           tried_room = CASE WHEN d.attempt_open OR d.ambiguous > 0 THEN d.tried_room ELSE cv.room END
    FROM head JOIN conversation cv ON cv.id = head.conversation_id
    WHERE d.id = head.id AND d.state NOT IN ('done', 'dead', 'discarded')
    RETURNING d.id, head.lane_id, d.kind, d.body, d.attempts, d.ambiguous, d.crashes, d.first_failed_at, d.created_at,
              d.due_at, d.tried_room, d.external_id, d.message_id
)
SELECT mine.id AS lane_id, mine.conversation_id, mine.lease_token, mine.route, mine.peer_id, c.id, c.kind, c.body,
       c.attempts, c.ambiguous, c.crashes, c.first_failed_at, c.created_at, c.due_at, c.tried_room, c.external_id, c.message_id,
       cv.room, cv.received_uuid, cv.received_text_hash, cv.received_at, ct.path, ct.uuid AS contact_uuid, ct.name,
       ct.registered, ct.language, ct.shown_fields, ct.visitor_token, ct.visitor_token_hash, ct.channel_id, ch.workspace_id,
       ch.department, ch.scheme, ch.rapidpro_url, ch.rapidpro_channel, ch.rapidpro_token, ch.reply_via, ch.options,
       ch.when_ambiguous, w.base_url, w.bot_user_id, w.bot_token, live_agents_now() AS now
FROM mine LEFT JOIN counted c ON c.lane_id = mine.id
LEFT JOIN (
    conversation cv JOIN contact ct ON ct.id = cv.id JOIN channel ch ON ch.id = ct.channel_id
    JOIN workspace w ON w.id = ch.workspace_id
) ON cv.id = mine.conversation_id

-- vitals --
-- Seconds since the oldest head was due (of all routes, $1), dead letters, seconds since the oldest snapshot was taken,
-- and the states of breakers. Nothing of it is read row by row but dead letters and the sessions of this database; those
-- of other users are seen by members of pg_read_all_stats only. What vacuums holds nothing back.
SELECT greatest(0, extract(epoch FROM live_agents_now() - least((
    SELECT min(head.head_due) FROM peer CROSS JOIN unnest($1::text[]) AS its (route) CROSS JOIN LATERAL (
        SELECT head_due FROM lane WHERE peer_id = peer.id AND lane.route = its.route AND head_due IS NOT NULL
        ORDER BY head_due LIMIT 1
    ) head
), (
    SELECT min(head_due) FROM lane WHERE peer_id IS NULL AND head_due IS NOT NULL
))))::float8 AS head_age,
(SELECT count(*) FROM delivery WHERE state = 'dead') AS dead_letters,
coalesce((
    SELECT extract(epoch FROM live_agents_now() - min(began)) - (SELECT shift_seconds FROM clock WHERE id = 1) FROM (
        SELECT xact_start AS began FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
          AND (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL)
          AND pid NOT IN (SELECT pid FROM pg_stat_progress_vacuum)
        UNION ALL SELECT prepared FROM pg_prepared_xacts WHERE database = current_database()
    ) open
), 0)::float8 AS snapshot_age,
(SELECT array_agg(state) FROM peer WHERE dest = 'rocketchat') AS rocketchat_states,
(SELECT array_agg(state) FROM peer WHERE dest = 'rapidpro') AS rapidpro_states

-- count_waiting --
-- What waits, of the first $1 found, by channel and direction; and for how long something has been failing there that
-- others wait for.
SELECT ct.channel_id AS channel, l.kind AS lane, count(*) AS waiting,
       coalesce(extract(epoch FROM live_agents_now() - min(d.first_failed_at) FILTER (WHERE l.kind IN ('to_agent', 'to_contact'))), 0)::float8
           AS failing_for
FROM (SELECT lane_id, first_failed_at FROM delivery WHERE state = 'waiting' LIMIT $1) d
JOIN lane l ON l.id = d.lane_id JOIN contact ct ON ct.id = l.conversation_id
GROUP BY ct.channel_id, l.kind

-- backlog --
-- What waits, by channel and direction, and the dead letters nobody has replayed or discarded; and for how long the
-- peer that is waited for has not answered anybody.
SELECT ch.id AS channel, ch.name, l.kind AS lane,
       count(*) FILTER (WHERE d.state = 'waiting') AS waiting, count(*) FILTER (WHERE d.state = 'dead') AS dead,
       extract(epoch FROM live_agents_now() - min(d.created_at) FILTER (WHERE d.state = 'waiting'))::float8 AS oldest_seconds,
       extract(epoch FROM live_agents_now() - min((p.breaker ->> 'turned_at')::timestamptz)
                                              FILTER (WHERE p.state = 'open' AND d.state = 'waiting'))::float8 AS away_seconds
FROM delivery d JOIN lane l ON l.id = d.lane_id JOIN contact ct ON ct.id = l.conversation_id
JOIN channel ch ON ch.id = ct.channel_id LEFT JOIN peer p ON p.id = l.peer_id
WHERE d.state IN ('waiting', 'dead')
GROUP BY ch.id, ch.name, l.kind ORDER BY ch.name, l.kind

-- dead_letters --
-- Dead letters: all, or those that died from $1 on and before $2, of a channel, for a reason, or of messages.
SELECT d.id AS delivery, d.lane_id, d.seq, d.message_id AS message, m.external_id, ch.id AS channel_id, ch.name AS channel,
       d.kind, d.reason, d.ended_at
FROM delivery d JOIN lane l ON l.id = d.lane_id JOIN contact ct ON ct.id = l.conversation_id
JOIN channel ch ON ch.id = ct.channel_id LEFT JOIN message m ON m.id = d.message_id
WHERE d.state = 'dead' AND ($1::timestamptz IS NULL OR d.ended_at >= $1) AND ($2::timestamptz IS NULL OR d.ended_at < $2)
  AND ($3::uuid IS NULL OR ch.id = $3) AND ($4::text IS NULL OR d.reason = $4)
  AND ($5::uuid[] IS NULL OR d.message_id = ANY($5))
ORDER BY d.ended_at, d.id

-- replay --
-- Dead letters go again, in their old places. Returns their lanes.
UPDATE delivery SET state = 'waiting', due_at = live_agents_now(), attempts = 0, ambiguous = 0, rejections = 0,
       rehomings = 0, crashes = 0, first_failed_at = NULL, reason = NULL, ended_at = NULL
WHERE id = ANY($1::bigint[]) AND state = 'dead'
RETURNING lane_id, message_id

-- discard --
-- Deliveries of messages that are not to be made, with the reason; one that is under way is not touched.
UPDATE delivery SET state = 'discarded', reason = $2, ended_at = live_agents_now()
WHERE message_id = ANY($1::uuid[]) AND (state = 'dead' OR state = 'waiting' AND NOT attempt_open)
  AND kind <> 'ReportStatus'
RETURNING lane_id, message_id

-- discard_needless --
-- Preparations in lanes that have nobody's words behind them any more.
UPDATE delivery SET state = 'discarded', reason = 'needless', ended_at = live_agents_now()
WHERE lane_id = ANY($1::bigint[]) AND state = 'waiting' AND NOT attempt_open AND kind IN ('RegisterVisitor', 'OpenRoom')
  AND NOT EXISTS (
      SELECT FROM delivery words WHERE words.lane_id = delivery.lane_id AND words.state = 'waiting'
      AND words.kind NOT IN ('RegisterVisitor', 'OpenRoom')
  )

-- note_discarded --
-- Why messages went no further.
UPDATE message SET reason = $2 WHERE id = ANY($1::uuid[])

-- report_discarded --
-- RapidPro is told that contacts' messages failed, unless it knows. Returns the lanes.
WITH failed AS (
    UPDATE message SET status = 'failed'
    WHERE id = ANY($1::uuid[]) AND author = 'contact' AND status IS DISTINCT FROM 'failed'
    RETURNING id, conversation_id, external_id
), numbered AS (
    UPDATE lane SET next_seq = next_seq + 1 FROM failed
    WHERE lane.conversation_id = failed.conversation_id AND lane.kind = 'status'
    RETURNING lane.id AS lane_id, lane.next_seq - 1 AS seq, failed.id AS message_id, failed.external_id
)
INSERT INTO delivery (lane_id, message_id, seq, kind, body, due_at, created_at)
SELECT lane_id, message_id, seq, 'ReportStatus', jsonb_build_object('external_id', external_id, 'status', 'failed'),
       live_agents_now() + make_interval(secs => $2), live_agents_now()
FROM numbered RETURNING lane_id

-- forget_outcome --
-- What was replayed has no outcome yet: RapidPro is told anew how it ends. What it has failed of other parts stays known.
-- Returns those of which no part stays dead.
UPDATE message SET status = NULL, reason = CASE WHEN reason = 'failed_later' THEN reason END
WHERE id = ANY($1::uuid[]) AND NOT EXISTS (SELECT FROM delivery d WHERE d.message_id = message.id AND d.state = 'dead')
RETURNING id

-- find_messages --
-- The messages of an id, ours ($1) or a peer's ($2: RapidPro's, Rocket.Chat's, or of a post of ours there).
SELECT m.id, m.channel_id FROM message m
WHERE m.id = $1 OR m.external_id = $2 AND m.author <> 'bridge'
   OR m.id IN (SELECT message_id FROM delivery WHERE external_id = $2)

-- hold_messages --
-- Lock the conversations of messages, in id order.
SELECT cv.id FROM conversation cv
WHERE cv.id IN (SELECT conversation_id FROM message WHERE id = ANY($1::uuid[]))
ORDER BY cv.id FOR NO KEY UPDATE

-- hold_lanes_of_messages --
-- Lock the lanes in which messages have deliveries, before these.
SELECT id FROM lane
WHERE id IN (SELECT lane_id FROM delivery WHERE message_id = ANY($1::uuid[]))
   OR kind = 'status' AND conversation_id IN (SELECT conversation_id FROM message WHERE id = ANY($1::uuid[]))
ORDER BY id FOR NO KEY UPDATE

-- trace_messages --
-- The messages of an id, ours ($1) or a peer's ($2).
SELECT m.id, ch.name AS channel, m.author, m.external_id, m.edited_at, m.created_at, m.status, m.reason, m.room,
       cardinality(m.texts) AS parts
FROM message m JOIN channel ch ON ch.id = m.channel_id
WHERE m.id = $1 OR m.external_id = $2 AND m.author <> 'bridge'
   OR m.id IN (SELECT message_id FROM delivery WHERE external_id = $2)
ORDER BY m.created_at

-- trace_deliveries --
-- What is or was owed for a message.
SELECT d.id, l.kind AS lane, d.kind, d.part, d.state, d.reason, d.attempts AS attempts_counted, d.ambiguous, d.due_at, d.external_id,
       d.created_at, d.ended_at
FROM delivery d JOIN lane l ON l.id = d.lane_id WHERE d.message_id = $1 ORDER BY d.id

-- trace_attempts --
-- What was asked and answered.
SELECT a.number, a.outcome, a.asked, a.answered, a.seconds, a.ended_at FROM attempt a WHERE a.delivery_id = $1
ORDER BY a.id

-- keeping --
-- What every channel, a removed one too, has chosen.
SELECT id, workspace_id, options FROM channel ORDER BY id

-- old_messages --
-- Messages of one channel that are older than it keeps words, behind one ($3, $4), and whether each is over.
-- Counted, and not asked with EXISTS: that can become a hash of the whole table.
SELECT m.id, m.created_at, m.conversation_id, (
    SELECT count(*) FROM delivery d WHERE d.message_id = m.id AND d.state IN ('waiting', 'dead')
) = 0 AS over
FROM message m
WHERE m.channel_id = ($1::uuid[])[1] AND m.erased_at IS NULL AND (m.created_at, m.id) > ($3::timestamptz, $4::uuid)
  AND m.created_at < live_agents_now() - make_interval(days => ($2::int[])[1])
ORDER BY m.created_at, m.id LIMIT $5

-- old_deliveries --
-- The same of what is owed for no message, or told of several, and says something of somebody.
SELECT d.id, d.created_at, l.conversation_id, kept.days IS NOT NULL AND d.state IN ('done', 'discarded')
       AND d.created_at < live_agents_now() - make_interval(days => kept.days) AS over
FROM delivery d JOIN lane l ON l.id = d.lane_id JOIN contact ct ON ct.id = l.conversation_id
LEFT JOIN unnest($1::uuid[], $2::int[]) AS kept (channel, days) ON kept.channel = ct.channel_id
WHERE d.erased_at IS NULL AND d.kind IN ('RegisterVisitor', 'PostContext', 'CloseRoom', 'TellAuthor')
  AND (d.created_at, d.id) > ($3::timestamptz, $4::bigint)
  AND d.created_at < live_agents_now() - make_interval(days => (SELECT min(days) FROM unnest($2::int[]) AS days))
ORDER BY d.created_at, d.id LIMIT $5

-- old_events --
-- The same of events: kept as their contact's channel keeps words, or as the workspace does.
SELECT e.id, e.created_at, e.conversation_id,
       kept.days IS NOT NULL AND e.created_at < live_agents_now() - make_interval(days => kept.days) AS over
FROM event e LEFT JOIN contact ct ON ct.id = e.conversation_id
LEFT JOIN unnest($1::uuid[], $2::int[]) AS kept (owner, days) ON kept.owner = coalesce(ct.channel_id, e.workspace_id)
WHERE e.original IS NOT NULL AND (e.created_at, e.id) > ($3::timestamptz, $4::bigint)
  AND e.created_at < live_agents_now() - make_interval(days => (SELECT min(days) FROM unnest($2::int[]) AS days))
ORDER BY e.created_at, e.id LIMIT $5

-- old_profiles --
-- Contacts of one channel who are called something and are older than it keeps words, and whether nothing of theirs is
-- kept or goes on: of whom the last words went while a chat was open, or who never wrote any. What takes longest is asked
-- last, and in the order of an index: else it could become a search of the whole table.
SELECT ct.id, ct.created_at, CASE
    WHEN cv.state <> 'closed'
      OR (cv.handoff ->> 'began_at')::timestamptz >= live_agents_now() - make_interval(days => ($2::int[])[1]) THEN false
    WHEN (SELECT 1 FROM lane l WHERE l.conversation_id = cv.id AND l.head_due IS NOT NULL LIMIT 1) IS NOT NULL THEN false
    ELSE (
        SELECT m.key FROM message m WHERE m.conversation_id = cv.id AND m.erased_at IS NULL ORDER BY m.key LIMIT 1
    ) IS NULL END AS over
FROM contact ct JOIN conversation cv ON cv.id = ct.id
WHERE ct.channel_id = ($1::uuid[])[1]
  AND (ct.name <> '' OR ct.language <> '' OR ct.shown_fields <> '{}' OR ct.registered IS NOT NULL)
  AND (ct.created_at, ct.id) > ($3::timestamptz, $4::bigint)
  AND ct.created_at < live_agents_now() - make_interval(days => ($2::int[])[1])
ORDER BY ct.created_at, ct.id LIMIT $5

-- hold_idle --
-- Lock those of these conversations that nobody else holds.
SELECT id FROM conversation WHERE id = ANY($1::bigint[]) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED

-- erase_messages --
-- The words of messages that are over, of conversations that are ours; what was kept ($3) for a room has none ($4).
UPDATE message SET texts = '{}', original = NULL, erased_at = live_agents_now(),
       reason = CASE WHEN reason = $3 THEN $4 ELSE reason END
WHERE id = ANY($1::uuid[]) AND conversation_id = ANY($2::bigint[]) AND erased_at IS NULL
  AND (SELECT count(*) FROM delivery d WHERE d.message_id = message.id AND d.state IN ('waiting', 'dead')) = 0
RETURNING id

-- erase_deliveries --
-- What was owed, for messages or by itself, without what is somebody's words or name: texts ($3) and lists ($4) are empty.
UPDATE delivery SET erased_at = live_agents_now(), body = coalesce((
    SELECT jsonb_object_agg(key, CASE WHEN key = ANY($3::text[]) THEN '""' WHEN key = ANY($4::text[]) THEN '[]' ELSE value END)
    FROM jsonb_each(body)
), '{}')
WHERE message_id = ANY($1::uuid[]) OR id = ANY($2::bigint[])

-- erase_events --
-- What came in with events.
UPDATE event SET original = NULL WHERE id = ANY($1::bigint[]) RETURNING id

-- erase_profiles --
-- What contacts are called and what else is known of them, once no words of theirs are kept and none wait: of these
-- conversations, of channels that keep words for so many days, whose last hand-off is older than that.
UPDATE contact SET name = '', language = '', shown_fields = '{}', registered = NULL
FROM conversation cv, unnest($2::uuid[], $3::int[]) AS kept (channel, days)
WHERE contact.id = ANY($1::bigint[]) AND cv.id = contact.id AND cv.state = 'closed' AND kept.channel = contact.channel_id
  AND greatest(contact.created_at, (cv.handoff ->> 'began_at')::timestamptz)
      < live_agents_now() - make_interval(days => kept.days)
  AND (SELECT m.key FROM message m WHERE m.conversation_id = cv.id AND m.erased_at IS NULL ORDER BY m.key LIMIT 1) IS NULL
  AND (SELECT 1 FROM lane l WHERE l.conversation_id = cv.id AND l.head_due IS NOT NULL LIMIT 1) IS NULL
RETURNING contact.id

-- erase_handoffs --
-- Who attended them, and which department they asked for; by the rest a repeat is known.
UPDATE conversation SET handoff = handoff - 'agent' - 'department' WHERE id = ANY($1::bigint[])

-- find_contacts --
-- Contacts of channels by the identity of their URN, by UUID ($3), or by our own id ($4).
SELECT DISTINCT ct.id, ch.name AS channel
FROM unnest($1::uuid[], $2::text[]) AS i (channel, path)
JOIN contact ct ON ct.channel_id = i.channel AND (ct.urn = i.path OR ct.uuid = $3 OR ct.id = $4)
JOIN channel ch ON ch.id = ct.channel_id
ORDER BY ct.id

-- hold_contact --
-- Lock one contact with the conversation, and read what is to be forgotten.
SELECT ct.id, ch.name AS channel, ct.uuid IS NULL AND ct.urn IS NULL AS forgotten, ct.visitor_token,
       ct.visitor_token_hash, ct.uuid, w.id AS workspace, w.base_url, w.bot_user_id, w.bot_token,
       (SELECT count(*) FROM message m WHERE m.conversation_id = cv.id) AS messages,
       ARRAY(SELECT r.rid FROM room r WHERE r.conversation_id = cv.id AND r.closed_at IS NULL ORDER BY r.id) AS open_rooms
FROM conversation cv JOIN contact ct ON ct.id = cv.contact_id JOIN channel ch ON ch.id = ct.channel_id
JOIN workspace w ON w.id = ch.workspace_id
WHERE cv.id = $1
FOR NO KEY UPDATE OF cv, ct

-- hold_conversation --
-- Lock one conversation.
SELECT id FROM conversation WHERE id = $1 FOR NO KEY UPDATE

-- lanes_of --
-- The lanes of a conversation, locked.
SELECT id FROM lane WHERE conversation_id = $1 ORDER BY id FOR NO KEY UPDATE

-- unmade --
-- How much waits or is dead in lanes, and of how much an attempt is under way.
SELECT count(*) AS unmade, count(*) FILTER (WHERE attempt_open) AS under_way FROM (
    SELECT attempt_open FROM delivery WHERE lane_id = ANY($1::bigint[]) AND state = 'waiting'
    UNION ALL
    SELECT false FROM delivery WHERE lane_id = ANY($1::bigint[]) AND state = 'dead'
) theirs

-- forget_lanes --
-- Nothing of these is to be done.
UPDATE lane SET head_due = NULL WHERE id = ANY($1::bigint[])

-- forget_under_way --
-- An attempt that is being made comes to nothing, however it ends. Returns whose it is.
UPDATE delivery SET state = 'discarded', reason = $2, attempt_open = false, ended_at = live_agents_now()
WHERE lane_id = ANY($1::bigint[]) AND state = 'waiting' AND attempt_open
RETURNING id, message_id

-- forget_waiting --
-- At most $3 of what waits or is dead is not made any more. Returns whose it is.
UPDATE delivery SET state = 'discarded', reason = $2, attempt_open = false, ended_at = live_agents_now()
WHERE id = ANY(ARRAY(
    (SELECT id FROM delivery WHERE lane_id = ANY($1::bigint[]) AND state = 'waiting' LIMIT $3)
    UNION ALL
    (SELECT id FROM delivery WHERE lane_id = ANY($1::bigint[]) AND state = 'dead' LIMIT $3)
    LIMIT $3
))
RETURNING id, message_id

-- worded_deliveries --
-- At most $2 of what is or was owed for no message, or told of several, and says something of somebody.
SELECT id FROM delivery
WHERE lane_id = ANY($1::bigint[]) AND erased_at IS NULL
  AND kind IN ('RegisterVisitor', 'PostContext', 'CloseRoom', 'TellAuthor')
LIMIT $2

-- worded_messages --
-- At most $3 of a contact's messages behind a key that have words still.
SELECT id, key FROM message WHERE conversation_id = $1 AND key > $2 AND erased_at IS NULL ORDER BY key LIMIT $3

-- forget_messages --
-- Messages without words; what was kept ($2) for a room has none ($3).
UPDATE message SET texts = '{}', original = NULL, erased_at = live_agents_now(),
       reason = CASE WHEN reason = $2 THEN $3 ELSE reason END
WHERE id = ANY($1::uuid[])

-- forget_events --
-- What came in with at most $2 events of a contact. Returns them.
UPDATE event SET original = NULL
WHERE id = ANY(ARRAY(SELECT id FROM event WHERE conversation_id = $1 AND original IS NOT NULL LIMIT $2))
RETURNING id

-- forget_timers --
-- Nobody is to be woken.
DELETE FROM timer WHERE conversation_id = $1

-- forget_conversation --
-- Nothing is open, and nothing is known of what was.
UPDATE conversation SET state = 'closed', room = NULL, agent = NULL, handoff = '{}', received_uuid = '',
       received_text_hash = NULL, received_at = NULL WHERE id = $1

-- forget_contact --
-- Nobody knows any more whose this was: neither address nor UUID.
UPDATE contact SET uuid = NULL, urn = NULL, path = '', name = '', language = '', shown_fields = '{}', registered = NULL,
       forgotten_at = coalesce(forgotten_at, live_agents_now()), forgotten_hash = coalesce(forgotten_hash, $2)
WHERE id = $1

-- forget_visitor --
-- A visitor token is replaced by an empty one; what was found by its hash is found still.
UPDATE contact SET visitor_token = $2 WHERE id = $1

-- forget_rooms --
-- No room of theirs is looked at any more.
UPDATE room SET closed_at = live_agents_now() WHERE conversation_id = $1 AND closed_at IS NULL

-- add_operator --
-- A new account; nothing if there is one of this name.
INSERT INTO operator (name, role, password_hash, created_at) VALUES ($1, $2, $3, live_agents_now())
ON CONFLICT (name) DO NOTHING RETURNING id

-- set_password --
-- Another password; nothing that was wrong before counts any more.
UPDATE operator SET password_hash = $2, failures = 0, failing_since = NULL WHERE name = $1 RETURNING id

-- end_sessions --
-- Who is signed in to this account is so no more. After `set_password`, in a statement of its own: one who signs in
-- meanwhile holds the account, and is seen only by what begins when they have let go.
DELETE FROM session WHERE operator_id = $1

-- remove_operator --
-- An account is no more.
DELETE FROM operator WHERE name = $1 RETURNING id

-- list_operators --
-- Accounts, and whether more than $1 sign-ins have failed in $2 seconds.
SELECT name, role, created_at,
       failures > $1 AND failing_since > live_agents_now() - make_interval(secs => $2) AS locked
FROM operator ORDER BY name

-- count_sign_in --
-- A sign-in is counted as failed before the password is looked at, so that many at once are not more than there may be.
UPDATE operator SET
    failures = CASE WHEN failing_since > live_agents_now() - make_interval(secs => $2) THEN failures + 1 ELSE 1 END,
    failing_since = CASE WHEN failing_since > live_agents_now() - make_interval(secs => $2) THEN failing_since
                         ELSE live_agents_now() END
WHERE name = $1
RETURNING role, password_hash, failures

-- clear_failures --
-- The password was right.
UPDATE operator SET failures = 0, failing_since = NULL WHERE name = $1

-- any_operator --
-- Is there an account?
SELECT EXISTS (SELECT FROM operator)

-- count_source --
-- A sign-in from somewhere is counted as failed before the password is looked at. Returns how many have failed.
INSERT INTO sign_in_source AS known (source, failures, failing_since) VALUES ($1, 1, live_agents_now())
ON CONFLICT (source) DO UPDATE SET
    failures = CASE WHEN known.failing_since > live_agents_now() - make_interval(secs => $2) THEN known.failures + 1 ELSE 1 END,
    failing_since = CASE WHEN known.failing_since > live_agents_now() - make_interval(secs => $2) THEN known.failing_since
                         ELSE live_agents_now() END
RETURNING failures

-- uncount_source --
-- That one had the right password.
UPDATE sign_in_source SET failures = failures - 1 WHERE source = $1

-- forget_sources --
-- Whence nothing has failed for $1 seconds.
DELETE FROM sign_in_source WHERE failing_since <= live_agents_now() - make_interval(secs => $1)

-- begin_session --
-- Somebody is signed in, unless their password ($2: its hash) is another by now.
INSERT INTO session (operator_id, token_hash, created_at, seen_at)
SELECT id, $3, live_agents_now(), live_agents_now() FROM operator WHERE name = $1 AND password_hash = $2 FOR SHARE
RETURNING id

-- find_session --
-- Whose session this is, in which role they are now; not one in which nothing was asked for $2 seconds, or older than $3.
SELECT s.id, o.name, o.role, s.seen_at < live_agents_now() - make_interval(secs => $4) AS unseen
FROM session s JOIN operator o ON o.id = s.operator_id
WHERE s.token_hash = $1 AND s.seen_at > live_agents_now() - make_interval(secs => $2)
  AND s.created_at > live_agents_now() - make_interval(secs => $3)

-- see_session --
-- Something was asked for in it.
UPDATE session SET seen_at = live_agents_now() WHERE id = $1

-- end_session --
-- Somebody is signed out.
DELETE FROM session WHERE token_hash = $1

-- forget_sessions --
-- Sessions that are over by themselves.
DELETE FROM session WHERE seen_at <= live_agents_now() - make_interval(secs => $1)
    OR created_at <= live_agents_now() - make_interval(secs => $2)

-- begin_audit --
-- Something is about to be changed.
INSERT INTO audit (at, who, what, about) VALUES (live_agents_now(), $1, $2, $3) RETURNING id

-- end_audit --
-- How that ended, and what it was about, where only that told it.
UPDATE audit SET outcome = $2, about = $3 WHERE id = $1

-- read_audit --
-- What was changed, the latest $3 lines: from a time on, about something.
SELECT at, who, what, about, outcome FROM (
    SELECT * FROM audit WHERE ($1::timestamptz IS NULL OR at >= $1) AND ($2::text IS NULL OR about = $2)
    ORDER BY at DESC, id DESC LIMIT $3
) latest ORDER BY at, id

-- queued_now --
-- Contacts of a workspace ($1) who wait for an agent, by department: how many, and for how long the first.
SELECT coalesce(nullif(cv.handoff ->> 'department', ''), ch.department) AS department, count(*) AS contacts,
       extract(epoch FROM live_agents_now() - min((cv.handoff ->> 'began_at')::timestamptz))::float8 AS seconds
FROM conversation cv JOIN contact ct ON ct.id = cv.contact_id JOIN channel ch ON ch.id = ct.channel_id
WHERE cv.state = 'queued' AND ch.workspace_id = $1 GROUP BY 1 ORDER BY 1

-- numbers --
-- Of the rooms of a channel ($1) that were opened between moments ($2, at which days begin, and the last one's end): how
-- many there were, were taken, were answered and were closed unserved, and how many seconds were waited for an agent and
-- then for words that went, as median and ninth tenth. By department and day (counted from 1), and all of either. A
-- department is named by id ($3) or by name ($4). Rooms of before it was noted at once are of the channel's own.
WITH opened AS (
    SELECT width_bucket(r.first_seen_at, $2::timestamptz[]) AS day,
           coalesce(known.name, nullif(r.department, ''), ch.department) AS department,
           r.first_seen_at, r.taken_at, r.closed_at, first_words.at AS answered_at
    FROM room r JOIN contact ct ON ct.id = r.conversation_id JOIN channel ch ON ch.id = ct.channel_id
    LEFT JOIN unnest($3::text[], $4::text[]) AS known (id, name)
           ON known.id = coalesce(nullif(r.department, ''), ch.department)
    LEFT JOIN LATERAL (
        SELECT m.created_at AS at FROM message m
        WHERE m.conversation_id = r.conversation_id AND m.room = r.rid AND m.author = 'agent'
          AND (m.reason IS NULL OR m.reason IN ('media', 'emoji_stripped'))
        ORDER BY m.created_at LIMIT 1
    ) first_words ON r.taken_at IS NOT NULL
    WHERE ct.channel_id = $1 AND r.first_seen_at >= ($2::timestamptz[])[1]
      AND r.first_seen_at < ($2::timestamptz[])[cardinality($2::timestamptz[])]
), lasted AS (
    SELECT *, extract(epoch FROM taken_at - first_seen_at)::float8 AS waited,
           CASE WHEN answered_at > taken_at THEN extract(epoch FROM answered_at - taken_at)::float8
                WHEN answered_at IS NOT NULL THEN 0 END AS first_answer
    FROM opened
)
SELECT department, day, grouping(department) = 1 AS all_departments, grouping(day) = 1 AS all_days,
       count(*) AS opened, count(taken_at) AS taken, count(answered_at) AS answered,
       count(*) FILTER (WHERE taken_at IS NULL AND closed_at IS NOT NULL) AS unserved,
       percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY waited) AS waited,
       percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY first_answer) AS first_answer
FROM lasted GROUP BY CUBE (department, day)
ORDER BY department, day

-- limit_counting --
-- So many milliseconds for each further statement of this transaction.
SELECT set_config('statement_timeout', $1, true)

-- channels_now --
-- Every channel that is not removed: what people wrote in the last $1 seconds, and how many contacts wait for an agent.
SELECT ch.id, ch.name, ch.rapidpro_url, w.base_url AS rocketchat_url,
       lately.from_contacts, lately.from_agents, coalesce(queued.contacts, 0) AS queued
FROM channel ch JOIN workspace w ON w.id = ch.workspace_id
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE m.author = 'contact') AS from_contacts,
           count(*) FILTER (WHERE m.author = 'agent') AS from_agents
    FROM message m
    WHERE m.channel_id = ch.id AND m.erased_at IS NULL AND m.created_at > live_agents_now() - make_interval(secs => $1)
) lately
LEFT JOIN (
    SELECT ct.channel_id, count(*) AS contacts FROM conversation cv JOIN contact ct ON ct.id = cv.contact_id
    WHERE cv.state = 'queued' GROUP BY ct.channel_id
) queued ON queued.channel_id = ch.id
WHERE ch.removed_at IS NULL ORDER BY ch.name, ch.id

-- waiting_now --
-- What waits, of the first $1 found, and what is dead, of the first $1, by channel and lane.
SELECT ct.channel_id AS channel, l.kind AS lane,
       count(*) FILTER (WHERE d.state = 'waiting') AS waiting, count(*) FILTER (WHERE d.state = 'dead') AS dead,
       extract(epoch FROM live_agents_now() - min(d.created_at) FILTER (WHERE d.state = 'waiting'))::float8 AS oldest_seconds
FROM (
    (SELECT lane_id, state, created_at FROM delivery WHERE state = 'waiting' LIMIT $1)
    UNION ALL
    (SELECT lane_id, state, created_at FROM delivery WHERE state = 'dead' LIMIT $1)
) d
JOIN lane l ON l.id = d.lane_id JOIN contact ct ON ct.id = l.conversation_id
GROUP BY ct.channel_id, l.kind

-- peers_now --
-- What all processes know of each peer that a channel or a workspace has.
SELECT p.dest, p.address, p.state, (p.breaker ->> 'failures')::int AS failures,
       extract(epoch FROM live_agents_now() - (p.breaker ->> 'turned_at')::timestamptz)::float8 AS seconds
FROM peer p
WHERE p.dest = 'rocketchat' AND p.address IN (SELECT base_url FROM workspace)
   OR p.dest = 'rapidpro' AND p.address IN (SELECT rapidpro_url FROM channel WHERE removed_at IS NULL)
ORDER BY p.dest DESC, p.address

-- database_now --
-- Which database it is, how large, and its time.
SELECT current_setting('server_version') AS version, pg_database_size(current_database()) AS bytes, live_agents_now() AS now

-- latest_conversations --
-- Conversations by their latest words, among the latest $3 messages before $2: of a channel ($1), or of all. Each once,
-- over all pages; `scanned_to` is where the next one begins.
WITH latest AS (
    SELECT m.conversation_id, m.created_at FROM channel ch CROSS JOIN LATERAL (
        SELECT conversation_id, created_at FROM message
        WHERE channel_id = ch.id AND erased_at IS NULL AND ($2::timestamptz IS NULL OR created_at < $2)
        ORDER BY created_at DESC LIMIT $3
    ) m
    WHERE $1::uuid IS NULL OR ch.id = $1
    ORDER BY m.created_at DESC LIMIT $3
), spoken AS (
    SELECT conversation_id, max(created_at) AS at FROM latest GROUP BY conversation_id
)
SELECT cv.id, cv.state, cv.room, cv.handoff -> 'agent' ->> 'name' AS agent, ct.name, ct.uuid, ch.name AS channel,
       spoken.at, (SELECT min(created_at) FROM latest) AS scanned_to, (SELECT count(*) FROM latest) AS scanned
FROM spoken JOIN conversation cv ON cv.id = spoken.conversation_id JOIN contact ct ON ct.id = cv.contact_id
JOIN channel ch ON ch.id = ct.channel_id
WHERE ($5::text IS NULL OR cv.state = $5) AND ($2::timestamptz IS NULL OR NOT EXISTS (
    SELECT FROM message newer
    WHERE newer.conversation_id = spoken.conversation_id AND newer.created_at >= $2 AND newer.erased_at IS NULL
))
ORDER BY spoken.at DESC, cv.id LIMIT $4

-- search_conversations --
-- Conversations by what was typed ($1): a contact's UUID, URN (by the channels $4 and what it is in each, $5) or our id
-- ($3), a room, a message's id ($2: ours).
WITH found AS (
    SELECT ct.id, 'contact' AS found_as, NULL::uuid AS message FROM channel ch
    JOIN contact ct ON ct.channel_id = ch.id AND ct.uuid = lower($1)
    UNION ALL
    SELECT ct.id, 'contact', NULL FROM unnest($4::uuid[], $5::text[]) AS i (channel, path)
    JOIN contact ct ON ct.channel_id = i.channel AND ct.urn = i.path
    UNION ALL
    SELECT id, 'contact', NULL FROM contact WHERE id = $3
    UNION ALL
    SELECT r.conversation_id, 'room', NULL FROM workspace w JOIN room r ON r.workspace_id = w.id AND r.rid = $1
    UNION ALL
    SELECT m.conversation_id, 'message', m.id FROM message m WHERE m.id = $2 OR m.external_id = $1 AND m.author <> 'bridge'
    UNION ALL
    SELECT m.conversation_id, 'message', m.id FROM delivery d JOIN message m ON m.id = d.message_id WHERE d.external_id = $1
)
SELECT DISTINCT ON (cv.id) cv.id, cv.state, cv.room, cv.handoff -> 'agent' ->> 'name' AS agent, ct.name, ct.uuid,
       ch.name AS channel, found.found_as, found.message,
       (SELECT max(created_at) FROM message m WHERE m.conversation_id = cv.id) AS at
FROM found JOIN conversation cv ON cv.id = found.id JOIN contact ct ON ct.id = cv.contact_id
JOIN channel ch ON ch.id = ct.channel_id
ORDER BY cv.id, found.message NULLS FIRST LIMIT $6

-- search_by_agent --
-- Conversations that an agent has, or had last: by their id, username or name in Rocket.Chat. Looks at every conversation.
SELECT cv.id, cv.state, cv.room, cv.handoff -> 'agent' ->> 'name' AS agent, ct.name, ct.uuid,
       ch.name AS channel, 'agent' AS found_as, NULL::uuid AS message,
       (SELECT max(created_at) FROM message m WHERE m.conversation_id = cv.id) AS at
FROM (
    SELECT * FROM conversation
    WHERE agent = $1 OR handoff -> 'agent' ->> 'username' = $1 OR lower(handoff -> 'agent' ->> 'name') = lower($1)
    ORDER BY id DESC LIMIT $2
) cv
JOIN contact ct ON ct.id = cv.contact_id JOIN channel ch ON ch.id = ct.channel_id
ORDER BY cv.state = 'closed', cv.id DESC

-- one_conversation --
-- A conversation with its contact, and where it leads.
SELECT cv.id, cv.state, cv.room, cv.handoff -> 'agent' ->> 'name' AS agent, ct.name, ct.uuid, ct.language, ct.created_at,
       ct.uuid IS NULL AND ct.urn IS NULL AS forgotten, ch.id AS channel_id, ch.name AS channel, ch.set_up, ch.reply_via,
       w.name AS workspace, w.base_url AS rocketchat_url, ch.rapidpro_url
FROM conversation cv JOIN contact ct ON ct.id = cv.contact_id JOIN channel ch ON ch.id = ct.channel_id
JOIN workspace w ON w.id = ch.workspace_id
WHERE cv.id = $1

-- rooms_of_conversation --
-- Its latest $2 rooms.
SELECT rid, department, first_seen_at, taken_at, closed_at FROM room WHERE conversation_id = $1 ORDER BY id DESC LIMIT $2

-- messages_of_conversation --
-- Its latest $4 messages before one ($2, $3; null: the very latest), or those of ids ($6). Words only if they may be read ($5).
SELECT m.id, m.author, m.external_id, m.edited_at, m.created_at, m.answered_at, m.status, m.reason, m.room, m.erased_at,
       cardinality(m.texts) AS parts, CASE WHEN $5::bool THEN array_to_string(m.texts, '') END AS text
FROM message m
WHERE m.conversation_id = $1 AND ($6::uuid[] IS NULL OR m.id = ANY($6))
  AND ($2::timestamptz IS NULL OR (m.created_at, m.id) < ($2, $3::uuid))
ORDER BY m.created_at DESC, m.id DESC LIMIT $4

-- deliveries_of_messages --
-- What was owed for messages, the words only if they may be read ($2).
SELECT d.id, d.message_id, l.kind AS lane, d.kind, d.part, d.state, d.reason, d.ambiguous, d.due_at, d.external_id,
       d.created_at, d.ended_at, d.attempt_open, d.body ->> 'status' AS status,
       CASE WHEN $2::bool THEN d.body ->> 'text' END AS text
FROM delivery d JOIN lane l ON l.id = d.lane_id WHERE d.message_id = ANY($1::uuid[]) ORDER BY d.created_at, d.id

-- other_deliveries --
-- What waits or is dead of a conversation beside its messages: rooms, context, what agents are to be told.
SELECT d.id, d.message_id, l.kind AS lane, d.kind, d.part, d.state, d.reason, d.ambiguous, d.due_at, d.external_id,
       d.created_at, d.ended_at, d.attempt_open, d.body ->> 'status' AS status, NULL::text AS text
FROM lane l CROSS JOIN LATERAL (
    SELECT * FROM delivery WHERE lane_id = l.id AND state = 'waiting'
    UNION ALL
    SELECT * FROM delivery WHERE lane_id = l.id AND state = 'dead'
) d
WHERE l.conversation_id = $1 AND d.message_id IS NULL ORDER BY d.created_at, d.id

-- attempts_of_deliveries --
-- What was asked and answered.
SELECT a.delivery_id, a.number, a.outcome, a.asked, a.answered, a.seconds, a.ended_at
FROM attempt a WHERE a.delivery_id = ANY($1::bigint[]) ORDER BY a.id

-- events_of_conversation --
-- What a peer told us of it that went no further, in a time.
SELECT e.kind, e.reason, e.room, e.created_at FROM event e
WHERE e.conversation_id = $1 AND e.created_at >= $2 AND ($3::timestamptz IS NULL OR e.created_at < $3)
ORDER BY e.created_at DESC, e.id DESC LIMIT $4

-- dead_letter_reasons --
-- Why there are dead letters, of the first $1 found, by reason and channel: how many, since when.
SELECT d.reason, ch.id AS channel_id, ch.name AS channel, count(*) AS letters, min(d.ended_at) AS oldest, max(d.ended_at) AS newest
FROM (SELECT lane_id, reason, ended_at FROM delivery WHERE state = 'dead' LIMIT $1) d
JOIN lane l ON l.id = d.lane_id JOIN contact ct ON ct.id = l.conversation_id JOIN channel ch ON ch.id = ct.channel_id
GROUP BY d.reason, ch.id, ch.name ORDER BY letters DESC, ch.name, d.reason

-- latest_dead_letters --
-- Dead letters, the latest $9 before one ($6, $7), those that died from $1 on and before $2, of a channel, for a reason; or
-- one ($5). Words only if they may be read ($8).
SELECT d.id AS delivery, d.lane_id, d.seq, l.kind AS lane, d.kind, d.reason, d.part, d.ambiguous, d.created_at, d.ended_at, d.erased_at, d.attempt_open,
       d.message_id AS message, m.author, m.external_id, ch.id AS channel_id, ch.name AS channel, l.conversation_id AS id,
       ct.name, d.body ? 'text' AS worded, CASE WHEN $8::bool THEN d.body ->> 'text' END AS text
FROM delivery d JOIN lane l ON l.id = d.lane_id JOIN contact ct ON ct.id = l.conversation_id
JOIN channel ch ON ch.id = ct.channel_id LEFT JOIN message m ON m.id = d.message_id
WHERE d.state = 'dead' AND ($1::timestamptz IS NULL OR d.ended_at >= $1) AND ($2::timestamptz IS NULL OR d.ended_at < $2)
  AND ($3::uuid IS NULL OR ch.id = $3) AND ($4::text IS NULL OR d.reason = $4) AND ($5::bigint IS NULL OR d.id = $5)
  AND ($6::timestamptz IS NULL OR (d.ended_at, d.id) < ($6, $7::bigint))
ORDER BY d.ended_at DESC, d.id DESC LIMIT $9

-- dead_letters_by_id --
-- Those of deliveries that are dead letters, as a replay and a discard ask of them.
SELECT d.id AS delivery, d.lane_id, d.seq, d.message_id AS message FROM delivery d
WHERE d.id = ANY($1::bigint[]) AND d.state = 'dead'

-- deliveries_by_id --
-- How it stands with deliveries now.
SELECT d.id, d.message_id, l.kind AS lane, d.kind, d.part, d.state, d.reason, d.ambiguous, d.due_at, d.external_id,
       d.created_at, d.ended_at, d.attempt_open, d.body ->> 'status' AS status, NULL::text AS text,
       m.author, m.status AS told, l.conversation_id AS conversation
FROM delivery d JOIN lane l ON l.id = d.lane_id LEFT JOIN message m ON m.id = d.message_id
WHERE d.id = ANY($1::bigint[]) ORDER BY d.id

-- hold_dead_letter --
-- Lock a dead letter, its lane being locked already, and read what its words have to obey.
SELECT d.kind, d.body, ch.options FROM delivery d JOIN lane l ON l.id = d.lane_id
JOIN contact ct ON ct.id = l.conversation_id JOIN channel ch ON ch.id = ct.channel_id
WHERE d.id = $1 AND d.state = 'dead' AND d.erased_at IS NULL FOR NO KEY UPDATE OF d

-- write_anew --
-- Other words for a dead letter.
UPDATE delivery SET body = $2 WHERE id = $1 AND state = 'dead'

-- discard_alone --
-- Dead letters of no message that are not to be made, with the reason.
UPDATE delivery SET state = 'discarded', reason = $2, ended_at = live_agents_now()
WHERE id = ANY($1::bigint[]) AND state = 'dead' AND message_id IS NULL
RETURNING id

-- audit_page --
-- What was changed, the latest $4 lines before one ($3): about something ($1), by somebody ($2).
SELECT id, at, who, what, about, outcome FROM audit
WHERE ($1::text IS NULL OR about = $1) AND ($2::text IS NULL OR who = $2) AND ($3::bigint IS NULL OR id < $3)
ORDER BY id DESC LIMIT $4

-- edits_of --
-- Which of these deliveries had their words written anew by an operator.
SELECT DISTINCT about FROM audit WHERE what = 'edit' AND outcome = 'done' AND about = ANY($1::text[])

-- show_replica --
-- A process runs, and seals with this key.
INSERT INTO replica (id, role, seals_with, seen_at) VALUES ($1, $2, $3, live_agents_now())
ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at

-- drop_replicas --
-- Those that have said nothing for so long.
DELETE FROM replica WHERE seen_at < live_agents_now() - make_interval(secs => $1)

-- leave_replica --
-- One that ends says so.
DELETE FROM replica WHERE id = $1

-- replicas_sealing_otherwise --
-- Those that run and seal with another key.
SELECT id, role, seals_with FROM replica
WHERE seals_with <> $1 AND seen_at >= live_agents_now() - make_interval(secs => $2) ORDER BY seen_at

-- examined_channels --
-- Channels that are not removed, with their workspace: of these ids ($1), or all.
SELECT ch.id, ch.name, ch.set_up, ch.reply_via, ch.scheme, ch.department, ch.options, ch.hours, ch.rapidpro_url,
       ch.rapidpro_channel, ch.rapidpro_token, ch.previous_send_token_hash, ch.previous_live_agents_token_hash,
       w.id AS workspace, w.base_url, w.webhook_secret, w.webhook_secret_hash, w.previous_secret_hash, w.bot_user_id, w.bot_token
FROM channel ch JOIN workspace w ON w.id = ch.workspace_id
WHERE ch.removed_at IS NULL AND (cardinality($1::uuid[]) = 0 OR ch.id = ANY($1::uuid[])) ORDER BY w.base_url, ch.name, ch.id

-- examined_database --
-- Which Postgres this is, how large the database, how far its schema, and what waits.
SELECT current_setting('server_version_num')::int AS version, pg_database_size(current_database()) AS size,
       (SELECT max(name) FROM tortoise_migrations WHERE app = 'models') AS schema

-- away_peers --
-- Peers that do not answer.
SELECT address FROM peer WHERE state = 'open' ORDER BY address

-- busiest --
-- Of the latest $3 deliveries: the most posts and the most new rooms of a workspace ($1) in a minute, the most replies of a
-- channel ($2) in an hour, and whether RapidPro has sent anything through that channel.
WITH lately AS (
    SELECT d.kind, d.ended_at, ct.channel_id, ch.workspace_id
    FROM (SELECT lane_id, kind, state, ended_at FROM delivery ORDER BY id DESC LIMIT $3) d
    JOIN lane l ON l.id = d.lane_id JOIN contact ct ON ct.id = l.conversation_id JOIN channel ch ON ch.id = ct.channel_id
    WHERE d.state = 'done' AND d.kind IN ('PostToRoom', 'PostContext', 'OpenRoom', 'ReplyToContact', 'ReportStatus')
)
SELECT coalesce((SELECT max(n) FROM (
           SELECT count(*) AS n FROM lately WHERE workspace_id = $1 AND kind IN ('PostToRoom', 'PostContext')
           GROUP BY date_trunc('minute', ended_at)
       ) by_minute), 0) AS posts,
       coalesce((SELECT max(n) FROM (
           SELECT count(*) AS n FROM lately WHERE workspace_id = $1 AND kind = 'OpenRoom'
           GROUP BY date_trunc('minute', ended_at)
       ) by_minute), 0) AS rooms,
       coalesce((SELECT max(n) FROM (
           SELECT count(*) AS n FROM lately WHERE channel_id = $2 AND kind = 'ReplyToContact'
           GROUP BY date_trunc('hour', ended_at)
       ) by_hour), 0) AS replies,
       EXISTS (SELECT FROM lately WHERE channel_id = $2 AND kind = 'ReportStatus') AS is_sent_through

-- lately_over --
-- Contacts of a channel ($1) who had an answer among the latest $2 deliveries, and whose chat is over; $3 of them.
SELECT ct.uuid, ct.path, max(d.id) AS latest
FROM (SELECT id, lane_id, kind, state FROM delivery ORDER BY id DESC LIMIT $2) d
JOIN lane l ON l.id = d.lane_id JOIN conversation cv ON cv.id = l.conversation_id JOIN contact ct ON ct.id = cv.id
WHERE d.kind = 'ReplyToContact' AND d.state = 'done' AND cv.state = 'closed' AND ct.channel_id = $1
  AND (ct.uuid IS NOT NULL OR ct.path <> '')
GROUP BY ct.uuid, ct.path ORDER BY latest DESC LIMIT $3

-- forget_samples --
-- What Rocket.Chat's test button, or the doctor in its place, has sent of a workspace ($1) since then ($2) need not be kept.
DELETE FROM event WHERE original IS NOT NULL AND created_at >= $2 AND workspace_id = $1 AND kind = 'test_button' RETURNING key

-- lend_token --
-- For a moment a channel ($1) takes one more token ($2), in the place of the one before: NULL until then.
UPDATE channel SET previous_send_token_hash = $2, previous_live_agents_token_hash = $2
WHERE id = $1 AND previous_send_token_hash IS NULL AND previous_live_agents_token_hash IS NULL RETURNING id

-- take_token_back --
-- It takes that one no more.
UPDATE channel SET previous_send_token_hash = NULLIF(previous_send_token_hash, $2),
       previous_live_agents_token_hash = NULLIF(previous_live_agents_token_hash, $2)
WHERE id = $1

-- followed --
-- How far the messages of an id of a peer's ($2) are in a channel ($1): what is owed for each, and what its room waits for.
SELECT m.id AS message, m.room, cv.room AS open_room, m.reason AS why_not, d.kind, d.state, d.reason,
       d.body ->> 'status' AS status,
       (SELECT o.reason FROM delivery o JOIN lane l ON l.id = o.lane_id
        WHERE l.conversation_id = m.conversation_id AND o.kind = 'OpenRoom' AND o.state = 'waiting' LIMIT 1) AS opening
FROM message m JOIN conversation cv ON cv.id = m.conversation_id LEFT JOIN delivery d ON d.message_id = m.id
WHERE m.channel_id = $1 AND m.external_id = $2 ORDER BY d.id
