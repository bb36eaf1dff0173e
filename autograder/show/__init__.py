"""Pictures for the notebooks: the recorded graph as Mermaid (JupyterLab draws it), curves with matplotlib."""

from .curves import tangents
from .graph import Graph, graph
from .neuron import neuron
from .picture import Picture, stop_drawing
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
    "stop_drawing",
    "tangents",
]
