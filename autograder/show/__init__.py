"""Pictures for the notebooks: the recorded graph as Mermaid (JupyterLab draws it), curves with matplotlib."""

from .curves import Picture, tangents
from .graph import Graph, graph
from .neuron import neuron
from .precision import dead_zone, step_errors
from .shapes import shapes
from .training import losses, staircase

__all__ = [
    "Graph",
    "Picture",
    "dead_zone",
    "graph",
    "losses",
    "neuron",
    "shapes",
    "staircase",
    "step_errors",
    "tangents",
]
