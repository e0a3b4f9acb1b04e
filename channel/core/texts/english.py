"""What contacts and agents are told, in English."""

from typing import Final

TEXTS: Final = {
    "queued": (
        "You are in the queue.[ Your position: {position}.][ Usual wait: {wait}.] An agent will answer you here."
        "[ To stop waiting, write: {leave_word}]"
    ),
    "still_waiting": (
        "Thank you for waiting. You are still in the queue.[ Your position: {position}.][ Usual wait: {wait}.]"
        "[ To stop waiting, write: {leave_word}]"
    ),
    "taken": "[You are now being attended by: {agent}|An agent is attending you now.]",
    "transferred": "[You have been transferred. You are now being attended by: {agent}"
    "|You have been transferred to another agent.]",
    "closed": "[{comment}\n\n]The chat has ended. Thank you for writing.",
    "nobody": "Nobody is available to answer you right now. Please write again later.",
    "outside_hours": "We are closed right now.[ We open again: {next_open}.]",
    "delayed": "Your message has not reached the agents yet. We keep trying; there is no need to send it again.",
    "not_carried": "Only text reaches the agent: pictures, files and voice messages do not. Please write it as text.",
    "gave_up": "We are sorry, nobody was free to answer you this time. Please write again later.",
    "idle_warning": "Are you still there? If you do not write, this chat will end[ in {minutes} min].",
    "requeued": "You are back in the queue. Another agent will answer you here.",
    "on_hold": "This chat is on hold for the moment. We will come back to you here.",
    "resumed": "Thank you for waiting. The chat goes on now.",
    "answer_connecting": "We are looking for an agent for you. The answer will come here.",
    "answer_already_open": "You already have an open chat. Just write your message.",
    "answer_nobody": "Nobody is available to answer you right now. Please write again later.",
    "answer_outside_hours": "We are closed right now.[ We open again: {next_open}.]",
    "answer_unknown_department": "We could not find the team that should answer you. Please write again later.",
    "answer_blocked": "Your messages cannot be passed on to an agent.",
    "answer_accepted": "Your message was passed on.",
    "answer_closed": "The chat has ended. If you still need help, write again.",
    "answer_not_carried": "Only text can be passed on: pictures, files and voice messages cannot. "
    "Please write it as text.",
    "answer_empty": "Your message was empty. Please write it again.",
    "answer_too_long": "Your message is too long to be passed on.[ Please write at most {limit} characters.]",
    "answer_available": "Our agents are there for you.",
    "answer_closing": "The chat is being closed.",
    "answer_not_open": "You have no open chat.",
    "answer_not_allowed": "The chat cannot be closed from here. An agent will close it.",
    "answer_rated": "Thank you for your rating.",
    "answer_not_rated": "Your rating could not be recorded.",
    "author_too_long": (
        "[Not sent: {count} messages that are too long|Not sent, because it is too long: “{text}”"
        "|A message was not sent, because it is too long] "
        "[({length} characters; {limit} are allowed)|({limit} characters are allowed)]. Please write shorter messages."
    ),
    "author_emoji": (
        "[Not sent: {count} messages with emoji|Not sent, because of its emoji: “{text}”"
        "|A message was not sent, because of its emoji]. Please write without emoji."
    ),
    "author_emoji_stripped": "Emoji do not reach the contact. Your messages are sent without them.",
    "author_media": (
        "[Not sent: {count} files, pictures, places or calls|A file, picture, place or call was not sent]. "
        "Only text reaches the contact. Please say it in words."
    ),
    "author_empty": (
        "[Not sent: {count} messages in which there is nothing to read"
        "|A message was not sent: there is nothing in it to read]. Please say it in words."
    ),
    "author_undelivered": (
        "[Not delivered: {count} messages|Not delivered: “{text}”|A message was not delivered]. "
        "Please write again later, or reach the contact in another way."
    ),
    "author_ambiguous": (
        "[Perhaps not delivered: {count} messages|Perhaps not delivered: “{text}”"
        "|A message was perhaps not delivered]. Please ask the contact before you write it again."
    ),
    "author_waiting": (
        "[Not delivered yet: {count} messages|Not delivered yet: “{text}”|A message is not delivered yet]. "
        "We keep trying. There is no need to write it again."
    ),
    "author_went": (
        "[Delivered now: {count} messages that had to wait|Delivered now: “{text}”"
        "|A message that had to wait is delivered now]."
    ),
    "author_attachment": "Attachment:[ {address}]",
}
