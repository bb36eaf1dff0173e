"""Pictures for the notebooks: the recorded graph as Mermaid (JupyterLab draws it), curves with matplotlib."""

from .curves import Picture, tangents
from .graph import Graph, graph
from .precision import dead_zone, step_errors

__all__ = ["Graph", "Picture", "dead_zone", "graph", "step_errors", "tangents"]
