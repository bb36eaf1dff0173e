"""Pictures for the notebooks, each with its words: recorded graphs, curves, and figures that answer to a slider."""

from .curves import secants, slopes, tangents
from .gears import gears
from .graph import Graph, cutting, graph
from .moving import Moving
from .neuron import neuron, saturation
from .picture import Picture, stop_drawing
from .precision import dead_zone, spacing, step_errors
from .shapes import shapes, stretching
from .training import climbing, losses, staircase

__all__ = [
    "Graph",
    "Moving",
    "Picture",
    "climbing",
    "cutting",
    "dead_zone",
    "gears",
    "graph",
    "losses",
    "neuron",
    "saturation",
    "secants",
    "shapes",
    "slopes",
    "spacing",
    "staircase",
    "step_errors",
    "stop_drawing",
    "stretching",
    "tangents",
]
