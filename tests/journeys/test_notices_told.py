"""Notices as contacts get them: in their own language, in the channel's words, or not at all."""

from pathlib import Path
from typing import Any

import pytest

from channel.sandbox.rocketchat import Answers, Drops
from channel.sandbox.rocketchat.faults import RestFault
from tests.journeys.talk import CLOSED, JOAO, KEYWORD, QUEUED, TAKEN, talking

DELAYED = "Your message has not reached the agents yet. We keep trying; there is no need to send it again."
NOT_CARRIED = "Only text reaches the agent: pictures, files and voice messages do not. Please write it as text."
QUIET = {"notices": {"queued": False, "still_waiting": False}}
IMAGE = "image/jpeg:https://example.org/card.jpg"

SPOKEN = {
    "eng": (QUEUED, TAKEN, CLOSED),
    "spa": (
        "Su chat está en la cola de espera. Su posición: 1. Le responderemos aquí.",
        "Ahora le atiende: Joao Lima",
        "El chat ha terminado. Gracias por escribirnos.",
    ),
    "fra": (
        "Vous êtes dans la file d'attente. Votre position : 1. Nous vous répondrons ici.",
        "Vous êtes maintenant en relation avec : Joao Lima",
        "La discussion est terminée. Merci de nous avoir écrit.",
    ),
    "por": (
        "Sua conversa está na fila de espera. Sua posição: 1. A resposta chegará aqui.",
        "Quem atende você agora: Joao Lima",
        "A conversa terminou. Agradecemos o seu contato.",
    ),
    "ara": (
        "محادثتك في قائمة الانتظار. موقعك في القائمة: 1. سيصلك الرد هنا.",
        "محادثتك الآن مع: Joao Lima",
        "انتهت المحادثة. شكرًا على تواصلك معنا.",
    ),
}


async def test_the_language_is_the_contacts_own_where_rapidpros_api_gives_it(database_url: str, tmp_path: Path) -> None:
    async with talking(database_url, tmp_path, api_token=True) as talk:
        people = {spoken: talk.add_person(spoken, f"55119888820{n}", spoken) for n, spoken in enumerate(SPOKEN)}
        rooms = {spoken: await talk.open(f"I speak {spoken}", who) for spoken, who in people.items()}
        await talk.later(3)
        for room in rooms.values():
            await talk.bridge.rocketchat.take(room.id, JOAO)
            await talk.bridge.rocketchat.close(room.id, JOAO)
        for place, (spoken, who) in enumerate(people.items(), 1):
            queued, *others = SPOKEN[spoken]
            await talk.reads(queued.replace("1", str(place)), *others, who=who)
            assert talk.seen(rooms[spoken])[-1] == f"I speak {spoken}"


async def test_a_flow_that_says_the_language_is_believed(database_url: str, tmp_path: Path) -> None:
    async with talking(database_url, tmp_path, "a", language="por", options=QUIET) as talk:
        connecting = "Estamos procurando alguém da nossa equipe para atender você. A resposta chegará aqui."
        await talk.say(KEYWORD)
        await talk.reads(connecting)
        await talk.say("Oi")
        room = await talk.room_with("Oi")
        await talk.bridge.rocketchat.take(room.id, JOAO)
        await talk.bridge.rocketchat.close(room.id, JOAO)
        await talk.reads(connecting, *SPOKEN["por"][1:])
        assert talk.seen(room) == ["[About this chat]\nLanguage: por", "Oi"]


@pytest.mark.parametrize("own", [None, "kin"], ids=["not known", "not among ours"])
async def test_whose_language_is_not_at_hand_is_told_in_the_channels(
    own: str | None, database_url: str, tmp_path: Path
) -> None:
    options = {"language": "spa", "notices": {"queued": False}}
    async with talking(database_url, tmp_path, options=options, language=own, api_token=True) as talk:
        room = await talk.open()
        await talk.bridge.rocketchat.take(room.id, JOAO)
        await talk.reads(SPOKEN["spa"][1])


