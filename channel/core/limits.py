"""Every number, named. Durations are seconds unless a name says otherwise."""

from typing import Final

TEXT_LENGTH: Final = 640  #: code points of one message, in both directions
TEXT_LEAST: Final = 60  #: the lowest and the highest that a channel may have instead, as RapidPro's channels
TEXT_MOST: Final = 6400
EDIT_PREFIX: Final = 40  #: code points of what stands around the text of an edited message
QUOTED_LENGTH: Final = 80  #: code points that are shown of a message which another one quotes
COURIER_LENGTH: Final = 6400  #: RapidPro's max_length for the channel, in bytes: courier is not to cut at 640

#: One id, several parts (RapidPro cuts long messages and sends the pieces under one id).
PART_SILENCE: Final = 60.0  #: after so long without an answer of ours, a request starts a new attempt
PART_GAP: Final = 2.0  #: a further part comes this soon after our answer to the one before
PART_BYTES: Final = 50  #: courier cuts no part shorter than this (its smallest limit is 60)
PART_FULL_SLACK: Final = 10  #: a part this close to the channel's max_length counts as full

#: a further part may come as late as courier's last retry (about 17 min); an early status would make it forget that
FULL_PART_DELAY: Final = 20 * 60.0
STATUS_DELAY: Final = 2.0  #: courier writes *wired* after our answer, and would overwrite an earlier status
STATUS_GAP: Final = 1.0  #: two statuses of one message closer than courier's batch (0.5 s) race
STATUS_HORIZON: Final = 3600.0  #: a status nobody took for so long is given up

EQUAL_TEXT_GAP: Final = 4.1  #: courier swallows an equal text of one URN for 2 to 4 s

SWALLOW_WINDOW: Final = 1.5  #: a repeat this soon after a lost connection falls into that window
AMBIGUOUS_WAIT: Final = 5.0  #: before the one repeat of a `receive` that got no answer in time
ASKED_FOR: Final = 20.0  #: RapidPro lists a message only when it has handled it: so long it is asked before a repeat
API_GAP: Final = 1.0  #: between two messages to one contact: closer, RapidPro's API keeps no order
CONTEXT_SECONDS: Final = 1.5  #: what the agent sees first waits no longer than this for RapidPro's last messages
AMBIGUOUS_ATTEMPTS: Final = 2  #: with that repeat; then a dead letter
REJECTED_ATTEMPTS: Final = 3
CRASHED_ATTEMPTS: Final = 3  #: attempts that ended the process; the next would too
REHOMED_ATTEMPTS: Final = 20  #: rooms or visitors lost under one delivery
BUSY_WAIT: Final = 2.0  #: before a conversation that somebody has locked is woken again
UNREADABLE_WAIT: Final = 60.0  #: before a delivery that this replica cannot read is looked at again
RETRY_WAITS: Final = (1.0, 2.0, 4.0, 8.0, 16.0, 18.0)  #: before the 2nd, 3rd … attempt; the last one repeats
RETRY_HORIZON: Final = 72 * 3600.0  #: from the first failure to the dead letter
NO_AGENT_WAIT: Final = 15.0  #: between two tries to open a room while nobody is there
AGENT_NAME_SECONDS: Final = 2.0  #: for the name of who serves a room; then their username has to do

#: What a flow is told of a department at once. Rocket.Chat allows all of us together 10 such questions a minute.
PRESENCE_SECONDS: Final = 1.0  #: for Rocket.Chat to say whether anybody is there
PRESENCE_FRESH: Final = 10.0  #: what it said this recently is certain
PRESENCE_KEPT: Final = 300.0  #: so long its last answer is better than none
CONFIG_KEPT: Final = 600.0  #: so long what it says of its language, limits and emoji is not asked for again

