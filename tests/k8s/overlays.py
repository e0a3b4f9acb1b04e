"""What of `k8s/` can be applied."""

from pathlib import Path
from typing import Final

K8S: Final = Path(__file__).parents[2] / "k8s"

#: by a name for people
OVERLAYS: Final = ("base", "overlays/small", "overlays/production", "examples/site")
#: objects of other people's kinds, of which there is no schema here
EXAMPLES: Final = (K8S / "examples" / "external-secrets.yaml", K8S / "examples" / "postgres.yaml")


#: the oldest Kubernetes that everything here is for
OLDEST: Final = "1.25"


def overlay(which: str) -> Path:
    return K8S / which