async def test_a_channel_has_words_of_its_own_for_a_notice_and_switches_others_off(
    database_url: str, tmp_path: Path
) -> None:
    options: dict[str, Any] = {
        "notices": {"queued": False, "closed": False},
        "templates": {"taken": {"eng": "Hi! {agent} is here.", "por": "Oi! {agent} chegou."}},
        "agent_name": "first",
    }
    async with talking(database_url, tmp_path, options=options) as talk:
        room = await talk.open()
        await talk.later(60)
        await talk.bridge.rocketchat.take(room.id, JOAO)
        await talk.bridge.rocketchat.write(room.id, JOAO, "Hello")
        await talk.bridge.rocketchat.close(room.id, JOAO)
        await talk.reads("Hi! Joao is here.", "Hello")


@pytest.mark.parametrize(
    ("set_up", "trouble"),
    [("a", Answers(503)), ("b", Drops()), ("b", Answers(200, "<html>We will be back soon</html>", "text/html"))],
    ids=["a, 503", "b, no answer", "b, a page"],
)
async def test_words_that_are_not_posted_after_a_minute_are_told_of_once_and_arrive_in_the_end(
    set_up: str, trouble: RestFault, database_url: str, tmp_path: Path
) -> None:
    async with talking(database_url, tmp_path, set_up, options=QUIET) as talk:
        talk.bridge.rocketchat.faults.rest(trouble, times=None)
        await talk.ask()
        await talk.later(30)
        await talk.reads()
        await talk.later(31)
        await talk.reads(DELAYED)
        await talk.say("Hello?")
        await talk.later(600)
        await talk.reads(DELAYED)
        talk.bridge.rocketchat.faults.clear()
        await talk.later(20)
        room = await talk.room_with("Hello?")
        assert talk.seen(room) == ["Hello", "Hello?"]
        await talk.bridge.rocketchat.take(room.id, JOAO)
        await talk.reads(DELAYED, TAKEN)


async def test_words_that_do_not_get_into_an_open_room_are_told_of_too(database_url: str, tmp_path: Path) -> None:
    async with talking(database_url, tmp_path) as talk:
        room = await talk.served()
        talk.bridge.rocketchat.faults.rest(Answers(503), times=None)
        await talk.say("Can you read this?")
        await talk.later(61)
        await talk.reads(TAKEN, DELAYED)
        talk.bridge.rocketchat.faults.clear()
        await talk.later(20)
        await talk.room_with("Can you read this?")
        assert talk.seen(room) == ["Hello", "Can you read this?"]


async def test_a_short_trouble_is_not_told_of(database_url: str, tmp_path: Path) -> None:
    async with talking(database_url, tmp_path, options=QUIET) as talk:
        talk.bridge.rocketchat.faults.rest(Answers(503), times=2)
        await talk.ask()
        await talk.later(10)
        await talk.later(10)
        await talk.room_with("Hello")
        await talk.later(600)
        await talk.reads()


async def test_of_a_file_with_words_the_words_go_and_the_contact_is_told_what_did_not(
    database_url: str, tmp_path: Path
) -> None:
    async with talking(database_url, tmp_path, "a") as talk:
        room = await talk.served()
        await talk.say("This card", files=(IMAGE,))
        await talk.room_with("This card")
        await talk.reads(TAKEN, NOT_CARRIED)
        await talk.say("", files=(IMAGE,))
        await talk.reads(
            TAKEN,
            NOT_CARRIED,
            "Only text can be passed on: pictures, files and voice messages cannot. Please write it as text.",
        )
        assert talk.seen(room) == ["Hello", "This card"]


async def test_in_set_up_b_a_file_reaches_the_agent_as_its_address(database_url: str, tmp_path: Path) -> None:
    async with talking(database_url, tmp_path) as talk:
        room = await talk.served()
        await talk.say("This card", files=(IMAGE,))
        await talk.room_with("This card\nAttachment: https://example.org/card.jpg")
        await talk.reads(TAKEN)
        assert room.open