GRACE: Final = 120.0  #: what a contact writes so soon after a close is kept for the next room, and opens none
QUEUED_NOTICE_WAIT: Final = 3.0  #: nobody is told to wait who is served at once
DELAYED_WAIT: Final = 60.0  #: for words to be posted, before the contact is told of a delay
BLOCKED_FOR: Final = 600.0  #: Rocket.Chat's refusal of a contact is believed so long, then tried again
QUESTION_ATTEMPTS: Final = 3  #: of what is only asked, and goes on without an answer
HOLD_LOOKED_FOR: Final = 60.0  #: how often a chat is looked at, where contacts are told that it rests
LATELY_TAKEN: Final = 20  #: rooms by which the usual wait is told,
LATELY_TAKEN_LEAST: Final = 3  #: and the fewest that tell anything
TIMERS_AT_ONCE: Final = 20  #: that one replica takes up together

TOLD_APART: Final = 60.0  #: between two notices to agents of one room that stand as the visitor's,
TOLD_APART_BY_BOT: Final = 5.0  #: and between two of the bot user's
UNDELIVERED_WAIT: Final = 120.0  #: for an agent's words to go, before the agent is told that they wait
BEHIND_EVERY: Final = 30.0  #: how often it is looked whose words wait behind a peer that is away,
BEHIND_AT_ONCE: Final = 1000  #: and how many conversations at once
TOLD_HORIZON: Final = 3600.0  #: what an agent could not be told for so long is given up

OVERTAKEN_WAIT: Final = 2.0  #: for a message that another one has overtaken, or that was lost
HEARD_TIMES: Final = 50  #: message times remembered of a room

#: What no webhook has told is read in a room's history.
GAP_LOOKED_AT: Final = 0.5  #: after a gap was seen: what was only overtaken is there by then, and nothing is read
CLOSE_SLACK: Final = 1.0  #: by which a close is behind the last words, whichever of Rocket.Chat's times is later
CLOSE_LOOKED_AT: Final = 5.0  #: after we closed a room, unless Rocket.Chat has told of it by then
SOUGHT_EVERY: Final = 600.0  #: how often an open room is looked at when nothing seems to be missing
UNSURE_LOOKED_AT: Final = (
    30.0  #: after a post of ours, behind which a lost message is hidden; sooner than that, it may come
)
SOUGHT_AT_ONCE: Final = 5  #: rooms that are to be read at once when nothing is known to be missing there
STALE: Final = 12 * 3600.0  #: words found so long before their room's newest message wait for an operator
HISTORY_PAGE: Final = 100  #: messages that are read at once,
HISTORY_PAGES: Final = 10  #: and how often, at most, for one room
FOUND_AT_ONCE: Final = 50  #: of what is found there, what one commit takes: others wait for the conversation meanwhile
LISTED_AT_ONCE: Final = 100  #: of a list of Rocket.Chat's: departments, agents, rooms,
LISTED_PAGES: Final = 10  #: and how often, at most, for one list
OUTAGE_LEAST: Final = 5.0  #: a shorter silence of Rocket.Chat's is none
GAVE_UP_LISTED: Final = 72 * 3600.0  #: how far back messages are listed that RapidPro gave up on
GAVE_UP_PAGES: Final = 40  #: of RapidPro's lists, of 250 each
ASKED_PAGES: Final = 40  #: of a contact's messages there that are looked through for one that may have arrived

#: What RapidPro took through its API it may fail afterwards, and says so only where it is asked.
FOLLOWED_EVERY: Final = 60.0  #: how often it is asked while courier may be trying such words
FOLLOWED_YOUNG: Final = 1800.0  #: it tries for 15 minutes, if they were not queued for long
FOLLOWED_SELDOM: Final = 600.0  #: and how often while a carrier may not have reported on them
FOLLOWED_FOR: Final = 24 * 3600.0
FOLLOWED_SLACK: Final = 900.0  #: by which RapidPro's time of a message may be before ours
FOLLOWED_PAGES: Final = 4  #: of its list, of 250 each, that are read at once; the rest is read the next time
FOLLOWED_ASKED: Final = 3  #: words it had failed, and lists no more, that are asked about at once
BARE_REPEAT: Final = 10.0  #: a webhook item without `_id` repeats one whose whole body was the same this recently

