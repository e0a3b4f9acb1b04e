"""Whatever happens in whatever order: every call is answered, nobody's words are lost or posted twice."""

from collections.abc import Callable

from hypothesis import example, given, settings
from hypothesis import strategies as st

from channel.core import text
from channel.core.conversation import Author, Message, State
from channel.core.decision import Decision
from channel.core.errors import DeliveryError, Refused, Unavailable, VisitorGone, Waiting
from channel.core.events import Presence, There
from channel.core.notices import Notice
from channel.core.owed import OpenRoom, PostContext, PostToRoom
from channel.core.people import Agent
from tests.core.building import JOAO, asked, close_asked, conversation, options, passed, rated, said, wrote
from tests.core.world import World

MARIA = Agent("aMaria", "maria", "Maria")
OPTIONS = options(*Notice, leave_word="exit", idle_warn_minutes=3, idle_close_minutes=2, max_wait_minutes=10)
TEXTS = ("Hello", "exit", "w" * 700, " ")
NOBODY = Presence(There.NO_AGENTS, certain=True)

Action = Callable[[World, int], Decision | None]


def _fails(world: World, number: int) -> Decision | None:
    """A visitor whom Rocket.Chat does not know has no room to be closed, nor a chat to be rated."""
    errors: list[DeliveryError] = [Unavailable("away", "away"), Refused("no", "no")]
    world.attempt()
    if world.under_way and isinstance(world.under_way.owed, OpenRoom | PostContext | PostToRoom):
        errors += [Waiting("no_agents", "nobody", seconds=15), VisitorGone("invalid-token", "unknown")]
    return world.come_to(errors[number % len(errors)])


def _made(world: World, number: int) -> Decision | None:
    world.attempt()
    return world.come_to()


def _heard(world: World, number: int) -> Decision | None:
    """A webhook comes, or is lost."""
    if not world.webhooks:
        return None
    event = world.webhooks.popleft()
    return world.tell(event) if number else None


def _passes(world: World, number: int) -> Decision | None:
    world.now += (1, 30, 130, 400, 1000)[number % 5]
    for decision in world.wake():
        answered_or_not(world, decision)
    return None


ACTIONS: dict[str, Action] = {
    "wrote": lambda world, n: world.tell(wrote(TEXTS[n % 4], f"w{n}")),
    "passed": lambda world, n: world.tell(passed(TEXTS[n % 4], f"p{n}")),
    "asked": lambda world, n: world.tell(asked(key=f"k{n}")),
    "asked with words": lambda world, n: world.tell(asked(first=passed(TEXTS[n % 4], f"p{n}"))),
    "asked in vain": lambda world, n: world.tell(asked(presence=NOBODY, first=passed(TEXTS[n % 4], f"p{n}"))),
    "close asked": lambda world, n: world.tell(close_asked(visitors_may_close=bool(n))),
    "rated": lambda world, n: world.tell(rated()),
    "agent took": lambda world, n: world.take((JOAO, MARIA)[n % 2]),
    "agent moved back": lambda world, n: world.queue(),
    "agent closed": lambda world, n: world.close(("user", "visitor")[n % 2]),
    "agent wrote": lambda world, n: world.tell(said("Hi", f"a{n}", world.open_room or "r1")),
    "heard": _heard,
    "attempt": lambda world, n: world.attempt(),
    "arrived": lambda world, n: world.come_to(),
    "made": _made,
    "failed": _fails,
    "time": _passes,
}
CALLS = {"passed", "asked", "asked with words", "asked in vain", "close asked", "rated"}


def answered_or_not(world: World, decision: Decision | None) -> None:
    """What holds after every decision."""
    found = world.conversation
    assert (found.room is None) or found.state is not State.CLOSED
    assert (found.agent is not None) == (found.state is State.SERVED)
    assert all(when > world.now for why, when in world.timers.items() if decision and _set_by(decision, why))
    for message in world.messages.values():
        assert world.posted[message.key] + _owed(world, message) <= _pieces(message)


def _set_by(decision: Decision, why: object) -> bool:
    return any(timer.why is why and not timer.keep for timer in decision.timers)


def _owed(world: World, message: Message) -> int:
    return sum(step.key == message.key and isinstance(step.owed, PostToRoom) for step in world.lane)


def _pieces(message: Message) -> int:
    return sum(len(text.split(part)) for part in message.texts)


def drained(world: World) -> None:
    """Rocket.Chat takes all that waits; no time passes."""
    for _ in range(300):
        if not world.lane and not world.webhooks:
            return
        world.attempt()
        answered_or_not(world, world.come_to())
        answered_or_not(world, _heard(world, 1))
    raise AssertionError(f"it does not come to an end: {world.lane}")


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(sorted(ACTIONS)), st.integers(0, 6)), max_size=40), st.sampled_from(["", "bot"])
)
@example([("asked", 0), ("made", 0), ("made", 0), ("heard", 1), ("close asked", 1), ("asked", 1), ("made", 0)], "")
def test_anything_may_happen(steps: list[tuple[str, int]], bot: str) -> None:
    world = World(conversation(options=OPTIONS, bot=bot))
    for name, number in steps:
        decision = ACTIONS[name](world, number)
        answered_or_not(world, decision)
        assert name not in CALLS or (decision is not None and decision.answer is not None)
    drained(world)
    for message in world.messages.values():
        if message.author is Author.CONTACT and message.reason is None:
            assert world.posted[message.key] == _pieces(message), message
    if world.conversation.state is not State.CLOSED:
        assert world.conversation.room is not None
