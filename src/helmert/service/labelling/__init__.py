"""The page on which a person judges pairs of query and document, on this machine alone."""

from helmert.service.labelling.app import create_app
from helmert.service.labelling.serving import serve

__all__ = ["create_app", "serve"]
