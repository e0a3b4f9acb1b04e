"""What is wrong with a replica, as a value that the rig hands to its process."""

from dataclasses import asdict, dataclass
from json import dumps, loads
from typing import Final

#: the variable in the environment of a replica of the rig
VARIABLE: Final = "FAULTS_WOUNDS"


@dataclass(frozen=True, slots=True)
class Wounds:
    """Nothing happens before the replica has been sent SIGUSR1: it must come up first."""

    seed: int = 0
    crash: str = ""  #: the crash point at which it kills itself,
    direction: str = ""  #: of words in this direction ("": in any),
    passes: int = 1  #: at the so-manieth time it comes there
    statements: float = 0.0  #: share of database statements that are executed and then end as if they had not
    exchanges: float = 0.0  #: share of HTTP requests that are performed and then time out

    def to_json(self) -> str:
        return dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Wounds":
        return cls(**loads(text))
