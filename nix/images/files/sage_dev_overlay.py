"""Modules of Sage that `sage-dev-rebuild` has rebuilt come before the packaged ones.

`sage-dev.pth` imports this where there is an overlay; without one Python starts as if it were not here.
"""

import os
import sys
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, PathFinder, SourceFileLoader
from importlib.util import spec_from_file_location


class Overlay:
    """A finder for sys.meta_path: `sage.a.b` is `<root>/sage/a/b.<suffix>` where that is there."""

    def __init__(self, root):
        self.root = root

    def find_spec(self, name, path=None, target=None):
        if not name.startswith("sage."):
            return None
        stem = os.path.join(self.root, *name.split("."))
        for suffix in EXTENSION_SUFFIXES:
            if os.path.isfile(stem + suffix):
                return spec_from_file_location(name, stem + suffix, loader=ExtensionFileLoader(name, stem + suffix))
        # Links to the tree: tracebacks and doctests name the file that is edited.
        if os.path.isfile(stem + ".py"):
            file = os.path.realpath(stem + ".py")
            return spec_from_file_location(name, file, loader=SourceFileLoader(name, file))
        init = os.path.join(stem, "__init__.py")
        if os.path.isfile(init):
            # The other modules of the package are still the packaged ones.
            packaged = PathFinder.find_spec(name, path)
            places = packaged.submodule_search_locations if packaged else [os.path.dirname(os.path.realpath(init))]
            file = os.path.realpath(init)
            loader = SourceFileLoader(name, file)
            return spec_from_file_location(name, file, loader=loader, submodule_search_locations=list(places))
        return None


def install(root):
    """Puts the overlay before all other finders, once."""
    if not any(isinstance(finder, Overlay) for finder in sys.meta_path):
        sys.meta_path.insert(0, Overlay(root))
