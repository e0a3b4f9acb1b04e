"""What can be broken by hand: how each peer treats the bridge from now on."""

from collections.abc import Mapping
from typing import Any, Final

from channel.sandbox.rapidpro import RapidPro
from channel.sandbox.rapidpro import faults as rapidpro_faults
from channel.sandbox.rocketchat import Answers, Hangs, Loses, RocketChat

#: in seconds: late, but not too late for the bridge
SLOW: Final = 3
#: calls of one route, and in how many seconds
CALLS, WINDOW = 3, 15

RAPIDPRO, ROCKETCHAT, WEBHOOKS = "rapidpro", "rocketchat", "webhooks"

NAMES: Final = {RAPIDPRO: "RapidPro", ROCKETCHAT: "Rocket.Chat", WEBHOOKS: "Rocket.Chat’s webhooks"}
#: By switch, what can be chosen, the ordinary first.
CHOICES: Final[Mapping[str, Mapping[str, str]]] = {
    RAPIDPRO: {
        "works": "answers",
        "down": "is down",
        "slow": f"answers {SLOW} seconds late",
        "limited": "takes no more calls of its API",
    },
    ROCKETCHAT: {
        "works": "answers",
        "down": "is down",
        "slow": f"answers {SLOW} seconds late",
        "limited": f"takes {CALLS} calls in {WINDOW} seconds",
    },
    WEBHOOKS: {"sent": "are sent", "lost": "are lost on the way"},
}

#: what RapidPro is asked for, by courier's paths and its API's
_COURIER: Final = ("receive", "sent", "delivered", "failed")
_API: Final = ("messages", "contacts", "contact_actions", "flow_starts", "flows", "groups", "channels", "workspace")


class Switches:
    """The peers' faults, of which this is the only master. `api`: the bridge answers through RapidPro's API."""

    def __init__(self, rapidpro: RapidPro, rocketchat: RocketChat, *, api: bool) -> None:
        self._rapidpro = rapidpro
        self._rocketchat = rocketchat
        self.choices = {name: dict(choices) for name, choices in CHOICES.items()}
        if not api:
            del self.choices[RAPIDPRO]["limited"]  # courier's routes have no limit
        self.set_to = {name: next(iter(choices)) for name, choices in self.choices.items()}

    def shown(self) -> list[dict[str, Any]]:
        """As the page is told of them."""
        return [
            {"id": name, "name": NAMES[name], "choices": choices, "to": self.set_to[name]}
            for name, choices in self.choices.items()
        ]

    def turn(self, name: str, choice: str) -> None:
        """Have a peer behave so. KeyError: there is no such switch, or no such choice."""
        _ = self.choices[name][choice]
        self.set_to[name] = choice
        if name == RAPIDPRO:
            self._treat_rapidpro(choice)
        else:
            self._treat_rocketchat()

    def _treat_rapidpro(self, choice: str) -> None:
        faults = self._rapidpro.faults
        faults.clear()
        fault = {
            "down": rapidpro_faults.answer(503, "Service Unavailable", "text/plain"),
            "slow": rapidpro_faults.slow(SLOW),
            "limited": rapidpro_faults.throttled(WINDOW),
        }.get(choice)
        if fault is not None:
            for action in _API if choice == "limited" else (*_COURIER, *_API):
                faults.add(action, fault, rapidpro_faults.FOR_EVER)

    def _treat_rocketchat(self) -> None:
        faults, settings = self._rocketchat.faults, self._rocketchat.settings
        faults.clear()
        choice = self.set_to[ROCKETCHAT]
        if choice == "down":
            faults.rest(Answers(503, "Service Unavailable", "text/plain"), times=None)
        if choice == "slow":
            faults.rest(Hangs(SLOW, worked=True), times=None)
        settings["API_Enable_Rate_Limiter"] = choice == "limited"
        settings["API_Enable_Rate_Limiter_Limit_Calls_Default"] = CALLS
        settings["API_Enable_Rate_Limiter_Limit_Time_Default"] = WINDOW * 1000
        if self.set_to[WEBHOOKS] == "lost":
            faults.webhook(Loses(), times=None)