SLOTS: Final = 300  #: lanes under way at once, in one process
PEER_SLOTS: Final = SLOTS // 5  #: of one peer: one that hangs keeps no more of them from the others
CLAIMED_AT_ONCE: Final = 25  #: lanes; more at a time would keep what is under way waiting for what is begun
BREAKER_FAILURES: Final = 5  #: attempts in a row, over all replicas, after which a peer counts as away
PROBE_GAP: Final = 16.0  #: between two attempts at a peer that is away: at most 4 in a minute
FIRST_PROBE: Final = 2.0  #: the first one comes sooner: most troubles are short
SLOW_START_LANES: Final = 16  #: the largest step in which what has gathered for a peer that is back goes
SLOW_START: Final = 30.0  #: after so long in growing steps everything that was put off has had its turn
PEERS_FRESH: Final = 0.25  #: so long one replica may not know what another has learned of a peer
UNTOLD_KEPT: Final = 1000  #: so much that could not be told of peers is kept until the database is back
PEERS_KNOWN: Final = 2.0  #: and a flow, which does not wait for it, so long
LIMITER_WINDOW: Final = 60.0  #: Rocket.Chat's, where it does not say
LIMITER_WIDE: Final = 5 * PEER_SLOTS  #: so many calls left are more than all replicas begin before the next one knows
LIMITER_SHARE: Final = 5  #: the part of the limiter that what is not urgent may take: one in so many
UNSURE_SHARE: Final = 2 * LIMITER_SHARE  #: and the part of it for reads that are only a precaution: half of that
STRAYS_AT_ONCE: Final = 1000  #: lanes whose peer is found together
RATE_AHEAD: Final = 0.5  #: how far ahead requests are spaced out, where an operator has set a rate

ANNOUNCED_EVERY: Final = 0.02  #: between two hints of one process to the others that something may be due

EXCHANGE_DEADLINE: Final = 10.0  #: for the whole of one attempt
LEASE: Final = 20.0  #: a lane is ours for so long after each settle; twice the longest exchange
WEBHOOK_BYTES: Final = 16 * 1024 * 1024  #: the close event carries the room's whole transcript
SEND_BYTES: Final = 256 * 1024
HEADER_BYTES: Final = 64 * 1024  #: a GET at the send URL has the words in its first line
DISCARDED_BYTES: Final = 32 * 1024 * 1024  #: so much of a body is let past after its answer, that the answer is read

#: A caller's time, at most; then the connection is cut.
HEADER_SECONDS: Final = (
    10.0  #: for the header of a request, from its first byte or from the beginning of the connection
)
BODY_SECONDS: Final = 15.0  #: for the body after it
READING_SECONDS: Final = 15.0  #: for an answer that the caller does not read
KEEP_ALIVE: Final = 30.0  #: between two requests. courier keeps a connection for 15 s: it is to be the one who closes

#: Wrong tokens, of one source at one channel or workspace.
FAILURES: Final = 20  #: in a minute; from then on each is answered later
FAILURES_WINDOW: Final = 60.0
FAILURES_WAIT: Final = 1.0  #: so much later; Rocket.Chat waits 5 s
FAILURES_WAITING: Final = 200  #: answers that wait at once; more are given at once
FAILURES_KNOWN: Final = 10_000  #: sources that are remembered; the one that was quiet longest is forgotten
FAILURES_NAME: Final = 36  #: characters of a name in a path; a UUID has as many

REPLAYED_AT_ONCE: Final = 500  #: dead letters that go again in one transaction

#: Retention: a few at a time, with pauses, so that nobody waits for it.
KEEP_DAYS: Final = 30  #: so long words are kept where a channel does not say otherwise
KEEP_DAYS_MOST: Final = 3650
ERASED_AT_ONCE: Final = 50  #: old rows that one transaction looks at and erases,
LOOKED_AT_ONCE: Final = 1000  #: and the most it looks at where those before were to be kept
ERASING_PAUSE: Final = 0.5  #: between two transactions
ERASING_STARTS: Final = 600.0  #: after the start of a process: by then those of an older version have ended
ERASING_REST: Final = 3600.0  #: between two times that everything old is looked at

#: Forgetting: rows of one transaction. A few of these take a tenth of a second.
FORGOTTEN_AT_ONCE: Final = 1000

