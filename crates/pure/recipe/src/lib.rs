//! Build steps and their graph, from a lock and a definition.
