"""Pictures for the notebooks: the recorded graph as Mermaid (JupyterLab draws it), curves with matplotlib."""

from .curves import Picture, tangents
from .graph import Graph, graph

__all__ = ["Graph", "Picture", "graph", "tangents"]