ASKED_KEPT: Final = 100  #: keys of registerClient that are remembered of a contact, beyond the last two

#: Operators' accounts.
PASSWORD_SHORTEST: Final = 12  #: characters
PASSWORD_LONGEST: Final = 1000
SIGN_IN_FAILURES: Final = 10  #: wrong passwords of one account, or from one source,
SIGN_IN_WINDOW: Final = 900.0  #: in so long, after which it is closed until that is over
SESSION_IDLE: Final = 30 * 60.0  #: a session in which nothing is asked for is over,
SESSION_LONGEST: Final = 12 * 3600.0  #: and any after so long
SESSION_SEEN: Final = 60.0  #: how exactly it is known when something was last asked for
PASSWORD_PASSES: Final = 2  #: costs of Argon2id: passes,
PASSWORD_MEMORY: Final = 19_456  #: and KiB; what OWASP asks for at least
AUDIT_SHOWN: Final = 50  #: lines of the audit that are shown where nobody says how many

#: The console.
LATELY: Final = 3600.0  #: what people wrote so recently is counted on its first page
SHOWN_CONVERSATIONS: Final = 25  #: on one page,
SCANNED_MESSAGES: Final = 1000  #: among the conversations of so many messages,
FOUND_CONVERSATIONS: Final = 100  #: and of what was looked for
SHOWN_MESSAGES: Final = 50  #: of one conversation, on one page
SHOWN_LETTERS: Final = 50  #: dead letters on one page
SHOWN_AUDIT: Final = 100  #: lines of the audit
NAME_LENGTH: Final = 200  #: characters of what an operator calls something
URL_LENGTH: Final = 2000  #: characters of the address of a peer
DISCARD_REASON: Final = 200  #: characters of the reason that an operator gives
SHOWN_ROOMS: Final = 10
HEAD_LATE: Final = 90.0  #: a head that was due so long ago is a trouble, and so is a snapshot of that age
FORM_BYTES: Final = 256 * 1024
FORM_FIELDS: Final = 2000

SHOWN_EVERY: Final = 10.0  #: how often a process says that it runs,
GONE_AFTER: Final = 60.0  #: and after what silence it counts as gone

#: What is measured for whoever watches, by each process.
WATCHED_EVERY: Final = 5.0
BACKLOG_COUNTED: Final = 200_000  #: of what waits; more are as many, and would only be counted more slowly
COUNTING_SHARE: Final = 50  #: counting takes one part in so many of a process's time at the database

EXAMINING_SECONDS: Final = 60.0  #: for the doctor, where somebody waits for its page

#: The queue as Rocket.Chat lists it.
QUEUE_SECONDS: Final = 3.0  #: for Rocket.Chat to list it
QUEUE_FRESH: Final = 15.0  #: so long it is not asked again

#: The numbers that a coordinator asks for.
NUMBERS_DAYS: Final = 92  #: the most days that are counted at once,
NUMBERS_SHOWN: Final = 28  #: and how many where nobody says which
NUMBERS_SECONDS: Final = 4.0  #: for the database to count them

HOURS_DAYS: Final = 400  #: how far ahead the next opening is looked for
OPTION_MINUTES: Final = 7 * 24 * 60  #: the longest wait that an operator may set
OPTION_CONTEXT: Final = 100  #: the most messages of context that an operator may set
SAMPLE_LENGTH: Final = 20_000  #: characters of a sample on which text policies are tried
OPTION_BYTES: Final = 256 * 1024  #: a file of hours or of options

#: What the doctor looks at.
EXAMINED_DELIVERIES: Final = 20_000  #: the latest ones, for what the busiest minute had
EXAMINED_SEALED: Final = 200  #: sealed values at each end of each column,
EXAMINED_ROWS: Final = 20_000  #: of so many rows: those of long ago have none any more
EXAMINED_CONTACTS: Final = 5  #: whose chats are over, in RapidPro
TEST_SECONDS: Final = 30.0  #: for a test message, each way
TEST_LOOKED_AT: Final = 0.1  #: how often it is looked how far it is
